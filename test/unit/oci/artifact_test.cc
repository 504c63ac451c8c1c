#include "oci/artifact.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "runtime/base/limits.h"
#include "runtime/base/sha256.h"

namespace wasmedge::oci {
namespace {

using Json = nlohmann::json;

constexpr char kManifest[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kIndex[] = "application/vnd.oci.image.index.v1+json";
constexpr char kConfig[] = "application/vnd.wasm.config.v0+json";
constexpr char kImageConfig[] = "application/vnd.oci.image.config.v1+json";
constexpr char kWasm[] = "application/wasm";

/// A store of blobs, which tells the truth unless it is told not to.
class FakeSource : public ContentSource {
 public:
  Descriptor put(const std::string& media_type, const std::string& bytes) {
    Sha256Hasher hasher;
    hasher.add(bytes.data(), bytes.size());
    std::string digest = "sha256:" + hex(hasher.digest());
    blobs[digest] = bytes;
    return {media_type, digest, static_cast<int64_t>(bytes.size())};
  }

  Result<> read(const std::string& digest, const Sink& sink) override {
    ++reads;
    const auto found = blobs.find(digest);
    if (found == blobs.end()) return fail(ErrorCode::kNotFound, "no blob {}", digest);
    std::string_view rest = found->second;
    while (!rest.empty()) {  // in pieces, as containerd does
      TRY(sink(rest.substr(0, 7)));
      rest.remove_prefix(std::min<size_t>(7, rest.size()));
    }
    return {};
  }

  std::map<std::string, std::string> blobs;
  int reads = 0;
};

Json json_of(const Descriptor& blob) {
  return {{"mediaType", blob.media_type}, {"digest", blob.digest}, {"size", blob.size}};
}

class ArtifactTest : public testing::Test {
 protected:
  Descriptor manifest(const Descriptor& config, const std::vector<Json>& layers) {
    return source.put(kManifest, Json{{"config", json_of(config)}, {"layers", layers}}.dump());
  }
  Descriptor config(const Json& fields = {{"architecture", "wasm"}, {"os", "wasip1"}}) {
    return source.put(kConfig, fields.dump());
  }
  Descriptor index(const std::vector<Json>& entries) {
    return source.put(kIndex, Json{{"manifests", entries}}.dump());
  }
  /// The message of what must be an error.
  std::string error(const Descriptor& target, ErrorCode code) {
    const auto found = find_artifact(source, target);
    if (found) return "no error";
    EXPECT_EQ(found.error().code, code) << found.error().message;
    return found.error().message;
  }

  FakeSource source;
  Descriptor module = source.put(kWasm, std::string("\0asm\1\0\0\0", 8));
};

TEST_F(ArtifactTest, IsFoundInAManifest) {
  Json layer = json_of(module);
  layer["annotations"] = {{"org.opencontainers.image.title", "hello.wasm"}};
  const auto found = find_artifact(source, manifest(config(), {layer}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->module.digest, module.digest);
  EXPECT_EQ(found->name, "hello.wasm");
  EXPECT_TRUE(found->args.empty());
}

TEST_F(ArtifactTest, EveryMediaTypeOfModules) {
  for (const char* type : {"application/wasm", "application/vnd.wasm.content.layer.v1+wasm",
                           "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm"}) {
    module.media_type = type;
    EXPECT_TRUE(find_artifact(source, manifest(config(), {json_of(module)}))) << type;
  }
}

TEST_F(ArtifactTest, DataLayersArePassedOver) {
  const Descriptor data = source.put("application/vnd.oci.image.layer.v1.tar", "data");
  const auto found = find_artifact(source, manifest(config(), {json_of(data), json_of(module)}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->module.digest, module.digest);
}

/// Two modules with titles, and what the config calls the program.
TEST_F(ArtifactTest, OfSeveralModulesTheEntryPointNamesOne) {
  const auto titled = [&](const std::string& bytes, const std::string& title) {
    Json layer = json_of(source.put(kWasm, bytes));
    layer["annotations"] = {{"org.opencontainers.image.title", title}};
    return layer;
  };
  const Json first = titled("first", "a.wasm");
  const Json second = titled("second", "/lib/b.wasm");
  const Descriptor target = manifest(config(), {first, second});
  const auto chosen = [&](const Descriptor& of, const std::string& entry) {
    const auto found = find_artifact(source, of, entry);
    return found ? found->module.digest : found.error().message;
  };
  EXPECT_EQ(chosen(target, "a.wasm"), first["digest"]);
  EXPECT_EQ(chosen(target, "/a.wasm"), first["digest"]);
  EXPECT_EQ(chosen(target, "/lib/b.wasm"), second["digest"]);
  for (const char* wrong : {"", "c.wasm", "b.wasm"}) {
    const std::string message = chosen(target, wrong);
    EXPECT_NE(message.find("titled \"a.wasm\", \"/lib/b.wasm\"; the entry point"),
              std::string::npos)
        << message;
  }
  // Where the container says nothing, the config does.
  const Json fields = {{"config", {{"Entrypoint", Json::array({"/lib/b.wasm#run"})}}}};
  EXPECT_EQ(chosen(manifest(source.put(kImageConfig, fields.dump()), {first, second}), ""),
            second["digest"]);
  // One title for two is none.
  EXPECT_NE(chosen(manifest(config(), {first, titled("third", "a.wasm")}), "a.wasm").find("has 2"),
            std::string::npos);
}

TEST_F(ArtifactTest, ManyModulesMakeNoLongMessage) {
  std::vector<Json> layers;
  for (int i = 0; i < 1000; ++i) layers.push_back(json_of(module));
  EXPECT_LT(error(manifest(config(), layers), ErrorCode::kInvalidArgument).size(), 500);
}

TEST_F(ArtifactTest, AModuleIsPreferredToAComponent) {
  const Descriptor component_config = config({{"architecture", "wasm"}, {"os", "wasip2"}});
  Json component = json_of(manifest(component_config, {json_of(source.put(kWasm, "component"))}));
  component["platform"] = {{"os", "wasip2"}, {"architecture", "wasm"}};
  Json core = json_of(manifest(config(), {json_of(module)}));
  core["platform"] = {{"os", "wasip1"}, {"architecture", "wasm"}};
  const auto found = find_artifact(source, index({component, core}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->module.digest, module.digest);
  EXPECT_NE(error(index({component}), ErrorCode::kUnimplemented).find("component"),
            std::string::npos);
}

TEST_F(ArtifactTest, NestingAndEncodingAreNoMatter) {
  const std::string deep(1'000'000, '[');
  EXPECT_NE(error(source.put(kManifest, deep), ErrorCode::kInvalidArgument).find("not valid JSON"),
            std::string::npos);
  const std::string closed = R"({"config":)" + deep + std::string(1'000'000, ']') + "}";
  EXPECT_NE(error(source.put(kManifest, closed), ErrorCode::kInvalidArgument)
                .find("config: expected an object"),
            std::string::npos);
  EXPECT_NE(error(source.put(kManifest, "{\"config\":\"\xff\"}"), ErrorCode::kInvalidArgument)
                .find("not valid JSON"),
            std::string::npos);
}

TEST_F(ArtifactTest, TheCommandLineIsTheConfigs) {
  const Json fields = {{"config", {{"Entrypoint", {"/a.wasm"}}, {"Cmd", {"x", "y"}}}}};
  const Descriptor config = source.put(kImageConfig, fields.dump());
  const auto found = find_artifact(source, manifest(config, {json_of(module)}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->args, (std::vector<std::string>{"/a.wasm", "x", "y"}));
}

TEST_F(ArtifactTest, AnIndexLeadsToItsWasmManifest) {
  Json native = json_of(source.put(kManifest, "not even read"));
  native["platform"] = {{"os", "linux"}, {"architecture", "amd64"}};
  Json wasm = json_of(manifest(config(), {json_of(module)}));
  wasm["platform"] = {{"os", "wasip1"}, {"architecture", "wasm"}};
  const auto found = find_artifact(source, index({json_of(index({native, wasm}))}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->module.digest, module.digest);
}

TEST_F(ArtifactTest, AnOrdinaryImageIsNone) {
  const Descriptor layer = source.put("application/vnd.oci.image.layer.v1.tar+gzip", "files");
  const Descriptor config = source.put(kImageConfig, "{}");
  EXPECT_NE(error(manifest(config, {json_of(layer)}), ErrorCode::kNotFound).find("none of its 1"),
            std::string::npos);
}

TEST_F(ArtifactTest, ADamagedBlobIsRefused) {
  Descriptor target = manifest(config(), {json_of(module)});
  std::string& bytes = source.blobs[target.digest];
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_NE(error(target, ErrorCode::kInvalidArgument).find("is damaged"), std::string::npos);
  bytes += "more";
  EXPECT_NE(error(target, ErrorCode::kInvalidArgument).find("is larger"), std::string::npos);
  bytes.clear();
  EXPECT_NE(error(target, ErrorCode::kInvalidArgument).find("has 0 bytes"), std::string::npos);
}

TEST_F(ArtifactTest, AModuleIsVerifiedToo) {
  source.blobs[module.digest][0] = 'x';
  const auto read = read_verified(source, module, [](std::string_view) { return Result<>(); });
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("is damaged"), std::string::npos);
}

TEST_F(ArtifactTest, HugeSizesAreRefusedUnread) {
  Descriptor target = manifest(config(), {json_of(module)});
  target.size = int64_t{1} << 40;
  EXPECT_NE(error(target, ErrorCode::kResourceExhausted).find("at most"), std::string::npos);
  EXPECT_EQ(source.reads, 0);
  module.size = static_cast<int64_t>(kLimits.module_bytes) + 1;
  EXPECT_NE(error(manifest(config(), {json_of(module)}), ErrorCode::kResourceExhausted)
                .find("its module has"),
            std::string::npos);
}

TEST_F(ArtifactTest, RepetitionAndDepthAreBounded) {
  const Json entry = json_of(index({}));
  EXPECT_NE(error(index({entry, entry}), ErrorCode::kInvalidArgument).find("named twice"),
            std::string::npos);
  Descriptor deep = index({});
  for (size_t i = 0; i < kLimits.image_documents; ++i) deep = index({json_of(deep)});
  EXPECT_NE(error(deep, ErrorCode::kResourceExhausted).find("more than"), std::string::npos);
}

TEST_F(ArtifactTest, WrongDocumentsAreNamed) {
  const struct {
    Descriptor target;
    ErrorCode code;
    std::string says;
  } cases[] = {
      {{"text/plain", module.digest, 8}, ErrorCode::kInvalidArgument, "text/plain"},
      {{kManifest, "sha256:../../etc", 8}, ErrorCode::kInvalidArgument, "no blob"},
      {{kManifest, module.digest, -1}, ErrorCode::kResourceExhausted, "at most"},
      {source.put(kManifest, "{"), ErrorCode::kInvalidArgument, "not valid JSON"},
      {source.put(kManifest, "[]"), ErrorCode::kInvalidArgument, "expected an object"},
      {source.put(kManifest, "{}"), ErrorCode::kInvalidArgument, "config: is missing"},
      {manifest(config(), {{{"mediaType", kWasm}, {"digest", "sha256:0"}, {"size", 1}}}),
       ErrorCode::kInvalidArgument, "layers[0].digest"},
      {manifest(config(), {{{"mediaType", kWasm}, {"digest", 7}, {"size", 1}}}),
       ErrorCode::kInvalidArgument, "expected a string"},
      {manifest(config(), {json_of(module), json_of(module)}), ErrorCode::kInvalidArgument,
       "has 2 WebAssembly layers"},
      {manifest(config({{"architecture", "amd64"}, {"os", "linux"}}), {json_of(module)}),
       ErrorCode::kInvalidArgument, "architecture: \"amd64\""},
      {manifest(config({{"architecture", "wasm"}, {"os", "wasip2"}}), {json_of(module)}),
       ErrorCode::kUnimplemented, "component"},
      {manifest(source.put(kImageConfig, R"({"os":"wasip2"})"), {json_of(module)}),
       ErrorCode::kUnimplemented, "component"},
      {manifest(source.put(kImageConfig, R"({"config":{"Entrypoint":"/a"}})"), {json_of(module)}),
       ErrorCode::kInvalidArgument, "config.Entrypoint: expected an array"},
      {manifest({kImageConfig, "sha512:" + std::string(128, 'a'), 2}, {json_of(module)}),
       ErrorCode::kInvalidArgument, "config.digest"},
      {manifest({kImageConfig, module.digest, int64_t{1} << 40}, {json_of(module)}),
       ErrorCode::kResourceExhausted, "at most"},
      {source.put(kManifest, R"({"config":{"mediaType":null,"digest":"","size":0},"layers":[]})"),
       ErrorCode::kInvalidArgument, "config.mediaType: is missing"},
      {index({{{"mediaType", kManifest}, {"digest", module.digest}, {"size", 8}, {"platform", 1}}}),
       ErrorCode::kInvalidArgument, "manifests[0].platform: expected an object"},
      {index({{{"mediaType", kManifest}, {"digest", module.digest}, {"size", 1.5}}}),
       ErrorCode::kInvalidArgument, "expected a whole number"},
      {manifest(config({{"architecture", "wasm"}, {"layerDigests", {"sha256:0"}}}),
                {json_of(module)}),
       ErrorCode::kInvalidArgument, "layerDigests[0]"},
  };
  for (const auto& each : cases) {
    const std::string message = error(each.target, each.code);
    EXPECT_NE(message.find(each.says), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace wasmedge::oci
