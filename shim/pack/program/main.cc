#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <string_view>

#include "oci/pack/image.h"
#include "oci/pack/layout.h"
#include "runtime/base/fd.h"
#include "shim/pack/help.h"
#include "shim/pack/load.h"
#include "shim/pack/module.h"
#include "shim/pack/options.h"

namespace wasmedge::pack {
namespace {

constexpr int kUsage = 2;  // as the other commands of `wasmedge`

void say(std::string_view text) {
  (void)write_all(STDERR_FILENO, text, "stderr");
}

Result<> print(std::string_view text) {
  return write_all(STDOUT_FILENO, text, "stdout");
}

/// -o, or FILE.tar in this directory, or, for --load alone, nothing.
void choose_output(Options& options) {
  if (options.output.empty() && !options.load) {
    const std::filesystem::path module(options.image.file_name);
    options.output = module.stem().string() + (options.format == Format::kDirectory ? "" : ".tar");
  }
  if (!options.format) {
    const bool archive = options.output.empty() || options.output.ends_with(".tar");
    options.format = archive ? Format::kArchive : Format::kDirectory;
  }
}

/// Where the layout is made: on the file system where its result shall be.
std::string work_place(const Options& options) {
  if (options.output.empty()) return std::filesystem::temp_directory_path().string();
  std::filesystem::path output(options.output);
  if (!output.has_filename()) output = output.parent_path();  // "folder/"
  const std::string parent = output.parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<> pack(Options options) {
  TRY_ASSIGN(const Module module, open_module(options.module));
  choose_output(options);
  options.image.module = module.file.get();
  options.image.module_size = module.size;
  TRY_ASSIGN(oci::Layout layout, oci::Layout::create(work_place(options)));
  TRY_ASSIGN(const oci::Descriptor manifest, oci::pack_image(options.image, layout));
  const bool as_directory = *options.format == Format::kDirectory;
  std::string archive;
  if (options.load || !as_directory) {
    TRY_ASSIGN(archive, layout.make_archive());
  }
  if (!options.output.empty()) {
    TRY(as_directory ? layout.name_directory(options.output) : layout.name_archive(options.output));
    if (!as_directory) archive = options.output;
  }
  if (options.load) TRY(load_archive(archive, options));
  const std::string place = options.output.empty() ? "" : options.output + ": ";
  TRY(print(fmt::format("{}{}@{}\n", place, options.image.name.name(), manifest.digest)));
  const auto& entry = options.image.entrypoint;
  if (!module.is_command && (entry.empty() || entry[0].find('#') == std::string::npos)) {
    say(
        fmt::format("wasmedge: warning: {} is a library: it exports no _start. A container of it "
                    "has to name a function: /{}#FUNCTION\n",
                    options.module, options.image.file_name));
  }
  return {};
}

int complain(const Error& error, int status) {
  say(fmt::format("wasmedge: {}\n", error.message));
  if (status == kUsage) say("Try `wasmedge pack --help`.\n");
  return status;
}

int main(std::span<char* const> arguments) {
  auto options = parse_options(arguments);
  if (!options) return complain(options.error(), kUsage);
  const auto done = options->help ? print(kHelp) : pack(std::move(*options));
  return done ? EXIT_SUCCESS : complain(done.error(), EXIT_FAILURE);
}

}  // namespace
}  // namespace wasmedge::pack

int main(int count, char** arguments) {
  return wasmedge::pack::main({arguments + 1, static_cast<size_t>(count - 1)});
}
