#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <set>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "test/unit/temporary_directory.h"

namespace wasmedge::cache {

using test::TemporaryDirectory;
using Names = std::set<std::string>;

inline testing::AssertionResult contains(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos) return testing::AssertionSuccess() << text;
  return testing::AssertionFailure() << "no \"" << part << "\" in \"" << text << "\"";
}

inline Fd memory_file(std::string_view content) {
  Fd fd(::memfd_create("cache_test", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), content, "memory file"));
  return fd;
}

}  // namespace wasmedge::cache
