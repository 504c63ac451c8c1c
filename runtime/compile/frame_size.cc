#include "runtime/compile/frame_size.h"

#include <llvm/Support/DataExtractor.h>

#include "runtime/compile/target.h"
#include "runtime/run/convention.h"

namespace wasmedge::compile {
namespace {

Result<> check(llvm::StringRef sizes, uint64_t most) {
  const llvm::DataExtractor data(sizes, /*IsLittleEndian=*/true, /*AddressSize=*/8);
  llvm::DataExtractor::Cursor at(0);
  while (at && !data.eof(at)) {
    data.getU64(at);  // the function
    const uint64_t bytes = data.getULEB128(at);
    if (!at || bytes <= most) continue;
    return fail(ErrorCode::kResourceExhausted,
                "a function wants {} bytes of stack for its locals; the most that code can have on "
                "this architecture is {}",
                bytes, most);
  }
  if (auto error = at.takeError()) {
    return fail(ErrorCode::kInternal, "object of the code generator: stack sizes: {}",
                llvm::toString(std::move(error)));
  }
  return {};
}

}  // namespace

Result<> check_frame_sizes(const llvm::object::ELF64LEObjectFile& elf) {
  const uint64_t most = run::unprobed_frame_bytes(architecture_of(elf.getArch()));
  if (most == 0) return {};
  for (const llvm::object::ELFSectionRef section : elf.sections()) {
    auto name = section.getName();
    auto contents = section.getContents();
    if (!name || !contents) {
      llvm::consumeError(name.takeError());
      llvm::consumeError(contents.takeError());
      continue;
    }
    if (*name == ".stack_sizes") TRY(check(*contents, most));
  }
  return {};
}

}  // namespace wasmedge::compile
