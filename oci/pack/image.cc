#include "oci/pack/image.h"

#include <nlohmann/json.hpp>

#include "oci/pack/gzip.h"
#include "oci/pack/tar.h"
#include "runtime/base/sha256.h"

namespace wasmedge::oci {
namespace {

using Json = nlohmann::json;  // its objects are sorted

constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";
constexpr char kManifestType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kImageConfigType[] = "application/vnd.oci.image.config.v1+json";
constexpr char kWasmConfigType[] = "application/vnd.wasm.config.v0+json";
constexpr char kLayerType[] = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr char kWasmType[] = "application/wasm";
constexpr char kTitle[] = "org.opencontainers.image.title";
constexpr char kEpoch[] = "1970-01-01T00:00:00Z";
constexpr char kAuthor[] = "wasmedge pack";

/// What all layers amount to.
struct Layers {
  std::vector<Json> descriptors;
  std::vector<std::string> diff_ids;  // of those that are archives: digests before compression
};

Json to_json(const Descriptor& blob) {
  return {{"mediaType", blob.media_type}, {"digest", blob.digest}, {"size", blob.size}};
}

Json to_json(const Platform& platform) {
  Json json = {{"os", platform.os}, {"architecture", platform.architecture}};
  if (!platform.variant.empty()) json["variant"] = platform.variant;
  return json;
}

Result<> add_layer(Layout& layout, Layers& layers,
                   const std::function<Result<>(TarWriter&)>& fill) {
  Sha256Hasher hasher;
  TRY_ASSIGN(const Descriptor blob, layout.add_blob(kLayerType, [&](const Sink& sink) -> Result<> {
    GzipWriter gzip(sink);
    TarWriter tar([&](std::string_view bytes) {
      hasher.add(bytes.data(), bytes.size());
      return gzip.add(bytes);
    });
    TRY(fill(tar));
    TRY(tar.finish());
    return gzip.finish();
  }));
  layers.descriptors.push_back(to_json(blob));
  layers.diff_ids.push_back("sha256:" + hex(hasher.digest()));
  return {};
}

Result<> add_module(const ImageRequest& request, Layout& layout, Layers& layers) {
  if (request.form == Form::kImage) {
    return add_layer(layout, layers, [&](TarWriter& tar) {
      return tar.add_file(request.file_name, 0755, request.module, request.module_size);
    });
  }
  TRY_ASSIGN(const Descriptor blob, layout.add_blob(kWasmType, [&](const Sink& sink) {
    return read_into(sink, request.module, request.module_size, request.file_name);
  }));
  Json layer = to_json(blob);
  layer["annotations"] = {{kTitle, request.file_name}};
  layers.descriptors.push_back(std::move(layer));
  return {};
}

/// An ordinary image's, of which an artifact may have one too.
Json image_config(const ImageRequest& request, const Layers& layers) {
  Json config = Json::object();
  const auto set = [&](const char* key, const auto& value) {
    if (!value.empty()) config[key] = value;
  };
  set("Entrypoint", request.entrypoint);
  set("Cmd", request.command);
  set("Env", request.environment);
  set("Labels", request.labels);
  set("User", request.user);
  set("WorkingDir", request.working_directory);
  Json document = to_json(request.platform);
  document["created"] = kEpoch;
  document["config"] = std::move(config);
  document["rootfs"] = {{"type", "layers"}, {"diff_ids", layers.diff_ids}};
  document["history"] = Json::array();
  for (size_t i = 0; i < layers.diff_ids.size(); ++i) {
    document["history"].push_back({{"created", kEpoch}, {"created_by", kAuthor}});
  }
  return document;
}

Json wasm_config(const ImageRequest& request, const Layers& layers) {
  Json document = to_json(request.platform);
  document["created"] = kEpoch;
  document["layerDigests"] = Json::array();
  for (const Json& layer : layers.descriptors) document["layerDigests"].push_back(layer["digest"]);
  return document;
}

Result<Descriptor> add_document(Layout& layout, const char* media_type, const Json& document) {
  return layout.add_blob(media_type, document.dump());
}

std::string blob_path(const std::string& digest) {
  return "blobs/sha256/" + digest.substr(digest.find(':') + 1);
}

/// What `docker load` reads with the classic image store, which knows no layouts.
Json saved_image(const ImageRequest& request, const Layers& layers, const Descriptor& config) {
  Json paths = Json::array();
  for (const Json& layer : layers.descriptors) {
    paths.push_back(blob_path(layer["digest"].get<std::string>()));
  }
  Json image = {{"Config", blob_path(config.digest)}, {"Layers", std::move(paths)}};
  image["RepoTags"] = Json::array({request.name.name()});
  return Json::array({std::move(image)});
}

}  // namespace

Result<Descriptor> pack_image(const ImageRequest& request, Layout& layout) {
  Layers layers;
  TRY(add_module(request, layout, layers));
  for (const Tree& tree : request.layers) {
    TRY(add_layer(layout, layers, [&](TarWriter& tar) { return add_tree(tar, tree); }));
  }
  const bool own = request.form == Form::kArtifact;
  TRY_ASSIGN(const Descriptor config,
             own ? add_document(layout, kWasmConfigType, wasm_config(request, layers))
                 : add_document(layout, kImageConfigType, image_config(request, layers)));
  Json manifest = {{"schemaVersion", 2},
                   {"mediaType", kManifestType},
                   {"config", to_json(config)},
                   {"layers", layers.descriptors}};
  if (own && !request.labels.empty()) manifest["annotations"] = request.labels;
  TRY_ASSIGN(const Descriptor target, add_document(layout, kManifestType, manifest));

  Json entry = to_json(target);
  entry["platform"] = to_json(request.platform);
  entry["annotations"] = {{"io.containerd.image.name", request.name.name()},
                          {"org.opencontainers.image.ref.name", request.name.tag}};
  Json index = {{"schemaVersion", 2}, {"mediaType", kIndexType}};
  index["manifests"] = Json::array({std::move(entry)});
  TRY(layout.add_file("index.json", index.dump()));
  TRY(layout.add_file("oci-layout", Json{{"imageLayoutVersion", "1.0.0"}}.dump()));
  if (request.form == Form::kImage) {
    TRY(layout.add_file("manifest.json", saved_image(request, layers, config).dump()));
  }
  return target;
}

}  // namespace wasmedge::oci
