#include "runtime/run/artifact_types.h"
#include "runtime/run/instance.h"
#include "runtime/run/range.h"
#include "runtime/wasm/module.h"

#include <cstring>

// Element and data segments: what instantiation and the builtins do with them.
namespace wasmedge::run {
namespace {

bool is_mode(uint32_t mode, wasm::SegmentMode expected) {
  return mode == static_cast<uint32_t>(expected);
}

Outcome trapped(TrapCode code) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kTrapped;
  outcome.trap.code = code;
  return outcome;
}

// Where an active segment goes: an i32 or i64.
uint64_t address_of(const Value& offset, const ArtifactConst& expression) {
  return unpack(expression.type) == wasm::kI64 ? offset.i64 : offset.i32;
}

}  // namespace

Outcome Instance::initialize() {
  if (!initialize_tables()) return trapped(TrapCode::kTableOutOfBounds);
  if (!initialize_memories()) return trapped(TrapCode::kMemoryOutOfBounds);
  const uint32_t start = artifact_->header().start;
  if (start == ~uint32_t{0}) return {};
  return call(function(start), {});
}

bool Instance::initialize_tables() {
  const auto elements = artifact_->elements();
  for (uint32_t i = 0; i < elements.size(); ++i) {
    const ArtifactElement& segment = elements[i];
    if (is_mode(segment.mode, wasm::SegmentMode::kActive)) {
      const uint64_t to = address_of(evaluate(segment.offset), segment.offset);
      if (!table_init(segment.table, i, to, 0, element_count(i))) return false;
    }
    if (!is_mode(segment.mode, wasm::SegmentMode::kPassive)) dropped_elements_[i] = true;
  }
  return true;
}

bool Instance::initialize_memories() {
  const auto data = artifact_->data();
  for (uint32_t i = 0; i < data.size(); ++i) {
    const ArtifactData& segment = data[i];
    if (!is_mode(segment.mode, wasm::SegmentMode::kActive)) continue;
    if (segment.in_image == 0) {
      const uint64_t to = address_of(evaluate(segment.offset), segment.offset);
      if (!memory_init(segment.memory, i, to, 0, segment.bytes.count)) return false;
    }
    dropped_data_[i] = true;
  }
  return true;
}

uint64_t Instance::element_count(uint32_t segment) const {
  if (dropped_elements_[segment]) return 0;
  const ArtifactElement& record = artifact_->elements()[segment];
  return record.uses_consts != 0 ? record.consts.count : record.functions.count;
}

bool Instance::can_init_table(uint32_t table, uint32_t segment, uint64_t to, uint64_t from,
                              uint64_t count) const {
  return in_range(to, count, tables_[table]->size()) &&
         in_range(from, count, element_count(segment));
}

bool Instance::table_init(uint32_t table, uint32_t segment, uint64_t to, uint64_t from,
                          uint64_t count) {
  if (!can_init_table(table, segment, to, from, count)) return false;
  const ArtifactElement& record = artifact_->elements()[segment];
  for (uint64_t i = 0; i < count; ++i) tables_[table]->set(to + i, element(record, from + i));
  return true;
}

bool Instance::can_init_memory(uint32_t memory, uint32_t segment, uint64_t to, uint64_t from,
                               uint64_t count) const {
  const uint64_t bytes = dropped_data_[segment] ? 0 : artifact_->data()[segment].bytes.count;
  return in_range(to, count, memories_[memory]->bytes().size()) && in_range(from, count, bytes);
}

bool Instance::memory_init(uint32_t memory, uint32_t segment, uint64_t to, uint64_t from,
                           uint64_t count) {
  if (!can_init_memory(memory, segment, to, from, count)) return false;
  if (count == 0) return true;
  const auto bytes = artifact_->bytes(artifact_->data()[segment].bytes);
  std::memcpy(memories_[memory]->bytes().data() + to, bytes.data() + from, count);
  return true;
}

}  // namespace wasmedge::run
