#include <gtest/gtest.h>

#include "test/unit/run/guest.h"
#include "test/unit/run/guest_code.h"

// What a module may import, and how a refusal reads.
namespace wasmedge::run {
namespace {

int32_t wide(void*, int64_t, float, double) {
  return 0;
}
void nothing(void*) {}

class Imports : public testing::Test {
 protected:
  std::string error_of(const ArtifactBuilder& builder, const Resolver& resolver) {
    const auto instance = store_.link(load(builder), resolver);
    if (instance) return "linked";
    EXPECT_EQ(instance.error().code, ErrorCode::kInvalidArgument);
    return instance.error().message;
  }
  static Resolver always(Extern found) {
    return [found](const ImportRequest&) { return found; };
  }
  static std::optional<Extern> none(const ImportRequest&) { return std::nullopt; }

  Store store_;
};

TEST_F(Imports, UnknownFunction) {
  ArtifactBuilder builder;
  builder.import_function("env", "foo", builder.type({wasm::kI32}, {}));
  EXPECT_EQ(
      error_of(builder, none),
      "unknown import: the module imports function \"env\".\"foo\" of type [i32] -> [], which the "
      "host does not provide");
}

TEST_F(Imports, FunctionOfAnotherType) {
  ArtifactBuilder builder;
  builder.import_function("env", "foo", builder.type({wasm::kI32}, {}));
  EXPECT_EQ(
      error_of(builder, always(host_function(wide, static_cast<void*>(nullptr)))),
      "incompatible import type: the module imports function \"env\".\"foo\" of type [i32] -> [], "
      "but the host provides a function of type [i64 f32 f64] -> [i32]");
}

TEST_F(Imports, AnotherKind) {
  ArtifactBuilder builder;
  builder.import_function("env", "foo", builder.type({}, {}));
  Memory* memory = store_.add_memory({{1, 2, false, false}, 16}).value();
  EXPECT_EQ(
      error_of(builder, always(memory)),
      "incompatible import type: the module imports function \"env\".\"foo\" of type [] -> [], but "
      "the host provides a memory of pages {min 1, max 2}");
}

TEST_F(Imports, NamesOfHostileModules) {
  ArtifactBuilder builder;
  builder.import_function("\x1b[31m", std::string(10'000, '"'), builder.type({}, {}));
  const std::string message = error_of(builder, none);
  EXPECT_NE(message.find("\"\\x1b[31m\".\"\\x22\\x22"), std::string::npos) << message;
  EXPECT_LT(message.size(), 1000u);
}

TEST_F(Imports, MemoryLimits) {
  const auto linked = [this](ArtifactLimits wanted, wasm::SizeLimits found) {
    ArtifactBuilder builder;
    builder.import_memory("env", "memory", wanted);
    return error_of(builder, always(store_.add_memory({found, 16}).value()));
  };
  constexpr uint64_t kNone = ~uint64_t{0};
  EXPECT_EQ(linked({1, kNone, 0, 0}, {1, std::nullopt, false, false}), "linked");
  EXPECT_EQ(linked({1, kNone, 0, 0}, {2, 3, false, false}), "linked");
  EXPECT_EQ(linked({1, 3, 0, 0}, {2, 3, false, false}), "linked");
  EXPECT_EQ(linked({2, kNone, 0, 0}, {1, std::nullopt, false, false}),
            "incompatible import type: the module imports memory \"env\".\"memory\" of pages {min "
            "2}, but the host provides a memory of pages {min 1}");
  EXPECT_NE(linked({1, 2, 0, 0}, {1, 3, false, false}), "linked");
  EXPECT_NE(linked({1, 2, 0, 0}, {1, std::nullopt, false, false}), "linked");
}

TEST_F(Imports, KindsOfMemories) {
  const auto linked = [this](ArtifactLimits wanted, wasm::MemoryType found) {
    ArtifactBuilder builder;
    builder.import_memory("env", "memory", wanted);
    return error_of(builder, always(store_.add_memory(found).value()));
  };
  constexpr std::string_view kBefore =
      "incompatible import type: the module imports memory "
      "\"env\".\"memory\" of pages {min 1, max 2}";
  const auto refused = [kBefore](std::string_view wanted, std::string_view found) {
    return fmt::format("{}{}, but the host provides a memory of pages {{min 1, max 2}}{}", kBefore,
                       wanted, found);
  };
  EXPECT_EQ(linked({1, 2, 1, 0}, {{1, 2, true, false}, 16}), "linked");
  EXPECT_EQ(linked({1, 2, 0, 1}, {{1, 2, false, true}, 16}), "linked");
  EXPECT_EQ(linked({1, 2, 0, 0}, {{1, 2, true, false}, 16}), refused("", " shared"));
  EXPECT_EQ(linked({1, 2, 1, 0}, {{1, 2, false, false}, 16}), refused(" shared", ""));
  EXPECT_EQ(linked({1, 2, 0, 0}, {{1, 2, false, true}, 16}), refused("", " 64-bit"));
  EXPECT_EQ(linked({1, 2, 0, 1}, {{1, 2, false, false}, 16}), refused(" 64-bit", ""));
  EXPECT_EQ(linked({1, 2, 0, 0}, {{1, 2, false, false}, 0}), refused("", " of one byte"));
}

TEST_F(Imports, CurrentSizeCounts) {
  ArtifactBuilder builder;
  builder.import_memory("env", "memory", {2, ~uint64_t{0}, 0, 0});
  Memory* memory = store_.add_memory({{1, std::nullopt, false, false}, 16}).value();
  EXPECT_NE(error_of(builder, always(memory)), "linked");
  ASSERT_EQ(memory->grow(1), 1u);
  EXPECT_EQ(error_of(builder, always(memory)), "linked");
}

TEST_F(Imports, TableLimitsAndElement) {
  const auto linked = [this](ArtifactLimits wanted, wasm::TableType found) {
    ArtifactBuilder builder;
    builder.import_table("env", "table", wanted);
    return error_of(builder, always(store_.add_table(found).value()));
  };
  EXPECT_EQ(linked({10, 20, 0, 0}, {wasm::kFuncRef, {10, 20, false, false}}), "linked");
  EXPECT_NE(linked({10, 20, 0, 0}, {wasm::kFuncRef, {9, 20, false, false}}), "linked");
  EXPECT_NE(linked({10, 20, 0, 0}, {wasm::kFuncRef, {10, 21, false, false}}), "linked");
  EXPECT_EQ(linked({10, 20, 0, 0}, {wasm::kExternRef, {10, 20, false, false}}),
            "incompatible import type: the module imports table \"env\".\"table\" of funcref {min "
            "10, max 20}, but the host provides a table of externref {min 10, max 20}");
}

TEST_F(Imports, GlobalTypeAndMutability) {
  const auto linked = [this](wasm::GlobalType wanted, wasm::GlobalType found) {
    ArtifactBuilder builder;
    builder.import_global("env", "global", wanted);
    return error_of(builder, always(store_.add_global(found, {})));
  };
  EXPECT_EQ(linked({wasm::kI32, true}, {wasm::kI32, true}), "linked");
  EXPECT_NE(linked({wasm::kI32, true}, {wasm::kI64, true}), "linked");
  EXPECT_EQ(linked({wasm::kI32, true}, {wasm::kI32, false}),
            "incompatible import type: the module imports global \"env\".\"global\" of type mut "
            "i32, but the host provides a global of type i32");
}

TEST_F(Imports, ResolverLearnsTheWantedType) {
  ArtifactBuilder builder;
  builder.import_function("env", "foo", builder.type({}, {}));
  ImportRequest seen;
  std::string module;
  const auto linked = store_.link(load(builder), [&](const ImportRequest& request) {
    seen = request;
    module = request.module;
    return host_function(nothing, static_cast<void*>(nullptr));
  });
  ASSERT_TRUE(linked);
  EXPECT_EQ(module, "env");
  EXPECT_EQ(seen.func_type, canonical_type({}, {}));
}

TEST(FuncTypes, EqualNumbersAreEqualTypes) {
  const std::array<wasm::ValueType, 2> a = {wasm::kI32, wasm::kI64};
  const uint64_t type = canonical_type(a, {});
  EXPECT_NE(type, 0u);
  EXPECT_EQ(type, canonical_type(a, {}));
  EXPECT_NE(type, canonical_type({}, a));
  EXPECT_NE(type, canonical_type(std::span(a).first(1), std::span(a).last(1)));
  const std::array<wasm::ValueType, 1> func = {wasm::kFuncRef};
  const std::array<wasm::ValueType, 1> external = {wasm::kExternRef};
  EXPECT_NE(canonical_type(func, {}), canonical_type(external, {}));
  EXPECT_EQ(func_type(type).parameters, std::vector(a.begin(), a.end()));
  EXPECT_EQ(detail::type_of_host_function(nothing), canonical_type({}, {}));
}

}  // namespace
}  // namespace wasmedge::run
