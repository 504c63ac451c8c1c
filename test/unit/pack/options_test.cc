#include "shim/pack/options.h"

#include <gtest/gtest.h>

namespace wasmedge::pack {
namespace {

Result<Options> parse(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_options(arguments);
}

std::string error(const std::vector<std::string>& words) {
  const auto options = parse(words);
  return options ? "no error" : options.error().message;
}

TEST(PackOptions, AModuleAndANameAreEnough) {
  const auto options = parse({"dir/hello.wasm", "-t", "hello"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->module, "dir/hello.wasm");
  EXPECT_EQ(options->image.form, oci::Form::kImage);
  EXPECT_EQ(options->image.name.name(), "docker.io/library/hello:latest");
  EXPECT_EQ(options->image.platform.os, "wasi");
  EXPECT_EQ(options->image.file_name, "hello.wasm");
  EXPECT_EQ(options->image.entrypoint, std::vector<std::string>{"/hello.wasm"});
  EXPECT_FALSE(options->load);
}

TEST(PackOptions, AllOfThem) {
  const auto options = parse({"--tag=a:b",
                              "--artifact",
                              "--config-type=oci",
                              "--output",
                              "x",
                              "--format=oci",
                              "--load=containerd",
                              "--address",
                              "/c.sock",
                              "--namespace=k8s.io",
                              "--platform",
                              "wasi/wasm",
                              "--entrypoint",
                              "/a.wasm#f",
                              "--cmd=1",
                              "--cmd=2",
                              "--env",
                              "A=b=c",
                              "--label=k=",
                              "--user",
                              "7",
                              "--workdir=/x/./y/",
                              "--layer",
                              "d:/data/",
                              "--layer=a:b:/",
                              "a.wasm"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->image.form, oci::Form::kArtifactOci);
  EXPECT_EQ(options->output, "x");
  EXPECT_EQ(options->format, Format::kDirectory);
  EXPECT_EQ(options->load, Engine::kContainerd);
  EXPECT_EQ(options->address, "/c.sock");
  EXPECT_EQ(options->containerd_namespace, "k8s.io");
  EXPECT_EQ(options->image.entrypoint, std::vector<std::string>{"/a.wasm#f"});
  EXPECT_EQ(options->image.command, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(options->image.environment, std::vector<std::string>{"A=b=c"});
  EXPECT_EQ(options->image.labels, (std::map<std::string, std::string>{{"k", ""}}));
  EXPECT_EQ(options->image.working_directory, "/x/y");
  ASSERT_EQ(options->image.layers.size(), 2);
  EXPECT_EQ(options->image.layers[0].source, "d");
  EXPECT_EQ(options->image.layers[0].path, "/data");
  EXPECT_EQ(options->image.layers[1].source, "a:b");
  EXPECT_EQ(options->image.layers[1].path, "/");
}

TEST(PackOptions, AnArtifactHasItsOwnPlatformAndNoEntryPoint) {
  const auto options = parse({"a.wasm", "--artifact", "-t", "a"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->image.form, oci::Form::kArtifact);
  EXPECT_EQ(options->image.platform.os, "wasip1");
  EXPECT_TRUE(options->image.entrypoint.empty());
}

TEST(PackOptions, EachMistakeIsNamed) {
  const struct {
    std::vector<std::string> words;
    std::string says;
  } cases[] = {
      {{"-t", "a"}, "which module"},
      {{"a.wasm"}, "-t NAME[:TAG]"},
      {{"a.wasm", "-t"}, "-t: its value is missing"},
      {{"a.wasm", "-t", "A"}, "-t: image name \"A\""},
      {{"a.wasm", "-t", "a@sha256:" + std::string(64, '0')}, "without a digest"},
      {{"a.wasm", "b.wasm", "-t", "a"}, "one module at a time"},
      {{"a.wasm", "-t", "a", "--wat"}, "unknown option --wat"},
      {{"a.wasm", "-t", "a", "--image", "--artifact"}, "one of them"},
      {{"a.wasm", "-t", "a", "--format=tar"}, "oci-archive"},
      {{"a.wasm", "-t", "a", "--load=podman"}, "docker or containerd"},
      {{"a.wasm", "-t", "a", "--address", "/x"}, "--address is for --load"},
      {{"a.wasm", "-t", "a", "--platform=wasm"}, "OS/ARCHITECTURE"},
      {{"a.wasm", "-t", "a", "--platform=a/b/c/d"}, "OS/ARCHITECTURE"},
      {{"a.wasm", "-t", "a", "--artifact", "--platform=linux/amd64"}, "architecture is wasm"},
      {{"a.wasm", "-t", "a", "--config-type=oci"}, "--config-type is for --artifact"},
      {{"a.wasm", "-t", "a", "--config-type=x"}, "wasm or oci"},
      {{"a.wasm", "-t", "a", "--artifact", "--env=A=1"}, "--env: the config of a Wasm artifact"},
      {{"a.wasm", "-t", "a", "--artifact", "--cmd=1"}, "--config-type=oci"},
      {{"a.wasm", "-t", "a", "--env=A"}, "KEY=VALUE"},
      {{"a.wasm", "-t", "a", "--label==v"}, "KEY=VALUE"},
      {{"a.wasm", "-t", "a", "--layer=dir"}, "DIR:PATH"},
      {{"a.wasm", "-t", "a", "--layer=dir:data"}, "absolute path"},
      {{"a.wasm", "-t", "a", "--layer=dir:/a/../b"}, "without \"..\""},
      {{"a.wasm", "-t", "a", "--workdir=data"}, "absolute path"},
      {{"a.wasm", "-t", "a", "-o", ""}, "FILE.tar or a directory"},
  };
  for (const auto& each : cases) {
    EXPECT_NE(error(each.words).find(each.says), std::string::npos) << error(each.words);
  }
}

}  // namespace
}  // namespace wasmedge::pack
