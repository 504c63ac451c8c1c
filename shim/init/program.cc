#include "shim/init/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "oci/rootfs.h"
#include "oci/text.h"
#include "oci/user.h"

namespace wasmedge::init {
namespace {

/// What a shell searches when nothing is set, as container runtimes have it.
constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view search_path(const std::vector<std::string>& environment) {
  for (const std::string& variable : environment) {
    if (variable.starts_with("PATH=")) return std::string_view(variable).substr(5);
  }
  return kDefaultPath;
}

/// The last word on one candidate. Nothing: no such file, go on looking.
using Found = Result<std::optional<Program>>;

std::string user_name(const oci::User& user) {
  return fmt::format("{}:{}", user.uid, user.gid);
}

/// May process.user get there, and do with the file what its kind needs?
Result<> check_access(int root, const std::string& path, ProgramKind kind, const oci::User& user) {
  const oci::AccessAs as(user);
  auto file = oci::open_in_root(root, path, O_PATH);
  if (!file) {
    return fail(ErrorCode::kPermissionDenied,
                "permission denied: user {} may not search the way "
                "to it",
                user_name(user));
  }
  const int need = kind == ProgramKind::kWasm ? R_OK : X_OK;
  if (::syscall(SYS_faccessat2, file->get(), "", need, AT_EACCESS | AT_EMPTY_PATH) == 0) return {};
  return fail(ErrorCode::kPermissionDenied,
              "permission denied: user {} may not {} it (chmod {} it "
              "in the image)",
              user_name(user), need == R_OK ? "read" : "execute", need == R_OK ? "a+r" : "a+rx");
}

Result<Program> examine(int root, const std::string& path, const Fd& place, const oci::User& user) {
  struct stat status{};
  if (::fstat(place.get(), &status) != 0) return fail_errno("stat");
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kInvalidArgument, "is a directory");
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "is not a regular file");
  }
  Program program;
  program.path = path;
  // Not blocking: the file may have become a fifo since.
  TRY_ASSIGN(program.file, oci::open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  std::array<char, 64> head{};
  const ssize_t size = ::pread(program.file.get(), head.data(), head.size(), 0);
  if (size < 0) return fail_errno("cannot be read");
  auto kind = classify({head.data(), static_cast<size_t>(size)});
  if (!kind && (status.st_mode & 0111) == 0) {  // Docker knows by these words that it is a 126
    kind.error().message += ", and nobody may execute it: permission denied";
  }
  TRY_ASSIGN(program.kind, std::move(kind));
  TRY(check_access(root, path, program.kind, user));
  return program;
}

Found look_at(int root, const std::string& path, const oci::User& user) {
  auto place = oci::find_in_root(root, path, O_PATH);
  if (!place) return wrap(place.error(), fmt::format("entry point \"{}\"", path));
  if (!*place) return std::nullopt;
  auto program = examine(root, path, **place, user);
  if (!program) return wrap(program.error(), fmt::format("entry point \"{}\"", path));
  return std::move(*program);
}

std::string below(const std::string& directory, std::string_view name) {
  return oci::clean_path(fmt::format("{}/{}", directory, name));
}

/// A bare name: PATH, then the working directory.
Result<Program> search(int root, const oci::Process& process, const std::string& name) {
  std::string looked;
  std::optional<Error> refused;  // the first thing of that name that was no program
  for (const std::string_view entry : oci::split(search_path(process.env), ':')) {
    const std::string directory =
        entry.starts_with('/') ? oci::clean_path(entry) : below(process.cwd, entry);
    looked.append(looked.empty() ? "" : ", ").append(directory);
    auto found = look_at(root, below(directory, name), process.user);
    if (found && *found) return std::move(**found);
    if (!found && !refused) refused = found.error();
  }
  auto here = look_at(root, below(process.cwd, name), process.user);
  if (here && *here && (*here)->kind == ProgramKind::kWasm) return std::move(**here);
  if (refused) return tl::unexpected<Error>(*refused);
  if (!here) return tl::unexpected<Error>(here.error());
  return fail(ErrorCode::kNotFound,
              "entry point \"{}\": executable file not found in the image; looked in {}, and for a "
              "WebAssembly module in {}",
              name, looked, process.cwd);
}

Result<Program> find_file(int root, const oci::Process& process, const std::string& name) {
  if (name.find('/') == std::string::npos) return search(root, process, name);
  const std::string path = name.starts_with('/') ? oci::clean_path(name) : below(process.cwd, name);
  TRY_ASSIGN(auto found, look_at(root, path, process.user));
  if (found) return std::move(*found);
  return fail(ErrorCode::kNotFound,
              "entry point \"{}\": executable file not found in the image; looked at {}", name,
              path);
}

}  // namespace

EntryPoint split_entry_point(std::string_view text) {
  const size_t hash = text.rfind('#');
  if (hash == std::string_view::npos) return {std::string(text), {}};
  return {std::string(text.substr(0, hash)), std::string(text.substr(hash + 1))};
}

Result<Program> find_program(int root, const oci::Process& process) {
  if (process.args.empty()) {
    return fail(ErrorCode::kNotFound,
                "config.json: process.args: is missing or empty: it must name a program");
  }
  auto found = find_file(root, process, process.args[0]);
  if (found || found.error().code != ErrorCode::kNotFound) return found;
  const EntryPoint entry = split_entry_point(process.args[0]);
  if (entry.function.empty()) return found;
  if (entry.module.empty()) {
    return fail(ErrorCode::kNotFound,
                "entry point \"{}\": names a function and no module, as only an artifact can: say "
                "/MODULE.wasm#{}",
                process.args[0], entry.function);
  }
  TRY_ASSIGN(Program program, find_file(root, process, entry.module));
  if (program.kind == ProgramKind::kNative) {
    return fail(ErrorCode::kInvalidArgument,
                "entry point \"{}\": {} is a native program; only a WebAssembly module has "
                "functions to call",
                process.args[0], program.path);
  }
  program.function = entry.function;
  return program;
}

}  // namespace wasmedge::init
