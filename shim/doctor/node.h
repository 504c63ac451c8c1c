#pragma once

#include "shim/doctor/machine.h"

namespace wasmedge::doctor {

/// The machine that this process runs on.
class Node : public Machine {
 public:
  std::string kernel_release() const override;
  std::string architecture() const override;
  uid_t user() const override;
  std::string variable(const std::string& name) const override;
  std::string programs_directory() const override;
  Result<std::string> read(const std::string& path) const override;
  Result<std::string> head(const std::string& path) const override;
  Result<FileStatus> status(const std::string& path) const override;
  Result<Filesystem> filesystem(const std::string& path) const override;
  Result<Output> run(const std::vector<std::string>& arguments) const override;
  bool has_call(std::string_view name) const override;
  int landlock_version() const override;
  std::vector<Daemon> daemons() const override;
  bool runs(std::string_view program) const override;
};

}  // namespace wasmedge::doctor
