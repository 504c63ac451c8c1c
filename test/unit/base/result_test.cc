#include "runtime/base/result.h"

#include <gtest/gtest.h>

namespace wasmedge {
namespace {

Result<int> parse(bool good) {
  if (!good) return fail(ErrorCode::kInvalidArgument, "field {} is wrong", "x");
  return 7;
}

Result<int> twice(bool good) {
  TRY_ASSIGN(const int value, parse(good));
  return 2 * value;
}

Result<> check(bool good) {
  TRY(parse(good));
  return {};
}

TEST(Result, TryPassesValuesOnAndErrorsUp) {
  EXPECT_EQ(twice(true).value(), 14);
  const auto failed = twice(false);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "field x is wrong");
  EXPECT_FALSE(check(false));
  EXPECT_TRUE(check(true));
}

TEST(Result, WrapKeepsTheCodeAndSaysWhatWasBeingDone) {
  const auto error = wrap(Error{ErrorCode::kNotFound, "no such file"}, "start");
  EXPECT_EQ(error.value().code, ErrorCode::kNotFound);
  EXPECT_EQ(error.value().message, "start: no such file");
}

TEST(Result, FailErrnoMapsTheCommonNumbers) {
  errno = ENOSPC;
  EXPECT_EQ(fail_errno("write").value().code, ErrorCode::kResourceExhausted);
  errno = EPERM;
  EXPECT_EQ(fail_errno("write").value().code, ErrorCode::kPermissionDenied);
  errno = EIO;
  EXPECT_EQ(fail_errno("write").value().message, "write: Input/output error");
}

}  // namespace
}  // namespace wasmedge
