#include "oci/artifact.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "oci/json_fields.h"
#include "runtime/base/limits.h"
#include "runtime/base/quote.h"
#include "runtime/base/sha256.h"

namespace wasmedge::oci {
namespace {

using json::Object;

enum class Kind { kIndex, kManifest, kWasm, kConfig, kImageConfig };

struct MediaType {
  std::string_view name;
  Kind kind;
};
constexpr std::array kMediaTypes = {
    MediaType{"application/vnd.oci.image.index.v1+json", Kind::kIndex},
    MediaType{"application/vnd.docker.distribution.manifest.list.v2+json", Kind::kIndex},
    MediaType{"application/vnd.oci.image.manifest.v1+json", Kind::kManifest},
    MediaType{"application/vnd.docker.distribution.manifest.v2+json", Kind::kManifest},
    MediaType{"application/wasm", Kind::kWasm},
    MediaType{"application/vnd.wasm.content.layer.v1+wasm", Kind::kWasm},
    MediaType{"application/vnd.bytecodealliance.wasm.component.layer.v0+wasm", Kind::kWasm},
    MediaType{"application/vnd.wasm.config.v0+json", Kind::kConfig},
    MediaType{"application/vnd.wasm.config.v1+json", Kind::kConfig},
    MediaType{"application/vnd.oci.image.config.v1+json", Kind::kImageConfig},
    MediaType{"application/vnd.docker.container.image.v1+json", Kind::kImageConfig},
};

std::optional<Kind> kind_of(std::string_view media_type) {
  for (const MediaType& known : kMediaTypes) {
    if (known.name == media_type) return known.kind;
  }
  return std::nullopt;
}

struct Platform {
  std::string os, architecture;
};

struct Entry : Descriptor {
  Platform platform;
  std::map<std::string, std::string> annotations;
};

struct Index {
  std::vector<Entry> manifests;
};

struct Manifest {
  Entry config;
  std::vector<Entry> layers;
};

struct Config {
  std::string os, architecture;
  std::vector<std::string> layer_digests;
  std::vector<std::string> entrypoint, command;
};

bool is_digest(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  return text.size() == kPrefix.size() + 64 && text.starts_with(kPrefix) &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

void read_fields(Object& object, Platform& platform) {
  object.optional("os", platform.os);
  object.optional("architecture", platform.architecture);
}

void read_fields(Object& object, Entry& entry) {
  object.required("mediaType", entry.media_type);
  object.required("digest", entry.digest);
  object.required("size", entry.size);
  object.optional("platform", entry.platform);
  object.optional("annotations", entry.annotations);
  if (object.failed()) return;
  if (!is_digest(entry.digest)) {
    object.complain(
        "digest", fmt::format("{} is not sha256: and 64 hexadecimal digits", quote(entry.digest)));
  }
  if (entry.size < 0) object.complain("size", "is negative");
}

void read_fields(Object& object, Index& index) {
  object.required("manifests", index.manifests);
}

void read_fields(Object& object, Manifest& manifest) {
  object.required("config", manifest.config);
  object.required("layers", manifest.layers);
}

void read_fields(Object& object, Config& config) {
  object.optional("os", config.os);
  object.optional("architecture", config.architecture);
  object.optional("layerDigests", config.layer_digests);
  object.optional_object("config", [&](Object& fields) {
    fields.optional("Entrypoint", config.entrypoint);
    fields.optional("Cmd", config.command);
  });
}

constexpr char kTitle[] = "org.opencontainers.image.title";

std::string title_of(const Entry& layer) {
  const auto title = layer.annotations.find(kTitle);
  return title == layer.annotations.end() ? std::string() : title->second;
}

/// Of "MODULE#FUNCTION".
std::string_view module_part(std::string_view entry_point) {
  return entry_point.substr(0, entry_point.rfind('#'));
}

std::string_view without_slash(std::string_view path) {
  return path.starts_with('/') ? path.substr(1) : path;
}

/// From an image's target to its artifact. Bounded: an index may name indexes, but each blob is
/// read once, and all together only so many.
class Walk {
 public:
  Walk(ContentSource& source, std::string_view entry) : source_(source), entry_(entry) {}

  Result<Artifact> from(const Descriptor& target) {
    const auto kind = kind_of(target.media_type);
    if (kind == Kind::kManifest) return manifest(target);
    if (kind == Kind::kIndex) return index(target);
    return fail(ErrorCode::kInvalidArgument,
                "image: {} is of type {}, which is neither an index nor a manifest", target.digest,
                quote(target.media_type));
  }

 private:
  template <typename T>
  Result<T> document(const Descriptor& blob, std::string_view what) {
    const std::string name = fmt::format("image: {} {}", what, blob.digest);
    if (static_cast<uint64_t>(blob.size) > kLimits.image_document_bytes) {
      return fail(ErrorCode::kResourceExhausted, "{}: {} bytes, and at most {} are read", name,
                  blob.size, kLimits.image_document_bytes);
    }
    if (!seen_.insert(blob.digest).second) {
      return fail(ErrorCode::kInvalidArgument, "{}: leads back to itself, or is named twice", name);
    }
    if (seen_.size() > kLimits.image_documents) {
      return fail(ErrorCode::kResourceExhausted,
                  "image: more than {} indexes and manifests on the way to its module",
                  kLimits.image_documents);
    }
    std::string text;
    TRY(read_verified(source_, blob, [&](std::string_view bytes) -> Result<> {
      text.append(bytes);
      return {};
    }));
    return json::parse<T>(name, text);
  }

  Result<Artifact> index(const Descriptor& target) {
    TRY_ASSIGN(Index index, document<Index>(target, "index"));
    const auto is_wasm = [](const Entry& entry) { return entry.platform.architecture == "wasm"; };
    if (std::any_of(index.manifests.begin(), index.manifests.end(), is_wasm)) {
      std::erase_if(index.manifests, [&](const Entry& entry) { return !is_wasm(entry); });
    }
    // A component is taken only where there is nothing else, so that the error says so.
    std::stable_partition(index.manifests.begin(), index.manifests.end(),
                          [](const Entry& entry) { return entry.platform.os != "wasip2"; });
    for (const Entry& entry : index.manifests) {
      if (!kind_of(entry.media_type)) continue;
      auto found = from(entry);
      if (found || found.error().code != ErrorCode::kNotFound) return found;
    }
    return fail(ErrorCode::kNotFound, "image: index {} leads to no WebAssembly module",
                target.digest);
  }

  Result<Artifact> manifest(const Descriptor& target) {
    TRY_ASSIGN(const Manifest manifest, document<Manifest>(target, "manifest"));
    const std::string what = fmt::format("image: manifest {}", target.digest);
    std::vector<const Entry*> modules;
    for (const Entry& layer : manifest.layers) {
      if (kind_of(layer.media_type) == Kind::kWasm) modules.push_back(&layer);
    }
    if (modules.empty()) {
      return fail(ErrorCode::kNotFound, "{}: none of its {} layers is a WebAssembly module", what,
                  manifest.layers.size());
    }
    TRY_ASSIGN(const Config config, read_config(manifest, what));
    TRY_ASSIGN(const Entry* module, choose(modules, config, what));
    if (static_cast<uint64_t>(module->size) > kLimits.module_bytes) {
      return fail(ErrorCode::kResourceExhausted, "{}: its module has {} bytes, and at most {} may",
                  what, module->size, kLimits.module_bytes);
    }
    Artifact artifact;
    artifact.module = *module;
    artifact.name = title_of(*module);
    artifact.args = config.entrypoint;
    artifact.args.insert(artifact.args.end(), config.command.begin(), config.command.end());
    return artifact;
  }

  /// One is the program, whatever it is called; of several, the one that the entry point names.
  Result<const Entry*> choose(const std::vector<const Entry*>& modules, const Config& config,
                              const std::string& what) const {
    if (modules.size() == 1) return modules[0];
    std::string_view wanted = entry_;
    for (const auto* words : {&config.entrypoint, &config.command}) {
      if (wanted.empty() && !words->empty()) wanted = module_part((*words)[0]);
    }
    const auto is_wanted = [&](const Entry* layer) {
      const std::string title = title_of(*layer);
      return !title.empty() && without_slash(title) == without_slash(wanted);
    };
    const auto found = std::find_if(modules.begin(), modules.end(), is_wanted);
    if (found != modules.end() && std::none_of(found + 1, modules.end(), is_wanted)) return *found;
    constexpr size_t kShown = 8;
    std::string titles;
    for (size_t i = 0; i < std::min(kShown, modules.size()); ++i) {
      titles.append(i == 0 ? "" : ", ").append(quote(title_of(*modules[i])));
    }
    return fail(ErrorCode::kInvalidArgument,
                "{}: has {} WebAssembly layers, titled {}{}; the entry point {} must be the title "
                "of one (annotation {})",
                what, modules.size(), titles, modules.size() > kShown ? ", …" : "", quote(wanted),
                kTitle);
  }

  Result<Config> read_config(const Manifest& manifest, const std::string& what) {
    const auto kind = kind_of(manifest.config.media_type);
    if (kind != Kind::kConfig && kind != Kind::kImageConfig) return Config{};
    TRY_ASSIGN(Config config, document<Config>(manifest.config, "config"));
    if (config.os == "wasip2") {
      return fail(ErrorCode::kUnimplemented,
                  "{}: config: os: wasip2 is a component; only core modules (wasip1) can be run",
                  what);
    }
    if (kind == Kind::kImageConfig) return config;
    if (config.architecture != "wasm") {
      return fail(ErrorCode::kInvalidArgument, "{}: config: architecture: {}, and must be wasm",
                  what, quote(config.architecture));
    }
    for (size_t i = 0; i < config.layer_digests.size(); ++i) {
      if (i < manifest.layers.size() && manifest.layers[i].digest == config.layer_digests[i]) {
        continue;
      }
      return fail(ErrorCode::kInvalidArgument, "{}: config: layerDigests[{}] is not that layer's",
                  what, i);
    }
    return config;
  }

  ContentSource& source_;
  std::string_view entry_;
  std::set<std::string> seen_;
};

}  // namespace

Result<Artifact> find_artifact(ContentSource& source, const Descriptor& target,
                               std::string_view entry) {
  return Walk(source, entry).from(target);
}

Result<> read_verified(ContentSource& source, const Descriptor& blob,
                       const ContentSource::Sink& sink) {
  if (!is_digest(blob.digest) || blob.size < 0) {
    return fail(ErrorCode::kInvalidArgument, "image: {} of {} bytes is no blob", quote(blob.digest),
                blob.size);
  }
  Sha256Hasher hasher;
  uint64_t size = 0;
  const auto wanted = static_cast<uint64_t>(blob.size);
  TRY(source.read(blob.digest, [&](std::string_view bytes) -> Result<> {
    size += bytes.size();
    if (size > wanted) {
      return fail(ErrorCode::kInvalidArgument,
                  "image: blob {} is larger than the {} bytes it should have", blob.digest, wanted);
    }
    hasher.add(bytes.data(), bytes.size());
    return sink(bytes);
  }));
  if (size != wanted) {
    return fail(ErrorCode::kInvalidArgument, "image: blob {} has {} bytes and should have {}",
                blob.digest, size, wanted);
  }
  if (const std::string found = "sha256:" + hex(hasher.digest()); found != blob.digest) {
    return fail(ErrorCode::kInvalidArgument, "image: blob {} is damaged: its digest is {}",
                blob.digest, found);
  }
  return {};
}

}  // namespace wasmedge::oci
