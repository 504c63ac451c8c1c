#include <gtest/gtest.h>

#include "runtime/base/limits.h"
#include "test/unit/wasm/bytes.h"

namespace wasmedge::wasm {
namespace {

Module decoded(const Bytes& bytes) {
  auto module = decode(std::as_bytes(std::span(bytes)));
  EXPECT_TRUE(module) << module.error().message;
  return module ? std::move(*module) : Module();
}

TEST(Decode, Header) {
  EXPECT_EQ(check(kHeader), "");
  EXPECT_EQ(check({}), "malformed module at offset 0x0: unexpected end");
  EXPECT_EQ(check({'\0', 'a', 's', 'n', 1, 0, 0, 0}),
            "malformed module at offset 0x0: magic header not detected");
  EXPECT_EQ(check({'\0', 'a', 's', 'm', 2, 0, 0, 0}),
            "malformed module at offset 0x4: unknown binary version 2 (layer 0)");
}

TEST(Decode, AComponentIsToldApart) {
  EXPECT_EQ(check({'\0', 'a', 's', 'm', 0x0d, 0, 1, 0}),
            "malformed module at offset 0x4: unknown binary version: this is a component, which is "
            "not supported; build a core module instead (for example, target wasm32-wasip1)");
}

TEST(Decode, IndexSpacesBeginWithImports) {
  const Bytes bytes = module({
      section(1, vec({func_type({i32, i64}, {f32}), func_type({}, {})})),
      section(2, vec({name("env") + name("f") + Bytes{0, 1},
                      name("env") + name("t") + Bytes{1, funcref, 1, 2, 9},
                      name("env") + name("m") + Bytes{2, 0, 3},
                      name("env") + name("g") + Bytes{3, i64, 0}})),
      section(3, vec({{0}})),
      section(7, vec({name("run") + Bytes{0, 1}})),
      section(10, vec({body({0x43, 0, 0, 0, 0})})),
  });
  EXPECT_EQ(check(bytes), "");
  const Module module = decoded(bytes);
  EXPECT_EQ(module.imported_functions, 1U);
  EXPECT_EQ(module.imported_globals, 1U);
  ASSERT_EQ(module.functions.size(), 2U);
  EXPECT_TRUE(module.functions[0].imported);
  EXPECT_FALSE(module.functions[0].declared);
  EXPECT_TRUE(module.functions[1].declared) << "it is exported";
  EXPECT_EQ(to_string(module.type_of(1)), "[i32 i64] -> [f32]");
  EXPECT_EQ(module.tables[0].type.limits.max, 9U);
  EXPECT_EQ(module.memories[0].type.limits.min, 3U);
  EXPECT_EQ(module.globals[0].type.value, kI64);
  EXPECT_EQ(module.exports[0].name, "run");
  EXPECT_EQ(module.imports[3].name, "g");
}

TEST(Decode, FormsOfConstantExpressions) {
  const Module module = decoded(wasm::module({
      section(2, vec({name("") + name("") + Bytes{3, i32, 0}})),
      section(6, vec({{i32, 0, 0x41, 0x7f, 0x0b},
                      {i32, 0, 0x23, 0, 0x0b},
                      {funcref, 0, 0xd0, 0x70, 0x0b},
                      {funcref, 0, 0xd2, 5, 0x0b},
                      {i32, 0, 0x41, 1, 0x41, 2, 0x6a, 0x0b},
                      {f64, 0, 0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0x0b}})),
  }));
  ASSERT_EQ(module.globals.size(), 7U);
  EXPECT_EQ(module.globals[1].init.kind, ConstExpr::Kind::kConst);
  EXPECT_EQ(module.globals[1].init.bits, 0xffff'ffffU);
  EXPECT_EQ(module.globals[2].init.kind, ConstExpr::Kind::kGlobalGet);
  EXPECT_EQ(module.globals[3].init.kind, ConstExpr::Kind::kRefNull);
  EXPECT_EQ(module.globals[4].init.kind, ConstExpr::Kind::kRefFunc);
  EXPECT_EQ(module.globals[4].init.index, 5U);
  EXPECT_EQ(module.globals[5].init.kind, ConstExpr::Kind::kExpression);
  EXPECT_EQ(module.globals[5].init.code.size, 6U);
  EXPECT_EQ(module.globals[6].init.bits, 0x0807060504030201U);
}

TEST(Decode, EveryFormOfElementSegment) {
  const Bytes at_zero = {0x41, 0, 0x0b};
  const Bytes null_func = {0xd0, funcref, 0x0b};
  const Module module = decoded(wasm::module({
      section(3, vec({{0}})),
      section(9, vec({Bytes{0} + at_zero + Bytes{1, 0}, Bytes{1, 0, 1, 0},
                      Bytes{2, 7} + at_zero + Bytes{0, 1, 0}, Bytes{3, 0, 1, 0},
                      Bytes{4} + at_zero + Bytes{1} + null_func,
                      Bytes{5, externref, 1, 0xd0, externref, 0x0b},
                      Bytes{6, 3} + at_zero + Bytes{funcref, 1} + null_func,
                      Bytes{7, funcref, 1} + null_func})),
      section(10, vec({body({})})),
  }));
  ASSERT_EQ(module.elements.size(), 8U);
  constexpr SegmentMode kModes[] = {SegmentMode::kActive, SegmentMode::kPassive,
                                    SegmentMode::kActive, SegmentMode::kDeclarative};
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(module.elements[i].mode, kModes[i % 4]) << i;
    ASSERT_EQ(module.elements[i].elements.size(), 1U) << i;
    EXPECT_EQ(module.elements[i].elements[0].kind,
              i < 4 ? ConstExpr::Kind::kRefFunc : ConstExpr::Kind::kRefNull)
        << i;
  }
  EXPECT_EQ(module.elements[2].table, 7U);
  EXPECT_EQ(module.elements[6].table, 3U);
  EXPECT_EQ(module.elements[5].type, kExternRef);
  EXPECT_TRUE(module.functions[0].declared);
}

TEST(Decode, SectionsStandInOrderAndOnce) {
  EXPECT_EQ(check(module({section(3, {0}), section(1, {0})})),
            "malformed module at offset 0xb: unexpected section 1: repeated or out of order");
  EXPECT_EQ(check(module({section(5, {0}), section(5, {0})})),
            "malformed module at offset 0xb: unexpected section 5: repeated or out of order");
  EXPECT_EQ(check(module({section(10, {0}), section(12, {0})})),
            "malformed module at offset 0xb: unexpected section 12: repeated or out of order");
  EXPECT_EQ(check(module({section(14, {})})),
            "malformed module at offset 0x8: malformed section id 14");
  EXPECT_EQ(check(module({section(0, name("a")), section(1, {0}), section(0, name("b"))})), "");
}

TEST(Decode, SectionsFillTheirSize) {
  EXPECT_EQ(check(module({section(1, {0, 0})})),
            "malformed module at offset 0xb: section size mismatch: 1 bytes behind its contents");
  EXPECT_EQ(check(module({section(1, {1})})),
            "malformed module at offset 0xa: unexpected end: 1 types, but 0 bytes are left");
  EXPECT_EQ(check(module({{1, 5, 0}})),
            "malformed module at offset 0x8: unexpected end: a section of 5 bytes, but 1 are left");
}

TEST(Decode, CustomSectionsHaveUtf8Names) {
  EXPECT_EQ(check(module({section(0, {2, 0xc0, 0x80})})),
            "malformed module at offset 0xa: malformed UTF-8 encoding");
  EXPECT_EQ(check(module({section(0, {})})), "malformed module at offset 0xa: unexpected end");
  EXPECT_EQ(check(module({section(0, name("x") + Bytes{0xff, 0xff})})), "");
}

TEST(Decode, CountsAgree) {
  const Bytes type = section(1, vec({func_type({}, {})}));
  EXPECT_EQ(check(module({type, section(3, vec({{0}}))})),
            "malformed module at offset 0x0: function and code section have inconsistent lengths: "
            "1 and 0");
  EXPECT_EQ(check(module({type, section(10, vec({body({})}))})),
            "malformed module at offset 0x10: function and code section have inconsistent "
            "lengths: 0 and 1");
  EXPECT_EQ(check(module({section(12, {2}), section(11, vec({{1, 0}}))})),
            "malformed module at offset 0xd: data count and data section have inconsistent "
            "lengths: 2 and 1");
}

TEST(Decode, MalformedFields) {
  const auto error = [](uint8_t id, const Bytes& content) {
    return check(module({section(id, content)}));
  };
  EXPECT_EQ(error(1, {1, 0x61, 0, 0}),
            "malformed module at offset 0xb: malformed type: form 0x61 is no function type");
  EXPECT_EQ(error(1, {1, 0x60, 1, 0x20, 0}),
            "malformed module at offset 0xd: malformed value type 0x20");
  EXPECT_EQ(error(2, {1, 0, 0, 9, 0}),
            "malformed module at offset 0xd: malformed import kind 0x09");
  EXPECT_EQ(error(4, {1, i32, 0, 0}), "malformed module at offset 0xb: malformed reference type");
  EXPECT_EQ(error(5, {1, 0x10, 0}), "malformed module at offset 0xb: malformed limits flags 0x10");
  EXPECT_EQ(error(4, {1, funcref, 2, 0}),
            "malformed module at offset 0xc: malformed limits flags 0x02");
  EXPECT_EQ(error(5, {1, 8, 0, 65}),
            "malformed module at offset 0xd: malformed custom page size 2^65");
  EXPECT_EQ(error(6, {1, i32, 2, 0x41, 0, 0x0b}),
            "malformed module at offset 0xc: malformed mutability 0x02");
  EXPECT_EQ(error(7, {1, 0, 9, 0}), "malformed module at offset 0xc: malformed export kind 0x09");
  EXPECT_EQ(error(9, {1, 8}),
            "malformed module at offset 0xb: malformed element segment flags 0x8");
  EXPECT_EQ(error(9, {1, 1, 1, 0}), "malformed module at offset 0xc: malformed element kind");
  EXPECT_EQ(error(11, {1, 3}), "malformed module at offset 0xb: malformed data segment flags 0x3");
  EXPECT_EQ(error(6, {1, i32, 0, 0x41, 0}), "malformed module at offset 0xf: unexpected end");
}

TEST(Decode, FeaturesNotSupportedAreNamed) {
  const auto error = [](uint8_t id, const Bytes& content) {
    return check(module({section(id, content)}));
  };
  const auto needs = [](std::string_view offset, std::string_view feature) {
    return fmt::format(
        "unsupported module at offset {}: needs the {} feature, which is not supported", offset,
        feature);
  };
  EXPECT_EQ(error(1, {1, 0x5f, 0}), needs("0xb", "gc"));
  EXPECT_EQ(error(1, {1, 0x60, 1, 0x64, 0x6d, 0}), needs("0xe", "gc"));
  EXPECT_EQ(error(1, {1, 0x60, 1, 0x63, 0x68, 0}), needs("0xe", "stack switching"));
  const Bytes structure = module({section(1, {1, 0x5f, 0})});
  const auto result = decode(std::as_bytes(std::span(structure)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnimplemented);
}

TEST(Decode, FunctionNames) {
  const auto with_names = [](const Bytes& content) {
    return module({section(1, vec({func_type({}, {})})), section(3, vec({{0}, {0}})),
                   section(10, vec({body({}), body({})})), section(0, name("name") + content)});
  };
  const Bytes map = vec({Bytes{1} + name("second")});
  const Bytes bytes = with_names(section(0, name("m")) + section(1, map) + section(2, {0}));
  const Module module = decoded(bytes);
  ASSERT_EQ(module.function_names.size(), 2U);
  EXPECT_EQ(module.function_names[0], "");
  EXPECT_EQ(module.function_names[1], "second");
  // What is wrong in a custom section is nobody's loss.
  EXPECT_EQ(check(with_names({1, 0xff, 0xff, 0xff, 0xff, 0x0f})), "");
  EXPECT_EQ(check(with_names(section(1, leb(0xffffffff)))), "");
  EXPECT_EQ(check(with_names(section(1, vec({leb(0xffffffff) + name("far")})))), "");
  EXPECT_EQ(check(with_names(section(1, vec({{0, 2, 0xc0, 0x80}})))), "");
}

TEST(Decode, BranchHints) {
  // Two functions of one br_if each: at bytes 4 and 3 of their bodies, which begin with the locals.
  const Bytes bodies = section(
      10, vec({body({0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b}), body({0x41, 0, 0x04, 0x40, 0x0b})}));
  const auto with_hints = [&bodies](const Bytes& hints) {
    return module({section(1, vec({func_type({}, {})})), section(3, vec({{0}, {0}})),
                   section(0, name("metadata.code.branch_hint") + hints), bodies});
  };
  const auto hints_of = [&](const Bytes& hints) {
    const Bytes bytes = with_hints(hints);
    EXPECT_EQ(check(bytes), "") << "a custom section cannot spoil a module";
    return decoded(bytes).branch_hints;
  };
  const Bytes first = {0, 1, 5, 1, 1}, second = {1, 1, 3, 1, 0};
  const auto hints = hints_of(vec({first, second}));
  ASSERT_EQ(hints.size(), 2U);
  const Bytes bytes = with_hints(vec({first, second}));
  EXPECT_EQ(bytes[hints[0].at], 0x0d);
  EXPECT_TRUE(hints[0].likely);
  EXPECT_EQ(bytes[hints[1].at], 0x04);
  EXPECT_FALSE(hints[1].likely);

  for (const Bytes& wrong : {
           vec({second, first}),       // out of order
           vec({first, first}),        // twice
           vec({{9, 1, 1, 1, 0}}),     // no such function
           vec({{0, 1, 100, 1, 0}}),   // beyond the function
           vec({{0, 1, 1, 2, 0, 0}}),  // a hint of two bytes
           vec({{0, 1, 1, 1, 2}}),     // no kind of hint
           vec({first, second, {}}),   // ends early
           vec({first}) + Bytes{0},    // does not end
           leb(0xffffffff),            // a forged count
           Bytes{1, 0} + leb(0xffffffff),
           Bytes{},
       }) {
    EXPECT_TRUE(hints_of(wrong).empty());
  }
}

}  // namespace
}  // namespace wasmedge::wasm
