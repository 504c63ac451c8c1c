// Rules of instructions, each in a function of a module that has one of everything.
#include <gtest/gtest.h>

#include "runtime/base/limits.h"
#include "runtime/wasm/opcodes.h"
#include "test/unit/wasm/bytes.h"

namespace wasmedge::wasm {
namespace {

/// The rule that a function breaks: the message behind "invalid module at offset …, function 0: ".
std::string rule(const Bytes& parameters, const Bytes& results, const Bytes& code,
                 const Bytes& locals = {0}) {
  const std::string message = check(one_function(parameters, results, code, locals));
  constexpr std::string_view kBefore = ", function 0: ";
  const size_t at = message.find(kBefore);
  return at == std::string::npos ? message : message.substr(at + kBefore.size());
}
std::string rule(const Bytes& code) {
  return rule({}, {}, code);
}

TEST(Validate, MessagesNameOffsetAndFunction) {
  EXPECT_EQ(check(one_function({}, {i32}, {0x42, 0})),
            "invalid module at offset 0x39, function 0: type mismatch: expected i32, found i64");
}

uint8_t type_of(char letter) {
  switch (letter) {
    case 'l':
      return i64;
    case 'f':
      return f32;
    case 'd':
      return f64;
    case 'v':
      return v128;
    default:
      return i32;
  }
}

/// The binary logarithm of an atomic access's size, from its name.
uint8_t atomic_size(std::string_view text) {
  const auto has = [text](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  if (has("load8") || has("store8") || has("rmw8")) return 0;
  if (has("load16") || has("store16") || has("rmw16")) return 1;
  if (has("load32") || has("store32") || has("rmw32") || has("notify") || has("wait32")) return 2;
  return text.starts_with("i32") ? 2 : 3;
}

/// The instruction with an immediate of zeros, but for an alignment that has to be natural.
Bytes with_immediate(const OpInfo& info) {
  const auto has = [&info](std::string_view part) {
    return info.text.find(part) != std::string_view::npos;
  };
  Bytes bytes = {static_cast<uint8_t>(info.encoding)};
  if (info.encoding > 0xff) {
    bytes = Bytes{static_cast<uint8_t>(info.encoding >> 16)} + leb(info.encoding & 0xffff);
  }
  if (info.text == "f32.const") return bytes + Bytes(4, 0);
  if (info.text == "f64.const") return bytes + Bytes(8, 0);
  if (info.text == "v128.const" || info.text == "i8x16.shuffle") return bytes + Bytes(16, 0);
  if (has("load") && has("_lane")) return bytes + Bytes{0, 0, 0};
  if (has("store") && has("_lane")) return bytes + Bytes{0, 0, 0};
  if (has("extract_lane") || has("replace_lane")) return bytes + Bytes{0};
  if (info.text == "atomic.fence") return bytes + Bytes{0};
  if (has("atomic.")) return bytes + Bytes{atomic_size(info.text), 0};
  if (has("init") || has(".load") || has(".store")) return bytes + Bytes{0, 0};
  if (has(".const") || has("memory.") || has(".drop")) return bytes + Bytes{0};
  return bytes;
}

TEST(Validate, EveryFixedSignature) {
  // Each instruction with operands of its own types, then with one operand or result of another.
  for (const OpInfo& info : kOpInfos) {
    if (info.signature.special) continue;
    SCOPED_TRACE(info.text);
    Bytes parameters, code;
    for (uint8_t i = 0; i < info.signature.parameter_count; ++i) {
      parameters.push_back(type_of(info.signature.parameters[i]));
      code = code + Bytes{0x20, i};
    }
    code = code + with_immediate(info);
    const Bytes results =
        info.signature.result == 0 ? Bytes() : Bytes{type_of(info.signature.result)};
    EXPECT_EQ(rule(parameters, results, code), "");
    if (!results.empty()) {
      const Bytes other = {results[0] == i32 ? i64 : i32};
      EXPECT_EQ(rule(parameters, other, code).substr(0, 13), "type mismatch");
    }
    for (size_t i = 0; i < parameters.size(); ++i) {
      Bytes wrong = parameters;
      wrong[i] = wrong[i] == i32 ? f64 : i32;
      EXPECT_EQ(rule(wrong, results, code).substr(0, 13), "type mismatch") << "parameter " << i;
    }
  }
}

TEST(Validate, OperandStack) {
  EXPECT_EQ(rule({0x1a}), "type mismatch: expected a value, found nothing on this block's stack");
  EXPECT_EQ(rule({0x41, 0}),
            "type mismatch: the block ends with 1 more on the stack than its type gives");
  EXPECT_EQ(rule({0x41, 0, 0x02, 0x40, 0x1a, 0x0b}),
            "type mismatch: expected a value, found nothing on this block's stack")
      << "a block does not see the operands below it";
}

TEST(Validate, UnreachableCodeIsPolymorphic) {
  EXPECT_EQ(rule({}, {i32}, {0x00}), "");
  EXPECT_EQ(rule({}, {i32}, {0x00, 0x6a}), "");
  EXPECT_EQ(rule({}, {i32}, {0x00, 0x1b}), "");
  EXPECT_EQ(rule({}, {i32}, {0x00, 0x41, 0, 0x1b}), "");
  EXPECT_EQ(rule({}, {i32}, {0x00, 0x42, 0, 0x6a}), "type mismatch: expected i32, found i64");
  EXPECT_EQ(rule({}, {}, {0x00, 0x41, 0}),
            "type mismatch: the block ends with 1 more on the stack than its type gives");
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0x0f, 0x02, 0x40, 0x0b}), "")
      << "return, then a reachable block";
  EXPECT_EQ(rule({}, {i32}, {0x0c, 0, 0x02, i32, 0x0b}),
            "type mismatch: expected i32, found nothing on this block's stack")
      << "a block inside unreachable code is not unreachable itself";
}

TEST(Validate, BlocksAndLabels) {
  EXPECT_EQ(rule({}, {i32}, {0x02, i32, 0x41, 0, 0x0c, 0, 0x0b}), "");
  EXPECT_EQ(rule({}, {i32}, {0x02, i32, 0x42, 0, 0x0c, 0, 0x0b}),
            "type mismatch: expected i32, found i64");
  EXPECT_EQ(rule({0x03, 0x40, 0x0c, 0, 0x0b}), "") << "a loop's label takes its parameters";
  EXPECT_EQ(rule({0x0c, 1}), "unknown label 1");
  EXPECT_EQ(rule({0x02, 5, 0x0b}), "unknown type 5");
  EXPECT_EQ(rule({0x41, 0, 0x04, 0x40, 0x05, 0x0b}), "");
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0x04, i32, 0x41, 1, 0x0b}),
            "type mismatch: an if without else must give what it takes");
  EXPECT_EQ(rule({0x05}), "else without an if");
  EXPECT_EQ(rule({0x02, 0x40}), "unexpected end");
  EXPECT_EQ(rule({0x0b}), "operators remain after the end of the function");
}

TEST(Validate, BlocksWithParameters) {
  // Type 0 is [i32] -> [i32], the function's own.
  EXPECT_EQ(rule({i32}, {i32}, {0x20, 0, 0x02, 0, 0x0b}), "");
  EXPECT_EQ(rule({i32}, {i32}, {0x20, 0, 0x03, 0, 0x41, 0, 0x0d, 0, 0x0b}), "");
  EXPECT_EQ(rule({i32}, {i32}, {0x42, 0, 0x02, 0, 0x0b}), "type mismatch: expected i32, found i64");
  EXPECT_EQ(rule({i32}, {i32}, {0x20, 0, 0x41, 0, 0x04, 0, 0x0b}), "")
      << "an if without else that gives what it takes";
}

TEST(Validate, BlockTypesOfSeveralBytes) {
  const auto block = [](const Bytes& type) { return rule(Bytes{0x02} + type + Bytes{0x0b}); };
  EXPECT_EQ(block({0x01}), "");
  EXPECT_EQ(block({0x81, 0x00}), "");
  EXPECT_EQ(block({0x81, 0x80, 0x80, 0x80, 0x00}), "");
  EXPECT_EQ(block({0x82, 0x00}), "unknown type 2");
  EXPECT_EQ(block({0xff, 0xff, 0xff, 0xff, 0x0f}), "unknown type 4294967295");
  // What is a value type in one byte is none in more.
  for (const Bytes& negative : {Bytes{0xff, 0x7f}, Bytes{0xc0, 0x7f}, Bytes{0x80, 0x40}}) {
    EXPECT_NE(block(negative).find("malformed block type"), std::string::npos) << block(negative);
  }
  EXPECT_NE(block({0x81, 0x80, 0x80, 0x80, 0x80, 0x00}).find("too long"), std::string::npos);
}

TEST(Validate, BranchTables) {
  EXPECT_EQ(rule({0x41, 0, 0x0e, 2, 0, 0, 0}), "");
  EXPECT_EQ(rule({0x41, 0, 0x0e, 1, 0, 7}), "unknown label 7");
  EXPECT_EQ(rule({0x41, 0, 0x0e, 1, 7, 0}), "unknown label 7");
  const auto two_labels = [](uint8_t inner, const Bytes& before) {
    return rule({}, {i32}, Bytes{0x02, inner} + before + Bytes{0x0e, 1, 0, 1, 0x0b, 0x00});
  };
  EXPECT_EQ(two_labels(i32, {0x41, 0, 0x41, 0}), "");
  EXPECT_EQ(two_labels(0x40, {0x41, 0, 0x41, 0}),
            "type mismatch: br_table targets take 0 and 1 values");
  EXPECT_EQ(two_labels(f32, {0x41, 0, 0x41, 0}), "type mismatch: expected f32, found i32");
  EXPECT_EQ(rule({}, {i32}, {0x02, f32, 0x00, 0x0e, 1, 0, 1, 0x0b, 0x1a, 0x41, 0}), "")
      << "in unreachable code the targets' types may differ";
}

TEST(Validate, Calls) {
  EXPECT_EQ(rule({i32}, {i32}, {0x20, 0, 0x10, 0}), "");
  EXPECT_EQ(rule({i32}, {i32}, {0x42, 0, 0x10, 0}), "type mismatch: expected i32, found i64");
  EXPECT_EQ(rule({0x10, 9}), "unknown function 9");
  EXPECT_EQ(rule({0x41, 0, 0x11, 1, 0}), "");
  EXPECT_EQ(rule({0x42, 0, 0x11, 1, 0}), "type mismatch: expected i32, found i64");
  EXPECT_EQ(rule({0x41, 0, 0x11, 9, 0}), "unknown type 9");
  EXPECT_EQ(rule({0x41, 0, 0x11, 1, 9}), "unknown table 9");
}

TEST(Validate, IndirectCallsNeedATableOfFunctions) {
  for (const uint8_t call : {0x11, 0x13}) {
    const auto through = [call](uint8_t element) {
      return check(module({section(1, vec({func_type({}, {})})), section(3, vec({{0}})),
                           section(4, vec({{element, 0, 1}})),
                           section(10, vec({body({0x41, 0, call, 0, 0})}))}));
    };
    EXPECT_EQ(through(funcref), "");
    for (const uint8_t element : {externref, uint8_t{0x69}}) {
      EXPECT_NE(through(element).find("type mismatch: "), std::string::npos) << through(element);
    }
  }
}

TEST(Validate, VariablesAndSelect) {
  EXPECT_EQ(rule({i64}, {i32}, {0x20, 1}, {1, 2, i32}), "");
  EXPECT_EQ(rule({i64}, {i32}, {0x20, 2}, {1, 2, i32}), "");
  EXPECT_EQ(rule({0x20, 0}), "unknown local 0");
  EXPECT_EQ(rule({i64}, {}, {0x41, 0, 0x21, 0}), "type mismatch: expected i64, found i32");
  EXPECT_EQ(rule({i64}, {i64}, {0x42, 0, 0x22, 0}), "");
  EXPECT_EQ(rule({0x41, 0, 0x24, 0}), "");
  EXPECT_EQ(rule({0x41, 0, 0x24, 1}), "unknown global 1");
  EXPECT_EQ(rule({}, {i64}, {0x23, 0}), "type mismatch: expected i64, found i32");
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0x41, 1, 0x41, 2, 0x1b}), "");
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0x42, 1, 0x41, 2, 0x1b}),
            "type mismatch: expected i32, found i64");
  EXPECT_EQ(rule({funcref}, {funcref}, {0x20, 0, 0x20, 0, 0x41, 0, 0x1b}),
            "type mismatch: a select of references must name their type");
  EXPECT_EQ(rule({funcref}, {funcref}, {0x20, 0, 0x20, 0, 0x41, 0, 0x1c, 1, funcref}), "");
  EXPECT_EQ(rule({funcref}, {funcref}, {0x20, 0, 0x20, 0, 0x41, 0, 0x1c, 0}),
            "invalid result arity: a select gives one value, not 0");
}

TEST(Validate, ReferencesAndTables) {
  EXPECT_EQ(rule({}, {externref}, {0xd0, externref}), "");
  EXPECT_EQ(rule({}, {externref}, {0xd0, funcref}),
            "type mismatch: expected externref, found funcref");
  EXPECT_EQ(rule({}, {i32}, {0xd0, funcref, 0xd1}), "");
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0xd1}), "type mismatch: expected a reference, found i32");
  EXPECT_EQ(rule({}, {funcref}, {0xd2, 0}),
            "undeclared function reference 0: it stands in no export, element segment or global");
  EXPECT_EQ(rule({}, {funcref}, {0x41, 0, 0x25, 0}), "");
  EXPECT_EQ(rule({}, {funcref}, {0x41, 0, 0x25, 1}), "unknown table 1");
  EXPECT_EQ(rule({externref}, {}, {0x41, 0, 0x20, 0, 0x26, 0}),
            "type mismatch: expected funcref, found externref");
  EXPECT_EQ(rule({}, {i32}, {0xfc, 16, 0}), "");
  EXPECT_EQ(rule({}, {i32}, {0xd0, funcref, 0x41, 1, 0xfc, 15, 0}), "");
  EXPECT_EQ(rule({0x41, 0, 0xd0, funcref, 0x41, 1, 0xfc, 17, 0}), "");
  EXPECT_EQ(rule({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 0}), "");
  EXPECT_EQ(rule({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 3}), "unknown table 3");
  EXPECT_EQ(rule({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 0, 0}), "");
  EXPECT_EQ(rule({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 4, 0}), "unknown element segment 4");
  EXPECT_EQ(rule({0xfc, 13, 4}), "unknown element segment 4");
}

TEST(Validate, Memory) {
  EXPECT_EQ(rule({0x41, 0, 0x28, 2, 0, 0x1a}), "");
  EXPECT_EQ(rule({0x41, 0, 0x28, 3, 0, 0x1a}),
            "alignment must not be larger than natural: 2^3 for an access of 4 bytes");
  EXPECT_EQ(rule({0x41, 0, 0x28, 0x42, 1, 0, 0x1a}), "unknown memory 1");
  EXPECT_EQ(rule({0x41, 0, 0x28, 0x80, 0x01, 0, 0x1a}), "malformed memop flags 0x80");
  EXPECT_EQ(rule(Bytes{0x41, 0, 0x28, 0} + leb(0xffffffff) + Bytes{0x1a}), "");
  EXPECT_EQ(rule(Bytes{0x41, 0, 0x28, 0} + leb(0x100000000) + Bytes{0x1a}),
            "offset out of range: 4294967296 in a 32-bit memory");
  EXPECT_EQ(rule({0x3f, 1, 0x1a}), "unknown memory 1");
  EXPECT_EQ(rule({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0}), "");
  EXPECT_EQ(rule({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 1}), "unknown memory 1");
  EXPECT_EQ(rule({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 1, 0}), "unknown data segment 1");
}

TEST(Validate, Lanes) {
  const auto with_lane = [](uint8_t sub_opcode, uint8_t lane) {
    return rule({v128}, {i32}, {0x20, 0, 0xfd, sub_opcode, lane});
  };
  EXPECT_EQ(with_lane(0x15, 15), "");
  EXPECT_EQ(with_lane(0x15, 16), "invalid lane index 16: there are 16 lanes");
  EXPECT_EQ(with_lane(0x19, 8), "invalid lane index 8: there are 8 lanes");
  EXPECT_EQ(with_lane(0x1b, 4), "invalid lane index 4: there are 4 lanes");
  EXPECT_EQ(with_lane(0x1b, 0xff), "invalid lane index 255: there are 4 lanes");
  EXPECT_EQ(rule({v128}, {i64}, {0x20, 0, 0xfd, 0x1d, 2}),
            "invalid lane index 2: there are 2 lanes");
  EXPECT_EQ(rule({v128}, {v128}, {0x20, 0, 0x42, 0, 0xfd, 0x1e, 2}),
            "invalid lane index 2: there are 2 lanes");
  const auto shuffle = [](uint8_t last) {
    return rule({v128}, {v128}, Bytes{0x20, 0, 0x20, 0, 0xfd, 0x0d} + Bytes(15, 31) + Bytes{last});
  };
  EXPECT_EQ(shuffle(31), "");
  EXPECT_EQ(shuffle(32), "invalid lane index 32: there are 32 lanes");
}

TEST(Validate, VectorMemory) {
  const auto load = [](uint8_t sub_opcode, uint8_t align) {
    return rule({}, {v128}, {0x41, 0, 0xfd, sub_opcode, align, 0});
  };
  EXPECT_EQ(load(0x00, 4), "");
  EXPECT_EQ(load(0x00, 5),
            "alignment must not be larger than natural: 2^5 for an access of 16 bytes");
  EXPECT_EQ(load(0x01, 4),
            "alignment must not be larger than natural: 2^4 for an access of 8 bytes");
  EXPECT_EQ(load(0x07, 1),
            "alignment must not be larger than natural: 2^1 for an access of 1 bytes");
  EXPECT_EQ(load(0x5c, 3),
            "alignment must not be larger than natural: 2^3 for an access of 4 bytes");
  const auto load16_lane = [](uint8_t align, uint8_t lane) {
    return rule({v128}, {v128}, {0x41, 0, 0x20, 0, 0xfd, 0x55, align, 0, lane});
  };
  EXPECT_EQ(load16_lane(1, 7), "");
  EXPECT_EQ(load16_lane(1, 8), "invalid lane index 8: there are 8 lanes");
  EXPECT_EQ(load16_lane(2, 0),
            "alignment must not be larger than natural: 2^2 for an access of 2 bytes");
  EXPECT_EQ(rule({v128}, {}, {0x41, 0, 0x20, 0, 0xfd, 0x5b, 3, 0, 2}),
            "invalid lane index 2: there are 2 lanes");
}

TEST(Validate, VectorConstantsAreConstant) {
  const auto global = [](const Bytes& init) {
    return check(module({section(6, vec({Bytes{v128, 0} + init + Bytes{0x0b}}))}));
  };
  const Bytes constant = Bytes{0xfd, 0x0c} + Bytes(16, 1);
  EXPECT_EQ(global(constant), "");
  EXPECT_EQ(
      global(constant + Bytes{0xfd, 0x4d}),
      "invalid module at offset 0x1f, global 0: constant expression required, found v128.not");
  EXPECT_EQ(global({0x41, 0}),
            "invalid module at offset 0xf, global 0: type mismatch: expected v128, found i32");
  EXPECT_EQ(global({0xfd, 0x0c, 0}), "malformed module at offset 0x11: unexpected end");
}

TEST(Validate, WideArithmetic) {
  const Bytes four = {0x20, 0, 0x20, 0, 0x20, 0, 0x20, 0};
  for (const uint8_t op : {uint8_t{0x13}, uint8_t{0x14}}) {
    EXPECT_EQ(rule({i64}, {i64, i64}, four + Bytes{0xfc, op}), "");
    EXPECT_EQ(rule({i64}, {i64, i64}, Bytes{0x20, 0, 0x20, 0, 0x20, 0, 0xfc, op}),
              "type mismatch: expected i64, found nothing on this block's stack");
  }
  for (const uint8_t op : {uint8_t{0x15}, uint8_t{0x16}}) {
    EXPECT_EQ(rule({i64}, {i64, i64}, Bytes{0x20, 0, 0x20, 0, 0xfc, op}), "");
    EXPECT_EQ(rule({i64}, {i64, i64}, Bytes{0x41, 0, 0x20, 0, 0xfc, op}),
              "type mismatch: expected i64, found i32");
    EXPECT_EQ(rule({i64}, {i64}, Bytes{0x20, 0, 0x20, 0, 0xfc, op}),
              "type mismatch: the block ends with 1 more on the stack than its type gives");
  }
}

TEST(Validate, Atomics) {
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0xfe, 0x10, 2, 0}), "");
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0xfe, 0x10, 1, 0}),
            "alignment of an atomic access must be natural: 2^2, not 2^1");
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0xfe, 0x10, 3, 0}),
            "alignment must not be larger than natural: 2^3 for an access of 4 bytes");
  EXPECT_EQ(rule({}, {i32}, {0x41, 0, 0xfe, 0x10, 0x42, 7, 0}), "unknown memory 7");
  EXPECT_EQ(rule({0xfe, 3, 0}), "");
  EXPECT_EQ(rule({0xfe, 3, 1}), "malformed fence: zero byte expected");
}

/// The rule that a function breaks whose memory and table have 64-bit addresses; "" if none.
std::string rule64(const Bytes& code) {
  const std::string message = check(
      module({section(1, vec({func_type({}, {})})), section(3, vec({{0}})),
              section(4, vec({{funcref, 4, 1}, {funcref, 0, 1}})),
              section(5, vec({{4, 1}, {0, 1}})), section(9, vec({{0x01, 0x00, 0x00}})),
              section(12, {1}), section(10, vec({body(code)})), section(11, vec({{0x01, 0x00}}))}));
  const size_t at = message.find("function 0: ");
  return at == std::string::npos ? message : message.substr(at + 12);
}

TEST(Validate, AddressesOf64Bits) {
  EXPECT_EQ(rule64({0x42, 0, 0x28, 2, 0, 0x1a}), "");
  EXPECT_EQ(rule64({0x41, 0, 0x28, 2, 0, 0x1a}), "type mismatch: expected i64, found i32");
  EXPECT_EQ(rule64(Bytes{0x42, 0, 0x28, 2} + leb(~uint64_t{0}) + Bytes{0x1a}), "");
  EXPECT_EQ(rule64({0x3f, 0, 0x40, 0, 0x1a}), "") << "memory.size and memory.grow";
  EXPECT_EQ(rule64({0x42, 0, 0x41, 0, 0x42, 0, 0xfc, 11, 0}), "") << "memory.fill";
  EXPECT_EQ(rule64({0x42, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0}), "") << "memory.init";
  EXPECT_EQ(rule64({0x42, 0, 0x42, 0, 0x42, 0, 0xfc, 10, 0, 0}), "") << "memory.copy";
  EXPECT_EQ(rule64({0x42, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 1}), "") << "to 64, from 32 bits";
  EXPECT_EQ(rule64({0x41, 0, 0x42, 0, 0x41, 0, 0xfc, 10, 1, 0}), "") << "to 32, from 64 bits";
  EXPECT_EQ(rule64({0x42, 0, 0x41, 0, 0x42, 0, 0xfc, 10, 0, 1}),
            "type mismatch: expected i32, found i64")
      << "a count is as wide as the narrower address";
  EXPECT_EQ(rule64({0x42, 0, 0x25, 0, 0x1a}), "") << "table.get";
  EXPECT_EQ(rule64({0x41, 0, 0x25, 0, 0x1a}), "type mismatch: expected i64, found i32");
  EXPECT_EQ(rule64({0xd0, funcref, 0xfc, 16, 0, 0xfc, 15, 0, 0x1a}), "") << "table.size, grow";
  EXPECT_EQ(rule64({0x42, 0, 0xd0, funcref, 0x42, 0, 0xfc, 17, 0}), "") << "table.fill";
  EXPECT_EQ(rule64({0x42, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 1}), "") << "table.copy";
  EXPECT_EQ(rule64({0x42, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 0, 0}), "") << "table.init";
  EXPECT_EQ(rule64({0x42, 0, 0x11, 0, 0}), "") << "call_indirect";
  EXPECT_EQ(rule64({0x41, 0, 0x11, 0, 0}), "type mismatch: expected i64, found i32");
}

TEST(Validate, DataInstructionsNeedTheDataCount) {
  EXPECT_EQ(check(module({section(1, vec({func_type({}, {})})), section(3, vec({{0}})),
                          section(10, vec({body({0xfc, 9, 0})})), section(11, vec({{1, 0}}))})),
            "malformed module at offset 0x17, function 0: data count section required");
}

TEST(Validate, UnknownOpcodes) {
  EXPECT_EQ(rule({0xff}), "illegal opcode 0xff");
  EXPECT_EQ(rule({0xfc, 0x20}), "illegal opcode 0xfc 32");
  EXPECT_EQ(rule({0xfd, 0x80, 0x80, 0x04}), "illegal opcode 0xfd 65536");
  EXPECT_EQ(rule({0xfd, 0x9a, 0x01}), "illegal opcode 0xfd 154");
  EXPECT_EQ(rule({0xfd, 0x94, 0x02}), "illegal opcode 0xfd 276");
  EXPECT_EQ(rule({0xfe, 0x04}), "illegal opcode 0xfe 4");
  EXPECT_EQ(rule({0xfe, 0x4f}), "illegal opcode 0xfe 79");
  const auto needs = [](std::string_view feature) {
    return fmt::format("needs the {} feature, which is not supported", feature);
  };
  EXPECT_EQ(rule({0xfb, 0x00}), needs("gc"));
  EXPECT_EQ(rule({0xe0, 0x00}), needs("stack switching"));
}

TEST(Validate, LimitsOfFunctions) {
  EXPECT_EQ(rule({}, {}, {}, Bytes{1} + leb(kLimits.locals) + Bytes{i32}), "");
  EXPECT_EQ(rule({}, {}, {}, Bytes{1} + leb(kLimits.locals + 1) + Bytes{i32}),
            "50001 locals, but the limit is 50000");
  EXPECT_EQ(rule({}, {}, {}, Bytes{2} + leb(0xffffffff) + Bytes{i32} + leb(1) + Bytes{i32}),
            "too many locals: 4294967296");
  const auto nested = [](uint32_t depth) {
    Bytes code;
    for (uint32_t i = 0; i < depth; ++i) code = code + Bytes{0x02, 0x40};
    return code + Bytes(depth, 0x0b);
  };
  EXPECT_EQ(rule(nested(kLimits.block_nesting)), "");
  EXPECT_EQ(rule(nested(kLimits.block_nesting + 1)), "10001 nested blocks, but the limit is 10000");
}

TEST(Validate, TheOperandStackIsBounded) {
  const Bytes results(kLimits.results, i32);
  Bytes code;
  for (uint32_t i = 0; i <= kLimits.operands / kLimits.results; ++i) code = code + Bytes{0x10, 0};
  EXPECT_EQ(rule({}, results, code), "1000001 operands on the stack, but the limit is 1000000");
}

}  // namespace
}  // namespace wasmedge::wasm
