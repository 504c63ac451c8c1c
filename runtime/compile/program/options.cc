#include "runtime/compile/program/options.h"

#include <charconv>
#include <limits>

#include "runtime/base/cpu.h"

namespace wasmedge::compile {
namespace {

template <typename Number>
Result<Number> number(std::string_view option, std::string_view text, Number least) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least) {
    return fail(ErrorCode::kInvalidArgument, "{} {}: not a number from {} to {}", option, text,
                least, std::numeric_limits<Number>::max());
  }
  return value;
}

Result<> set(Options& options, std::string_view option, std::string_view value) {
  Bounds& bounds = options.job.bounds;
  if (option == "--cache") {
    options.job.cache_directory = value;
  } else if (option == "--client-build") {
    options.job.client_build = value;
  } else if (option == "--name") {
    options.job.name = value;
  } else if (option == "--module-fd") {
    TRY_ASSIGN(options.job.module, number<int>(option, value, 3));
  } else if (option == "--reply-fd") {
    TRY_ASSIGN(options.reply, number<int>(option, value, 3));
  } else if (option == "--emit" && (value == "ir" || value == "asm")) {
    options.job.form = value == "ir" ? Form::kIr : Form::kAssembly;
  } else if (option == "--emit") {
    return fail(ErrorCode::kInvalidArgument, "--emit {}: expected ir or asm", value);
  } else if (option == "--function") {
    options.job.function = value;
  } else if (option == "--target") {
    TRY_ASSIGN(options.job.target, parse_target(value));
  } else if (option == "--memory-limit") {
    TRY_ASSIGN(const auto mebibytes, number<uint32_t>(option, value, 1));
    bounds.memory_bytes = uint64_t{mebibytes} << 20;
  } else if (option == "--cpu-limit") {
    TRY_ASSIGN(bounds.cpu_seconds, number<uint32_t>(option, value, 1));
  } else if (option == "--time-limit") {
    TRY_ASSIGN(bounds.wall_seconds, number<uint32_t>(option, value, 1));
  } else {
    return fail(ErrorCode::kInvalidArgument, "unknown option {}", option);
  }
  return {};
}

}  // namespace

Result<Options> parse_options(std::span<char* const> arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view option = arguments[i];
    options.help = options.help || option == "--help" || option == "-h";
    options.version = options.version || option == "--version";
    if (options.help || options.version) return options;
    if (option == "--metered") {
      options.job.metered = true;
      continue;
    }
    if (i + 1 == arguments.size()) {
      return fail(ErrorCode::kInvalidArgument, "{}: an option without its value, or none of ours",
                  option);
    }
    TRY(set(options, option, arguments[++i]));
  }
  if (options.job.name.empty() || options.job.module < 0 || options.reply < 0) {
    return fail(ErrorCode::kInvalidArgument, "--name, --module-fd and --reply-fd are required");
  }
  return options;
}

std::string_view help_text() {
  return "wasmedge-compiler: compiles one WebAssembly module to native code, locked away from the "
         "machine.\n"
         "Started by wasmedge and containerd-shim-wasmedge-v1; to compile by hand use "
         "`wasmedge compile`.\n"
         "\n"
         "usage: wasmedge-compiler [options] --name NAME --module-fd N --reply-fd M\n"
         "\n"
         "  --name NAME         what messages call the module\n"
         "  --module-fd N       the module's file, open for reading\n"
         "  --reply-fd M        a SOCK_SEQPACKET socket that gets the artifact's file, or the "
         "error\n"
         "  --cache DIR         publish the artifact in this cache directory\n"
         "  --client-build ID   warn if the caller looks artifacts up by another compiler's keys\n"
         "  --target ARCH       make code for aarch64, riscv64 or x86_64, not for this machine\n"
         "  --metered           code that uses up fuel, for wasmedge run --fuel\n"
         "  --emit ir|asm       reply with this text, and cache nothing\n"
         "  --function F        emit this function only, by its index or name\n"
         "  --memory-limit MIB  of address space while compiling (8192)\n"
         "  --cpu-limit S       seconds of CPU time (3600)\n"
         "  --time-limit S      seconds (1800)\n"
         "  --help, --version\n";
}

}  // namespace wasmedge::compile
