#pragma once

#include <string>

namespace wasmedge {

/// This machine's CPU as compiled code depends on it: architecture, family and model, and every
/// feature word that the code generator looks at, e.g. "x86_64 0x00a10f11 …". Equal strings: code
/// made for one runs on the other. At most 255 bytes; read from the CPU itself (CPUID, XCR0).
std::string host_cpu();

}  // namespace wasmedge
