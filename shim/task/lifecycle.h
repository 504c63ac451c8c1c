#pragma once

#include <string_view>

#include "runtime/base/result.h"

namespace wasmedge::task {

/// A container's state.
///
/// Flow: (absent) -> creating -> created -> running -> stopped -> deleting -> (absent)
///                      |           |      <-> paused ----^
///                      |           `------ killed -------^
///                      `-> (absent), if Create fails
enum class State { kAbsent, kCreating, kCreated, kRunning, kPaused, kStopped, kDeleting };
inline constexpr int kStates = 7;

/// The calls that concern one container. Connect and Shutdown are allowed always.
enum class Verb {
  kCreate,
  kStart,
  kState,
  kWait,
  kKill,
  kDelete,
  kPids,
  kCloseIO,
  kResizePty,
  kStats,
  kPause,
  kResume,
  kUpdate,
  kExec
};
inline constexpr int kVerbs = 14;

/// Whether the call is allowed in that state; otherwise the Error that answers it, by the table in
/// lifecycle.cc.
Result<> allow(State state, Verb verb, std::string_view id);

/// The same for an executed process, whose states are those of its container but for kPaused and
/// kDeleting. Calls that know no exec id are not asked.
///
/// Flow: (absent) -> created, by Exec -> creating, by Start -> running -> stopped -> (absent)
Result<> allow_exec(State state, Verb verb, std::string_view id, std::string_view exec_id);

std::string_view name_of(State state);
std::string_view name_of(Verb verb);

}  // namespace wasmedge::task
