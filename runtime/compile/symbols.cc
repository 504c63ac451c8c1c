#include "runtime/compile/symbols.h"

#include <llvm/Demangle/Demangle.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "runtime/base/limits.h"
#include "runtime/compile/line_reader.h"

namespace wasmedge::compile {
namespace {

bool contains(std::span<const std::byte> bytes, std::string_view text) {
  return ::memmem(bytes.data(), bytes.size(), text.data(), text.size()) != nullptr;
}

bool is_mangled(std::string_view name) {
  return name.starts_with("_Z") || name.starts_with("_R");
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// Rust's older names are C++ names with a hash at the end, and escapes for what C++ has no names
// of.
void tidy_rust(std::string& name) {
  constexpr std::string_view kHash = "::h0123456789abcdef";
  if (name.size() <= kHash.size()) return;
  const std::string_view end = std::string_view(name).substr(name.size() - kHash.size());
  const bool is_hash = end.starts_with("::h") &&
                       end.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
  if (!is_hash) return;
  name.resize(name.size() - kHash.size());
  constexpr std::pair<std::string_view, std::string_view> kEscapes[] = {
      {"$LT$", "<"},  {"$GT$", ">"},  {"$RF$", "&"},  {"$BP$", "*"},  {"$LP$", "("},
      {"$RP$", ")"},  {"$C$", ","},   {"$SP$", "@"},  {"$u20$", " "}, {"$u7b$", "{"},
      {"$u7d$", "}"}, {"$u27$", "'"}, {"$u5b$", "["}, {"$u5d$", "]"}, {"..", "::"}};
  for (const auto& [escape, text] : kEscapes) replace_all(name, escape, text);
  if (name.starts_with("_<")) name.erase(0, 1);
  replace_all(name, "::_<", "::<");
}

std::string demangled(std::string_view name) {
  std::string readable = llvm::demangle(name);
  if (name.starts_with("_Z")) tidy_rust(readable);
  return readable;
}

/// Little-endian numbers and strings with their lengths.
class Encoder {
 public:
  void number(uint32_t value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(value));
  }
  void text(std::string_view text) {
    number(static_cast<uint32_t>(text.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), bytes, bytes + text.size());
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads them; `ok` is false from the first that is not there on.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : bytes_(bytes) {}
  bool ok = true;

  uint32_t number() {
    uint32_t value = 0;
    if (const auto bytes = take(sizeof(value)); ok)
      std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  std::string text() {
    const auto bytes = take(number());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  bool done() const { return bytes_.empty(); }

 private:
  std::span<const std::byte> take(size_t count) {
    ok = ok && count <= bytes_.size();
    if (!ok) return {};
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  std::span<const std::byte> bytes_;
};

}  // namespace

bool may_have_symbols(std::span<const std::byte> module) {
  return contains(module, ".debug_line") || contains(module, "_Z") || contains(module, "_R");
}

Symbols read_symbols(const wasm::Module& module) {
  Symbols symbols;
  for (uint32_t i = 0; i < module.function_names.size(); ++i) {
    const std::string_view name = module.function_names[i];
    if (!is_mangled(name)) continue;
    std::string readable = demangled(name);
    if (readable != name && readable.size() <= kLimits.name_bytes) symbols.names[i] = readable;
  }
  read_lines(module, symbols);
  return symbols;
}

std::vector<std::byte> encode_symbols(const Symbols& symbols) {
  Encoder encoder;
  encoder.number(static_cast<uint32_t>(symbols.names.size()));
  for (const auto& [function, name] : symbols.names) {
    encoder.number(function);
    encoder.text(name);
  }
  encoder.number(static_cast<uint32_t>(symbols.files.size()));
  for (const std::string& file : symbols.files) encoder.text(file);
  encoder.number(static_cast<uint32_t>(symbols.lines.size()));
  for (const SourceLine& line : symbols.lines) {
    encoder.number(line.wasm_offset);
    encoder.number(line.file);
    encoder.number(line.line);
  }
  return encoder.take();
}

Result<Symbols> decode_symbols(std::span<const std::byte> bytes) {
  Symbols symbols;
  Decoder decoder(bytes);
  for (uint32_t names = decoder.number(); names > 0 && decoder.ok; --names) {
    const uint32_t function = decoder.number();
    symbols.names[function] = decoder.text();
  }
  for (uint32_t files = decoder.number(); files > 0 && decoder.ok; --files) {
    symbols.files.push_back(decoder.text());
  }
  bool sound = true;
  for (uint32_t lines = decoder.number(); lines > 0 && decoder.ok; --lines) {
    SourceLine line;
    line.wasm_offset = decoder.number();
    line.file = decoder.number();
    line.line = decoder.number();
    const bool in_order =
        symbols.lines.empty() || symbols.lines.back().wasm_offset < line.wasm_offset;
    sound = sound && in_order && (line.line == 0 || line.file < symbols.files.size());
    symbols.lines.push_back(line);
  }
  if (!decoder.ok || !decoder.done() || !sound) {
    return fail(ErrorCode::kInvalidArgument, "what was read of names and lines is damaged");
  }
  return symbols;
}

}  // namespace wasmedge::compile
