#include "runtime/cli/module.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <optional>

#include "runtime/cache/obtain.h"
#include "runtime/cli/tell.h"

namespace wasmedge::cli {
namespace {

constexpr std::string_view kModuleMagic{"\0asm", 4};
constexpr int kPatienceMilliseconds = 1000;

}  // namespace

Result<std::string> program_beside(std::string_view name) {
  std::array<char, PATH_MAX> self{};
  const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size());
  if (size < 0) return fail_errno("cannot tell where wasmedge is installed: read /proc/self/exe");
  const std::string_view path(self.data(), static_cast<size_t>(size));
  return std::string(path.substr(0, path.rfind('/'))).append("/").append(name);
}

namespace {

bool begins_with(const MappedFile& file, std::string_view magic) {
  return file.bytes().size() >= magic.size() &&
         std::memcmp(file.bytes().data(), magic.data(), magic.size()) == 0;
}

// The cache, if it can be read. If not, the module has to be compiled, and the compiler will tell
// what is wrong with the directory.
std::optional<cache::Store> open_cache(const Result<std::string>& directory) {
  if (!directory) return std::nullopt;
  auto store = cache::Store::open(*directory);
  if (!store) return std::nullopt;
  return std::move(*store);
}

// A user at a terminal learns what is taking so long.
void wait_for(const cache::Compilation& compilation) {
  pollfd reply{compilation.reply.get(), POLLIN, 0};
  if (::poll(&reply, 1, kPatienceMilliseconds) == 0 && ::isatty(STDERR_FILENO) == 1) {
    [[maybe_unused]] const auto written = write_all(
        STDERR_FILENO,
        fmt::format("wasmedge: compiling {}; the next run starts at once\n", compilation.name),
        "stderr");
  }
}

// `job` says what there is to do beyond the module itself.
Result<Fd> compile(const ModuleFile& module, cache::CompileJob job) {
  TRY_ASSIGN(job.compiler, program_beside("wasmedge-compiler"));
  job.module = module.file.get();
  job.name = module.path;
  TRY_ASSIGN(auto compilation, cache::start(job));
  wait_for(compilation);
  TRY_ASSIGN(auto compiled, cache::finish(compilation));
  if (!compiled.warning.empty()) warn(compiled.warning);
  return std::move(compiled.artifact);
}

Result<Fd> compile_cached(const ModuleFile& module, const Result<std::string>& directory,
                          const cache::CodeKind& kind) {
  if (!directory) warn(directory.error().message);
  cache::CompileJob job;
  job.cache_directory = directory.value_or(std::string());
  job.target = kind.target;
  job.metered = kind.metered;
  return compile(module, std::move(job));
}

}  // namespace

Result<ModuleFile> open_module(const std::string& path) {
  TRY_ASSIGN(Fd file, open_file(path, O_RDONLY | O_NOCTTY));
  TRY_ASSIGN(MappedFile bytes, MappedFile::map(file.get(), path));
  if (begins_with(bytes, {run::kArtifactMagic.data(), run::kArtifactMagic.size()})) {
    return fail(
        ErrorCode::kInvalidArgument,
        "{} is compiled code, which is run from the cache only: name the .wasm file that it "
        "was made from",
        path);
  }
  if (!begins_with(bytes, kModuleMagic)) {
    return fail(ErrorCode::kInvalidArgument,
                "{} is not a WebAssembly module: it does not begin with \\0asm", path);
  }
  return ModuleFile{path, std::move(file), std::move(bytes)};
}

Result<std::shared_ptr<const run::Artifact>> load_artifact(const ModuleFile& module, bool metered) {
  const auto directory = cache::default_directory();
  const auto store = open_cache(directory);
  // What is damaged or not ours is as good as absent: the compiler replaces it, and says so.
  auto found = cache::find(store ? &*store : nullptr, {module.file.get(), module.path}, metered);
  if (found && *found) {
    if (auto artifact = run::Artifact::load(std::move(**found), module.path)) return artifact;
  }
  TRY_ASSIGN(Fd file, compile_cached(module, directory, {.metered = metered}));
  return run::Artifact::load(std::move(file), module.path);
}

Result<Fd> compile_artifact(const ModuleFile& module, const cache::CodeKind& kind) {
  return compile_cached(module, cache::default_directory(), kind);
}

Result<bool> compile_if_module(Fd file, const std::string& name) {
  TRY_ASSIGN(MappedFile bytes, MappedFile::map(file.get(), name));
  if (!begins_with(bytes, kModuleMagic)) return false;
  const ModuleFile module{name, std::move(file), std::move(bytes)};
  TRY(compile_artifact(module, {}));
  return true;
}

Result<Fd> compile_to_text(const ModuleFile& module, const cache::CodeKind& kind,
                           const std::string& emit, const std::string& function) {
  cache::CompileJob job;
  job.target = kind.target;
  job.metered = kind.metered;
  job.emit = emit;
  job.function = function;
  return compile(module, std::move(job));
}

}  // namespace wasmedge::cli
