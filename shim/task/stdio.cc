#include "shim/task/stdio.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <string_view>
#include <utility>

namespace wasmedge::task {
namespace {

constexpr std::string_view kFifoScheme = "fifo://";

/// The fifo, both ways, so that opening cannot block.
Result<Fd> open_fifo(std::string_view stream, std::string path) {
  if (path.starts_with(kFifoScheme)) path.erase(0, kFifoScheme.size());
  if (const size_t colon = path.find("://"); colon != std::string::npos) {
    return fail(ErrorCode::kUnimplemented,
                "{}: {}:// is none of the schemes that can be here: fifo://, and for output "
                "file://, binary:// and binary-v2:// (\"{}\")",
                stream, path.substr(0, colon), path);
  }
  auto fd = open_file(path, O_RDWR | O_NONBLOCK | O_NOCTTY);
  if (!fd) return wrap(std::move(fd).error(), stream);
  struct stat status{};
  if (::fstat(fd->get(), &status) != 0) return fail_errno("{}: stat {}", stream, path);
  if (!S_ISFIFO(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{}: {} is not a fifo", stream, path);
  }
  return fd;
}

/// Another open file of the same fifo, with flags of its own.
Result<Fd> reopen(const Fd& fifo, int flags) {
  return open_file(fmt::format("/proc/self/fd/{}", fifo.get()), flags);
}

Result<> open_output(std::string_view stream, const std::string& path, Fd& container, Fd& held) {
  if (path.empty()) return {};
  TRY_ASSIGN(held, open_fifo(stream, path));
  TRY_ASSIGN(container, reopen(held, O_WRONLY));
  return {};
}

Result<> open_input(std::string_view stream, const std::string& path, Fd& container, Fd& held) {
  if (path.empty()) return {};
  TRY_ASSIGN(const Fd both, open_fifo(stream, path));
  TRY_ASSIGN(container, reopen(both, O_RDONLY));
  TRY_ASSIGN(held, reopen(both, O_WRONLY | O_NONBLOCK));
  return {};
}

/// Gives up the writing end; what was written stays as long as the reading end is open.
void keep_reading_end(Fd& held) {
  if (!held) return;
  auto reading = reopen(held, O_RDONLY | O_NONBLOCK);
  held = reading ? std::move(*reading) : Fd();
}

}  // namespace

Result<Stdio> Stdio::open(const StdioPaths& paths, LoggerEnds logger, bool terminal) {
  Stdio stdio;
  TRY(open_input("stdin", paths.in, stdio.container_in_, stdio.held_in_));
  if (logger.out) {
    stdio.container_out_ = std::move(logger.out);
    stdio.container_err_ = std::move(logger.err);
  } else {
    TRY(open_output("stdout", paths.out, stdio.container_out_, stdio.held_out_));
    TRY(open_output("stderr", paths.err, stdio.container_err_, stdio.held_err_));
  }
  if (terminal) {
    stdio.terminal_ = {std::move(stdio.container_in_), std::move(stdio.container_out_)};
    stdio.container_err_.reset();
  }
  return stdio;
}

void Stdio::give_away() {
  container_in_.reset();
  container_out_.reset();
  container_err_.reset();
}

void Stdio::close_stdin() {
  held_in_.reset();
}

void Stdio::finish() {
  give_away();
  terminal_ = {};
  close_stdin();
  keep_reading_end(held_out_);
  keep_reading_end(held_err_);
}

}  // namespace wasmedge::task
