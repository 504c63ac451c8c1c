#include "shim/image/module.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "oci/reference.h"
#include "shim/image/containerd.h"

namespace wasmedge::image {
namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Result<std::string> image_name(Containerd& containerd, const Question& question) {
  if (question.image.empty()) return containerd.image_of(question.container);
  TRY_ASSIGN(const oci::Reference named, oci::parse_reference(question.image));
  return named.name();
}

}  // namespace

Result<cache::Reply> fetch_module(const Question& question) {
  Containerd containerd(question.address, question.namespace_name);
  TRY_ASSIGN(const std::string image, image_name(containerd, question));
  TRY_ASSIGN(const oci::Descriptor target, containerd.target_of(image));
  TRY_ASSIGN(const oci::Artifact artifact, oci::find_artifact(containerd, target, question.entry));

  Fd module(::memfd_create("module", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!module) return fail_errno("make a memfd for the image's module");
  TRY(oci::read_verified(containerd, artifact.module, [&](std::string_view bytes) {
    return write_all(module.get(), bytes, "the image's module");
  }));
  if (::fcntl(module.get(), F_ADD_SEALS, kSeals) != 0) return fail_errno("seal the module");

  cache::Reply reply;
  reply.text = artifact.name.empty() ? image : artifact.name;
  for (const std::string& argument : artifact.args) reply.text.append(1, '\0').append(argument);
  if (reply.text.size() > cache::kReplyTextBytes) {
    return fail(ErrorCode::kResourceExhausted,
                "image {}: its entry point and command have {} bytes, and at most {} are taken",
                image, reply.text.size(), cache::kReplyTextBytes);
  }
  reply.artifact = std::move(module);
  return reply;
}

}  // namespace wasmedge::image
