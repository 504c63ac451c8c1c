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

/// What the cache has for the module, looked up here or, in a user namespace, by the shim.
Result<std::optional<Fd>> look_up(const Program& program, Fd cache, Vouching vouching,
                                  Channel& channel, bool metered) {
  if (!cache) return std::nullopt;
  if (vouching == Vouching::kByOwner) {
    TRY_ASSIGN(const cache::Store store, cache::Store::adopt(std::move(cache), "artifact cache"));
    auto found =
        cache::find(&store, {program.file.get(), program.path, program.layer.get()}, metered);
    return found ? std::move(*found) : std::nullopt;  // who compiles it says what is wrong
  }
  TRY_ASSIGN(const MappedFile module, MappedFile::map(program.file.get(), program.path));
  const cache::Key key = cache::key_of(cache::sha256(module.bytes()), {.metered = metered});
  const std::string digest(reinterpret_cast<const char*>(key.digest.data()), key.digest.size());
  TRY_ASSIGN(oci::ControlMessage answer, channel.ask(Control::kFind, Control::kFound, digest));
  if (!answer.fd) return std::nullopt;
  return std::move(answer.fd);
}

Result<std::shared_ptr<const run::Artifact>> load(Fd file, const Program& program,
                                                  Vouching vouching) {
  return vouching == Vouching::kByShim ? run::Artifact::load_vouched(std::move(file), program.path)
                                       : run::Artifact::load(std::move(file), program.path);
}

}  // namespace

Result<std::shared_ptr<const run::Artifact>> obtain_artifact(const Program& program, Fd cache,
                                                             Vouching vouching, Channel& channel,
                                                             bool metered) {
  TRY_ASSIGN(auto found, look_up(program, std::move(cache), vouching, channel, metered));
  if (found) {
    // One that is damaged is as good as none: the compiler replaces it.
    if (auto artifact = load(std::move(*found), program, vouching)) return artifact;
  }
  TRY_ASSIGN(Fd compiled, compile(program, channel, metered));
  return load(std::move(compiled), program, vouching);
}

}  // namespace wasmedge::init
