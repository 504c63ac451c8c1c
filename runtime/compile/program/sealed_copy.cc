#include "runtime/compile/program/sealed_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "runtime/base/limits.h"

namespace wasmedge::compile {

Result<Fd> make_memfd(const char* name) {
  Fd memory(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return fail_errno("make a memory file");
  return memory;
}

Result<> seal(int memfd) {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::fcntl(memfd, F_ADD_SEALS, kSeals) != 0) return fail_errno("seal a memory file");
  if (::fchmod(memfd, 0400) != 0) return fail_errno("chmod a memory file");
  return {};
}

Result<SealedCopy> SealedCopy::of(int file, std::string_view name) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return fail_errno("stat {}", name);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{} is not a regular file", name);
  }
  TRY_ASSIGN(const Fd copy, make_memfd("module"));
  for (off_t offset = 0;;) {
    const ssize_t count = ::sendfile(copy.get(), file, &offset, size_t{64} << 20);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("read {}", name);
    if (count == 0) break;
    if (static_cast<size_t>(offset) > kLimits.module_bytes) {
      return fail(ErrorCode::kResourceExhausted, "{} is larger than the limit of {} MiB", name,
                  kLimits.module_bytes >> 20);
    }
  }
  TRY(seal(copy.get()));
  TRY_ASSIGN(MappedFile mapping, MappedFile::map(copy.get(), name));
  return SealedCopy(std::move(mapping));
}

}  // namespace wasmedge::compile
