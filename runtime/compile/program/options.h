#pragma once

#include <span>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/compile/program/supervisor.h"

namespace wasmedge::compile {

struct Options {
  bool help = false;
  bool version = false;
  Job job;
  int reply = -1;
};

/// The program's arguments, argv[0] apart. kInvalidArgument names the option and what it wants.
Result<Options> parse_options(std::span<char* const> arguments);

/// The text of --help.
std::string_view help_text();

}  // namespace wasmedge::compile
