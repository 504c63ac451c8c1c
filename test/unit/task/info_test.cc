#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proto/runtime.pb.h"
#include "shim/task/commands.h"

namespace wasmedge::task {
namespace {

TEST(Info, NamesTheRuntimeAndWhatItCanDo) {
  const auto printed = info({});
  ASSERT_TRUE(printed) << printed.error().message;
  proto::RuntimeInfo decoded;
  ASSERT_TRUE(decoded.ParseFromString(*printed));
  EXPECT_EQ(decoded.name(), "io.containerd.wasmedge.v1");
  EXPECT_EQ(decoded.version().version(), PROJECT_VERSION);
  EXPECT_FALSE(decoded.has_options());
  EXPECT_EQ(decoded.features().type_url(),
            "types.containerd.io/opencontainers/runtime-spec/1/features/Features");
  const auto features = nlohmann::json::parse(decoded.features().value());
  EXPECT_EQ(features.at("linux").at("cgroup").at("v2"), true);
}

TEST(Info, GivesTheOptionsBack) {
  proto::Any options;
  options.set_type_url("runtimeoptions.v1.Options");
  options.set_value("\x1a\x01x");
  const auto printed = info(options.SerializeAsString());
  ASSERT_TRUE(printed) << printed.error().message;
  proto::RuntimeInfo decoded;
  ASSERT_TRUE(decoded.ParseFromString(*printed));
  EXPECT_EQ(decoded.options().SerializeAsString(), options.SerializeAsString());
}

TEST(Info, RefusesWhatIsNoAny) {
  const auto printed = info("\xff\xff\xff");
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace wasmedge::task
