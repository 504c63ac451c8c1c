#include "shim/task/lifecycle.h"

#include <algorithm>
#include <array>

namespace wasmedge::task {
namespace {

enum class Answer {
  kAllowed,
  kMissing,   // NOT_FOUND: there is no such container
  kFinished,  // NOT_FOUND: its process has ended, which callers of Kill expect as such
  kExists,    // ALREADY_EXISTS
  kTooEarly,  // FAILED_PRECONDITION
  kTooLate,   // FAILED_PRECONDITION
  kPaused,    // FAILED_PRECONDITION
};

/// Calls by states. Every pair is here, and a test holds each.
constexpr std::array<std::array<Answer, kStates>, kVerbs> kTable = [] {
  using enum Answer;
  return std::array<std::array<Answer, kStates>, kVerbs>{{
      // absent   creating   created    running    paused     stopped    deleting
      {kAllowed, kExists, kExists, kExists, kExists, kExists, kExists},          // Create
      {kMissing, kTooEarly, kAllowed, kTooLate, kTooLate, kTooLate, kMissing},   // Start
      {kMissing, kAllowed, kAllowed, kAllowed, kAllowed, kAllowed, kMissing},    // State
      {kMissing, kTooEarly, kAllowed, kAllowed, kAllowed, kAllowed, kMissing},   // Wait
      {kMissing, kAllowed, kAllowed, kAllowed, kAllowed, kFinished, kMissing},   // Kill
      {kMissing, kAllowed, kAllowed, kTooEarly, kTooEarly, kAllowed, kMissing},  // Delete
      {kMissing, kTooEarly, kAllowed, kAllowed, kAllowed, kAllowed, kMissing},   // Pids
      {kMissing, kTooEarly, kAllowed, kAllowed, kAllowed, kAllowed, kMissing},   // CloseIO
      {kMissing, kTooEarly, kAllowed, kAllowed, kAllowed, kAllowed, kMissing},   // ResizePty
      {kMissing, kTooEarly, kAllowed, kAllowed, kAllowed, kAllowed, kMissing},   // Stats
      {kMissing, kTooEarly, kTooEarly, kAllowed, kTooLate, kTooLate, kMissing},  // Pause
      {kMissing, kTooEarly, kTooEarly, kTooLate, kAllowed, kTooLate, kMissing},  // Resume
      {kMissing, kTooEarly, kAllowed, kAllowed, kAllowed, kTooLate, kMissing},   // Update
      {kMissing, kTooEarly, kAllowed, kAllowed, kPaused, kTooLate, kMissing},    // Exec
  }};
}();

/// The same for executed processes.
struct ExecRow {
  Verb verb;
  Answer absent, created, starting, running, stopped;
};
constexpr std::array kExecTable = [] {
  using enum Answer;
  return std::array{
      //      verb              absent    created    starting   running    stopped
      ExecRow{Verb::kExec, kAllowed, kExists, kExists, kExists, kExists},
      ExecRow{Verb::kStart, kMissing, kAllowed, kTooLate, kTooLate, kTooLate},
      ExecRow{Verb::kState, kMissing, kAllowed, kAllowed, kAllowed, kAllowed},
      ExecRow{Verb::kWait, kMissing, kAllowed, kAllowed, kAllowed, kAllowed},
      ExecRow{Verb::kKill, kMissing, kTooEarly, kAllowed, kAllowed, kFinished},
      ExecRow{Verb::kDelete, kMissing, kAllowed, kTooEarly, kTooEarly, kAllowed},
      ExecRow{Verb::kCloseIO, kMissing, kAllowed, kAllowed, kAllowed, kAllowed},
      ExecRow{Verb::kResizePty, kMissing, kAllowed, kAllowed, kAllowed, kAllowed},
  };
}();

Answer look_up(const ExecRow& row, State state) {
  switch (state) {
    case State::kCreated:
      return row.created;
    case State::kCreating:
      return row.starting;
    case State::kRunning:
      return row.running;
    case State::kStopped:
      return row.stopped;
    default:
      return row.absent;
  }
}

/// What must come before a call that is too early.
std::string_view what_first(State state) {
  if (state == State::kCreating) return "wait for Create to return";
  return state == State::kCreated ? "start it first" : "kill it first";
}

}  // namespace

std::string_view name_of(State state) {
  constexpr std::array<std::string_view, kStates> kNames = {
      "absent", "creating", "created", "running", "paused", "stopped", "deleting"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view name_of(Verb verb) {
  constexpr std::array<std::string_view, kVerbs> kNames = {
      "Create",  "Start",     "State", "Wait",  "Kill",   "Delete", "Pids",
      "CloseIO", "ResizePty", "Stats", "Pause", "Resume", "Update", "Exec"};
  return kNames[static_cast<size_t>(verb)];
}

Result<> allow(State state, Verb verb, std::string_view id) {
  switch (kTable[static_cast<size_t>(verb)][static_cast<size_t>(state)]) {
    case Answer::kAllowed:
      return {};
    case Answer::kMissing:
      return fail(ErrorCode::kNotFound, "{}: this shim has no container \"{}\"", name_of(verb), id);
    case Answer::kFinished:
      return fail(ErrorCode::kNotFound, "{}: the process of container \"{}\" has already finished",
                  name_of(verb), id);
    case Answer::kExists:
      return fail(ErrorCode::kAlreadyExists, "{}: container \"{}\" exists and is {}", name_of(verb),
                  id, name_of(state));
    case Answer::kTooEarly:
      return fail(ErrorCode::kFailedPrecondition, "{}: container \"{}\" is still {}; {}",
                  name_of(verb), id, name_of(state), what_first(state));
    case Answer::kTooLate:
      return fail(ErrorCode::kFailedPrecondition, "{}: container \"{}\" is {} already",
                  name_of(verb), id, name_of(state));
    case Answer::kPaused:
      return fail(ErrorCode::kFailedPrecondition, "{}: container \"{}\" is paused; resume it first",
                  name_of(verb), id);
  }
  __builtin_unreachable();
}

Result<> allow_exec(State state, Verb verb, std::string_view id, std::string_view exec_id) {
  const auto row = std::find_if(kExecTable.begin(), kExecTable.end(),
                                [verb](const ExecRow& each) { return each.verb == verb; });
  const std::string what =
      fmt::format("{}: process \"{}\" in container \"{}\"", name_of(verb), exec_id, id);
  switch (row == kExecTable.end() ? Answer::kMissing : look_up(*row, state)) {
    case Answer::kAllowed:
      return {};
    case Answer::kFinished:
      return fail(ErrorCode::kNotFound, "{} has already finished", what);
    case Answer::kExists:
      return fail(ErrorCode::kAlreadyExists, "{} exists already; choose another id", what);
    case Answer::kTooEarly:
      if (state == State::kCreated) {
        return fail(ErrorCode::kFailedPrecondition, "{} is not started yet", what);
      }
      return fail(ErrorCode::kFailedPrecondition, "{} is still running; kill it first", what);
    case Answer::kTooLate:
    case Answer::kPaused:
      return fail(ErrorCode::kFailedPrecondition, "{} was started already", what);
    case Answer::kMissing:
      return fail(ErrorCode::kNotFound, "{} does not exist", what);
  }
  __builtin_unreachable();
}

}  // namespace wasmedge::task
