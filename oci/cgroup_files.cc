#include "oci/cgroup_files.h"

#include <unistd.h>

#include <charconv>

#include "oci/text.h"

namespace wasmedge::oci {
namespace {

/// memory.stat of a group with many kinds is about 4 KiB; percpu figures grow with the CPUs.
constexpr size_t kFileBytes = size_t{1} << 20;

uint64_t number(std::string_view text) {
  if (text.starts_with("max")) return ~uint64_t{0};
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string join(const std::string& directory, std::string_view file) {
  return fmt::format("{}/{}", directory, file);
}

}  // namespace

Result<> set_limit(std::string_view field, const std::string& directory, std::string_view file,
                   std::string_view value) {
  const std::string where = fmt::format("linux.resources.{}", field);
  if (directory.empty()) {
    return fail(ErrorCode::kFailedPrecondition,
                "{}: this machine has mounted no control group hierarchy for it", where);
  }
  if (auto written = write_file(join(directory, file), value); !written) {
    return wrap(written.error(), where);
  }
  return {};
}

std::string read_text(const std::string& directory, std::string_view file) {
  auto text = read_file(join(directory, file), kFileBytes);
  return text ? std::move(*text) : std::string{};
}

bool file_exists(const std::string& directory, std::string_view file) {
  return ::access(join(directory, file).c_str(), F_OK) == 0;
}

uint64_t read_figure(const std::string& directory, std::string_view file) {
  return number(read_text(directory, file));
}

std::vector<uint64_t> read_figures(const std::string& directory, std::string_view file) {
  std::vector<uint64_t> figures;
  const std::string text = read_text(directory, file);
  for (const std::string_view line : split(text, '\n')) {
    for (const std::string_view word : split(line, ' ')) {
      if (!word.empty()) figures.push_back(number(word));
    }
  }
  return figures;
}

std::map<std::string, uint64_t> read_keyed(const std::string& directory, std::string_view file) {
  std::map<std::string, uint64_t> figures;
  const std::string text = read_text(directory, file);
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 2) figures.emplace(words[0], number(words[1]));
  }
  return figures;
}

void add_block_figure(std::vector<BlockIoFigure>& figures, std::string_view device,
                      std::string_view op, std::string_view value) {
  const auto numbers = split(device, ':');
  if (numbers.size() != 2) return;
  figures.push_back({number(numbers[0]), number(numbers[1]), std::string(op), number(value)});
}

}  // namespace wasmedge::oci
