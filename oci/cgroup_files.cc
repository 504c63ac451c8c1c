#include "oci/cgroup_files.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "oci/text.h"

namespace wasmedge::oci {
namespace {

template <typename Number>
Number number_of(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// memory.stat of a group with many kinds is about 4 KiB; percpu figures grow with the CPUs.
constexpr size_t kFileBytes = size_t{1} << 20;

uint64_t number(std::string_view text) {
  if (text.starts_with("max")) return ~uint64_t{0};
  return number_of<uint64_t>(text);
}

/// "key=value" words of a line, each handed to `take(key, value)`.
template <typename Take>
void each_pair(const std::vector<std::string_view>& words, Take take) {
  for (const std::string_view word : words) {
    if (const size_t equals = word.find('='); equals != std::string_view::npos) {
      take(word.substr(0, equals), word.substr(equals + 1));
    }
  }
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

std::vector<std::string> hugepage_sizes(const std::string& directory, std::string_view suffix) {
  constexpr std::string_view kPrefix = "hugetlb.";
  std::vector<std::string> sizes;
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return sizes;
  while (const dirent* entry = ::readdir(stream)) {
    std::string_view name = entry->d_name;
    if (!name.starts_with(kPrefix) || !name.ends_with(suffix)) continue;
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(suffix.size());
    // "2MB", and not the "2MB.rsvd" of reservations.
    if (name.find('.') == std::string_view::npos) sizes.emplace_back(name);
  }
  ::closedir(stream);
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

std::vector<RdmaFigure> read_rdma(const std::string& directory, std::string_view file) {
  std::vector<RdmaFigure> figures;
  const std::string text = read_text(directory, file);
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 2) continue;
    RdmaFigure& figure = figures.emplace_back();
    figure.device = words[0];
    each_pair(words, [&](std::string_view key, std::string_view value) {
      if (key == "hca_handle") figure.handles = number(value);
      if (key == "hca_object") figure.objects = number(value);
    });
  }
  return figures;
}

std::optional<PressureFigures> read_pressure(const std::string& directory, std::string_view file) {
  const std::string text = read_text(directory, file);
  if (text.empty()) return std::nullopt;
  PressureFigures figures;
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    Pressure& pressure = words[0] == "full" ? figures.full : figures.some;
    each_pair(words, [&](std::string_view key, std::string_view value) {
      if (key == "avg10") pressure.avg10 = number_of<double>(value);
      if (key == "avg60") pressure.avg60 = number_of<double>(value);
      if (key == "avg300") pressure.avg300 = number_of<double>(value);
      if (key == "total") pressure.total_us = number(value);
    });
  }
  return figures;
}

void add_block_figure(std::vector<BlockIoFigure>& figures, std::string_view device,
                      std::string_view op, std::string_view value) {
  const auto numbers = split(device, ':');
  if (numbers.size() != 2) return;
  figures.push_back({.major = number(numbers[0]),
                     .minor = number(numbers[1]),
                     .op = std::string(op),
                     .value = number(value)});
}

}  // namespace wasmedge::oci
