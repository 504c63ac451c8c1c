#include "runtime/wasm/type_validator.h"

#include "runtime/base/limits.h"

namespace wasmedge::wasm {

namespace {

class TypeValidator {
 public:
  TypeValidator(const Module& module, ModuleTypes& types)
      : module_(module), types_(types), depths_(module.types.size()) {}

  Result<> run() {
    uint32_t end = 0;
    for (uint32_t i = 0; i < module_.types.size(); ++i) {
      const TypeDeclaration& declared = module_.type_declarations[i];
      end = declared.group + declared.group_size;
      TRY(references(i, module_.types[i].parameters, end));
      TRY(references(i, module_.types[i].results, end));
      TRY(supertype(i));
      if (i + 1 != end) continue;
      types_.add_group(declared.group);
      for (uint32_t k = declared.group; k < end; ++k) TRY(matches_supertype(k));
    }
    return {};
  }

 private:
  template <typename... Args>
  Result<> invalid(uint32_t type, fmt::format_string<Args...> format, Args&&... args) {
    return fail(ErrorCode::kInvalidArgument, "invalid module at offset {:#x}, type {}: {}",
                module_.type_declarations[type].at, type,
                fmt::format(format, std::forward<Args>(args)...));
  }

  Result<> references(uint32_t type, const std::vector<ValueType>& values, uint32_t end) {
    for (const ValueType& value : values) {
      if (value.is_concrete() && value.index >= end) {
        return invalid(type, "unknown type {}", value.index);
      }
    }
    return {};
  }

  Result<> supertype(uint32_t type) {
    const std::optional<uint32_t> super = module_.type_declarations[type].super;
    if (!super) return {};
    if (*super >= type) {
      return invalid(type, "unknown type {}: a supertype stands before its sub type", *super);
    }
    if (module_.type_declarations[*super].is_final) {
      return invalid(type, "sub type of type {}, which is final", *super);
    }
    depths_[type] = depths_[*super] + 1;
    if (depths_[type] > kLimits.subtype_depth) {
      return fail(ErrorCode::kResourceExhausted,
                  "oversized module at offset {:#x}, type {}: {} supertypes, but the limit is {}",
                  module_.type_declarations[type].at, type, depths_[type], kLimits.subtype_depth);
    }
    return {};
  }

  // Parameters of the supertype fit the type's, results the other way round.
  Result<> matches_supertype(uint32_t type) {
    const std::optional<uint32_t> super = module_.type_declarations[type].super;
    if (!super) return {};
    const FuncType& below = module_.types[type];
    const FuncType& above = module_.types[*super];
    if (!match(above.parameters, below.parameters) || !match(below.results, above.results)) {
      return invalid(type, "sub type mismatch: {} does not match type {}, {}", to_string(below),
                     *super, to_string(above));
    }
    return {};
  }

  bool match(const std::vector<ValueType>& found, const std::vector<ValueType>& wanted) const {
    if (found.size() != wanted.size()) return false;
    for (size_t i = 0; i < found.size(); ++i) {
      if (!types_.matches(found[i], wanted[i])) return false;
    }
    return true;
  }

  const Module& module_;
  ModuleTypes& types_;
  std::vector<uint32_t> depths_;  // of supertypes above each type
};

}  // namespace

Result<> validate_types(const Module& module, ModuleTypes& types) {
  return TypeValidator(module, types).run();
}

}  // namespace wasmedge::wasm
