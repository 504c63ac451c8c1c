#include "runtime/base/quote.h"

#include <gtest/gtest.h>

namespace wasmedge {
namespace {

TEST(Quote, PlainTextStaysAsItIs) {
  EXPECT_EQ(quote("memory 0"), "\"memory 0\"");
}

TEST(Quote, WhatCouldForgeALineIsEscaped) {
  EXPECT_EQ(quote("a\nb\x1b[2J\"\\\xc3\xa9"), R"("a\x0ab\x1b[2J\x22\x5c\xc3\xa9")");
}

TEST(Quote, LongTextIsCut) {
  EXPECT_EQ(quote(std::string(100, 'a')), '"' + std::string(100, 'a') + '"');
  EXPECT_EQ(quote(std::string(101, 'a')), '"' + std::string(100, 'a') + "\"…");
}

}  // namespace
}  // namespace wasmedge
