#include "shim/task/lifecycle.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <string>

namespace wasmedge::task {
namespace {

/// Every pair of state and call, in the words of the protocol's rules; "" is allowed, n not found,
/// e already exists, p failed precondition. Columns: absent creating created running paused stopped
/// deleting.
const std::map<Verb, std::string> kExpected = {
    {Verb::kCreate, ".eeeeee"}, {Verb::kStart, "np.pppn"},   {Verb::kState, "n.....n"},
    {Verb::kWait, "np....n"},   {Verb::kKill, "n....nn"},    {Verb::kDelete, "n..pp.n"},
    {Verb::kPids, "np....n"},   {Verb::kCloseIO, "np....n"}, {Verb::kResizePty, "np....n"},
    {Verb::kStats, "np....n"},  {Verb::kPause, "npp.ppn"},   {Verb::kResume, "nppp.pn"},
    {Verb::kUpdate, "np...pn"}, {Verb::kExec, "np..ppn"},
};

/// The same for executed processes. Columns: absent created starting running stopped.
const std::map<Verb, std::string> kExpectedOfExecs = {
    {Verb::kExec, ".eeee"},    {Verb::kStart, "n.ppp"},     {Verb::kState, "n...."},
    {Verb::kWait, "n...."},    {Verb::kKill, "np..n"},      {Verb::kDelete, "n.pp."},
    {Verb::kCloseIO, "n...."}, {Verb::kResizePty, "n...."},
};

char letter(const Result<>& answer) {
  if (answer) return '.';
  switch (answer.error().code) {
    case ErrorCode::kNotFound:
      return 'n';
    case ErrorCode::kAlreadyExists:
      return 'e';
    case ErrorCode::kFailedPrecondition:
      return 'p';
    default:
      return '?';
  }
}

TEST(Lifecycle, EveryCallInEveryState) {
  ASSERT_EQ(kExpected.size(), static_cast<size_t>(kVerbs));
  for (const auto& [verb, row] : kExpected) {
    ASSERT_EQ(row.size(), static_cast<size_t>(kStates));
    for (int i = 0; i < kStates; i++) {
      const auto state = static_cast<State>(i);
      EXPECT_EQ(letter(allow(state, verb, "box")), row[i])
          << name_of(verb) << " when " << name_of(state);
    }
  }
}

TEST(Lifecycle, EveryCallOnAnExecutedProcessInEveryState) {
  constexpr std::array kColumns = {State::kAbsent, State::kCreated, State::kCreating,
                                   State::kRunning, State::kStopped};
  for (int i = 0; i < kVerbs; i++) {
    const auto verb = static_cast<Verb>(i);
    const auto row = kExpectedOfExecs.find(verb);
    const std::string expected = row == kExpectedOfExecs.end() ? "nnnnn" : row->second;
    for (size_t column = 0; column < kColumns.size(); column++) {
      EXPECT_EQ(letter(allow_exec(kColumns[column], verb, "box", "x")), expected[column])
          << name_of(verb) << " when " << name_of(kColumns[column]);
    }
  }
}

TEST(Lifecycle, ErrorsNameTheCallTheContainerAndTheState) {
  EXPECT_EQ(allow(State::kAbsent, Verb::kStart, "box").error().message,
            "Start: this shim has no container \"box\"");
  EXPECT_EQ(allow(State::kRunning, Verb::kDelete, "box").error().message,
            "Delete: container \"box\" is still running; kill it first");
  EXPECT_EQ(allow(State::kRunning, Verb::kStart, "box").error().message,
            "Start: container \"box\" is running already");
  EXPECT_EQ(allow(State::kCreated, Verb::kPause, "box").error().message,
            "Pause: container \"box\" is still created; start it first");
  EXPECT_EQ(allow(State::kPaused, Verb::kDelete, "box").error().message,
            "Delete: container \"box\" is still paused; kill it first");
  EXPECT_EQ(allow(State::kStopped, Verb::kKill, "box").error().message,
            "Kill: the process of container \"box\" has already finished");
  EXPECT_EQ(allow(State::kCreated, Verb::kCreate, "box").error().message,
            "Create: container \"box\" exists and is created");
}

}  // namespace
}  // namespace wasmedge::task
