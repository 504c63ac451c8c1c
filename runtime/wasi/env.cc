#include "runtime/wasi/env.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace wasmedge::wasi {

namespace {

// A guest's libc copies them all into its memory of at most 4 GiB.
constexpr size_t kMaxStringBytes = size_t{1} << 30;

Result<> append(StringList& list, std::string_view string, std::string_view what) {
  if (string.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "{} {} has a NUL byte in it, which no guest can take",
                what, list.offsets.size());
  }
  if (list.bytes.size() + string.size() >= kMaxStringBytes) {
    return fail(ErrorCode::kInvalidArgument, "{}s of more than {} bytes do not fit a guest", what,
                kMaxStringBytes);
  }
  list.offsets.push_back(static_cast<uint32_t>(list.bytes.size()));
  list.bytes.append(string);
  list.bytes.push_back('\0');
  return {};
}

}  // namespace

Result<std::unique_ptr<WasiEnv>> WasiEnv::make(WasiConfig config) {
  auto guest = std::make_shared<GuestState>();
  for (const std::string& argument : config.args) {
    TRY(append(guest->arguments, argument, "argument"));
  }
  for (const std::string& variable : config.env) {
    if (variable.find('=') == std::string::npos) {
      return fail(ErrorCode::kInvalidArgument, "environment variable \"{}\" is not KEY=VALUE",
                  variable);
    }
    TRY(append(guest->environment, variable, "environment variable"));
  }
  for (uint32_t i = 0; i < config.stdio.size(); ++i) {
    guest->fds.set_stdio(i, Descriptor::borrowed(config.stdio[i]));
  }
  for (Preopen& preopen : config.preopens) {
    guest->fds.add(Descriptor::preopen(std::move(preopen.dir), std::move(preopen.guest_path),
                                       preopen.read_only));
  }
  guest->denials.set_fd(config.denials);
  guest->trace = config.trace;
  guest->network.set(std::move(config.network), &guest->denials);
  return make(std::move(guest));
}

std::unique_ptr<WasiEnv> WasiEnv::make(std::shared_ptr<GuestState> guest) {
  return std::unique_ptr<WasiEnv>(new WasiEnv(std::move(guest)));  // the scratch stays untouched
}

Errno WasiEnv::descriptor(uint32_t fd, Rights rights, DescriptorRef& out) const {
  out = fds.get(fd);
  if (out == nullptr) return Errno::kBadF;
  return out->may(rights) ? Errno::kSuccess : Errno::kNotCapable;
}

Errno WasiEnv::file(uint32_t fd, Rights rights, DescriptorRef& out) const {
  const Errno error = descriptor(fd, rights, out);
  if (out != nullptr && (out->is_directory() || !out->asked(rights))) return Errno::kBadF;
  return error;
}

Errno WasiEnv::directory(uint32_t fd, Rights rights, DescriptorRef& out) const {
  const Errno error = descriptor(fd, rights, out);
  return out != nullptr && !out->is_directory() ? Errno::kNotDir : error;
}

Errno WasiEnv::path(uint32_t address, uint32_t size, Path& out) const {
  const std::byte* bytes = memory.range(address, size);
  if (bytes == nullptr) return Errno::kFault;
  if (size >= out.size()) return Errno::kNameTooLong;
  std::memcpy(out.data(), bytes, size);
  out[size] = '\0';
  return std::memchr(out.data(), '\0', size) == nullptr ? Errno::kSuccess : Errno::kInval;
}

}  // namespace wasmedge::wasi
