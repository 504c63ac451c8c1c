#include "runtime/cache/key.h"

#include <gtest/gtest.h>

#include <string>

namespace wasmedge::cache {
namespace {

Sha256 sha256_of(std::string_view text) {
  return sha256(std::as_bytes(std::span(text.data(), text.size())));
}

// The example of FIPS 180-4.
TEST(Key, HashesAsTheStandardSays) {
  EXPECT_EQ(Key{sha256_of("abc")}.hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Key, IsTheSameForTheSameModule) {
  EXPECT_EQ(key_of(sha256_of("module")), key_of(sha256_of("module")));
}

TEST(Key, TellsModulesApart) {
  EXPECT_NE(key_of(sha256_of("module")), key_of(sha256_of("Module")));
}

TEST(Key, TellsTargetsApart) {
  const Sha256 module = sha256_of("module");
  EXPECT_EQ(key_of(module, {.target = kThisArchitecture}), key_of(module));
  EXPECT_NE(key_of(module, {.target = Architecture::kAarch64}),
            key_of(module, {.target = Architecture::kRiscv64}));
}

TEST(Key, IsNotTheModulesHashAlone) {
  EXPECT_NE(key_of(sha256_of("module")).digest, sha256_of("module"));
}

TEST(Key, CompilerBuildIsHex) {
  EXPECT_EQ(compiler_build().size(), 32u);
  EXPECT_EQ(compiler_build().find_first_not_of("0123456789abcdef"), std::string_view::npos);
}

}  // namespace
}  // namespace wasmedge::cache
