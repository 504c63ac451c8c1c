#include "oci/layers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <functional>

#include "test/unit/oci/temporary.h"

namespace wasmedge::oci {
namespace {

namespace fs = std::filesystem;

constexpr int kCannotMount = 77;

/// Two lower layers and an upper one, which are mounted in a child's mount namespace.
class Layers : public testing::Test {
 protected:
  Layers() {
    for (const char* name : {"/one/bin", "/two/bin", "/upper", "/work", "/root"}) {
      fs::create_directories(base_.path() + name);
    }
    write_text(base_.path() + "/one/bin/a.wasm", "from one");
    write_text(base_.path() + "/two/bin/a.wasm", "from two");
    write_text(base_.path() + "/two/bin/b.wasm", "from two");
    fs::create_symlink("b.wasm", base_.path() + "/one/bin/link.wasm");
  }

  std::vector<Mount> mounts() const {
    return {{"",
             "overlay",
             "overlay",
             {"index=off", fmt::format("lowerdir={0}/one:{0}/two", base_.path()),
              fmt::format("upperdir={}/upper", base_.path()),
              fmt::format("workdir={}/work", base_.path())}}};
  }

  /// In the child: what the layer of a file of the root holds; "-" if none is found.
  std::string found(const std::string& path, const std::vector<Mount>& mounts) const {
    const auto root = open_file(base_.path() + "/root", O_PATH | O_DIRECTORY);
    const auto file = open_file(base_.path() + "/root" + path, O_RDONLY);
    const Fd layer = find_in_layers(mounts, root->get(), file->get());
    return layer ? read_all(layer.get(), 100, path).value() : "-";
  }
  std::string found(const std::string& path) const { return found(path, mounts()); }

  /// `work` in a child that has mounted the root; what it returns is compared with "".
  void in_root(const std::function<std::string()>& work) const {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(child(ends[1], work));
    ::close(ends[1]);
    const Fd report(ends[0]);
    const std::string text = read_all(report.get(), 4096, "report").value();
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == kCannotMount) GTEST_SKIP() << "no overlay can be mounted here";
    EXPECT_EQ(status, 0);
    EXPECT_EQ(text, "");
  }

  TemporaryDirectory base_;

 private:
  int child(int report, const std::function<std::string()>& work) const {
    std::string data;
    const std::vector<Mount> all = mounts();
    for (const std::string& option : all[0].options) data += option + ",";
    data.pop_back();
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr) != 0 ||
        ::mount("overlay", (base_.path() + "/root").c_str(), "overlay", 0, data.c_str()) != 0) {
      return kCannotMount;
    }
    return write_all(report, work(), "report") ? 0 : 1;
  }
};

std::string differs(std::string_view expected, const std::string& found) {
  return found == expected ? "" : fmt::format("expected \"{}\", found \"{}\"\n", expected, found);
}

TEST_F(Layers, FindTheFileWhereItComesFrom) {
  in_root([&] {
    return differs("from one", found("/bin/a.wasm")) + differs("from two", found("/bin/b.wasm")) +
           differs("from two", found("/bin/link.wasm"));
  });
}

TEST_F(Layers, AFileThatWasChangedIsInNone) {
  in_root([&] {
    write_text(base_.path() + "/root/bin/a.wasm", "changed!");
    write_text(base_.path() + "/root/bin/new.wasm", "new");
    return differs("-", found("/bin/a.wasm")) + differs("-", found("/bin/new.wasm"));
  });
}

/// What it was made to look like does not help: the ctime is not to be had.
TEST_F(Layers, AFileThatWasMadeToLookUnchangedIsInNone) {
  in_root([&] {
    const std::string path = base_.path() + "/root/bin/a.wasm";
    struct stat before{};
    struct stat after{};
    ::stat(path.c_str(), &before);
    write_text(path, "FROM ONE");
    const std::array<timespec, 2> times = {before.st_atim, before.st_mtim};
    ::utimensat(AT_FDCWD, path.c_str(), times.data(), 0);
    ::stat(path.c_str(), &after);
    const bool alike = before.st_ino == after.st_ino && before.st_size == after.st_size &&
                       before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
    return differs("alike", alike ? "alike" : "not alike") + differs("-", found("/bin/a.wasm"));
  });
}

TEST_F(Layers, AVolumesFileIsInNone) {
  in_root([&] {
    const std::string volume = base_.path() + "/root/bin";
    if (::mount((base_.path() + "/two/bin").c_str(), volume.c_str(), nullptr, MS_BIND, nullptr)) {
      return std::string("cannot bind");
    }
    return differs("-", found("/bin/b.wasm"));
  });
}

TEST_F(Layers, OfAnythingButOneOverlayAreUnknown) {
  in_root([&] {
    std::vector<Mount> two = mounts();
    two.push_back(two[0]);
    std::vector<Mount> escaped = mounts();
    escaped[0].options[1] = "lowerdir=/with\\:colon";
    std::vector<Mount> bind = mounts();
    bind[0].type = "bind";
    return differs("-", found("/bin/a.wasm", {})) + differs("-", found("/bin/a.wasm", two)) +
           differs("-", found("/bin/a.wasm", escaped)) + differs("-", found("/bin/a.wasm", bind));
  });
}

}  // namespace
}  // namespace wasmedge::oci
