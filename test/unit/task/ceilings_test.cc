#include "shim/task/ceilings.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "proto/options.pb.h"
#include "test/unit/oci/temporary.h"

namespace wasmedge::task {
namespace {

proto::Any options(const std::string& path, const std::string& body,
                   const std::string& type = kRuntimeOptions) {
  proto::RuntimeOptions message;
  message.set_config_path(path);
  message.set_config_body(body);
  proto::Any any;
  any.set_type_url(type);
  any.set_value(message.SerializeAsString());
  return any;
}

class Ceilings : public testing::Test {
 protected:
  void SetUp() override {
    oci::write_text(file, "memory = \"1MiB\"\n");
    ::unsetenv("WASMEDGE_POLICY");
  }
  void TearDown() override { ::unsetenv("WASMEDGE_POLICY"); }
  oci::TemporaryDirectory directory;
  const std::string file = directory.path() + "/policy.toml";
};

TEST_F(Ceilings, OfARuntimeWithoutOptions) {
  if (::access(kNodePolicy, F_OK) == 0) GTEST_SKIP() << "this machine has a " << kNodePolicy;
  EXPECT_TRUE(ceilings_of({})->empty());
  EXPECT_TRUE(ceilings_of(options("", "x", "containerd.runc.v1.Options"))->empty());
  ::setenv("WASMEDGE_POLICY", file.c_str(), 1);
  const auto found = ceilings_of({});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].name, file);
  EXPECT_EQ((*found)[0].text, "memory = \"1MiB\"\n");
}

TEST_F(Ceilings, OfOptionsAndTheFileTheyName) {
  ::setenv("WASMEDGE_POLICY", file.c_str(), 1);
  for (const char* type :
       {"runtimeoptions.v1.Options", "types.containerd.io/runtimeoptions.v1.Options"}) {
    const auto found = ceilings_of(options(file, "fuel = 1\n", type));
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 3u);
    EXPECT_EQ((*found)[2].name, "runtime options");
    EXPECT_EQ((*found)[2].text, "fuel = 1\n");
  }
}

TEST_F(Ceilings, WhatCannotBeReadIsAnErrorAndNoLicence) {
  const auto error_of = [](const proto::Any& any) {
    const auto found = ceilings_of(any);
    return found ? "(no error)" : found.error().message;
  };
  EXPECT_NE(error_of(options(directory.path() + "/no", "")).find("/no: No such file"),
            std::string::npos);
  EXPECT_NE(error_of(options("", "")).find("have arrived empty"), std::string::npos);
  EXPECT_NE(error_of(options("", "fuel = 1\n", "some.Options")).find("\"some.Options\""),
            std::string::npos);
  EXPECT_NE(error_of(options("", "fuel = 1\n", "evilruntimeoptions.v1.Options")).find("of type"),
            std::string::npos);
  EXPECT_NE(error_of(options("", std::string(100'000, '#'))).find("100000 bytes"),
            std::string::npos);
  proto::Any broken;
  broken.set_type_url(kRuntimeOptions);
  broken.set_value("\xff\xff");
  EXPECT_NE(error_of(broken).find("runtimeoptions.v1.Options only"), std::string::npos);
  ::setenv("WASMEDGE_POLICY", (directory.path() + "/no").c_str(), 1);
  EXPECT_NE(error_of({}).find("/no: No such file"), std::string::npos);
}

}  // namespace
}  // namespace wasmedge::task
