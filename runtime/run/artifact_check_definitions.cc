#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/run/artifact_checker.h"
#include "runtime/run/context.h"
#include "runtime/run/convention.h"

// Globals, memories, tables and segments: what a module defines, and the constants in it.
namespace wasmedge::run {
namespace {

constexpr ArtifactType address_type(const ArtifactLimits& limits) {
  return pack(limits.is64 != 0 ? wasm::kI64 : wasm::kI32);
}

bool is_function_reference(const ArtifactType& type) {
  const wasm::ValueType value = unpack(type);
  return value.is_ref() && wasm::top_of(value.heap) == wasm::HeapKind::kFunc;
}

bool has_valid_type(const ArtifactMemory& memory) {
  const ArtifactLimits& limits = memory.limits;
  if (memory.page_log2 != 0 && memory.page_log2 != 16) return false;
  if (limits.shared > 1 || limits.is64 > 1) return false;
  return limits.shared == 0 || limits.max != ~uint64_t{0};
}

}  // namespace

Result<> ArtifactChecker::check_const(const ArtifactConst& constant, const ArtifactType& type,
                                      uint64_t visible_globals, std::string_view field,
                                      size_t index) {
  using Kind = wasm::ConstExpr::Kind;
  if (!same(constant.type, type)) {
    return damaged("{}[{}]: constant of type {:#x}, where {:#x} is needed", field, index,
                   constant.type.kind, type.kind);
  }
  bool good = false;
  switch (static_cast<Kind>(constant.kind)) {
    case Kind::kConst:
      good = !is_reference(type);
      break;
    case Kind::kGlobalGet:
      good = constant.index < visible_globals && fits(globals_[constant.index].type, type);
      break;
    case Kind::kRefNull:
      good = is_reference(type);
      break;
    case Kind::kRefFunc:
      good = is_function_reference(type) && constant.index < functions_.size();
      break;
    case Kind::kExpression:
      good = in_text(constant.code, 1);
      break;
  }
  if (!good) {
    return damaged("{}[{}]: constant of kind {} with index {} and code {} is not possible here",
                   field, index, constant.kind, constant.index, constant.code);
  }
  return {};
}

Result<> ArtifactChecker::check_globals() {
  for (size_t i = 0; i < globals_.size(); ++i) {
    const ArtifactGlobal& global = globals_[i];
    if (!is_valid(global.type)) {
      return damaged("globals[{}].type: {:#x} is not a value type", i, global.type.kind);
    }
    if (global.imported == 0) TRY(check_const(global.init, global.type, i, "globals", i));
  }
  return {};
}

Result<> ArtifactChecker::check_memories() {
  for (size_t i = 0; i < memories_.size(); ++i) {
    const ArtifactMemory& memory = memories_[i];
    const ArtifactLimits& limits = memory.limits;
    if (!has_valid_type(memory)) {
      return damaged("memories[{}]: page size 2^{}, shared {}, 64-bit {}, maximum {}", i,
                     memory.page_log2, limits.shared, limits.is64, limits.max);
    }
    const wasm::SizeLimits size{.min = limits.min, .max = {}, .is64 = limits.is64 != 0};
    if (limits.min > limits.max || limits.min > wasm::most_pages({size, memory.page_log2})) {
      return damaged("memories[{}].limits: minimum {}, maximum {}", i, limits.min, limits.max);
    }
  }
  return check_image();
}

Result<> ArtifactChecker::check_image() {
  if (header_.image.count == 0) return {};
  if (memories_.empty() || memories_[0].imported != 0) {
    return damaged("image: the module has no memory of its own");
  }
  const ArtifactMemory& memory = memories_[0];
  const uint64_t most = memory.limits.is64 != 0 ? kMemory64Bytes : kMemory32Bytes;
  const bool can_be_made = memory.limits.min <= most >> memory.page_log2;
  const uint64_t size = can_be_made ? memory.limits.min << memory.page_log2 : 0;
  if (header_.image_address % kArtifactPage != 0 || header_.image_address > size ||
      header_.image.count > size - header_.image_address) {
    return damaged("image_address: {} bytes at address {} are not in memory 0", header_.image.count,
                   header_.image_address);
  }
  return {};
}

Result<> ArtifactChecker::check_tables() {
  for (size_t i = 0; i < tables_.size(); ++i) {
    const ArtifactTable& table = tables_[i];
    const ArtifactLimits& limits = table.limits;
    if (!is_valid(table.element) || !is_reference(table.element)) {
      return damaged("tables[{}].element: {:#x} is not a reference type", i, table.element.kind);
    }
    if (limits.min > limits.max || limits.is64 > 1 || limits.shared != 0) {
      return damaged("tables[{}].limits: minimum {}, maximum {}, shared {}, 64-bit {}", i,
                     limits.min, limits.max, limits.shared, limits.is64);
    }
    if (table.imported == 0 && table.has_init != 0) {
      TRY(check_const(table.init, table.element, globals_.size(), "tables", i));
    }
  }
  return {};
}

Result<> ArtifactChecker::check_elements() {
  const auto elements = records<ArtifactElement>(header_.elements);
  for (size_t i = 0; i < elements.size(); ++i) {
    const ArtifactElement& segment = elements[i];
    if (segment.mode > static_cast<uint32_t>(wasm::SegmentMode::kDeclarative)) {
      return damaged("elements[{}].mode: {}", i, segment.mode);
    }
    if (!is_valid(segment.type) || !is_reference(segment.type)) {
      return damaged("elements[{}].type: {:#x} is not a reference type", i, segment.type.kind);
    }
    if (segment.mode == static_cast<uint32_t>(wasm::SegmentMode::kActive)) {
      if (segment.table >= tables_.size() || !fits(segment.type, tables_[segment.table].element)) {
        return damaged("elements[{}].table: {} is not a table of that type", i, segment.table);
      }
      const ArtifactType address = address_type(tables_[segment.table].limits);
      TRY(check_const(segment.offset, address, globals_.size(), "elements", i));
    }
    TRY(check_array<uint32_t>(segment.functions, kLimits.elements_a_segment, "elements.functions"));
    for (const uint32_t function : records<uint32_t>(segment.functions)) {
      if (function == ~uint32_t{0}) continue;
      if (function >= functions_.size() || !is_function_reference(segment.type)) {
        return damaged("elements[{}].functions: {} is not below {}, or of another type", i,
                       function, functions_.size());
      }
    }
    TRY(check_array<ArtifactConst>(segment.consts, kLimits.elements_a_segment, "elements.consts"));
    for (const ArtifactConst& constant : records<ArtifactConst>(segment.consts)) {
      TRY(check_const(constant, segment.type, globals_.size(), "elements.consts", i));
    }
  }
  return {};
}

Result<> ArtifactChecker::check_tags() {
  for (size_t i = 0; i < tags_.size(); ++i) {
    if (tags_[i].type >= types_.size() || types_[tags_[i].type].results != 0) {
      return damaged("tags[{}].type: {} is no type without results", i, tags_[i].type);
    }
  }
  return {};
}

// In order, so that they can be searched; and all of it is code.
Result<> ArtifactChecker::check_unwind() {
  const auto rows = records<ArtifactUnwind>(header_.unwind);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].pc >= header_.text.count || (i != 0 && rows[i].pc < rows[i - 1].pc)) {
      return damaged("unwind[{}].pc: {} is out of order or not in text", i, rows[i].pc);
    }
  }
  TRY(check_frames());
  const auto pads = records<ArtifactLandingPad>(header_.landing_pads);
  for (size_t i = 0; i < pads.size(); ++i) {
    const ArtifactLandingPad& pad = pads[i];
    if (pad.begin > pad.end || pad.end > header_.text.count || pad.pad >= header_.text.count ||
        (i != 0 && pad.begin < pads[i - 1].end)) {
      return damaged("landing_pads[{}]: {} for [{}, {}) is out of order or not in text", i, pad.pad,
                     pad.begin, pad.end);
    }
  }
  return {};
}

// What an exception or a backtrace could never leave. A function that calls none need not align its
// frame.
Result<> ArtifactChecker::check_frames() {
  const FrameRegisters registers = frame_registers(target_);
  const uint32_t least = registers.returns_by_stack ? 8 : 1;  // the return address
  const auto rows = records<ArtifactUnwind>(header_.unwind);
  const auto all = records<ArtifactSaved>(header_.saved);
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint32_t cfa = rows[i].cfa & ~ArtifactUnwind::kFromFramePointer;
    const bool from_frame_pointer = cfa != rows[i].cfa;
    if (cfa > kLimits.guest_stack_bytes || (!from_frame_pointer && cfa < least)) {
      return damaged("unwind[{}]: a frame of {} bytes is not possible", i, cfa);
    }
    if (rows[i].saved >= header_.saved.count) {
      return damaged("unwind[{}].saved: {} is not below {}", i, rows[i].saved, header_.saved.count);
    }
    const auto& words = all[rows[i].saved].words;
    const uint32_t depth = uint32_t{8} * *std::ranges::max_element(words);
    if (!from_frame_pointer && depth > cfa) {
      return damaged("unwind[{}]: a frame of {} bytes saves registers beyond it", i, cfa);
    }
    for (size_t k = 0; registers.returns_by_stack && k < words.size(); ++k) {
      if ((words[k] == 1) != (k == registers.return_address)) {
        return damaged("unwind[{}].saved: the return address is not one word below the CFA", i);
      }
    }
  }
  return {};
}

Result<> ArtifactChecker::check_data() {
  const auto data = records<ArtifactData>(header_.data);
  for (size_t i = 0; i < data.size(); ++i) {
    const ArtifactData& segment = data[i];
    if (segment.mode > static_cast<uint32_t>(wasm::SegmentMode::kPassive)) {
      return damaged("data[{}].mode: {}", i, segment.mode);
    }
    if (segment.mode == static_cast<uint32_t>(wasm::SegmentMode::kActive)) {
      if (segment.memory >= memories_.size()) {
        return damaged("data[{}].memory: {} is not below {}", i, segment.memory, memories_.size());
      }
      const ArtifactType address = address_type(memories_[segment.memory].limits);
      TRY(check_const(segment.offset, address, globals_.size(), "data", i));
    }
    TRY(check_slice(segment.bytes, 1, 1, ~uint32_t{0}, "data.bytes"));
  }
  return {};
}

}  // namespace wasmedge::run
