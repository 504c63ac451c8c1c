#include "oci/reference.h"

#include <algorithm>

#include "oci/text.h"
#include "runtime/base/quote.h"

namespace wasmedge::oci {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kWord =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr size_t kMaxTag = 128;
constexpr size_t kMaxName = 255;

bool consists_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_host(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost";
}

/// Lower-case words, with one separator between two: ".", "_", "__" or any number of "-".
bool is_path_component(std::string_view text) {
  while (!text.empty()) {
    const size_t word = text.find_first_not_of(kLower);
    if (word == 0) return false;
    if (word == std::string_view::npos) return true;
    text.remove_prefix(word);
    const size_t end = text.find_first_of(kLower);
    const std::string_view separator = text.substr(0, end);
    const bool known =
        separator == "." || separator == "_" || separator == "__" || consists_of(separator, "-");
    if (!known || end == std::string_view::npos) return false;
    text.remove_prefix(end);
  }
  return false;
}

/// A domain's words, or an IPv6 address in brackets; perhaps a port.
bool is_host_and_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && !text.ends_with(']');
  if (has_port && !consists_of(text.substr(colon + 1), "0123456789")) return false;
  const std::string_view host = has_port ? text.substr(0, colon) : text;
  if (host.starts_with('[') && host.ends_with(']')) {
    return consists_of(host.substr(1, host.size() - 2), "0123456789abcdefABCDEF:");
  }
  const auto words = split(host, '.');
  return std::all_of(words.begin(), words.end(), [](std::string_view word) {
    return consists_of(word, std::string(kWord) + "-") && !word.starts_with('-') &&
           !word.ends_with('-');
  });
}

bool is_tag(std::string_view text) {
  return text.size() <= kMaxTag && kWord.find(text.front()) != std::string_view::npos &&
         consists_of(text, std::string(kWord) + ".-");
}

tl::unexpected<Error> wrong(std::string_view text, std::string_view part, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, "image name {}: {} {}", quote(text), quote(part), why);
}

}  // namespace

std::string Reference::name() const {
  std::string whole = repository;
  if (!tag.empty()) whole.append(":").append(tag);
  if (!digest.empty()) whole.append("@").append(digest);
  return whole;
}

Result<Reference> parse_reference(std::string_view text) {
  Reference reference;
  std::string_view rest = text;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    const std::string_view digest = reference.digest;
    if (!digest.starts_with("sha256:") || digest.size() != 71 ||
        !consists_of(digest.substr(7), kHex)) {
      return wrong(text, digest, "is not sha256: and 64 hexadecimal digits");
    }
  }
  const size_t slash = rest.rfind('/');
  const size_t colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (reference.tag.empty() || !is_tag(reference.tag)) {
      return wrong(text, reference.tag,
                   "is no tag: letters, digits, \"_\", \".\" and \"-\", at most 128");
    }
  } else if (reference.digest.empty()) {
    reference.tag = "latest";
  }

  const size_t first = rest.find('/');
  std::string_view host = "docker.io";
  std::string_view path = rest;
  if (first != std::string_view::npos && is_host(rest.substr(0, first))) {
    host = rest.substr(0, first);
    path = rest.substr(first + 1);
    if (!is_host_and_port(host)) return wrong(text, host, "is no registry's host");
  }
  for (const std::string_view component : split(path, '/')) {
    if (!is_path_component(component)) {
      return wrong(text, component,
                   "is no part of a name: lower-case letters and digits, with \".\", \"_\" or "
                   "\"-\" between them");
    }
  }
  const bool official = host == "docker.io" && path.find('/') == std::string_view::npos;
  reference.repository = fmt::format("{}/{}{}", host, official ? "library/" : "", path);
  if (reference.repository.size() > kMaxName) {
    return fail(ErrorCode::kInvalidArgument, "image name: {} bytes, and at most {} may",
                reference.repository.size(), kMaxName);
  }
  return reference;
}

}  // namespace wasmedge::oci
