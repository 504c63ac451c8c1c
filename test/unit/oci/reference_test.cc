#include "oci/reference.h"

#include <gtest/gtest.h>

namespace wasmedge::oci {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(Reference, WhatIsLeftOutIsPutThere) {
  const std::pair<std::string, std::string> cases[] = {
      {"hello", "docker.io/library/hello:latest"},
      {"hello:1.0", "docker.io/library/hello:1.0"},
      {"me/hello", "docker.io/me/hello:latest"},
      {"docker.io/hello", "docker.io/library/hello:latest"},
      {"localhost/hello:x", "localhost/hello:x"},
      {"localhost:5000/a/b-c__d.e:V_1", "localhost:5000/a/b-c__d.e:V_1"},
      {"[::1]:5000/hello", "[::1]:5000/hello:latest"},
      {"127.0.0.1:5000/hello", "127.0.0.1:5000/hello:latest"},
      {"hello@" + kDigest, "docker.io/library/hello@" + kDigest},
      {"quay.io/a:t@" + kDigest, "quay.io/a:t@" + kDigest},
  };
  for (const auto& [text, whole] : cases) {
    const auto reference = parse_reference(text);
    ASSERT_TRUE(reference) << reference.error().message;
    EXPECT_EQ(reference->name(), whole);
  }
}

TEST(Reference, WhatIsNoNameIsRefused) {
  const std::string long_tag = "a:" + std::string(129, 't');
  for (const std::string& text : {std::string(),
                                  std::string("Hello"),
                                  std::string("a//b"),
                                  std::string("/a"),
                                  std::string("a/"),
                                  std::string("a:"),
                                  std::string("a:-t"),
                                  std::string("a:t:u"),
                                  std::string("a b"),
                                  std::string("-a"),
                                  std::string("a-"),
                                  std::string("a..b"),
                                  std::string("a___b"),
                                  std::string("ex ample.com/a"),
                                  std::string("host:port/a"),
                                  std::string("a@sha256:12"),
                                  std::string("a@md5:") + std::string(64, 'a'),
                                  std::string("../a"),
                                  std::string("-x.org/a"),
                                  std::string(300, 'a'),
                                  long_tag}) {
    const auto reference = parse_reference(text);
    EXPECT_FALSE(reference) << text << " became " << reference->name();
  }
}

}  // namespace
}  // namespace wasmedge::oci
