#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"

namespace wasmedge::oci {

/// A fresh directory, removed with all in it.
struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "wasmedge-unit-XXXXXX";
    path = ::mkdtemp(name.data()) == nullptr ? "" : name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string path;
};

inline void write_text(const std::string& path, std::string_view text, unsigned mode = 0644) {
  const auto file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  ASSERT_TRUE(file) << path;
  ASSERT_TRUE(write_all(file->get(), text, path));
}

}  // namespace wasmedge::oci
