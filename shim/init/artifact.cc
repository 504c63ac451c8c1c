#include "runtime/cache/obtain.h"
#include "runtime/cache/store.h"
#include "shim/init/wasm_guest.h"

namespace wasmedge::init {
namespace {

Result<Fd> compile(const Program& program, Channel& channel, bool metered) {
  TRY_ASSIGN(oci::ControlMessage answer,
             channel.ask(metered ? Control::kCompileMetered : Control::kCompile, Control::kCompiled,
                         program.path, program.file.get()));
  if (answer.fd) return std::move(answer.fd);
  return tl::unexpected<Error>(oci::decode_error(answer.payload));
}

}  // namespace

Result<std::shared_ptr<const run::Artifact>> obtain_artifact(const Program& program, Fd cache,
                                                             Channel& channel, bool metered) {
  if (cache) {
    TRY_ASSIGN(const MappedFile module, MappedFile::map(program.file.get(), program.path));
    TRY_ASSIGN(const cache::Store store, cache::Store::adopt(std::move(cache), "artifact cache"));
    auto found = cache::find(&store, module.bytes(), metered);
    if (found && *found) {
      // One that is damaged is as good as none: the compiler replaces it.
      if (auto artifact = run::Artifact::load(std::move(**found), program.path)) return artifact;
    }
  }
  TRY_ASSIGN(Fd compiled, compile(program, channel, metered));
  return run::Artifact::load(std::move(compiled), program.path);
}

}  // namespace wasmedge::init
