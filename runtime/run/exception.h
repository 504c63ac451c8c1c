#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/run/context.h"

namespace wasmedge::run {

class Instance;
class Table;

/// A tag of exceptions. Its identity is its address.
struct Tag {
  uint64_t type = 0;  // canonical type; its parameters are what an exception carries
  uint32_t values = 0;
  std::string name;  // for messages: of the import or the first export; may be empty
};

/// An exception, as exnref points to it. As many Values as the tag says follow; code stores and
/// loads them.
struct alignas(Value) Exception {
  const Tag* tag = nullptr;
  uint64_t bytes = 0;  // of all of it
};

/// What keeps exceptions alive, besides stacks and each other.
struct ExceptionRoots {
  std::span<const std::unique_ptr<Table>> tables;
  std::span<const std::unique_ptr<Instance>> instances;  // their globals
  const std::deque<Value>* cells = nullptr;              // globals that the host made
};

/// The exceptions of a Store. Guests may keep references to them anywhere, so they are collected:
/// now and then, when enough new ones were made, those that are not reached from the roots are
/// freed. Stacks, registers and exceptions themselves are searched word by word for anything that
/// looks like a pointer to one. A reference that the host was given as a result is good until
/// guests of the Store run again.
class Exceptions {
 public:
  Exceptions() = default;
  Exceptions(const Exceptions&) = delete;
  Exceptions& operator=(const Exceptions&) = delete;
  ~Exceptions();

  /// A new exception, for a guest that runs on this thread; null if Limits::exception_bytes are
  /// alive already.
  Exception* make(const Tag& tag, const ExceptionRoots& roots);

  size_t count() const { return all_.size(); }

 private:
  void collect(const ExceptionRoots& roots);
  void mark_roots(const ExceptionRoots& roots);
  void mark_range(const void* begin, const void* end);
  void mark(const void* pointer);
  void sweep();

  std::vector<Exception*> all_;
  uint64_t bytes_ = 0;
  uint64_t collect_at_ = kFirstCollection;  // when bytes_ get there
  // While collecting: all_ is sorted by address.
  std::vector<bool> marked_;
  std::vector<Exception*> open_;  // marked, but not searched yet

  static constexpr uint64_t kFirstCollection = uint64_t{64} << 10;
};

}  // namespace wasmedge::run
