#include "shim/task/command_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace wasmedge::task {
namespace {

using Action = CommandLine::Action;

Result<CommandLine> parse(const std::vector<const char*>& words) {
  return parse_command_line(words);
}

TEST(CommandLine, StartAsContainerdWritesIt) {
  const auto line = parse({"-namespace", "ns", "-address", "/run/c.sock", "-publish-binary",
                           "/usr/bin/containerd", "-id", "box", "-debug", "start"});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->action, Action::kStart);
  EXPECT_EQ(line->namespace_name, "ns");
  EXPECT_EQ(line->address, "/run/c.sock");
  EXPECT_EQ(line->publish_binary, "/usr/bin/containerd");
  EXPECT_EQ(line->id, "box");
  EXPECT_TRUE(line->debug);
}

TEST(CommandLine, DeleteHasABundle) {
  const auto line =
      parse({"-namespace=ns", "--address=/a", "--id", "box", "-bundle", "/b", "delete"});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->action, Action::kDelete);
  EXPECT_EQ(line->bundle, "/b");
  EXPECT_EQ(line->address, "/a");
  EXPECT_FALSE(line->debug);
}

TEST(CommandLine, NoActionIsTheServer) {
  const auto line = parse({"-namespace", "ns", "-address", "/a", "-id", "box"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->action, Action::kServe);
}

TEST(CommandLine, InfoAndVersionNeedNothingElse) {
  EXPECT_EQ(parse({"-info"})->action, Action::kInfo);
  EXPECT_EQ(parse({"-v"})->action, Action::kVersion);
}

TEST(CommandLine, WhatPeopleAskForNeedsNothingElse) {
  EXPECT_EQ(parse({"metrics"})->action, Action::kMetrics);
  EXPECT_EQ(parse({"-output", "/x.prom", "metrics"})->output, "/x.prom");
  EXPECT_EQ(parse({"doctor"})->action, Action::kDoctor);
  EXPECT_FALSE(parse({"doctor"})->json);
  EXPECT_TRUE(parse({"-json", "doctor"})->json);
}

TEST(CommandLine, FaultsAreNamed) {
  const auto message = [](const std::vector<const char*>& words) {
    const auto line = parse(words);
    return line ? std::string() : line.error().message;
  };
  EXPECT_NE(message({"-frobnicate"}).find("-frobnicate"), std::string::npos);
  EXPECT_NE(message({"-id", "x", "-namespace", "n", "-address", "a", "stop"}).find("\"stop\""),
            std::string::npos);
  EXPECT_NE(message({"-namespace", "n", "-address", "a", "start", "-id"}).find("-id needs"),
            std::string::npos);
  EXPECT_NE(message({"-id", "x", "-address", "a", "start"}).find("-namespace is missing"),
            std::string::npos);
  EXPECT_NE(
      message({"-id", "", "-namespace", "n", "-address", "a", "start"}).find("-id is missing"),
      std::string::npos);
}

}  // namespace
}  // namespace wasmedge::task
