#include "runtime/compile/program/supervisor.h"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <optional>

#include "runtime/cache/store.h"
#include "runtime/compile/program/sealed_copy.h"
#include "runtime/compile/program/worker.h"
#include "runtime/run/artifact_file.h"

namespace wasmedge::compile {
namespace {

// As many as there are processors, if the memory bound lets each have its share: the stack that
// LLVM's recursion may need takes half of it.
unsigned threads_for(const Bounds& bounds) {
  constexpr uint64_t kThreadBytes = uint64_t{1} << 30;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  const bool known = ::sched_getaffinity(0, sizeof cpus, &cpus) == 0;
  const auto usable = static_cast<uint64_t>(known ? CPU_COUNT(&cpus) : 1);
  return static_cast<unsigned>(
      std::clamp<uint64_t>(bounds.memory_bytes / kThreadBytes, 1, std::max<uint64_t>(usable, 1)));
}

// The whole check that loading makes, and that it is this module's.
Result<> verify(int artifact, const cache::Sha256& module, const Job& job) {
  const std::string& name = job.name;
  Fd file(::fcntl(artifact, F_DUPFD_CLOEXEC, 0));
  if (!file) return fail_errno("duplicate the artifact's file descriptor");
  TRY_ASSIGN(const auto loaded, run::Artifact::load_for(job.target, std::move(file), name));
  if (loaded->header().module_sha256 != module) {
    return fail(ErrorCode::kInvalidArgument, "the artifact of {} belongs to another module", name);
  }
  return {};
}

// A module's way to its artifact; the warnings it meets on the way go into the reply.
class Obtaining {
 public:
  Obtaining(const Job& job, const SealedCopy& module)
      : job_(job), module_(module), sha256_(cache::sha256(module.bytes())) {}

  Result<cache::Reply> run() {
    if (job_.form != Form::kObject) return text();
    if (job_.cache_directory.empty()) return compiled();
    if (!job_.client_build.empty() && job_.client_build != cache::compiler_build()) {
      warn(fmt::format(
          "wasmedge-compiler is of another build ({}) than what started it ({}): cached "
          "artifacts will not be found until both are installed from one",
          cache::compiler_build(), job_.client_build));
    }
    auto store = cache::Store::create(job_.cache_directory);
    if (!store) return uncached(store.error());
    const cache::Key key = cache::key_of(sha256_, {.target = job_.target, .metered = job_.metered});
    auto writer = store->lock(key);
    // With the lock, for others may have published while we waited for it; without, for a cache
    // that cannot be written may still be read.
    if (auto artifact = cached(*store, key, writer.has_value())) return reply(std::move(*artifact));
    if (!writer) return uncached(writer.error());
    TRY_ASSIGN(Fd artifact, compile());
    auto published = writer->publish(artifact.get());
    if (!published && published.error().code == ErrorCode::kResourceExhausted) {
      if (const auto made = make_room(*store, artifact.get()); !made) warn(made.error().message);
      published = writer->publish(artifact.get());
    }
    if (!published) return unpublished(std::move(artifact), published.error());
    tidy(*store);
    return fresh(std::move(*published));
  }

 private:
  std::optional<Fd> cached(cache::Store& store, const cache::Key& key, bool writable) {
    auto found = store.lookup(key);
    if (found && !*found) return std::nullopt;
    Result<> intact = found ? verify((*found)->get(), sha256_, job_)
                            : Result<>(tl::unexpected<Error>(found.error()));
    if (intact) return std::move(*found);
    warn(fmt::format("the cached artifact cannot be used ({}); compiled {} again",
                     intact.error().message, job_.name));
    if (!writable) return std::nullopt;
    if (const auto discarded = store.discard(key); !discarded) warn(discarded.error().message);
    return std::nullopt;
  }

  // The filesystem is full: what was not used for longest goes, if that is enough.
  static Result<> make_room(cache::Store& store, int artifact) {
    TRY_ASSIGN(const MappedFile needed, MappedFile::map(artifact, "the new artifact"));
    TRY_ASSIGN(const auto entries, store.list());
    uint64_t kept = 0;
    for (const cache::Entry& entry : entries) kept += entry.bytes;
    if (kept < needed.bytes().size()) return {};
    cache::Bounds bounds;
    bounds.bytes = kept - needed.bytes().size();
    TRY(store.evict(bounds));
    return {};
  }

  // After something was published: what crashed writers left, and what is beyond the bounds, goes.
  void tidy(cache::Store& store) {
    if (const auto swept = store.sweep(); !swept) warn(swept.error().message);
    const auto bounds = cache::read_bounds();
    if (!bounds) {
      return warn(fmt::format("the cache keeps to no bounds: {}", bounds.error().message));
    }
    if (const auto evicted = store.evict(*bounds); !evicted) warn(evicted.error().message);
  }

  // The output of work in a confined child.
  Result<Fd> confined(const Bounds& bounds, std::string_view doing, WorkerJob& work,
                      Result<> (*function)(const WorkerJob&)) {
    TRY_ASSIGN(Fd output, make_memfd("artifact"));
    const std::array<int, 1> keep = {output.get()};
    work.output = output.get();
    TRY(run_confined(bounds, keep, fmt::format("{} {}", doing, job_.name),
                     [&] { return function(work); }));
    TRY(seal(output.get()));
    return output;
  }

  WorkerJob work() {
    return {.name = job_.name,
            .module = module_.bytes(),
            .sha256 = sha256_,
            .threads = threads_for(job_.bounds),
            .target = job_.target,
            .metered = job_.metered,
            .form = job_.form,
            .function = job_.function,
            .symbols = symbols()};
  }

  // A module is compiled without names and lines rather than not.
  Symbols symbols() {
    if (!may_have_symbols(module_.bytes())) return {};
    auto read = read_symbols();
    if (read) return std::move(*read);
    warn(fmt::format("traps will show raw names and no source lines: {}", read.error().message));
    return {};
  }

  Result<Symbols> read_symbols() {
    Bounds bounds = job_.bounds;
    bounds.memory_bytes = std::min(bounds.memory_bytes, kLimits.symbols_memory_bytes);
    bounds.cpu_seconds = std::min(bounds.cpu_seconds, kLimits.symbols_seconds);
    bounds.wall_seconds = std::min(bounds.wall_seconds, 2 * kLimits.symbols_seconds);
    bounds.output_bytes = std::min(bounds.output_bytes, kLimits.symbols_output_bytes);
    WorkerJob work{.name = job_.name, .module = module_.bytes()};
    TRY_ASSIGN(const Fd output,
               confined(bounds, "reading debug information of", work, write_symbols));
    TRY_ASSIGN(const MappedFile bytes, MappedFile::map(output.get(), job_.name));
    return decode_symbols(bytes.bytes());
  }

  Result<cache::Reply> text() {
    WorkerJob work = this->work();
    TRY_ASSIGN(Fd text, confined(job_.bounds, "compiling", work, compile_module));
    return reply(std::move(text));
  }

  Result<Fd> compile() {
    WorkerJob work = this->work();
    TRY_ASSIGN(Fd output, confined(job_.bounds, "compiling", work, compile_module));
    if (auto verified = verify(output.get(), sha256_, job_); !verified) {
      return fail(ErrorCode::kInternal, "the compiler's result for {} is not usable: {}", job_.name,
                  verified.error().message);
    }
    return output;
  }

  Result<cache::Reply> compiled() {
    TRY_ASSIGN(Fd artifact, compile());
    return fresh(std::move(artifact));
  }
  Result<cache::Reply> uncached(const Error& why) {
    TRY_ASSIGN(Fd artifact, compile());
    return unpublished(std::move(artifact), why);
  }
  cache::Reply unpublished(Fd artifact, const Error& why) {
    warn(fmt::format("{} is compiled but not cached, and will be compiled again next time: {}",
                     job_.name, why.message));
    return fresh(std::move(artifact));
  }
  cache::Reply fresh(Fd artifact) {
    cache::Reply reply = this->reply(std::move(artifact));
    reply.fresh = true;
    return reply;
  }
  cache::Reply reply(Fd artifact) {
    cache::Reply reply;
    reply.text = std::move(warnings_);
    reply.artifact = std::move(artifact);
    return reply;
  }
  void warn(std::string_view text) {
    if (!warnings_.empty()) warnings_ += "; ";
    warnings_ += text;
  }

  const Job& job_;
  const SealedCopy& module_;
  cache::Sha256 sha256_;
  std::string warnings_;
};

}  // namespace

Result<cache::Reply> obtain_artifact(const Job& job) {
  TRY_ASSIGN(const SealedCopy module, SealedCopy::of(job.module, job.name));
  return Obtaining(job, module).run();
}

}  // namespace wasmedge::compile
