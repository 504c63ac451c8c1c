#include "runtime/base/escape.h"

#include <gtest/gtest.h>

namespace wasmedge {
namespace {

std::string quoted(std::string_view text, size_t most = 1000) {
  std::string out = "msg=";
  append_quoted(out, text, most);
  return out;
}

TEST(AppendQuoted, PrintableTextStaysAsItIs) {
  EXPECT_EQ(quoted("a é 日本 🦀"), "msg=\"a é 日本 🦀\"");
  EXPECT_EQ(quoted(""), "msg=\"\"");
}

TEST(AppendQuoted, EverythingElseIsEscapedAsInGo) {
  EXPECT_EQ(quoted("\"\\\n\r\t\x1b\x7f"), R"(msg="\"\\\n\r\t\x1b\x7f")");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), R"(msg="\x00")");
  // A line's end, a line's separator, a change of direction, a mark of no width.
  EXPECT_EQ(quoted("\xc2\x85\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf"),
            R"(msg="\u0085\u2028\u202e\ufeff")");
  EXPECT_EQ(quoted("\xf3\xa0\x80\x81"), R"(msg="\U000e0001")");
}

TEST(AppendQuoted, WhatIsNoUtf8IsEscapedByteByByte) {
  EXPECT_EQ(quoted("\xff\xc3(\xe2\x82"), R"(msg="\xff\xc3(\xe2\x82")");
  EXPECT_EQ(quoted("\xc0\x8a"), R"(msg="\xc0\x8a")") << "an overlong line feed";
  EXPECT_EQ(quoted("\xed\xa0\x80"), R"(msg="\xed\xa0\x80")") << "a surrogate";
  EXPECT_EQ(quoted("\xf4\x90\x80\x80"), R"(msg="\xf4\x90\x80\x80")") << "beyond the last one";
}

TEST(AppendQuoted, IsCutBetweenCharacters) {
  EXPECT_EQ(quoted("abcdef", 4), "msg=\"abc…\"");
  EXPECT_EQ(quoted("ab\n\n", 4), "msg=\"ab…\"") << "no half of an escape";
}

}  // namespace
}  // namespace wasmedge
