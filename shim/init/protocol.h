#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oci/control.h"

/// The conversation between the shim and wasmedge-init on the control socket, from the clone to the
/// guest's first instruction.
///
/// Flow (-> to the shim, <- from it):
///   <- kSetup      by launch(): what to contain; mounts may follow
///   -> kHooks      only if the spec has prestart or createRuntime hooks: run them now
///   <- kResume     they have run (a failure: close the socket instead)
///   -> kImage      only if the rootfs has no program for process.args[0]: is the image an OCI Wasm
///                  artifact, whose module is no file?
///   <- kModule
///   -> kFind       only in a user namespace: the cache's artifact of this key
///   <- kFound
///   -> kCompile    only for a module without an artifact
///   <- kCompiled
///   -> kTerminal   only if process.terminal is set
///   -> kReady      the sandbox is complete, the program is found, and for Wasm instantiated
///   <- kStart
///   (init closes the socket and runs the guest)
/// At any point before kReady: -> kError, then init exits; so it does when the shim closes its end.
namespace wasmedge::init {

enum class Control : uint32_t {
  kError = oci::kErrorMessage,  // payload: oci::decode_error(); the Create error, word for word
  kSetup = oci::kSetupMessage,
  kHooks = oci::kFirstFreeKind,  // no payload
  kResume,                       // no payload
  kCompile,         // payload: the module's name for messages; fd: the module, O_RDONLY
  kCompiled,        // fd: the artifact, open read-only; without one, payload: oci::encode_error()
  kReady,           // payload: encode(Readiness); fd: where refusals can be read, a line each
                    // (wasi/denials.h), if there can be any
  kStart,           // no payload
  kCompileMetered,  // as kCompile: code that uses up fuel
  kImage,           // payload: the module that process.args[0] names; empty: none
  kModule,    // fd: the module, sealed; payload: its name, and after a NUL each the image's own
              // command line. Without an fd: the image is no artifact, or oci::encode_error() says
              // why not
  kTerminal,  // fd: the master end of the process's terminal
  kFind,      // payload: the key's digest
  kFound,     // fd: the artifact, open read-only, its owner checked; none: not there
};

/// What init says when it is ready.
struct Readiness {
  std::string kind;     // "wasm" or "native"
  std::string program;  // its path in the container
  std::string policy;   // in force, for people; of a module alone
  std::string took;     // what each phase took, for people
};
inline std::string encode(const Readiness& ready) {
  std::string payload = ready.kind;
  for (const std::string* text : {&ready.program, &ready.policy, &ready.took}) {
    payload.append(1, '\0').append(*text);
  }
  return payload;
}
inline Readiness decode_readiness(std::string_view payload) {
  const auto next = [&payload] {
    const size_t end = payload.find('\0');
    std::string text(payload.substr(0, end));
    payload.remove_prefix(end == std::string_view::npos ? payload.size() : end + 1);
    return text;
  };
  Readiness ready;
  for (std::string* text : {&ready.kind, &ready.program, &ready.policy, &ready.took})
    *text = next();
  return ready;
}

}  // namespace wasmedge::init
