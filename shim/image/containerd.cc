#include "shim/image/containerd.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "proto/containerd_containers.grpc.pb.h"
#include "proto/containerd_content.grpc.pb.h"
#include "proto/containerd_images.grpc.pb.h"
#include "runtime/base/quote.h"

namespace wasmedge::image {
namespace {

namespace containers = containerd::services::containers::v1;
namespace content = containerd::services::content::v1;
namespace images = containerd::services::images::v1;

/// A chunk of a blob is at most 1 MiB today; gRPC's own bound of 4 MiB would do, and this is
/// containerd's.
constexpr int kMaxMessage = 16 << 20;
constexpr std::chrono::seconds kPatience{10};

tl::unexpected<Error> failure(const grpc::Status& status, const std::string& doing) {
  ErrorCode code = ErrorCode::kInternal;
  switch (status.error_code()) {
    case grpc::StatusCode::NOT_FOUND:
      code = ErrorCode::kNotFound;
      break;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      code = ErrorCode::kUnavailable;
      break;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      code = ErrorCode::kResourceExhausted;
      break;
    default:
      break;
  }
  return fail(code, "containerd: {}: {}", doing, status.error_message());
}

}  // namespace

struct Containerd::State {
  explicit State(const std::shared_ptr<grpc::Channel>& channel, std::string name)
      : namespace_name(std::move(name)),
        containers_stub(containers::Containers::NewStub(channel)),
        images_stub(images::Images::NewStub(channel)),
        content_stub(content::Content::NewStub(channel)) {}

  void prepare(grpc::ClientContext& context) const {
    context.AddMetadata("containerd-namespace", namespace_name);
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
  }

  std::string namespace_name;
  std::unique_ptr<containers::Containers::Stub> containers_stub;
  std::unique_ptr<images::Images::Stub> images_stub;
  std::unique_ptr<content::Content::Stub> content_stub;
};

Containerd::Containerd(const std::string& address, std::string namespace_name) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessage);
  const std::string target = address.starts_with("unix:") ? address : "unix:" + address;
  state_ = std::make_unique<State>(
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments),
      std::move(namespace_name));
}

Containerd::~Containerd() = default;

Result<std::string> Containerd::image_of(const std::string& container) {
  grpc::ClientContext context;
  state_->prepare(context);
  containers::GetContainerRequest request;
  request.set_id(container);
  containers::GetContainerResponse response;
  const grpc::Status status = state_->containers_stub->Get(&context, request, &response);
  if (!status.ok()) return failure(status, fmt::format("container {}", quote(container)));
  if (response.container().image().empty()) {
    return fail(ErrorCode::kNotFound,
                "containerd: container {} names no image (Docker before 28 does not tell: say it "
                "with --annotation io.wasmedge.image=NAME)",
                quote(container));
  }
  return response.container().image();
}

Result<oci::Descriptor> Containerd::target_of(const std::string& image) {
  grpc::ClientContext context;
  state_->prepare(context);
  images::GetImageRequest request;
  request.set_name(image);
  images::GetImageResponse response;
  const grpc::Status status = state_->images_stub->Get(&context, request, &response);
  if (!status.ok()) return failure(status, fmt::format("image {}", quote(image)));
  const images::Descriptor& target = response.image().target();
  return oci::Descriptor{target.media_type(), target.digest(), target.size()};
}

Result<> Containerd::read(const std::string& digest, const Sink& sink) {
  grpc::ClientContext context;
  state_->prepare(context);
  content::ReadContentRequest request;
  request.set_digest(digest);
  const auto reader = state_->content_stub->Read(&context, request);
  content::ReadContentResponse response;
  Result<> taken;
  while (taken && reader->Read(&response)) taken = sink(response.data());
  if (!taken) {
    context.TryCancel();
    while (reader->Read(&response)) {
    }
  }
  const grpc::Status status = reader->Finish();
  if (!taken) return taken;
  if (!status.ok()) return failure(status, fmt::format("blob {}", digest));
  return {};
}

}  // namespace wasmedge::image
