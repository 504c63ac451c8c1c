#pragma once

#include <memory>

#include "runtime/base/result.h"
#include "runtime/run/context.h"
#include "runtime/wasm/types.h"

namespace wasmedge::run {

/// A table. Address space for its maximum (at most Limits::table_elements) is reserved, so elements
/// never move.
class Table {
 public:
  /// limits.min elements, each `init`. Errors: kResourceExhausted.
  static Result<std::unique_ptr<Table>> make(const wasm::TableType& type, void* init);

  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table();

  bool can_grow(uint64_t count) const { return count <= capacity_ - view_.size; }
  /// Old size; or ~0, and nothing changed, if over the maximum.
  uint64_t grow(uint64_t count, void* value);

  uint64_t size() const { return view_.size; }
  /// Precondition: index < size().
  void* get(uint64_t index) const { return view_.elements[index]; }
  void set(uint64_t index, void* value) { view_.elements[index] = value; }
  const wasm::TableType& type() const { return type_; }
  TableView* view() { return &view_; }

 private:
  Table(const wasm::TableType& type, void** elements, uint64_t capacity);

  wasm::TableType type_;
  TableView view_;
  uint64_t capacity_;
};

}  // namespace wasmedge::run
