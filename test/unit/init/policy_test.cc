#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "test/unit/init/container.h"
#include "test/unit/init/module.h"

/// The policy of modules in real containers.
namespace wasmedge::init {
namespace {

namespace fs = std::filesystem;

// Grows its memory by 100 pages; exits with 1 if it may not.
const std::string kGrow = command("\x41\xe4\x00\x40\x00\x41\x7f\x46\x10\x00"s);

class PolicyContainer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = cannot_contain(); !reason.empty()) GTEST_SKIP() << reason;
    ::chmod(cache_.path().c_str(), 0700);
  }
  TestContainer& with(const std::string& module) {
    box_.emplace();
    oci::write_text(box_->rootfs() + "/app.wasm", module);
    box_->config["process"]["args"] = {"/app.wasm"};
    box_->cache = cache_.path();
    return *box_;
  }
  void rule(const std::string& key, const std::string& value) {
    box_->config["annotations"]["io.wasmedge.wasi." + key] = value;
  }
  /// What the guest has open beside stdio.
  std::multiset<std::string> descriptors() {
    std::multiset<std::string> targets;
    for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", box_->pid()))) {
      const std::string target = fs::read_symlink(entry.path());
      if (std::stoi(entry.path().filename()) > 2) {
        targets.insert(target.starts_with("pipe:") ? "pipe" : target);
      }
    }
    return targets;
  }
  /// Waits until the guest's code runs.
  void start_and_wait() {
    box_->start();
    std::string status;
    for (int i = 0; i < 500 && status.find("Seccomp:\t2") == std::string::npos; ++i) {
      status = *read_file(fmt::format("/proc/{}/status", box_->pid()), 65'536);
      ::usleep(10'000);
    }
    ::usleep(20'000);
  }
  oci::TemporaryDirectory cache_;
  std::optional<TestContainer> box_;
};

TEST_F(PolicyContainer, TheDefaultIsWhatConfigJsonGives) {
  EXPECT_EQ(with(kGrow).run(), 0) << box_->output();
  EXPECT_EQ(box_->policy,
            "preopens=/:rw network=all environment=all memory=unlimited fuel=unlimited "
            "time=unlimited threads=unlimited; by config.json alone; second line: "
            "seccomp");
}

TEST_F(PolicyContainer, LinearMemoryIsBounded) {
  with(kGrow);
  rule("memory", "6400KiB");
  EXPECT_EQ(box_->run(), 1) << box_->output();
  EXPECT_NE(box_->refusals().find("refused: grow linear memory (1 times): annotation "
                                  "io.wasmedge.wasi.memory=6400KiB"),
            std::string::npos);
  with(kGrow);
  rule("memory", "6464KiB");  // 101 pages
  EXPECT_EQ(box_->run(), 0) << box_->output();

  with(command("\x41\7\x10\0"s, "wasi_snapshot_preview1", "proc_exit", "_start", "\0\x64"s));
  box_->ceilings = {{"node", "memory = \"1MiB\"\n"}};
  const std::string error = box_->create();
  EXPECT_NE(error.find("node: memory=1MiB"), std::string::npos) << error;
  EXPECT_NE(error.find("a memory of 6553600 bytes from the start, and may have 1048576"),
            std::string::npos)
      << error;
}

TEST_F(PolicyContainer, FuelIsBounded) {
  with(kForever);
  rule("fuel", "100000");
  EXPECT_EQ(box_->run(), 134);
  EXPECT_NE(box_->output().find("out of fuel"), std::string::npos) << box_->output();
  EXPECT_NE(box_->refusals().find("refused: run on: annotation io.wasmedge.wasi.fuel=100000"),
            std::string::npos);
  EXPECT_EQ(box_->compilations, 1);
  EXPECT_EQ(with(kExit7).run(), 7);
  with(kExit7);
  rule("fuel", "100000");
  EXPECT_EQ(box_->run(), 7) << box_->output();
  EXPECT_EQ(box_->compilations, 1) << "metered code is another artifact";
}

TEST_F(PolicyContainer, TimeIsBounded) {
  with(kForever).ceilings = {{"node", "time = \"200ms\"\n"}};
  EXPECT_EQ(box_->run(), 134);
  EXPECT_NE(box_->output().find("interrupted"), std::string::npos) << box_->output();
  EXPECT_NE(box_->refusals().find("refused: run on: node: time=200ms"), std::string::npos);
}

TEST_F(PolicyContainer, DirectoriesAreThoseOfTheRule) {
  with(kForever);
  fs::create_directories(box_->rootfs() + "/data/in");
  rule("preopens", "/data/in:ro");
  ASSERT_EQ(box_->create(), "wasm");
  EXPECT_TRUE(box_->policy.starts_with("preopens=/data/in:ro network=all")) << box_->policy;
  start_and_wait();
  EXPECT_EQ(descriptors(), (std::multiset<std::string>{"/data/in", "pipe"}));
  box_->kill(SIGTERM);
  EXPECT_EQ(box_->wait(), 143);
}

TEST_F(PolicyContainer, AnImagesLinkLeadsNowhere) {
  for (const auto& [target, path] : {std::pair("/", "/data"), std::pair("../bin", "/links/data"),
                                     std::pair("/proc/self/root", "/data")}) {
    with(kForever);
    fs::create_directories(box_->rootfs() + "/links");
    fs::create_symlink(target, box_->rootfs() + path);
    rule("preopens", std::string(path) + ":rw");
    const std::string error = box_->create();
    EXPECT_NE(error.find("with no symbolic link on the way"), std::string::npos) << error;
    EXPECT_NE(error.find("io.wasmedge.wasi.preopens"), std::string::npos) << error;
  }
  with(kForever).ceilings = {{"node", "preopens = \"/data:rw\"\n"}};
  fs::create_symlink("/", box_->rootfs() + "/data");
  ASSERT_EQ(box_->create(), "wasm");
  EXPECT_TRUE(box_->policy.starts_with("preopens=none ")) << box_->policy;
}

TEST_F(PolicyContainer, AnImagesEnvironmentMeansNothing) {
  with(kForever).ceilings = {{"node", "network = \"none\"\nmemory = \"1MiB\"\n"}};
  box_->config["process"]["env"] = {"io.wasmedge.wasi.network=all", "WASMEDGE_POLICY=/tmp/p.toml",
                                    "IO_WASMEDGE_WASI_MEMORY=1GiB", "WASMEDGE_PLUGIN_PATH=/evil"};
  fs::create_directories(box_->rootfs() + "/etc/wasmedge");
  oci::write_text(box_->rootfs() + "/etc/wasmedge/policy.toml", "network = \"all\"\n");
  ASSERT_EQ(box_->create(), "wasm");
  EXPECT_NE(box_->policy.find(" network=none "), std::string::npos) << box_->policy;
  EXPECT_NE(box_->policy.find(" memory=1 MiB "), std::string::npos) << box_->policy;
}

TEST_F(PolicyContainer, MistakesAreCreateErrors) {
  with(kForever);
  rule("network", "connect=db");
  EXPECT_EQ(box_->create(),
            "step policy: annotation io.wasmedge.wasi.network: character 11 (the end): expected "
            "\":\" and a "
            "port, such as :443 or :*");
  with(kForever);
  rule("preopens", "/nowhere:ro");
  EXPECT_NE(box_->create().find("the container must have a directory there"), std::string::npos);
}

TEST_F(PolicyContainer, NativeProgramsAreToldThatTheyCannotBeHeld) {
  with(kExit7).run_shell("exit 3");
  EXPECT_EQ(box_->run(), 3) << box_->output();
  with(kExit7).run_shell("exit 3");
  rule("network", "none");
  EXPECT_NE(box_->create().find("only a WebAssembly module can be held to this"),
            std::string::npos);
  with(kExit7).run_shell("exit 3");
  box_->ceilings = {{"node", "native = \"sandbox\"\n"}};
  EXPECT_NE(box_->create().find("this node runs WebAssembly modules only: node: native=sandbox"),
            std::string::npos);
  with(kExit7).run_shell("exit 3");
  box_->ceilings = {{"node", "native = \"sandbox\"\n"}};
  box_->config["annotations"]["io.kubernetes.cri.container-type"] = "sandbox";
  EXPECT_EQ(box_->run(), 3) << box_->output();
}

#if defined(__x86_64__)
/// Machine code of our own in a guest's process, as if a compiler's error had let its module make
/// some: one system call at a time, where its loop stood.
class Intruder {
 public:
  explicit Intruder(pid_t pid) : pid_(pid) {
    EXPECT_EQ(::ptrace(PTRACE_ATTACH, pid_, nullptr, nullptr), 0);
    EXPECT_EQ(::waitpid(pid_, nullptr, __WALL), pid_);
    EXPECT_EQ(::ptrace(PTRACE_GETREGS, pid_, nullptr, &saved_), 0);
    code_ = ::ptrace(PTRACE_PEEKTEXT, pid_, saved_.rip, nullptr);
    constexpr long kSyscall = 0x050f;
    EXPECT_EQ(::ptrace(PTRACE_POKETEXT, pid_, saved_.rip, (code_ & ~0xffffL) | kSyscall), 0);
  }
  ~Intruder() {
    ::ptrace(PTRACE_POKETEXT, pid_, saved_.rip, code_);
    ::ptrace(PTRACE_SETREGS, pid_, nullptr, &saved_);
    ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
  }
  Intruder(const Intruder&) = delete;
  Intruder& operator=(const Intruder&) = delete;

  /// The result, or -errno.
  long call(long number, long a = 0, long b = 0, long c = 0, long d = 0) {
    user_regs_struct registers = saved_;
    registers.rax = static_cast<unsigned long>(number);
    registers.rdi = static_cast<unsigned long>(a);
    registers.rsi = static_cast<unsigned long>(b);
    registers.rdx = static_cast<unsigned long>(c);
    registers.r10 = static_cast<unsigned long>(d);
    EXPECT_EQ(::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers), 0);
    EXPECT_EQ(::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr), 0);
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, __WALL), pid_);
    EXPECT_TRUE(WIFSTOPPED(status)) << status;
    EXPECT_EQ(::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers), 0);
    return static_cast<long>(registers.rax);
  }
  /// Puts text on the guest's stack, below what is in use.
  long text(const std::string& text) {
    const long at = static_cast<long>((saved_.rsp - 4096) & ~7UL);
    std::string padded = text;
    padded.resize((text.size() / 8 + 1) * 8);
    for (size_t i = 0; i < padded.size(); i += 8) {
      long word = 0;
      std::memcpy(&word, padded.data() + i, sizeof word);
      EXPECT_EQ(::ptrace(PTRACE_POKEDATA, pid_, at + static_cast<long>(i), word), 0);
    }
    return at;
  }

 private:
  pid_t pid_;
  user_regs_struct saved_{};
  long code_ = 0;
};

TEST_F(PolicyContainer, NativeCodeInTheGuestGetsNoMore) {
  with(kForever);
  for (const char* path : {"/data", "/secret"}) fs::create_directories(box_->rootfs() + path);
  oci::write_text(box_->rootfs() + "/data/file", "given");
  oci::write_text(box_->rootfs() + "/secret/file", "not given");
  rule("preopens", "/data:ro");
  rule("network", "none");
  rule("threads", "0");
  ASSERT_EQ(box_->create(), "wasm");
  const bool landlock = box_->policy.ends_with("seccomp and landlock");
  start_and_wait();
  {
    Intruder intruder(box_->pid());
    EXPECT_GT(intruder.call(SYS_getpid), 0) << "it does run";
    EXPECT_EQ(intruder.call(SYS_execve, intruder.text("/bin/busybox"), 0, 0), -EPERM);
    EXPECT_EQ(intruder.call(SYS_socket, AF_INET, SOCK_STREAM, 0), -EPERM);
    EXPECT_EQ(intruder.call(SYS_socket, AF_INET6, SOCK_DGRAM, 0), -EPERM);
    EXPECT_EQ(intruder.call(SYS_socket, AF_UNIX, SOCK_STREAM, 0), -EPERM);
    EXPECT_EQ(intruder.call(SYS_clone, SIGCHLD, 0, 0, 0), -EPERM);
    EXPECT_EQ(intruder.call(SYS_clone, 0x10f00, 0, 0, 0), -EPERM) << "a thread";
    EXPECT_EQ(intruder.call(SYS_mprotect, intruder.text("") & ~4095L, 4096, 7), -EPERM);
    EXPECT_EQ(intruder.call(SYS_ptrace, 0), -EPERM);
    EXPECT_EQ(intruder.call(SYS_unshare, 0x10000000), -EPERM);
    const auto open = [&](const std::string& path, int flags) {
      return intruder.call(SYS_openat, AT_FDCWD, intruder.text(path), flags);
    };
    if (landlock) {
      EXPECT_GT(open("/data/file", O_RDONLY), 2);
      EXPECT_EQ(open("/data/file", O_WRONLY), -EACCES);
      EXPECT_EQ(open("/secret/file", O_RDONLY), -EACCES);
      EXPECT_EQ(open("/app.wasm", O_RDONLY), -EACCES);
      EXPECT_EQ(open("/", O_RDONLY), -EACCES);
    } else {
      GTEST_LOG_(WARNING) << "no Landlock here: paths are the WASI host's to hold";
    }
  }
  box_->kill(SIGKILL);
  EXPECT_EQ(box_->wait(), 137);
}

TEST_F(PolicyContainer, NativeCodeConnectsToGrantedPortsOnly) {
  with(kForever);
  rule("network", "connect=127.0.0.1:9");
  ASSERT_EQ(box_->create(), "wasm");
  if (!box_->policy.ends_with("landlock")) GTEST_SKIP() << "no Landlock here";
  start_and_wait();
  {
    Intruder intruder(box_->pid());
    const auto connect = [&](char port) {
      const long socket = intruder.call(SYS_socket, AF_INET, SOCK_STREAM, 0);
      EXPECT_GT(socket, 2);
      const std::string address = "\2\0\0"s + port + "\x7f\0\0\1"s + std::string(8, '\0');
      return intruder.call(SYS_connect, socket, intruder.text(address), 16);
    };
    EXPECT_EQ(connect(10), -EACCES);
    EXPECT_NE(connect(9), -EACCES);
    EXPECT_EQ(intruder.call(SYS_execve, intruder.text("/bin/busybox"), 0, 0), -EPERM);
  }
  box_->kill(SIGKILL);
  EXPECT_EQ(box_->wait(), 137);
}
#endif

}  // namespace
}  // namespace wasmedge::init
