#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace wasmedge::doctor {

struct FileStatus {
  mode_t mode = 0;  // stat(2)'s, with the type
  uid_t user = 0;
  ino_t inode = 0;
};

struct Filesystem {
  std::string type;  // "ext4"; "0x…" where it is no known one
  uint64_t free_bytes = 0;
  bool read_only = false;
  bool no_exec = false;
};

/// A containerd or dockerd that runs, with this process's view of the files.
struct Daemon {
  std::string program;  // "containerd" or "dockerd"
  pid_t pid = 0;
  uid_t user = 0;
  std::vector<std::string> arguments;  // from argv[0] on
  std::map<std::string, std::string> environment;

  /// The value of `--name VALUE`, `--name=VALUE` or the short form; empty if it is not given.
  std::string option(std::string_view name, std::string_view short_name = {}) const;
  std::string variable(const std::string& name) const;
  /// The file that it executes, even if that has been replaced since.
  std::string executable() const;
};

/// What runs to its end.
struct Output {
  int status = 0;      // of the exit; 128 + the signal
  std::string text;    // stdout
  std::string errors;  // stderr
};

/// What the checks need of the machine; tests put a fake here.
class Machine {
 public:
  virtual ~Machine() = default;

  virtual std::string kernel_release() const = 0;  // "6.1.0-18-amd64"
  virtual std::string architecture() const = 0;    // "x86_64"
  virtual uid_t user() const = 0;
  virtual std::string variable(const std::string& name) const = 0;
  /// The directory of our own executable.
  virtual std::string programs_directory() const = 0;

  /// At most 1 MiB.
  virtual Result<std::string> read(const std::string& path) const = 0;
  /// Its first 4 KiB.
  virtual Result<std::string> head(const std::string& path) const = 0;
  virtual Result<FileStatus> status(const std::string& path) const = 0;
  virtual Result<Filesystem> filesystem(const std::string& path) const = 0;
  /// Runs a program, for 10 s at most.
  virtual Result<Output> run(const std::vector<std::string>& arguments) const = 0;

  /// Does the kernel know the call? Named as in the manual.
  virtual bool has_call(std::string_view name) const = 0;
  /// 0: there is none.
  virtual int landlock_version() const = 0;
  /// Those of this mount namespace: the others are containers' own.
  virtual std::vector<Daemon> daemons() const = 0;
  /// Is a program of this name running in this mount namespace?
  virtual bool runs(std::string_view program) const = 0;
};

}  // namespace wasmedge::doctor
