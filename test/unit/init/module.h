#pragma once

#include <string>

/// Modules assembled byte by byte, with what they import.
namespace wasmedge::init {

using namespace std::string_literals;

inline std::string section(char id, const std::string& body) {
  return id + std::string(1, static_cast<char>(body.size())) + body;
}
inline std::string name(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}

/// A command whose `_start` has this body, with one imported function of type [i32] -> [], and a
/// memory of this type.
inline std::string command(const std::string& body,
                           const std::string& module = "wasi_snapshot_preview1",
                           const std::string& function = "proc_exit",
                           const std::string& start = "_start",
                           const std::string& memory = "\0\1"s) {
  const std::string code = "\0"s + body + "\x0b"s;
  return "\0asm\1\0\0\0"s + section(1, "\2\x60\1\x7f\0\x60\0\0"s) +
         section(2, "\1"s + name(module) + name(function) + "\0\0"s) + section(3, "\1\1"s) +
         section(5, "\1"s + memory) +
         section(7, "\2"s + name(start) + "\0\1"s + name("memory") + "\2\0"s) +
         section(10, "\1"s + static_cast<char>(code.size()) + code);
}
inline const std::string kExit7 = command("\x41\7\x10\0"s);          // i32.const 7, call 0
inline const std::string kForever = command("\x03\x40\x0c\0\x0b"s);  // loop br 0 end
inline const std::string kTrap = command("\0"s);                     // unreachable

}  // namespace wasmedge::init
