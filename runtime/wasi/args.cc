#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

Errno sizes(const WasiEnv& env, const StringList& list, uint32_t count_out, uint32_t size_out) {
  WASI_TRY(env.memory.check<uint32_t>(size_out));
  WASI_TRY(env.memory.store(count_out, static_cast<uint32_t>(list.offsets.size())));
  return env.memory.store(size_out, static_cast<uint32_t>(list.bytes.size()));
}

Errno copy(const WasiEnv& env, const StringList& list, uint32_t pointers_out, uint32_t bytes_out) {
  std::byte* bytes = env.memory.range(bytes_out, list.bytes.size());
  std::byte* pointers = env.memory.range(pointers_out, 4 * uint64_t{list.offsets.size()});
  if (bytes == nullptr || pointers == nullptr) return Errno::kFault;
  std::memcpy(bytes, list.bytes.data(), list.bytes.size());
  for (const uint32_t offset : list.offsets) {
    const uint32_t pointer = bytes_out + offset;
    std::memcpy(pointers, &pointer, sizeof pointer);
    pointers += sizeof pointer;
  }
  return Errno::kSuccess;
}

}  // namespace

Errno preview1::args_get(WasiEnv& env, uint32_t argv_out, uint32_t bytes_out) {
  return copy(env, env.arguments, argv_out, bytes_out);
}

Errno preview1::args_sizes_get(WasiEnv& env, uint32_t count_out, uint32_t size_out) {
  return sizes(env, env.arguments, count_out, size_out);
}

Errno preview1::environ_get(WasiEnv& env, uint32_t environ_out, uint32_t bytes_out) {
  return copy(env, env.environment, environ_out, bytes_out);
}

Errno preview1::environ_sizes_get(WasiEnv& env, uint32_t count_out, uint32_t size_out) {
  return sizes(env, env.environment, count_out, size_out);
}

}  // namespace wasmedge::wasi
