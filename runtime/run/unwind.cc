#include "runtime/run/unwind.h"

#include "runtime/run/activation.h"
#include "runtime/run/text.h"

namespace wasmedge::run {

Exception* wasmedge_exception_unwind(Registers* registers, Exception* exception) {
  const Registers thrown = *registers;
  need_stack(thrown);
  Text text;
  while (text.find(as_pointer(registers->pc()) - 1)) {
    if (const std::byte* pad = text.landing_pad(*registers); pad != nullptr) {
      registers->set_pc(reinterpret_cast<uint64_t>(pad));
      return exception;
    }
    const ArtifactUnwind* row = text.row(as_pointer(registers->pc()) - 1);
    if (row == nullptr) break;
    text.leave(*row, Text::cfa(*row, *registers), *registers);
  }
  trap_uncaught(*exception->tag, thrown);
}

}  // namespace wasmedge::run
