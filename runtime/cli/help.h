#pragma once

#include <string_view>

namespace wasmedge::cli {

inline constexpr std::string_view kHelp =
    "wasmedge: runs WebAssembly modules as native code.\n"
    "\n"
    "usage: wasmedge [run] [options] FILE.wasm [arguments]   run a WASI program\n"
    "       wasmedge compile FILE.wasm                       compile it now, for a fast first "
    "start\n"
    "       wasmedge validate FILE.wasm...                   check modules without running them\n"
    "       wasmedge inspect FILE.wasm                       what is in it: imports, exports, "
    "sizes\n"
    "       wasmedge policy CONFIG.json                      what a container's module may do, "
    "and why\n"
    "       wasmedge COMMAND --help                          more about a command\n"
    "       wasmedge --version\n"
    "\n"
    "A module is compiled when it runs first, and kept in the cache: $WASMEDGE_CACHE_DIR, else\n"
    "/var/cache/wasmedge for root, else $XDG_CACHE_HOME/wasmedge or ~/.cache/wasmedge.\n"
    "\n"
    "Exit status: the program's own; 134 after a trap; 1 if the module could not be run; 2 for a\n"
    "wrong command line.\n";

inline constexpr std::string_view kRunHelp =
    "usage: wasmedge [run] [options] [--] FILE.wasm [arguments]\n"
    "\n"
    "Runs a WASI preview 1 program. It gets stdin, stdout, stderr and the arguments, and "
    "otherwise\n"
    "only what the options give it: no directory, no environment variable by default.\n"
    "\n"
    "  --dir HOST:GUEST[:ro]  give it the directory HOST, which it calls GUEST; ro: read-only.\n"
    "                         HOST alone: the same name inside. May be repeated.\n"
    "                         (WasmEdge's own command line has the two the other way round.)\n"
    "  --env KEY=VALUE        set an environment variable. May be repeated.\n"
    "  --time-limit SECONDS   end it after this time, with the trap \"interrupted\" and status "
    "134\n"
    "  --fuel N               end it after about N instructions, with the trap \"out of fuel\" "
    "and\n"
    "                         status 134, always at the same one. Bulk operations also cost one\n"
    "                         for each 32 bytes or 4 elements. The module is compiled for it: "
    "such\n"
    "                         code is slower, and is in the cache beside the other.\n"
    "  --debug                tell gdb(1) the names, frames and lines of compiled code, for when "
    "it\n"
    "                         is attached later; a program that gdb starts has them anyway\n"
    "  --trace=wasi           tell each call of a WASI function, its arguments and its result, in "
    "a "
    "line\n"
    "                         on stderr\n"
    "  --perfmap              write /tmp/perf-PID.map, from which perf(1) takes functions' names\n"
    "  --                     what follows is no option\n"
    "\n"
    "Example: wasmedge --dir .:/data --env LANG=C tool.wasm /data/input.txt\n"
    "\n"
    "Exit status: the program's own; 134 after a trap, with a message on stderr; 1 if it could "
    "not\n"
    "be run; 2 for a wrong command line.\n";

inline constexpr std::string_view kCompileHelp =
    "usage: wasmedge compile [options] FILE.wasm\n"
    "\n"
    "Compiles the module into the cache, so that its first run starts at once.\n"
    "\n"
    "  -o, --output OUTPUT  also write the compiled code to this file, to look at. It is not run "
    "from\n"
    "                       there: compiled code is taken from the cache only.\n"
    "  --target aarch64     make code for other machines: aarch64 or riscv64. They find it if "
    "they\n"
    "                       are given this cache.\n"
    "  --metered            the code that `wasmedge run --fuel` uses\n"
    "  --emit ir|asm        compile into nothing, and write LLVM IR as the code generator gets "
    "it,\n"
    "                       after optimisation, or the machine's assembly, to stdout or OUTPUT\n"
    "  --function F         emit this function only, by its index, name or export\n";

inline constexpr std::string_view kValidateHelp =
    "usage: wasmedge validate FILE.wasm...\n"
    "\n"
    "Checks that each file is a well-formed and valid module. Silent if all are; otherwise each\n"
    "error names the byte offset and the rule, and the exit status is 1.\n";

inline constexpr std::string_view kPolicyHelp =
    "usage: wasmedge policy [--ceiling FILE] CONFIG.json\n"
    "\n"
    "Says what a WebAssembly module in a container with this config.json (an OCI bundle's) sees "
    "and\n"
    "may do on this node, and by which rule. containerd keeps the config.json of a container that\n"
    "runs in /run/containerd/io.containerd.runtime.v2.task/NAMESPACE/ID.\n"
    "\n"
    "  --ceiling FILE  settings as in the runtime's options (TOML); those in\n"
    "                  /etc/wasmedge/policy.toml hold in any case\n"
    "\n"
    "What cannot be read or is wrong is told with its place, as Create would, with exit status "
    "1.\n";

inline constexpr std::string_view kInspectHelp =
    "usage: wasmedge inspect FILE.wasm\n"
    "\n"
    "Says what is in the module: the features that it uses, sizes, memories and tables, imports\n"
    "and exports with their types.\n";

}  // namespace wasmedge::cli
