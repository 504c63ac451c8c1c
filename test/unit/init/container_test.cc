#include "test/unit/init/container.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "oci/text.h"
#include "test/unit/temporary_directory.h"

/// Native programs in real containers: what the spec asks for is what the program finds.
namespace wasmedge::init {
namespace {

namespace fs = std::filesystem;
using oci::write_text;

class Container : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = cannot_contain(); !reason.empty()) GTEST_SKIP() << reason;
    container_.emplace();
  }
  TestContainer& box() { return *container_; }
  nlohmann::json& config() { return container_->config; }
  /// The output of a script that ends with status 0.
  std::string shell(const std::string& script) {
    box().run_shell(script);
    EXPECT_EQ(box().run(), 0) << box().output();
    return box().output();
  }
  /// The error of a create that fails.
  std::string refused() {
    const std::string message = box().create();
    EXPECT_NE(message, "native");
    return message;
  }
  std::optional<TestContainer> container_;
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(Container, HasItsNamespacesAndNames) {
  EXPECT_EQ(shell("hostname; echo $$; ls /proc/1/root >/dev/null && echo seen; pwd"),
            "contained\n1\nseen\n/\n");
}

TEST_F(Container, SeesOnlyItsRoot) {
  const std::string mounts = shell("cat /proc/self/mountinfo");
  for (const std::string_view line : oci::split(mounts, '\n')) {
    const auto fields = oci::split(line, ' ');
    if (fields.size() < 5) continue;
    const std::string_view point = fields[4];
    EXPECT_TRUE(point == "/" || point.starts_with("/proc") || point.starts_with("/dev") ||
                point.starts_with("/sys"))
        << line;
  }
}

TEST_F(Container, HasTheUsualDevices) {
  EXPECT_EQ(
      shell("for d in null zero full random urandom tty; do stat -c '%n %t:%T %a' /dev/$d; done;"
            "for l in fd stdin ptmx; do readlink /dev/$l; done; echo x > /dev/null; "
            "test -e /dev/console || echo no console"),
      "/dev/null 1:3 666\n/dev/zero 1:5 666\n/dev/full 1:7 666\n/dev/random 1:8 666\n"
      "/dev/urandom 1:9 666\n/dev/tty 5:0 666\n/proc/self/fd\n/proc/self/fd/0\npts/ptmx\n"
      "no console\n");
}

TEST_F(Container, ATerminal) {
  config()["process"]["terminal"] = true;
  config()["process"]["consoleSize"] = {{"height", 40}, {"width", 120}};
  config()["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
  EXPECT_EQ(
      shell("busybox tty; busybox stty size; echo by tty > /dev/tty;"
            "stat -c '%t:%T %u:%g %a' /dev/pts/0 /dev/console; echo by console > /dev/console"),
      "/dev/pts/0\r\n40 120\r\nby tty\r\n88:0 1000:5 620\r\n88:0 1000:5 620\r\n"
      "by console\r\n");
}

TEST_F(Container, MasksAndReadOnlyPaths) {
  EXPECT_EQ(shell("head -c 1 /proc/kcore 2>/dev/null; ls /sys/firmware; ls /proc/acpi 2>/dev/null;"
                  "stat -c %t:%T /proc/keys;"
                  "echo 1 2>/dev/null > /proc/sys/kernel/hostname || echo read-only;"
                  "touch /sys/x 2>/dev/null || echo sysfs read-only"),
            "1:3\nread-only\nsysfs read-only\n");
}

TEST_F(Container, HasTheCapabilitiesOfTheSpec) {
  EXPECT_EQ(shell("grep -E '^(Cap|NoNewPrivs)' /proc/self/status"),
            "CapInh:\t0000000000000000\nCapPrm:\t0000000000000021\nCapEff:\t0000000000000021\n"
            "CapBnd:\t0000000000000021\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
}

TEST_F(Container, AmbientCapabilitiesReachAnotherUser) {
  for (const char* set : {"permitted", "effective", "inheritable", "bounding", "ambient"}) {
    config()["process"]["capabilities"][set] = {"CAP_KILL", "CAP_OF_TOMORROW"};
  }
  config()["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
  EXPECT_EQ(shell("grep -E '^Cap(Eff|Amb|Bnd)' /proc/self/status"),
            "CapEff:\t0000000000000020\nCapBnd:\t0000000000000020\nCapAmb:\t0000000000000020\n");
}

TEST_F(Container, RunsAsTheUser) {
  config()["process"]["user"] = {
      {"uid", 1000}, {"gid", 1001}, {"additionalGids", {7, 8}}, {"umask", 0077}};
  EXPECT_EQ(shell("id -u; id -g; id -G; grep -E '^Cap(Eff|Prm)' /proc/self/status; umask"),
            "1000\n1001\n1001 7 8\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n0077\n");
}

TEST_F(Container, HasTheLimitsOfTheSpec) {
  config()["process"]["rlimits"] = {{{"type", "RLIMIT_NOFILE"}, {"soft", 100}, {"hard", 200}}};
  config()["process"]["oomScoreAdj"] = 500;
  EXPECT_EQ(shell("ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj"), "100\n200\n500\n");
}

TEST_F(Container, InheritsNoDescriptor) {
  const int leak = ::dup(0);                                  // without O_CLOEXEC
  EXPECT_EQ(shell("exec ls /proc/self/fd"), "0\n1\n2\n3\n");  // 3: ls reads the directory
  ::close(leak);
}

TEST_F(Container, ItsOwnProgramCannotBeOverwritten) {
  // What /proc/1/exe was before the execve: wasmedge-init, through a read-only mount.
  // A copy: an open for writing says that a file is being executed before it says anything else.
  const test::TemporaryDirectory directory;
  fs::copy_file(WASMEDGE_INIT, directory.at("init"));
  const auto program = oci::open_program(directory.at("init"));
  ASSERT_TRUE(program) << program.error().message;
  const auto writable =
      open_file(fmt::format("/proc/self/fd/{}", program->get()), O_WRONLY | O_NONBLOCK);
  ASSERT_FALSE(writable);
  EXPECT_TRUE(contains(writable.error().message, "Read-only file system"))
      << writable.error().message;
}

TEST_F(Container, StatusesAndSignals) {
  box().run_shell("exit 7");
  EXPECT_EQ(box().run(), 7);
  container_.emplace();
  box().run_shell("kill -USR1 $$; exec sleep 60");  // pid 1 ignores it, as native ones do
  ASSERT_EQ(box().create(), "native");
  box().start();
  box().kill(SIGKILL);
  EXPECT_EQ(box().wait(), 128 + SIGKILL);
}

TEST_F(Container, ATermBeforeStartEndsIt) {
  ASSERT_EQ(box().create(), "native");
  box().kill(SIGTERM);
  EXPECT_EQ(box().wait(), 128 + SIGTERM);
}

TEST_F(Container, AShimThatGoesAwayEndsIt) {
  ASSERT_EQ(box().create(), "native");
  box().hang_up();
  EXPECT_EQ(box().wait(), 1);
}

TEST_F(Container, MemoryLimitKills) {
  config()["linux"]["resources"]["memory"] = {{"limit", 16 << 20}, {"swap", 16 << 20}};
  box().run_shell("dd if=/dev/zero of=/dev/null bs=64M count=1; exit $?");
  EXPECT_NE(box().run(), 0);
  EXPECT_EQ(box().cgroup().oom_kills(), 1u);
}

TEST_F(Container, IsInItsControlGroups) {
  const std::string groups = shell("cat /proc/self/cgroup");
  for (const std::string_view line : oci::split(groups, '\n')) {
    if (line.empty() || (line.starts_with("0::") && !box().cgroup().is_unified())) continue;
    EXPECT_TRUE(line.ends_with(box().cgroup().path())) << line;
  }
}

TEST_F(Container, SeesItsControlGroups) {
  const std::string mounts = shell("grep cgroup /proc/self/mountinfo");
  EXPECT_TRUE(contains(mounts, "/sys/fs/cgroup"));
  EXPECT_FALSE(contains(mounts, " rw,nosuid")) << mounts;
  container_.emplace();
  config()["linux"]["namespaces"].push_back({{"type", "cgroup"}});
  const std::string groups = shell("cat /proc/self/cgroup; ls /sys/fs/cgroup >/dev/null");
  EXPECT_FALSE(contains(groups, box().cgroup().path())) << groups;
}

TEST_F(Container, BindMounts) {
  const oci::TemporaryDirectory host;
  write_text(host.path() + "/file", "from the host");
  fs::create_directories(host.path() + "/sub");
  config()["mounts"].push_back({{"destination", "/rw"},
                                {"source", host.path()},
                                {"type", "bind"},
                                {"options", {"rbind", "rprivate"}}});
  config()["mounts"].push_back(
      {{"destination", "/ro/deep"}, {"source", host.path()}, {"options", {"rbind", "ro"}}});
  config()["mounts"].push_back({{"destination", "/etc/file"},
                                {"source", host.path() + "/file"},
                                {"options", {"bind", "ro"}}});
  EXPECT_EQ(shell("cat /etc/file; echo; touch /rw/new && echo written;"
                  "touch /ro/deep/x 2>/dev/null || echo refused;"
                  "echo x 2>/dev/null > /etc/file || echo refused"),
            "from the host\nwritten\nrefused\nrefused\n");
  EXPECT_TRUE(fs::exists(host.path() + "/new"));
}

TEST_F(Container, ReadOnlyRoot) {
  config()["root"]["readonly"] = true;
  EXPECT_EQ(shell("touch /x 2>/dev/null || echo refused; touch /dev/shm/x && echo tmpfs works"),
            "refused\ntmpfs works\n");
}

TEST_F(Container, WorkingDirectoryIsMade) {
  config()["process"]["cwd"] = "/x/../made/here";
  EXPECT_EQ(shell("pwd"), "/made/here\n");
}

TEST_F(Container, OverlayRootLeavesNoMount) {
  const oci::TemporaryDirectory layers;
  for (const char* name : {"upper", "work"}) fs::create_directory(layers.path() + "/" + name);
  fs::rename(box().rootfs(), layers.path() + "/lower");
  fs::create_directory(box().rootfs());
  box().mounts = {{"",
                   "overlay",
                   "overlay",
                   {"lowerdir=" + layers.path() + "/lower", "upperdir=" + layers.path() + "/upper",
                    "workdir=" + layers.path() + "/work"}}};
  box().run_shell("touch /new; exec sleep 60");
  ASSERT_EQ(box().create(), "native");
  box().start();
  EXPECT_FALSE(contains(*read_file("/proc/self/mountinfo", 1 << 24), layers.path()));
  for (int i = 0; i < 500 && !fs::exists(layers.path() + "/upper/new"); ++i) ::usleep(10'000);
  EXPECT_TRUE(fs::exists(layers.path() + "/upper/new"));
  box().kill(SIGKILL);
  EXPECT_EQ(box().wait(), 128 + SIGKILL);
}

TEST_F(Container, JoinsNamespaces) {
  box().run_shell("exec sleep 60");
  ASSERT_EQ(box().create(), "native");
  box().start();
  TestContainer second;
  const auto join = [&](const char* type, const char* name) {
    return nlohmann::json{{"type", type},
                          {"path", fmt::format("/proc/{}/ns/{}", box().pid(), name)}};
  };
  second.config["linux"]["namespaces"] = {join("network", "net"),
                                          join("ipc", "ipc"),
                                          join("uts", "uts"),
                                          join("pid", "pid"),
                                          {{"type", "mount"}}};
  second.config.erase("hostname");
  second.run_shell(
      "hostname; readlink /proc/self/ns/net; readlink /proc/1/ns/net; "
      "kill -0 1 && echo sees pid 1; test $$ != 1 && echo is another");
  EXPECT_EQ(second.run(), 0);
  const std::string net = fs::read_symlink(fmt::format("/proc/{}/ns/net", box().pid()));
  EXPECT_EQ(second.output(), "contained\n" + net + "\n" + net + "\nsees pid 1\nis another\n");
  box().kill(SIGKILL);
  EXPECT_EQ(box().wait(), 128 + SIGKILL);
}

TEST_F(Container, UserNamespace) {
  box().map_users(100'000);
  // sysfs and cgroup views belong to who owns their namespaces: here, the container.
  EXPECT_EQ(
      shell("id -u; sed 's/ \\+/ /g' /proc/self/uid_map; touch /x; echo > /dev/null; echo ok"),
      "0\n 0 100000 65536\nok\n");
  struct stat status{};
  ASSERT_EQ(::stat((box().rootfs() + "/x").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 100'000u);
}

/// As containerd keeps layers: in directories that root alone may search, owned by the host's ids.
TEST_F(Container, UserNamespaceOnLayersOfTheHostsRoot) {
  const oci::TemporaryDirectory layers, volume;
  fs::permissions(layers.path(), fs::perms(0700));
  for (const char* name : {"/upper", "/work"}) fs::create_directory(layers.path() + name);
  ASSERT_EQ(::chown((layers.path() + "/upper").c_str(), 100'000, 100'000), 0);
  fs::rename(box().rootfs(), layers.path() + "/lower");
  fs::create_directory(box().rootfs());
  box().mounts = {
      {"",
       "overlay",
       "overlay",
       {"lowerdir=" + layers.path() + "/lower", "upperdir=" + layers.path() + "/upper",
        "workdir=" + layers.path() + "/work", "uidmap=0:100000:65536", "gidmap=0:100000:65536"}}};
  box().map_users(100'000, false);
  write_text(volume.path() + "/file", "of the host\n");
  ASSERT_EQ(::chown((volume.path() + "/file").c_str(), 7, 7), 0);
  fs::permissions(volume.path(), fs::perms(0700));
  config()["mounts"].push_back({{"destination", "/volume"},
                                {"type", "bind"},
                                {"source", volume.path()},
                                {"options", {"rbind", "ridmap"}}});
  EXPECT_EQ(shell("stat -c %u /bin/busybox /volume/file; cat /volume/file; touch /new /volume/new"),
            "0\n7\nof the host\n");
  struct stat status{};
  ASSERT_EQ(::stat((layers.path() + "/upper/new").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 100'000u);
  ASSERT_EQ(::stat((volume.path() + "/new").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0u);
}

TEST_F(Container, AnIdMapThatIsWrongIsNamed) {
  box().map_users(100'000);
  box().mounts = {{"", "bind", box().rootfs(), {"rbind", "uidmap=0:x:1", "gidmap=0:1:1"}}};
  EXPECT_TRUE(contains(refused(), "\"0:x:1\" is no map of ids"));
  container_.emplace();
  config()["mounts"].push_back({{"destination", "/volume"},
                                {"type", "bind"},
                                {"source", "/etc"},
                                {"options", {"rbind", "idmap"}}});
  EXPECT_TRUE(contains(refused(), "mount /etc at /volume: option idmap: uidMappings"));
}

TEST_F(Container, SeccompHolds) {
  config()["linux"]["seccomp"] = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"syscalls",
       {{{"names", {"mkdir", "mkdirat"}}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", 95}}}}};
  EXPECT_EQ(
      shell("mkdir /x 2>&1 | grep -c 'not supported'; grep -c 'Seccomp:.2' /proc/self/status"),
      "1\n1\n");
  container_.emplace();
  // Without no_new_privs the filter is installed while we still may.
  config()["process"]["noNewPrivileges"] = false;
  config()["linux"]["seccomp"] = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"syscalls", {{{"names", {"mkdir", "mkdirat"}}, {"action", "SCMP_ACT_ERRNO"}}}}};
  EXPECT_EQ(shell("mkdir /x 2>/dev/null || grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status"),
            "NoNewPrivs:\t0\nSeccomp:\t2\n");
}

TEST_F(Container, HooksRunInTheirPlaces) {
  bool called = false;
  const std::string marker = box().bundle() + "/marker";
  config()["hooks"]["prestart"] = {{{"path", "/bin/true"}}};
  config()["hooks"]["createContainer"] = {
      {{"path", "/bin/sh"}, {"args", {"sh", "-c", "cat > " + marker}}}};
  config()["hooks"]["startContainer"] = {
      {{"path", "/bin/sh"}, {"args", {"sh", "-c", "echo started > /started"}}}};
  box().on_hooks = [&] { called = fs::exists(fmt::format("/proc/{}/ns/net", box().pid())); };
  EXPECT_EQ(shell("cat /started"), "started\n");
  EXPECT_TRUE(called);
  EXPECT_TRUE(contains(*read_file(marker, 65'536), "\"status\":\"creating\""));
}

TEST_F(Container, NamespacedSysctls) {
  config()["linux"]["sysctl"] = {{"kernel.msgmax", "9000"}, {"net.ipv4.ip_forward", "1"}};
  EXPECT_EQ(shell("cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward"), "9000\n1\n");
}

TEST_F(Container, HostileMountDestinations) {
  const oci::TemporaryDirectory outside, source;
  write_text(source.path() + "/file", "mounted");
  fs::create_symlink(outside.path(), box().rootfs() + "/data");
  fs::create_symlink("../../../../../../../../.." + outside.path(), box().rootfs() + "/up");
  config()["mounts"].push_back(
      {{"destination", "/data"}, {"source", source.path()}, {"options", {"rbind"}}});
  const std::string message = refused();
  EXPECT_TRUE(contains(message, "dangling symbolic link")) << message;
  EXPECT_TRUE(fs::is_empty(outside.path()));

  container_.emplace();
  fs::create_directories(box().rootfs() + "/inside");
  fs::create_symlink("/inside", box().rootfs() + "/data");
  config()["mounts"].push_back(
      {{"destination", "/data"}, {"source", source.path()}, {"options", {"rbind"}}});
  EXPECT_EQ(shell("cat /inside/file"), "mounted");
}

TEST_F(Container, KernelFilesystemsGoWhereTheyBelong) {
  fs::create_directories(box().rootfs() + "/fake");
  fs::create_symlink("/fake", box().rootfs() + "/proc");
  EXPECT_TRUE(contains(refused(), "goes through a symbolic link"));
  container_.emplace();
  fs::create_directories(box().rootfs() + "/fake");
  fs::create_symlink("/fake", box().rootfs() + "/dev");
  EXPECT_TRUE(contains(refused(), "goes through a symbolic link"));
  container_.emplace();
  // Without a tmpfs on it, the image's own /dev is used, and what it has there is looked at.
  fs::create_directories(box().rootfs() + "/dev");
  write_text(box().rootfs() + "/dev/null", "not a device");
  auto& mounts = config()["mounts"];
  for (size_t i = mounts.size(); i-- > 0;) {
    if (mounts[i]["destination"].get<std::string>().starts_with("/dev")) mounts.erase(i);
  }
  EXPECT_TRUE(contains(refused(), "/dev/null: the image has something else there"));
}

TEST_F(Container, CreateErrorsSayWhatToChange) {
  const auto error_with = [&](auto change) {
    container_.emplace();
    change(config());
    return refused();
  };
  using Json = nlohmann::json;
  EXPECT_EQ(error_with(
                [](Json& c) { c["process"]["consoleSize"] = {{"height", 70'000}, {"width", 80}}; }),
            "config.json: process.consoleSize.height: 70000 is out of range (0 to 65535)");
  EXPECT_EQ(error_with([](Json& c) { c["process"]["args"] = {"/no/such"}; }),
            "step find: entry point \"/no/such\": executable file not found in the image; looked "
            "at /no/such");
  EXPECT_EQ(error_with([](Json& c) {
              c["mounts"].push_back(
                  {{"destination", "/x"}, {"source", "/no/such"}, {"options", {"bind"}}});
            }),
            "step mount: mount /no/such at /x: source: /no/such: No such file or directory");
  EXPECT_EQ(
      error_with([](Json& c) { c["mounts"].push_back({{"destination", "/x"}, {"type", "nofs"}}); }),
      "step mount: mount nofs at /x: the kernel knows no filesystem \"nofs\"");
  EXPECT_TRUE(contains(
      error_with([](Json& c) {
        c["mounts"].push_back(
            {{"destination", "/x"}, {"type", "tmpfs"}, {"source", "t"}, {"options", {"sice=1"}}});
      }),
      "tmpfs option sice=1"));
  EXPECT_TRUE(contains(error_with([](Json& c) { c["linux"]["sysctl"] = {{"kernel.panic", "1"}}; }),
                       "kernel.panic is not a setting of a namespace"));
  EXPECT_TRUE(
      contains(error_with([](Json& c) { c["linux"]["namespaces"][0]["path"] = "/proc/1/ns/none"; }),
               "config.json: linux.namespaces: open /proc/1/ns/none"));
  EXPECT_EQ(error_with([](Json& c) { c["linux"]["namespaces"][0]["path"] = "/proc/self/ns/net"; }),
            "config.json: linux.namespaces: join /proc/self/ns/net: Invalid argument");
  EXPECT_TRUE(contains(error_with([](Json& c) { c["process"]["apparmorProfile"] = "none-such"; }),
                       "apparmorProfile"));
  EXPECT_TRUE(contains(error_with([](Json& c) { c["linux"]["rootfsPropagation"] = "odd"; }),
                       "rootfsPropagation: \"odd\""));
}

TEST_F(Container, AScriptWithoutInterpreterSaysSo) {
  write_text(box().rootfs() + "/script", "#!/no/such/interpreter\n", 0755);
  config()["process"]["args"] = {"/script"};
  EXPECT_EQ(box().run(), 127);
  EXPECT_EQ(box().output(), "wasmedge-init: execute /script: No such file or directory\n");
}

}  // namespace
}  // namespace wasmedge::init
