#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmedge {

/// Every bound on hostile input, in one place. Over a limit is a clear error, never a crash.
/// Module limits follow the Wasm JavaScript interface's implementation limits where it has one.
struct Limits {
  // Module binary.
  size_t module_bytes = size_t{1} << 30;
  uint32_t types = 1'000'000;
  uint32_t subtype_depth = 63;  // declared supertypes above a type
  uint32_t functions = 1'000'000;
  uint32_t imports = 1'000'000;
  uint32_t exports = 1'000'000;
  uint32_t globals = 1'000'000;
  uint32_t data_segments = 1'000'000;
  uint32_t element_segments = 10'000'000;
  uint32_t elements_a_segment = 10'000'000;
  uint32_t elements = 10'000'000;  // of all segments
  uint32_t tables = 100'000;
  uint32_t memories = 100;
  uint32_t tags = 1'000'000;
  uint32_t parameters = 1'000;
  uint32_t results = 1'000;
  uint32_t locals = 50'000;
  uint32_t function_bytes = 7'654'321;
  uint32_t block_nesting = 10'000;
  uint32_t operands = 1'000'000;  // on the stack, at any point of a function
  uint32_t br_table_targets = 65'520;
  uint32_t name_bytes = 100'000;
  uint64_t table_elements = 10'000'000;
  /// What a memory with 64-bit addresses can grow to; compiled code checks against it.
  uint64_t memory64_bytes = uint64_t{256} << 30;
  uint64_t exception_bytes = uint64_t{64} << 20;  // alive at a time, of a store

  // Guest stack, bytes, of each thread; overflow is a trap.
  size_t guest_stack_bytes = size_t{8} << 20;
  /// Threads of a guest that are alive at a time, besides its first.
  uint32_t guest_threads = 1024;

  // The compiler's process.
  uint64_t compiler_memory_bytes = uint64_t{8} << 30;
  uint32_t compiler_cpu_seconds = 3600;
  uint32_t compiler_wall_seconds = 1800;
  uint64_t compiler_output_bytes = uint64_t{4} << 30;

  // The process that reads names and debug information for it.
  uint64_t symbols_memory_bytes = uint64_t{2} << 30;
  uint32_t symbols_seconds = 20;
  uint64_t symbols_output_bytes = uint64_t{512} << 20;

  // Container configuration.
  size_t config_json_bytes = size_t{16} << 20;
  size_t image_document_bytes = size_t{4} << 20;  // an index, a manifest or a config
  size_t image_documents = 64;                    // on the way to a module
  size_t policy_bytes = size_t{32} << 10;         // what a node says of its modules
};

inline constexpr Limits kLimits{};

}  // namespace wasmedge
