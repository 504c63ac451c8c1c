#include <charconv>

#include "shim/doctor/checks.h"

namespace wasmedge::doctor {
namespace {

/// Takes the number at the front off, and what is behind it up to the next digit.
unsigned long take_number(std::string_view& text) {
  unsigned long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.starts_with('.')) text.remove_prefix(1);
  return error == std::errc() ? number : 0;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Report examine(const Machine& machine) {
  Report report;
  check_kernel(machine, report);
  check_cgroups(machine, report);
  check_programs(machine, report);
  check_cache(machine, report);
  check_policy(machine, report);
  check_containerd(machine, report);
  check_docker(machine, report);
  return report;
}

std::string version_in(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i]) || (i > 0 && text[i - 1] != ' ' && text[i - 1] != 'v')) continue;
    size_t end = i;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    const std::string_view found = text.substr(i, end - i);
    if (found.find('.') != std::string_view::npos && found.back() != '.') return std::string(found);
    i = end;
  }
  return {};
}

bool is_older(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const unsigned long mine = take_number(a), other = take_number(b);
    if (mine != other) return mine < other;
    // What is no number ends the comparison.
    if ((!a.empty() && !is_digit(a[0])) || (!b.empty() && !is_digit(b[0]))) return false;
  }
  return false;
}

std::string shim_variable(const Machine& machine, const std::string& name) {
  for (const Daemon& daemon : machine.daemons()) {
    if (daemon.program == "containerd") return daemon.variable(name);
  }
  return machine.variable(name);
}

}  // namespace wasmedge::doctor
