#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "test/unit/temporary_directory.h"

namespace wasmedge::oci {

using test::TemporaryDirectory;

inline void write_text(const std::string& path, std::string_view text, unsigned mode = 0644) {
  const auto file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  ASSERT_TRUE(file) << path;
  ASSERT_TRUE(write_all(file->get(), text, path));
}

}  // namespace wasmedge::oci
