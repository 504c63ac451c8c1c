#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/wasi/errno.h"
#include "runtime/wasi/rights.h"
#include "runtime/wasi/types.h"

namespace wasmedge::wasi {

/// What a guest's fd stands for: a host fd, and what the guest may do with it. Rights only shrink.
/// Threads of the guest share it: what can change, changes atomically. The host fd has one number
/// for as long as the Descriptor lives.
class Descriptor {
 public:
  /// A file or directory that the guest opened: `base` and `inheriting` are cut to what makes sense
  /// on what `fd` is. `asked`: rights that the guest asked for in vain. Errors: kIo and the like,
  /// if the kernel does not tell what it is.
  static Errno opened(Fd fd, Rights base, Rights inheriting, bool read_only,
                      std::unique_ptr<Descriptor>& out, Rights asked = 0);
  /// A directory that the host grants, with all rights. The fd may be O_PATH.
  static std::unique_ptr<Descriptor> preopen(Fd dir, std::string guest_path, bool read_only);
  /// A stdio stream, with the rights of a file opened as it is; the fd stays the host's. Null if it
  /// is not open.
  static std::unique_ptr<Descriptor> borrowed(int fd);

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int fd() const { return fd_.get(); }
  FileType type() const { return type_; }
  bool is_directory() const { return type_ == FileType::kDirectory; }
  bool is_socket() const {
    return type_ == FileType::kSocketStream || type_ == FileType::kSocketDgram;
  }
  bool is_terminal() const { return terminal_; }
  bool read_only() const { return read_only_; }
  Rights base() const { return base_.load(); }
  Rights inheriting() const { return inheriting_.load(); }
  bool may(Rights rights) const { return (rights & ~base()) == 0; }
  /// Whether it was opened to be read, and written, if `rights` say so: who lacks a right that it
  /// did not ask for has the wrong descriptor, and who lacks another has too few capabilities.
  bool asked(Rights rights) const { return (rights & (kFdRead | kFdWrite) & ~asked_) == 0; }
  /// The name of a preopen; nullopt if it is none.
  const std::optional<std::string>& guest_path() const { return guest_path_; }

  /// Takes rights away; kNotCapable, and nothing changed, if one would be added.
  Errno narrow(Rights base, Rights inheriting);
  /// Replaces an O_PATH directory fd by one that can be read and synced, under the same number.
  Errno make_readable();
  /// Held by whoever uses the file's position, or its flags, for more than one system call. No call
  /// that may block for long is made with it.
  std::mutex& steps() { return steps_; }

 private:
  Descriptor() = default;
  // Sets what follows from what `fd` is, and cuts base_ to it.
  Errno identify(int fd);

  Fd fd_;
  bool borrowed_ = false;
  bool terminal_ = false;
  bool read_only_ = false;
  FileType type_ = FileType::kUnknown;
  Rights asked_ = 0;
  std::atomic<Rights> base_ = 0;
  std::atomic<Rights> inheriting_ = 0;
  std::mutex steps_;
  std::optional<std::string> guest_path_;
};

/// A Descriptor in use: valid also if another thread closes its number meanwhile. The host fd is
/// closed when nobody uses it any more, so that its number cannot become another file's under a
/// system call.
using DescriptorRef = std::shared_ptr<Descriptor>;

/// WASI's name for the file type in a host st_mode.
FileType file_type(unsigned mode);

/// The guest's fd numbers. At most as many as the host lets the process open. Thread-safe; no
/// system call is made under its lock.
class FdTable {
 public:
  /// Puts `descriptor` (null: closed) at 0, 1 or 2.
  void set_stdio(uint32_t number, std::unique_ptr<Descriptor> descriptor);
  /// Gives `descriptor` the lowest free number from 3 on.
  uint32_t add(std::unique_ptr<Descriptor> descriptor);
  /// Null if `number` is not open.
  DescriptorRef get(uint32_t number) const;
  Errno close(uint32_t number);
  /// `to` becomes what `from` was, and `from` closed. kBadF: one of them is not open: a number that
  /// the guest does not hold may at any time become another thread's.
  Errno renumber(uint32_t from, uint32_t to);

 private:
  static constexpr uint32_t kFirst = 3;
  bool is_open(uint32_t number) const {
    return number < slots_.size() && slots_[number] != nullptr;
  }
  // Empties the slot. What was in it must not be destroyed under the lock.
  DescriptorRef take(uint32_t number);

  mutable std::mutex mutex_;  // guards all below
  std::vector<DescriptorRef> slots_{kFirst};
  uint32_t free_from_ = kFirst;  // no number in [kFirst, free_from_) is free
};

}  // namespace wasmedge::wasi
