#include <elf.h>

#include <algorithm>
#include <array>

#include "shim/init/program.h"

namespace wasmedge::init {
namespace {

struct Machine {
  uint16_t number;
  std::string_view name;
};
constexpr std::array kMachines = {
    Machine{EM_386, "32-bit x86"}, Machine{EM_X86_64, "x86-64"},
    Machine{EM_ARM, "32-bit ARM"}, Machine{EM_AARCH64, "ARM64"},
    Machine{EM_RISCV, "RISC-V"},   Machine{EM_PPC64, "POWER"},
    Machine{EM_S390, "IBM Z"},     Machine{EM_LOONGARCH, "LoongArch"},
    Machine{EM_MIPS, "MIPS"},
};
#if defined(__x86_64__)
constexpr uint16_t kHost = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kHost = EM_AARCH64;
#else
#error "name this machine's ELF number here"
#endif

std::string machine_name(uint16_t number) {
  for (const Machine& machine : kMachines) {
    if (machine.number == number) return std::string(machine.name);
  }
  return fmt::format("machine {}", number);
}

Result<ProgramKind> classify_elf(std::string_view head) {
  if (head.size() < offsetof(Elf64_Ehdr, e_version)) {
    return fail(ErrorCode::kInvalidArgument, "is an ELF file cut short after {} bytes",
                head.size());
  }
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(head[at]); };
  const bool little = byte(EI_DATA) == ELFDATA2LSB;
  const size_t at = offsetof(Elf64_Ehdr, e_machine);
  const auto number =
      static_cast<uint16_t>(little ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1));
  const bool fits = number == kHost || (kHost == EM_X86_64 && number == EM_386);
  if (little && fits) return ProgramKind::kNative;
  return fail(ErrorCode::kInvalidArgument,
              "is a native program for {}, and this machine is {}: use an image for this platform",
              machine_name(number), machine_name(kHost));
}

}  // namespace

Result<ProgramKind> classify(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\0asm"sv)) {
    if (head.size() >= 8 && head.substr(4, 4) == "\x0d\0\x01\0"sv) {
      return fail(ErrorCode::kUnimplemented,
                  "is a WebAssembly component; only core modules (wasm32-wasip1) can be run");
    }
    return ProgramKind::kWasm;  // anything else about it is the decoder's to say
  }
  if (head.starts_with("\x7f"
                       "ELF"))
    return classify_elf(head);
  if (head.starts_with("#!")) return ProgramKind::kNative;
  if (head.starts_with("(module") || head.starts_with(";;") || head.starts_with("(;")) {
    return fail(ErrorCode::kInvalidArgument,
                "is WebAssembly text; assemble it (wat2wasm) and put the .wasm file in the image");
  }
  if (head.empty()) return fail(ErrorCode::kInvalidArgument, "is an empty file");
  std::string bytes;
  for (const char c : head.substr(0, 8)) {
    bytes += fmt::format("{}{:02x}", bytes.empty() ? "" : " ", static_cast<uint8_t>(c));
  }
  return fail(ErrorCode::kInvalidArgument,
              "begins with bytes {}: neither a WebAssembly module nor a native program", bytes);
}

}  // namespace wasmedge::init
