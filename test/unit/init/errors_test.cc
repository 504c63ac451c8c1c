#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "test/unit/init/container.h"
#include "test/unit/init/module.h"

/// What a Create that fails says: the step, the object, errno's text. What to do is test/unit/oci's
/// phase_test's business.
namespace wasmedge::init {
namespace {

struct Fault {
  const char* name;
  std::function<void(TestContainer&)> spoil;
  std::vector<std::string> says;  // the first is the beginning
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

void write(const std::string& path, const std::string& content) {
  std::ofstream(path) << content;
}

/// A module in place of the shell.
void run_module(TestContainer& box, const std::string& module) {
  write(box.rootfs() + "/app.wasm", module);
  box.config["process"]["args"] = {"/app.wasm"};
}

const std::vector<Fault> kFaults = {
    {"MountSourceMissing",
     [](TestContainer& box) {
       box.config["mounts"].push_back(
           {{"destination", "/data"}, {"source", "/no/such"}, {"options", {"rbind"}}});
     },
     {"step mount: ", "/no/such at /data", "No such file or directory"}},
    {"MountOfAFileOnADirectory",
     [](TestContainer& box) {
       box.config["mounts"].push_back(
           {{"destination", "/bin"}, {"source", "/etc/passwd"}, {"options", {"bind"}}});
     },
     {"step mount: ", "/etc/passwd at /bin", "the source: Not a directory"}},
    {"UnknownFilesystem",
     [](TestContainer& box) {
       box.config["mounts"].push_back({{"destination", "/data"}, {"type", "moonfs"}});
     },
     {"step mount: ", "at /data", "moonfs"}},
    {"RootfsMissing",
     [](TestContainer& box) { box.config["root"]["path"] = "gone"; },
     {"step rootfs: ", "/gone", "No such file or directory"}},
    {"RootfsLayerMissing",
     [](TestContainer& box) {
       box.mounts = {{"", "overlay", "overlay", {"lowerdir=/no/such/layer:/no/such/other"}}};
     },
     {"step rootfs: ", "overlay", "No such file or directory"}},
    {"WorkingDirectoryIsAFile",
     [](TestContainer& box) { box.config["process"]["cwd"] = "/bin/busybox/x"; },
     {"step rootfs: ", "process.cwd", "Not a directory"}},
    {"NoSuchProgram",
     [](TestContainer& box) { box.config["process"]["args"] = {"/bin/none"}; },
     {"step find: ", "/bin/none", "not found in the image"}},
    {"ProgramNotForThisUser",
     [](TestContainer& box) {
       std::filesystem::permissions(box.rootfs() + "/bin/busybox", std::filesystem::perms(0700));
       box.config["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
     },
     {"step find: ", "/bin/sh", "permission denied: user 1000:1000"}},
    {"NeitherWasmNorNative",
     [](TestContainer& box) { run_module(box, "hello"); },
     {"step find: ", "/app.wasm", "neither"}},
    {"BrokenModule",
     [](TestContainer& box) { run_module(box, kExit7.substr(0, kExit7.size() - 3)); },
     {"step compile: ", "/app.wasm", "offset"}},
    {"UnknownImport",
     [](TestContainer& box) { run_module(box, command("\x41\7\x10\0"s, "moon", "orbit")); },
     {"step link: ", "moon", "orbit"}},
    {"PolicyOfAWrongValue",
     [](TestContainer& box) { box.config["annotations"] = {{"io.wasmedge.wasi.memory", "much"}}; },
     {"step policy: ", "io.wasmedge.wasi.memory", "much"}},
    {"PolicyOnANativeProgram",
     [](TestContainer& box) { box.config["annotations"] = {{"io.wasmedge.wasi.network", "none"}}; },
     {"step policy: ", "io.wasmedge.wasi.network", "native"}},
    {"SeccompUnknownAction",
     [](TestContainer& box) {
       box.config["linux"]["seccomp"] = {{"defaultAction", "SCMP_ACT_MOON"}};
     },
     {"step seccomp: ", "SCMP_ACT_MOON"}},
    {"SysctlUnknown",
     [](TestContainer& box) { box.config["linux"]["sysctl"] = {{"net.moon", "1"}}; },
     {"step sandbox: ", "net/moon", "No such file or directory"}},
    {"HookFails",
     [](TestContainer& box) {
       box.config["hooks"]["createContainer"] = {
           {{"path", "/bin/sh"}, {"args", {"sh", "-c", "echo no moon >&2; exit 3"}}}};
     },
     {"step hooks: ", "hooks.createContainer[0]", "status 3", "no moon"}},
    {"HookMissing",
     [](TestContainer& box) {
       box.config["hooks"]["createContainer"] = {{{"path", "/no/such/hook"}}};
     },
     {"step hooks: ", "/no/such/hook", "No such file or directory"}},
    {"UserOfANumberThatMeansUnchanged",
     [](TestContainer& box) { box.config["process"]["user"]["uid"] = ~uint32_t{0}; },
     {"step user: ", "process.user.uid", "4294967295 is no id"}},
    {"GroupOfANumberThatMeansUnchanged",
     [](TestContainer& box) { box.config["process"]["user"]["gid"] = ~uint32_t{0}; },
     {"step user: ", "process.user.gid", "4294967295 is no id"}},
    {"UserWithoutMapping",
     [](TestContainer& box) {
       box.config["linux"]["namespaces"].push_back({{"type", "user"}});
       const nlohmann::json map = {{{"containerID", 0}, {"hostID", 0}, {"size", 10}}};
       box.config["linux"]["uidMappings"] = map;
       box.config["linux"]["gidMappings"] = map;
       box.config["process"]["user"] = {{"uid", 1000}, {"gid", 0}};
     },
     {"step user: ", "process.user", "Invalid argument"}},
};

class Errors : public testing::TestWithParam<Fault> {};

TEST_P(Errors, NameStepObjectAndReason) {
  if (const std::string reason = cannot_contain(); !reason.empty()) GTEST_SKIP() << reason;
  TestContainer box;
  std::filesystem::create_directory(box.bundle() + "/cache");
  GetParam().spoil(box);
  const std::string message = box.create();
  EXPECT_EQ(message.find(GetParam().says[0]), 0u) << message;
  for (const std::string& part : GetParam().says) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  }
}

INSTANTIATE_TEST_SUITE_P(Create, Errors, testing::ValuesIn(kFaults),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace wasmedge::init
