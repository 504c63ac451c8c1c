#include <array>

#include "oci/phase.h"
#include "oci/text.h"
#include "shim/init/program.h"

namespace wasmedge::init {
namespace {

/// The shim's answer to kImage. Nothing: the image is no artifact.
Result<std::optional<Program>> image_module(oci::Process& process, Channel& channel) {
  const std::string name = process.args.empty() ? "" : split_entry_point(process.args[0]).module;
  TRY_ASSIGN(oci::ControlMessage answer, channel.ask(Control::kImage, Control::kModule, name));
  if (!answer.fd) {
    if (answer.payload.empty()) return std::nullopt;
    return tl::unexpected<Error>(oci::decode_error(answer.payload));
  }
  const auto texts = oci::split(answer.payload, '\0');
  Program program;
  program.path = texts[0];
  program.file = std::move(answer.fd);
  std::array<char, 64> head{};
  const ssize_t size = ::pread(program.file.get(), head.data(), head.size(), 0);
  if (size < 0) return fail_errno("read the image's module");
  auto kind = classify({head.data(), static_cast<size_t>(size)});
  const std::string what = fmt::format("the module of the image, {},", program.path);
  if (!kind) return wrap(kind.error(), what);
  if (*kind != ProgramKind::kWasm) {
    return fail(ErrorCode::kInvalidArgument, "{} is a native program: its layer's type says wasm",
                what);
  }
  program.kind = *kind;
  if (process.args.empty()) process.args.assign(texts.begin() + 1, texts.end());
  if (process.args.empty()) process.args = {program.path};
  program.function = split_entry_point(process.args[0]).function;
  return program;
}

}  // namespace

Result<Program> find_program(int root, oci::Process& process, Channel& channel) {
  auto found = find_program(root, std::as_const(process));
  if (found || found.error().code != ErrorCode::kNotFound) return found;
  TRY_ASSIGN(auto module, oci::in(oci::Phase::kImage, image_module(process, channel)));
  if (module) return std::move(*module);
  return found;
}

}  // namespace wasmedge::init
