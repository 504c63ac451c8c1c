#include "shim/pack/options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "oci/text.h"
#include "runtime/base/quote.h"

namespace wasmedge::pack {
namespace {

/// What the command line said, before it is known what it says together.
struct Draft {
  Options options;
  bool artifact = false;
  bool image = false;
  bool oci_config = false;
  bool named = false;
  std::string address_option;  // of those that concern the engine, the last one given
};

tl::unexpected<Error> expected(std::string_view option, std::string_view value,
                               std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "{} {}: expected {}", option, quote(value), what);
}

Result<> set_name(Draft& draft, std::string_view option, std::string_view value) {
  auto name = oci::parse_reference(value);
  if (!name) return wrap(name.error(), option);
  if (!name->digest.empty()) return expected(option, value, "NAME[:TAG], without a digest");
  draft.options.image.name = std::move(*name);
  draft.named = true;
  return {};
}

Result<> set_output(Draft& draft, std::string_view option, std::string_view value) {
  if (value.empty()) return expected(option, value, "FILE.tar or a directory");
  draft.options.output = value;
  return {};
}

Result<> set_format(Draft& draft, std::string_view option, std::string_view value) {
  if (value != "oci" && value != "oci-archive") {
    return expected(option, value, "oci (a directory) or oci-archive (a tar file)");
  }
  draft.options.format = value == "oci" ? Format::kDirectory : Format::kArchive;
  return {};
}

Result<> set_config_type(Draft& draft, std::string_view option, std::string_view value) {
  if (value != "wasm" && value != "oci") return expected(option, value, "wasm or oci");
  draft.oci_config = value == "oci";
  return {};
}

Result<> set_engine(Draft& draft, std::string_view option, std::string_view value) {
  if (value != "docker" && value != "containerd") {
    return expected(option, value, "docker or containerd");
  }
  draft.options.load = value == "docker" ? Engine::kDocker : Engine::kContainerd;
  return {};
}

Result<> set_address(Draft& draft, std::string_view option, std::string_view value) {
  draft.options.address = value;
  draft.address_option = option;
  return {};
}

Result<> set_namespace(Draft& draft, std::string_view option, std::string_view value) {
  draft.options.containerd_namespace = value;
  draft.address_option = option;
  return {};
}

Result<> set_platform(Draft& draft, std::string_view option, std::string_view value) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
  const auto parts = oci::split(value, '/');
  const bool good = std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return !part.empty() && part.find_first_not_of(kAllowed) == std::string_view::npos;
  });
  if (!good || parts.size() < 2 || parts.size() > 3) {
    return expected(option, value, "OS/ARCHITECTURE[/VARIANT], as wasi/wasm or linux/amd64");
  }
  draft.options.image.platform = {std::string(parts[0]), std::string(parts[1]),
                                  std::string(parts.size() == 3 ? parts[2] : "")};
  return {};
}

Result<> add_entrypoint(Draft& draft, std::string_view, std::string_view value) {
  draft.options.image.entrypoint.emplace_back(value);
  return {};
}

Result<> add_command(Draft& draft, std::string_view, std::string_view value) {
  draft.options.image.command.emplace_back(value);
  return {};
}

Result<> add_variable(Draft& draft, std::string_view option, std::string_view value) {
  const size_t equals = value.find('=');
  if (equals == 0 || equals == std::string_view::npos) return expected(option, value, "KEY=VALUE");
  draft.options.image.environment.emplace_back(value);
  return {};
}

Result<> add_label(Draft& draft, std::string_view option, std::string_view value) {
  const size_t equals = value.find('=');
  if (equals == 0 || equals == std::string_view::npos) return expected(option, value, "KEY=VALUE");
  draft.options.image.labels[std::string(value.substr(0, equals))] = value.substr(equals + 1);
  return {};
}

Result<> set_user(Draft& draft, std::string_view, std::string_view value) {
  draft.options.image.user = value;
  return {};
}

/// An absolute path in the image, without a slash at its end; nothing that leads upwards.
Result<std::string> image_path(std::string_view option, std::string_view value,
                               std::string_view path) {
  std::string clean;
  if (!path.starts_with('/')) return expected(option, value, "an absolute path in the image");
  for (const std::string_view part : oci::split(path, '/')) {
    if (part == "..") return expected(option, value, "a path without \"..\"");
    if (!part.empty() && part != ".") clean.append("/").append(part);
  }
  return clean.empty() ? "/" : clean;
}

Result<> set_working_directory(Draft& draft, std::string_view option, std::string_view value) {
  TRY_ASSIGN(draft.options.image.working_directory, image_path(option, value, value));
  return {};
}

Result<> add_layer(Draft& draft, std::string_view option, std::string_view value) {
  const size_t colon = value.rfind(':');
  if (colon == 0 || colon == std::string_view::npos) {
    return expected(option, value, "DIR:PATH, the directory and where the image has its content");
  }
  TRY_ASSIGN(std::string path, image_path(option, value, value.substr(colon + 1)));
  draft.options.image.layers.push_back({std::string(value.substr(0, colon)), std::move(path)});
  return {};
}

struct Option {
  std::string_view name;
  Result<> (*set)(Draft& draft, std::string_view option, std::string_view value);
};
constexpr std::array kOptions = {
    Option{"-t", set_name},
    Option{"--tag", set_name},
    Option{"-o", set_output},
    Option{"--output", set_output},
    Option{"--format", set_format},
    Option{"--config-type", set_config_type},
    Option{"--address", set_address},
    Option{"--namespace", set_namespace},
    Option{"--platform", set_platform},
    Option{"--entrypoint", add_entrypoint},
    Option{"--cmd", add_command},
    Option{"--env", add_variable},
    Option{"--label", add_label},
    Option{"--user", set_user},
    Option{"--workdir", set_working_directory},
    Option{"--layer", add_layer},
};

/// Options without a value, or whose value follows "=" alone.
Result<bool> set_flag(Draft& draft, std::string_view argument) {
  constexpr std::string_view kLoad = "--load=";
  if (argument == "--help" || argument == "-h") {
    draft.options.help = true;
  } else if (argument == "--image") {
    draft.image = true;
  } else if (argument == "--artifact") {
    draft.artifact = true;
  } else if (argument == "--load") {
    draft.options.load = Engine::kWhicheverIsThere;
  } else if (argument.starts_with(kLoad)) {
    TRY(set_engine(draft, "--load", argument.substr(kLoad.size())));
  } else {
    return false;
  }
  return true;
}

Result<> read(Draft& draft, std::span<char* const> arguments) {
  for (size_t next = 0; next < arguments.size(); ++next) {
    const std::string_view argument = arguments[next];
    if (!argument.starts_with('-')) {
      if (!draft.options.module.empty()) {
        return fail(ErrorCode::kInvalidArgument,
                    "{} and {}: one module at a time; more files come by --layer",
                    quote(draft.options.module), quote(argument));
      }
      draft.options.module = argument;
      continue;
    }
    TRY_ASSIGN(const bool is_flag, set_flag(draft, argument));
    if (is_flag) continue;
    const size_t equals = argument.starts_with("--") ? argument.find('=') : std::string_view::npos;
    const std::string_view name = argument.substr(0, equals);
    const auto* option = std::find_if(kOptions.begin(), kOptions.end(),
                                      [&](const Option& each) { return each.name == name; });
    if (option == kOptions.end()) {
      return fail(ErrorCode::kInvalidArgument, "unknown option {}", argument);
    }
    if (equals != std::string_view::npos) {
      TRY(option->set(draft, name, argument.substr(equals + 1)));
    } else if (++next < arguments.size()) {
      TRY(option->set(draft, name, arguments[next]));
    } else {
      return fail(ErrorCode::kInvalidArgument, "{}: its value is missing", name);
    }
  }
  return {};
}

/// What an artifact's own config has no place for.
Result<> check_artifact(const oci::ImageRequest& image) {
  const std::array<std::pair<std::string_view, bool>, 5> has = {
      std::pair{"--entrypoint", !image.entrypoint.empty()},
      {"--cmd", !image.command.empty()},
      {"--env", !image.environment.empty()},
      {"--user", !image.user.empty()},
      {"--workdir", !image.working_directory.empty()}};
  for (const auto& [option, given] : has) {
    if (!given) continue;
    return fail(ErrorCode::kInvalidArgument,
                "{}: the config of a Wasm artifact has no place for it; with --config-type=oci the "
                "artifact has an ordinary image's config",
                option);
  }
  return {};
}

Result<Options> finish(Draft draft) {
  Options& options = draft.options;
  if (options.help) return std::move(options);
  const auto invalid = [](const char* what) {
    return fail(ErrorCode::kInvalidArgument, "{}", what);
  };
  if (options.module.empty()) return invalid("which module? No file is named");
  if (!draft.named) return invalid("which name shall the image have? Say -t NAME[:TAG]");
  if (draft.artifact && draft.image)
    return invalid("--artifact and --image: it can be one of them");
  if (draft.oci_config && !draft.artifact) {
    return invalid("--config-type is for --artifact; an image has always oci");
  }
  if (!draft.address_option.empty() && !options.load) {
    return fail(ErrorCode::kInvalidArgument, "{} is for --load", draft.address_option);
  }
  oci::ImageRequest& image = options.image;
  if (draft.artifact) {
    image.form = draft.oci_config ? oci::Form::kArtifactOci : oci::Form::kArtifact;
    if (!draft.oci_config) TRY(check_artifact(image));
  }
  if (image.platform.os.empty()) image.platform = {draft.artifact ? "wasip1" : "wasi", "wasm", ""};
  if (draft.artifact && image.platform.architecture != "wasm") {
    return invalid("--platform: an artifact's architecture is wasm");
  }
  image.file_name = options.module.substr(options.module.rfind('/') + 1);
  if (image.entrypoint.empty() && image.form != oci::Form::kArtifact) {
    image.entrypoint = {"/" + image.file_name};
  }
  return std::move(options);
}

}  // namespace

Result<Options> parse_options(std::span<char* const> arguments) {
  Draft draft;
  TRY(read(draft, arguments));
  return finish(std::move(draft));
}

}  // namespace wasmedge::pack
