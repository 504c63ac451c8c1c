#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "runtime/base/fd.h"
#include "shim/metrics/file.h"
#include "shim/metrics/text.h"
#include "shim/task/commands.h"

namespace wasmedge::task {
namespace {

/// Complete before it has its name: whoever collects such files reads them at any time. Its name
/// then ends otherwise than theirs do.
Result<> replace(const std::string& path, std::string_view text) {
  const std::string part = fmt::format("{}.{}.part", path, ::getpid());
  const auto write = [&]() -> Result<> {
    TRY_ASSIGN(const Fd file, open_file(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644));
    TRY(write_all(file.get(), text, part));
    if (::fchmod(file.get(), 0644) != 0) return fail_errno("chmod {}", part);
    if (::rename(part.c_str(), path.c_str()) != 0) return fail_errno("rename {} to {}", part, path);
    return {};
  };
  Result<> written = write();
  if (!written) ::unlink(part.c_str());
  return written;
}

}  // namespace

Result<std::string> show_metrics(const CommandLine& line) {
  TRY_ASSIGN(const metrics::Numbers numbers, metrics::read(metrics::default_path()));
  std::string text = metrics::text_of(numbers);
  if (line.output.empty()) return text;
  TRY(replace(line.output, text));
  return std::string();
}

}  // namespace wasmedge::task
