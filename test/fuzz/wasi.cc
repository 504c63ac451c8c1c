// Any bytes as a sequence of WASI calls: which function, and its arguments, which are mostly such
// as lead somewhere. Whatever a guest calls: no crash, no hang, nothing outside its directory is
// touched, and no descriptor is lost.
#include <fcntl.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <tuple>

#include "runtime/base/fd.h"
#include "runtime/wasi/env.h"
#include "runtime/wasi/functions.h"

namespace fs = std::filesystem;
using namespace wasmedge;        // NOLINT(google-build-using-namespace)
using namespace wasmedge::wasi;  // NOLINT(google-build-using-namespace)

namespace {

constexpr uint64_t kMemoryBytes = 1 << 16;
constexpr int kMostCalls = 64;

// Where things are in the guest's memory: arguments point there more often than elsewhere.
constexpr uint32_t kIovecs = 0x2000;
constexpr uint32_t kPaths = 0x3000;
constexpr uint32_t kOut = 0x4000;

constexpr const char* kNames[] = {
    "f",    "d",  "d/f", "link", "up",    "d/up/secret", "../secret", ".", "..", "/",
    "loop", "f/", "d/",  "new",  "d/new", "new/",        "d/../f",    "",  "out"};
constexpr uint32_t kNameBytes = 16;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// Made once: a directory to give, a file beside it, and memory with guards.
struct World {
  World() {
    char name[] = "/tmp/wasmedge-fuzz-XXXXXX";
    if (::mkdtemp(name) == nullptr) fail("mkdtemp");
    place = name;
    std::ofstream(place / "secret") << "outside";
    const rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    null.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
    void* base = ::mmap(nullptr, 3 * kMemoryBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) fail("mmap");
    view.base = static_cast<std::byte*>(base) + kMemoryBytes;
    view.bytes = kMemoryBytes;
    ::mprotect(view.base, kMemoryBytes, PROT_READ | PROT_WRITE);
  }
  ~World() { fs::remove_all(place); }

  void fill() const {
    fs::remove_all(place / "root");
    fs::create_directories(place / "root/d");
    std::ofstream(place / "root/f") << "file";
    std::ofstream(place / "root/d/f") << "another";
    fs::create_symlink("f", place / "root/link");
    fs::create_symlink("..", place / "root/up");
    fs::create_symlink("../..", place / "root/d/up");
    fs::create_symlink("loop", place / "root/loop");
    fs::create_symlink("/etc", place / "root/out");
  }

  fs::path place;
  Fd null;
  run::MemoryView view{};
};

const World& world() {
  static const World made;
  return made;
}

size_t host_fds() {
  return static_cast<size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

uint64_t argument(FuzzedDataProvider& choices, bool wide) {
  switch (choices.ConsumeIntegralInRange(0, 7)) {
    case 0:
      return choices.ConsumeIntegralInRange<uint32_t>(0, 12);
    case 1:
      return kPaths +
             kNameBytes * choices.ConsumeIntegralInRange<uint32_t>(0, std::size(kNames) - 1);
    case 2:
      return kIovecs + 8 * choices.ConsumeIntegralInRange<uint32_t>(0, 7);
    case 3:
      return kOut + choices.ConsumeIntegral<uint8_t>();
    case 4:
      return ~uint64_t{0};
    case 5:
      return 3;
    case 6:
      return kMemoryBytes - choices.ConsumeIntegralInRange<uint32_t>(0, 64);
    default:
      return wide ? choices.ConsumeIntegral<uint64_t>() : choices.ConsumeIntegral<uint32_t>();
  }
}

template <typename... P>
void call(Errno (*function)(WasiEnv&, P...), WasiEnv& env,
          [[maybe_unused]] FuzzedDataProvider& choices) {
  // Braces: from left to right, so that an input means the same with every compiler.
  const std::tuple<P...> arguments{static_cast<P>(argument(choices, sizeof(P) == 8))...};
  std::apply([&](P... each) { function(env, each...); }, arguments);
}

using Caller = void (*)(WasiEnv&, FuzzedDataProvider&);

#define WASI_CALL(module, name, ...)                                                       \
  [](WasiEnv& env, FuzzedDataProvider& choices) {                                          \
    call(static_cast<Errno (*)(WasiEnv & __VA_OPT__(, ) __VA_ARGS__)>(&module::name), env, \
         choices);                                                                         \
  },
#define WASI_SHARED(name, ...) {#name, WASI_CALL(preview1, name __VA_OPT__(, ) __VA_ARGS__)},
#define WASI_PREVIEW1 WASI_SHARED
#define WASI_UNSTABLE(name, ...) {#name, WASI_CALL(unstable, name __VA_OPT__(, ) __VA_ARGS__)},
const struct {
  std::string_view name;
  Caller call;
} kFunctions[] = {
#include "runtime/wasi/functions.def"  // NOLINT: the table
};
#undef WASI_SHARED
#undef WASI_PREVIEW1
#undef WASI_UNSTABLE

template <typename T>
void put(uint32_t at, const T& value) {
  std::memcpy(world().view.base + at, &value, sizeof value);
}

void prepare_memory(FuzzedDataProvider& choices) {
  for (uint32_t i = 0; i < std::size(kNames); ++i) {
    std::memcpy(world().view.base + kPaths + size_t{i} * kNameBytes, kNames[i],
                std::strlen(kNames[i]));
  }
  for (uint32_t i = 0; i < 8; ++i) {
    put(kIovecs + 8 * i, Iovec{kOut + 64 * i, choices.ConsumeIntegral<uint8_t>()});
  }
}

// A guest may wait for ever, if it asks for that. Here every poll has an end: all that it may find
// in memory is a clock that is due.
void end_polls() {
  std::memset(world().view.base, 0, kMemoryBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider choices(data, size);
  world().fill();
  std::memset(world().view.base, 0, kMemoryBytes);
  const size_t before = host_fds();
  {
    WasiConfig config;
    config.args = {"program", "argument"};
    config.env = {"A=1"};
    config.stdio = {world().null.get(), world().null.get(), world().null.get()};
    config.network.push_back(parse_network_rule("none", "none").value());  // nobody to wait for
    const std::string root = (world().place / "root").string();
    for (const bool read_only : {false, true}) {
      Fd dir(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      config.preopens.push_back({std::move(dir), read_only ? "/ro" : "/", read_only});
    }
    auto made = WasiEnv::make(std::move(config));
    const std::unique_ptr<WasiEnv>& env = made.value();
    if (choices.ConsumeBool()) env->beneath = Beneath(Beneath::Mode::kWalk);
    env->memory.bind(&world().view);
    for (int i = 0; i < kMostCalls && choices.remaining_bytes() > 0; ++i) {
      const auto& function =
          kFunctions[choices.ConsumeIntegralInRange<size_t>(0, std::size(kFunctions) - 1)];
      if (function.name == "proc_raise") continue;  // it ends guests, and here is none to end
      if (function.name.ends_with("poll_oneoff")) {
        end_polls();
      } else {
        prepare_memory(choices);
      }
      function.call(*env, choices);
    }
  }
  if (host_fds() != before) fail("a descriptor of the host is lost");
  std::string secret;
  std::ifstream(world().place / "secret") >> secret;
  if (secret != "outside" || std::distance(fs::directory_iterator(world().place), {}) != 2) {
    fail("something outside has changed");
  }
  return 0;
}
