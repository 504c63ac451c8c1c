#include "oci/phase.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>

namespace wasmedge::oci {
namespace {

Error error_in(Phase phase, ErrorCode code, int number = 0) {
  std::string message = "mount /a at /b";
  if (number != 0) message.append(": ").append(std::strerror(number));
  return in(phase, Error{code, std::move(message)});
}

TEST(Phase, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kPhases; ++i) names.insert(name_of(static_cast<Phase>(i)));
  EXPECT_EQ(names.size(), kPhases);
  EXPECT_EQ(name_of(Phase::kNone), "");
  EXPECT_EQ(name_of(Phase::kDelete), "delete");
}

TEST(Phase, TheInnermostKnowsBest) {
  const Result<int> failed =
      in(Phase::kSandbox, in(Phase::kMount, Result<int>(fail(ErrorCode::kNotFound, "no"))));
  EXPECT_EQ(phase_of(failed.error()), Phase::kMount);
  EXPECT_EQ(failed.error().message, "step mount: no");
  EXPECT_EQ(in(Phase::kFind, Result<int>(3)).value(), 3);
  for (const char* other : {"", "step ", "step moon: x", "step : x", "steps mount: x"}) {
    EXPECT_EQ(phase_of({ErrorCode::kInternal, other}), Phase::kNone) << other;
  }
}

TEST(Hint, ThereIsOneForEveryError) {
  constexpr std::array kNumbers = {0,      ENOENT, EACCES, EPERM,  ENOMEM, ENOSPC, EMFILE,
                                   EAGAIN, EINVAL, EROFS,  ENODEV, EBUSY,  EIO};
  for (size_t phase = 0; phase < kPhases; ++phase) {
    for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
      for (const int number : kNumbers) {
        const Error error =
            error_in(static_cast<Phase>(phase), static_cast<ErrorCode>(code), number);
        EXPECT_FALSE(hint_for(error).empty()) << phase << " " << code << " " << number;
      }
    }
  }
}

/// Docker tells statuses 126 and 127 by words of the message.
TEST(Hint, NoneHasTheWordsThatDockerLooksFor) {
  for (size_t phase = 0; phase < kPhases; ++phase) {
    for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
      for (int number = 0; number < 134; ++number) {
        const std::string_view hint =
            hint_for(error_in(static_cast<Phase>(phase), static_cast<ErrorCode>(code), number));
        for (const char* words : {"permission denied", "no such file", "not a directory",
                                  "executable file not found", "failed to run"}) {
          EXPECT_EQ(hint.find(words), std::string_view::npos) << hint;
        }
      }
    }
  }
}

struct Row {
  Phase phase;
  ErrorCode code;
  int number;
  std::string_view word;  // of the hint
};

TEST(Hint, SaysWhatToDoAboutEachClass) {
  constexpr std::array kRows = {
      Row{Phase::kMount, ErrorCode::kNotFound, ENOENT, "make the source"},
      Row{Phase::kMount, ErrorCode::kInternal, ENOTDIR, "both"},
      Row{Phase::kMount, ErrorCode::kPermissionDenied, EPERM, "forbids"},
      Row{Phase::kCgroup, ErrorCode::kFailedPrecondition, 0, "doctor"},
      Row{Phase::kCgroup, ErrorCode::kAlreadyExists, 0, "another container"},
      Row{Phase::kUser, ErrorCode::kInternal, EINVAL, "user namespace"},
      Row{Phase::kConfig, ErrorCode::kInvalidArgument, 0, "config.json"},
      Row{Phase::kFind, ErrorCode::kNotFound, 0, "ENTRYPOINT"},
      Row{Phase::kCompile, ErrorCode::kNotFound, ENOENT, "install wasmedge-compiler"},
      Row{Phase::kCompile, ErrorCode::kInternal, 0, "dmesg"},
      Row{Phase::kCompile, ErrorCode::kResourceExhausted, 0, "smaller"},
      Row{Phase::kCompile, ErrorCode::kInvalidArgument, 0, "validate"},
      Row{Phase::kSeccomp, ErrorCode::kInvalidArgument, 0, "profile"},
      Row{Phase::kHooks, ErrorCode::kInternal, 0, "hook"},
      Row{Phase::kLaunch, ErrorCode::kResourceExhausted, ENOSPC, "user.max_"},
      Row{Phase::kLaunch, ErrorCode::kResourceExhausted, EMFILE, "LimitNOFILE"},
      Row{Phase::kCompile, ErrorCode::kResourceExhausted, ENOSPC, "free space"},
  };
  for (const Row& row : kRows) {
    const std::string_view hint = hint_for(error_in(row.phase, row.code, row.number));
    EXPECT_NE(hint.find(row.word), std::string_view::npos) << name_of(row.phase) << ": " << hint;
  }
}

TEST(Hint, IsToldOnceBehindStepAndMessage) {
  const Error told = explain(error_in(Phase::kMount, ErrorCode::kNotFound, ENOENT));
  EXPECT_EQ(told.message,
            "step mount: mount /a at /b: No such file or directory; hint: make the source on this "
            "node, or correct the volume");
  EXPECT_EQ(told.code, ErrorCode::kNotFound);
  EXPECT_EQ(phase_of(told), Phase::kMount);
}

}  // namespace
}  // namespace wasmedge::oci
