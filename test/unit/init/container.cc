#include "test/unit/init/container.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "runtime/cache/obtain.h"

namespace wasmedge::init {
namespace {

constexpr const char* kBusybox = "/bin/busybox";

nlohmann::json base_config() {
  return nlohmann::json::parse(R"json({
    "ociVersion": "1.1.0",
    "root": {"path": "rootfs"},
    "hostname": "contained",
    "process": {
      "user": {"uid": 0, "gid": 0},
      "args": ["/bin/sh"],
      "env": ["PATH=/bin"],
      "cwd": "/",
      "noNewPrivileges": true,
      "capabilities": {"bounding": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_CHOWN", "CAP_KILL"],
                       "effective": ["CAP_CHOWN", "CAP_KILL"]}
    },
    "mounts": [
      {"destination": "/proc", "type": "proc", "source": "proc",
       "options": ["nosuid", "noexec", "nodev"]},
      {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
       "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
      {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
       "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
      {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
       "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
      {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
       "options": ["nosuid", "noexec", "nodev"]},
      {"destination": "/sys", "type": "sysfs", "source": "sysfs",
       "options": ["nosuid", "noexec", "nodev", "ro"]},
      {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
       "options": ["ro", "nosuid", "noexec", "nodev"]}
    ],
    "linux": {
      "namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"},
                     {"type": "network"}],
      "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/acpi", "/sys/firmware", "/no/such/path"],
      "readonlyPaths": ["/proc/sys", "/proc/bus"],
      "resources": {"devices": [{"allow": false, "access": "rwm"}]}
    }
  })json");
}

/// Opened once, as the shim does.
int init_program() {
  static const Fd program = [] {
    auto opened = oci::open_program(WASMEDGE_INIT);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }();
  return program.get();
}

}  // namespace

std::string cannot_contain() {
  if (::geteuid() != 0) return "needs root: containers are made";
  if (::access(kBusybox, X_OK) != 0) return "needs /bin/busybox (package busybox-static)";
  return {};
}

TestContainer::TestContainer() : config(base_config()) {
  namespace fs = std::filesystem;
  fs::permissions(directory_.path(), fs::perms(0755));
  fs::create_directories(rootfs() + "/bin");
  fs::copy_file(kBusybox, rootfs() + "/bin/busybox");
  for (const char* name : {"sh",   "cat",   "ls",    "id",   "hostname", "sleep",    "stat",
                           "grep", "mount", "touch", "echo", "pwd",      "readlink", "true",
                           "head", "kill",  "test",  "ps",   "sed",      "dd",       "mkdir"}) {
    fs::create_symlink("busybox", rootfs() + "/bin/" + name);
  }
}

TestContainer::~TestContainer() {
  if (launched_ && !reaped_) {
    ::kill(launched_->pid, SIGKILL);
    wait();
  }
  if (!cgroup_) return;
  const auto removed = cgroup_->remove(5'000);
  EXPECT_TRUE(removed) << removed.error().message;
}

oci::ControlMessage TestContainer::converse(int socket) {
  for (;;) {
    auto received = oci::receive_control(socket);
    if (!received || !*received) {
      const Error gone{ErrorCode::kInternal, "(gone without a message)"};
      return {static_cast<uint32_t>(Control::kError), oci::encode_error(gone), Fd()};
    }
    oci::ControlMessage message = std::move(**received);
    if (message.kind == static_cast<uint32_t>(Control::kHooks)) {
      if (on_hooks) on_hooks();
      EXPECT_TRUE(oci::send_control(socket, static_cast<uint32_t>(Control::kResume)));
    } else if (message.kind == static_cast<uint32_t>(Control::kTerminal)) {
      output_end_ = std::move(message.fd);
    } else if (message.kind == static_cast<uint32_t>(Control::kImage)) {  // it is no artifact
      EXPECT_TRUE(oci::send_control(socket, static_cast<uint32_t>(Control::kModule)));
    } else if (message.kind == static_cast<uint32_t>(Control::kFind)) {
      cache::Key key;
      EXPECT_EQ(message.payload.size(), key.digest.size());
      std::memcpy(key.digest.data(), message.payload.data(), key.digest.size());
      auto found = cache::Store::open(cache)->lookup(key);
      EXPECT_TRUE(oci::send_control(socket, static_cast<uint32_t>(Control::kFound), {},
                                    *found ? (*found)->get() : -1));
    } else if (message.kind == static_cast<uint32_t>(Control::kCompile) ||
               message.kind == static_cast<uint32_t>(Control::kCompileMetered)) {
      ++compilations;
      auto job = cache::start(
          {.compiler = WASMEDGE_COMPILER,
           .cache_directory = cache,
           .module = message.fd.get(),
           .name = message.payload,
           .metered = message.kind == static_cast<uint32_t>(Control::kCompileMetered)});
      EXPECT_TRUE(job) << job.error().message;
      auto compiled = cache::finish(*job);
      EXPECT_TRUE(oci::send_control(socket, static_cast<uint32_t>(Control::kCompiled),
                                    compiled ? std::string() : oci::encode_error(compiled.error()),
                                    compiled ? compiled->artifact.get() : -1));
    } else {
      return message;
    }
  }
}

std::string TestContainer::create() {
  oci::write_text(bundle() + "/config.json", config.dump());
  auto spec = oci::parse_spec(config.dump());
  if (!spec) return spec.error().message;
  auto roots = oci::find_cgroup_roots();
  EXPECT_TRUE(roots);
  static int number = 0;
  auto group = oci::Cgroup::create(
      *roots, fmt::format("/wasmedge-unit-test-{}-{}", ::getpid(), ++number), spec->resources);
  if (!group) return group.error().message;
  cgroup_ = std::move(*group);

  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  output_end_.reset(ends[0]);
  const Fd writer(ends[1]);
  Fd cache_fd;
  if (!cache.empty()) cache_fd = *open_file(cache, O_RDONLY | O_DIRECTORY);
  auto launched = oci::launch({.spec = &*spec,
                               .id = "unit-test",
                               .bundle = bundle(),
                               .rootfs_mounts = mounts,
                               .cgroup = &*cgroup_,
                               .program = init_program(),
                               .stdout_fd = writer.get(),
                               .stderr_fd = writer.get(),
                               .cache = cache_fd.get(),
                               .extra = policy::encode(ceilings)});
  if (!launched) return launched.error().message;
  launched_ = std::move(*launched);
  oci::ControlMessage message = converse(launched_->control.get());
  if (message.kind == static_cast<uint32_t>(Control::kReady)) {
    Readiness ready = decode_readiness(message.payload);
    policy = std::move(ready.policy);
    refusals_ = std::move(message.fd);
    is_module_ = ready.kind == "wasm";
    return ready.kind;
  }
  return oci::decode_error(message.payload).message;
}

std::pair<int, std::string> TestContainer::exec(const std::vector<std::string>& args) {
  const nlohmann::json process = {{"args", args}, {"cwd", "/"}, {"env", {"PATH=/bin"}}};
  auto spec = oci::parse_spec(config.dump());
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  Fd cache_fd;
  if (!cache.empty()) cache_fd = *open_file(cache, O_RDONLY | O_DIRECTORY);
  auto launched = oci::launch({.spec = &*spec,
                               .id = "unit-test",
                               .bundle = bundle(),
                               .rootfs_mounts = {},
                               .cgroup = &*cgroup_,
                               .program = init_program(),
                               .stdout_fd = writer.get(),
                               .stderr_fd = writer.get(),
                               .cache = cache_fd.get(),
                               .extra = policy::encode(ceilings),
                               .join = pid(),
                               .process = process.dump(),
                               .beside_module = is_module_});
  if (!launched) return {-1, launched.error().message};
  writer.reset();
  oci::ControlMessage message = converse(launched->control.get());
  const bool ready = message.kind == static_cast<uint32_t>(Control::kReady);
  std::string said = ready ? "" : oci::decode_error(message.payload).message;
  if (ready) {
    EXPECT_TRUE(oci::send_control(launched->control.get(), static_cast<uint32_t>(Control::kStart)));
    auto all = read_all(reader.get(), size_t{1} << 20, "pipe");
    said = all ? *all : all.error().message;
  } else {
    ::kill(launched->pid, SIGKILL);
  }
  int status = 0;
  while (::waitpid(launched->pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ready) return {-1, said};
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), said};
}

void TestContainer::map_users(unsigned host_id, bool give_files_away) {
  config["linux"]["namespaces"].push_back({{"type", "user"}});
  for (const char* map : {"uidMappings", "gidMappings"}) {
    config["linux"][map] = {{{"containerID", 0}, {"hostID", host_id}, {"size", 65'536}}};
  }
  if (!give_files_away) return;
  EXPECT_EQ(::chown(rootfs().c_str(), host_id, host_id), 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(rootfs())) {
    EXPECT_EQ(::lchown(entry.path().c_str(), host_id, host_id), 0);
  }
}

std::string TestContainer::refusals() {
  std::array<char, 65536> buffer{};
  const ssize_t size = ::read(refusals_.get(), buffer.data(), buffer.size());
  return {buffer.data(), size > 0 ? static_cast<size_t>(size) : 0};
}

void TestContainer::start() {
  EXPECT_TRUE(oci::send_control(launched_->control.get(), static_cast<uint32_t>(Control::kStart)));
}

void TestContainer::kill(int signal) const {
  EXPECT_EQ(::kill(launched_->pid, signal), 0);
}

int TestContainer::wait() {
  // A test that hangs would take the whole run with it.
  pollfd end{launched_->pidfd.get(), POLLIN, 0};
  pollfd data{output_end_.get(), POLLIN, 0};
  const auto take_output = [&] {
    char buffer[4096];
    const ssize_t count = ::read(output_end_.get(), buffer, sizeof buffer);
    if (count > 0) output_.append(buffer, static_cast<size_t>(count));
    return count > 0;
  };
  for (int idle = 0; ::poll(&end, 1, 10) == 0 && idle < 3'000; ++idle) {
    while (::poll(&data, 1, 0) > 0 && (data.revents & POLLIN) != 0 && take_output()) {
    }
  }
  if (::poll(&end, 1, 0) == 0) {
    ADD_FAILURE() << "the container did not end in 30 s; so far it said: " << output_;
    ::kill(launched_->pid, SIGKILL);
  }
  int status = 0;
  while (::waitpid(launched_->pid, &status, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  while (take_output()) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int TestContainer::run() {
  const std::string created = create();
  if (created != "native" && created != "wasm") {
    ADD_FAILURE() << created;
    return -1;
  }
  start();
  return wait();
}

}  // namespace wasmedge::init
