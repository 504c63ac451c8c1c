#include "oci/launch.h"

/// The setup message: strings and counts, each with its 32-bit length first, in native order (both
/// ends are one machine and one build).
namespace wasmedge::oci {
namespace {

void put(std::string& out, uint32_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}
void put(std::string& out, std::string_view text) {
  put(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

/// Takes values off the front; after one that is not there, everything is empty and `short_` set.
class Source {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes) {}
  uint32_t number() {
    uint32_t value = 0;
    const std::string_view raw = take(sizeof value);
    if (!raw.empty()) std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(take(number())); }
  bool exhausted() const { return short_; }

 private:
  std::string_view take(size_t size) {
    if (size > bytes_.size()) {
      short_ = true;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  std::string_view bytes_;
  bool short_ = false;
};

}  // namespace

std::string encode_setup(const Setup& setup) {
  std::string out;
  put(out, setup.id);
  put(out, setup.bundle);
  put(out, static_cast<uint32_t>(setup.rootfs_mounts.size()));
  for (const Mount& mount : setup.rootfs_mounts) {
    put(out, mount.type);
    put(out, mount.source);
    put(out, static_cast<uint32_t>(mount.options.size()));
    for (const std::string& option : mount.options) put(out, option);
  }
  put(out, setup.extra);
  put(out, setup.process);
  put(out, uint32_t{setup.beside_module});
  put(out, setup.tree_count);
  return out;
}

Result<Setup> decode_setup(std::string_view payload) {
  Source source(payload);
  Setup setup;
  setup.id = source.text();
  setup.bundle = source.text();
  for (uint32_t mounts = source.number(); mounts > 0 && !source.exhausted(); --mounts) {
    Mount& mount = setup.rootfs_mounts.emplace_back();
    mount.type = source.text();
    mount.source = source.text();
    for (uint32_t options = source.number(); options > 0 && !source.exhausted(); --options) {
      mount.options.push_back(source.text());
    }
  }
  setup.extra = source.text();
  setup.process = source.text();
  setup.beside_module = source.number() != 0;
  setup.tree_count = source.number();
  if (source.exhausted()) return fail(ErrorCode::kInternal, "the setup message is cut short");
  return setup;
}

Result<> receive_trees(int socket, Setup& setup) {
  for (uint32_t i = 0; i < setup.tree_count; ++i) {
    TRY_ASSIGN(auto message, receive_control(socket));
    if (!message) return fail(ErrorCode::kUnavailable, "the shim has closed the control socket");
    if (message->kind != kTreeMessage || !message->fd) {
      return fail(ErrorCode::kInternal, "control message {} where a mount was expected",
                  message->kind);
    }
    setup.trees[Source(message->payload).number()] = std::move(message->fd);
  }
  return {};
}

Result<> send_trees(int socket, const HostTrees& trees) {
  for (const auto& [index, tree] : trees) {
    std::string number;
    put(number, index);
    TRY(send_control(socket, kTreeMessage, number, tree.get()));
  }
  return {};
}

std::string root_path(const Spec& spec, const std::string& bundle, bool has_rootfs_mounts) {
  if (has_rootfs_mounts) return bundle + "/rootfs";
  if (spec.root_path.starts_with('/')) return spec.root_path;
  return fmt::format("{}/{}", bundle, spec.root_path);
}

}  // namespace wasmedge::oci
