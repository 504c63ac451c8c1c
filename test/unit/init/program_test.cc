#include "shim/init/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "test/unit/oci/temporary.h"

namespace wasmedge::init {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using oci::write_text;

const std::string kModule = "\0asm\1\0\0\0"s;

/// The first 20 bytes of a 64-bit little-endian executable for a machine.
std::string elf(uint16_t machine, char data = 1) {
  std::string head =
      "\x7f"
      "ELF\2"s +
      data + "\1"s + std::string(9, '\0') + "\2\0"s;
  head += data == 1 ? std::string{static_cast<char>(machine), static_cast<char>(machine >> 8)}
                    : std::string{static_cast<char>(machine >> 8), static_cast<char>(machine)};
  return head + std::string(44, '\0');
}
constexpr uint16_t kX86_64 = 62, kArm64 = 183;

std::string describe(const std::string& head) {
  const auto kind = classify(head);
  if (!kind) return kind.error().message;
  return *kind == ProgramKind::kWasm ? "wasm" : "native";
}

TEST(Classify, ByContent) {
  EXPECT_EQ(describe(kModule), "wasm");
  EXPECT_EQ(describe("\0asm"s), "wasm");  // cut short: the decoder says so
  EXPECT_EQ(describe("#!/bin/sh\n"), "native");
  EXPECT_EQ(describe("(module (func))"),
            "is WebAssembly text; assemble it (wat2wasm) and put the .wasm file in the image");
  EXPECT_EQ(describe(""), "is an empty file");
  EXPECT_EQ(describe("{\"a\":1}"),
            "begins with bytes 7b 22 61 22 3a 31 7d: neither a WebAssembly module nor a native "
            "program");
  EXPECT_EQ(describe("\xff"),
            "begins with bytes ff: neither a WebAssembly module nor a native program");
  EXPECT_NE(describe("\0asm\x0d\0\1\0"s).find("is a WebAssembly component"), std::string::npos);
  EXPECT_NE(describe("\x7f"
                     "ELF")
                .find("cut short"),
            std::string::npos);
}

#if defined(__x86_64__)
TEST(Classify, NativeProgramsOfOtherMachines) {
  EXPECT_EQ(describe(elf(kX86_64)), "native");
  EXPECT_EQ(describe(elf(3)), "native");  // 32-bit x86 runs here too
  EXPECT_EQ(describe(elf(kArm64)),
            "is a native program for ARM64, and this machine is x86-64: use an image for this "
            "platform");
  EXPECT_NE(describe(elf(22, 2)).find("for IBM Z"), std::string::npos);
  EXPECT_NE(describe(elf(60'000)).find("for machine 60000"), std::string::npos);
}
#endif

class FindProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    ::chmod(directory_.path().c_str(), 0755);
    for (const char* name : {"/app", "/bin", "/usr/bin"}) {
      fs::create_directories(directory_.path() + name);
    }
    root_ = *open_file(directory_.path(), O_PATH | O_DIRECTORY);
    process_.cwd = "/app";
  }
  void put(const std::string& path, const std::string& content, unsigned mode = 0755) {
    write_text(directory_.path() + path, content);
    ::chmod((directory_.path() + path).c_str(), mode);
  }
  /// "kind path", and the function if one is named; or the error.
  std::string find(const std::string& name) {
    process_.args = {name};
    const auto program = find_program(root_.get(), process_);
    if (!program) return program.error().message;
    return (program->kind == ProgramKind::kWasm ? "wasm " : "native ") + program->path +
           (program->function.empty() ? "" : " " + program->function);
  }
  oci::TemporaryDirectory directory_;
  Fd root_;
  oci::Process process_;
};

TEST_F(FindProgram, Paths) {
  put("/app/hello.wasm", kModule, 0644);
  put("/bin/tool", "#!/bin/sh\n");
  EXPECT_EQ(find("/app/hello.wasm"), "wasm /app/hello.wasm");
  EXPECT_EQ(find("./hello.wasm"), "wasm /app/hello.wasm");
  EXPECT_EQ(find("../bin/tool"), "native /bin/tool");
  EXPECT_EQ(find("/app/../../../bin/tool"), "native /bin/tool");
}

TEST_F(FindProgram, Names) {
  put("/usr/bin/tool", "#!/bin/sh\n");
  put("/app/hello.wasm", kModule, 0644);
  EXPECT_EQ(find("tool"), "native /usr/bin/tool");
  EXPECT_EQ(find("hello.wasm"), "wasm /app/hello.wasm");
  process_.env = {"PATH=/nowhere:../bin"};
  put("/bin/tool", kModule);
  EXPECT_EQ(find("tool"), "wasm /bin/tool");
  process_.env = {"PATH=/nowhere"};
  EXPECT_EQ(
      find("tool"),
      "entry point \"tool\": executable file not found in the image; looked in /nowhere, and for a "
      "WebAssembly module in /app");
  // A native program is not taken from the working directory by a bare name.
  put("/app/script", "#!/bin/sh\n");
  EXPECT_NE(find("script").find("file not found"), std::string::npos);
}

TEST_F(FindProgram, Functions) {
  put("/app/lib.wasm", kModule);
  put("/usr/bin/tool", "#!/bin/sh\n");
  EXPECT_EQ(find("/app/lib.wasm#run"), "wasm /app/lib.wasm run");
  EXPECT_EQ(find("lib.wasm#run"), "wasm /app/lib.wasm run");
  EXPECT_NE(find("tool#run").find("only a WebAssembly module has functions"), std::string::npos);
  EXPECT_NE(find("/app/none.wasm#run").find("looked at /app/none.wasm"), std::string::npos);
  EXPECT_NE(find("#run").find("names a function and no module"), std::string::npos);
  EXPECT_NE(find("/app/none#").find("looked at /app/none#"), std::string::npos);
  // A file of the whole name comes first.
  put("/app/lib.wasm#run", kModule);
  EXPECT_EQ(find("/app/lib.wasm#run"), "wasm /app/lib.wasm#run");
}

TEST_F(FindProgram, SearchGoesOnAfterWhatIsNoProgram) {
  fs::create_directories(directory_.path() + "/bin/tool");
  put("/usr/bin/tool", "#!/bin/sh\n");
  process_.env = {"PATH=/bin:/usr/bin"};
  EXPECT_EQ(find("tool"), "native /usr/bin/tool");
  process_.env = {"PATH=/bin"};
  EXPECT_EQ(find("tool"), "entry point \"/bin/tool\": is a directory");
}

TEST_F(FindProgram, ErrorsSayWhatWasFound) {
  EXPECT_EQ(
      find("/app/hello"),
      "entry point \"/app/hello\": executable file not found in the image; looked at /app/hello");
  EXPECT_EQ(find("/app"), "entry point \"/app\": is a directory");
  put("/app/config.json", "{\"a\": 1}");
  EXPECT_EQ(
      find("/app/config.json"),
      "entry point \"/app/config.json\": begins with bytes 7b 22 61 22 3a 20 31 7d: neither a "
      "WebAssembly module nor a native program");
  ASSERT_EQ(::mkfifo((directory_.path() + "/app/fifo").c_str(), 0666), 0);
  EXPECT_EQ(find("/app/fifo"), "entry point \"/app/fifo\": is not a regular file");
}

TEST_F(FindProgram, LinksStayInTheImage) {
  put("/bin/busybox", "#!x\n");
  fs::create_symlink("/bin/busybox", directory_.path() + "/bin/sh");
  EXPECT_EQ(find("/bin/sh"), "native /bin/sh");
  fs::create_symlink("/etc/passwd", directory_.path() + "/app/host");
  EXPECT_NE(find("/app/host").find("executable file not found in the image"), std::string::npos);
}

TEST_F(FindProgram, AsTheUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: asks for another user";
  put("/app/module", kModule, 0600);
  put("/app/native", "#!/bin/sh\n", 0644);
  EXPECT_EQ(find("/app/module"), "wasm /app/module");
  EXPECT_EQ(find("/app/native"),
            "entry point \"/app/native\": permission denied: user 0:0 may not execute it (chmod "
            "a+rx it in the image)");
  process_.user.uid = process_.user.gid = 1000;
  EXPECT_EQ(find("/app/module"),
            "entry point \"/app/module\": permission denied: user 1000:1000 may not read it (chmod "
            "a+r it in the image)");
  put("/app/module", kModule, 0644);
  EXPECT_EQ(find("/app/module"), "wasm /app/module");
  ::chmod((directory_.path() + "/app").c_str(), 0700);
  EXPECT_NE(find("/app/module").find("may not search the way"), std::string::npos);
  // Execute-only is enough for a native program.
  put("/bin/secret", "#!/bin/sh\n", 0711);
  EXPECT_EQ(find("/bin/secret"), "native /bin/secret");
  // And we are who we were.
  EXPECT_EQ(::access((directory_.path() + "/app").c_str(), X_OK), 0);
  EXPECT_EQ(::open((directory_.path() + "/app/module").c_str(), O_RDWR) >= 0, true);
}

}  // namespace
}  // namespace wasmedge::init
