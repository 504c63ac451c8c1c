#include "oci/rootfs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "test/unit/oci/temporary.h"

namespace wasmedge::oci {
namespace {

namespace fs = std::filesystem;

TEST(CleanPath, IsLexical) {
  EXPECT_EQ(clean_path(""), "/");
  EXPECT_EQ(clean_path("/"), "/");
  EXPECT_EQ(clean_path("a//b/./c/"), "/a/b/c");
  EXPECT_EQ(clean_path("/a/../../../etc/x/.."), "/etc");
}

/// A root, and beside it a directory "outside" that nothing may reach.
class Rootfs : public ::testing::Test {
 protected:
  void SetUp() override {
    root_path_ = base_.path() + "/root";
    outside_ = base_.path() + "/outside";
    fs::create_directories(root_path_ + "/etc");
    fs::create_directories(outside_);
    write_text(outside_ + "/secret", "secret");
    auto opened = open_file(root_path_, O_PATH | O_DIRECTORY);
    ASSERT_TRUE(opened);
    root_ = std::move(*opened);
  }
  bool outside_is_untouched() const {
    size_t entries = 0;
    for (const auto& entry : fs::directory_iterator(outside_)) {
      (void)entry;
      ++entries;
    }
    return entries == 1;
  }
  /// The path of what a descriptor refers to.
  static std::string where(const Fd& fd) {
    return fs::read_symlink(fmt::format("/proc/self/fd/{}", fd.get()));
  }

  TemporaryDirectory base_;
  std::string root_path_, outside_;
  Fd root_;
};

TEST_F(Rootfs, LinksStayInside) {
  fs::create_symlink("/etc", root_path_ + "/absolute");
  fs::create_symlink("../../../../etc", root_path_ + "/relative");
  for (const char* path : {"/absolute", "/relative", "/etc/../../../etc", "etc"}) {
    auto opened = open_in_root(root_.get(), path, O_PATH);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(where(*opened), root_path_ + "/etc") << path;
  }
  EXPECT_EQ(open_in_root(root_.get(), "/absolute", O_PATH, Follow::kNever).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(Rootfs, NoWayOutside) {
  fs::create_symlink(outside_, root_path_ + "/host");
  fs::create_symlink("../outside", root_path_ + "/beside");
  fs::create_symlink(fmt::format("/proc/{}/root", ::getpid()), root_path_ + "/magic");
  for (const char* path : {"/host/secret", "/beside/secret", "/magic/etc/passwd",
                           "/../outside/secret", "/etc/../../outside/secret"}) {
    EXPECT_FALSE(open_in_root(root_.get(), path, O_RDONLY)) << path;
    const auto found = find_in_root(root_.get(), path, O_PATH);
    EXPECT_TRUE(found && !*found) << path;
  }
  for (const char* path : {"/host/new", "/beside/new/deeper"}) {
    const auto made = make_in_root(root_.get(), path, Missing::kDirectory);
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument) << path;
    EXPECT_NE(made.error().message.find("dangling symbolic link"), std::string::npos);
  }
  EXPECT_TRUE(outside_is_untouched());
}

TEST_F(Rootfs, MakesWhatIsMissing) {
  ::umask(0);
  auto directory = make_in_root(root_.get(), "/a/b/../b/c", Missing::kDirectory);
  ASSERT_TRUE(directory) << directory.error().message;
  EXPECT_EQ(where(*directory), root_path_ + "/a/b/c");
  EXPECT_TRUE(fs::is_directory(root_path_ + "/a/b/c"));
  auto file = make_in_root(root_.get(), "x/y/file", Missing::kFile);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(fs::is_regular_file(root_path_ + "/x/y/file"));
  EXPECT_EQ(fs::file_size(root_path_ + "/x/y/file"), 0u);
  // Through a link whose target is there, into the target.
  fs::create_symlink("/a/b", root_path_ + "/link");
  ASSERT_TRUE(make_in_root(root_.get(), "/link/new", Missing::kDirectory));
  EXPECT_TRUE(fs::is_directory(root_path_ + "/a/b/new"));
  // What is there stays as it is.
  write_text(root_path_ + "/etc/hosts", "127.0.0.1");
  ASSERT_TRUE(make_in_root(root_.get(), "/etc/hosts", Missing::kFile));
  EXPECT_EQ(fs::file_size(root_path_ + "/etc/hosts"), 9u);
}

TEST_F(Rootfs, DanglingLinksAreNotFilledIn) {
  fs::create_symlink("/nowhere", root_path_ + "/etc/hosts");
  const auto file = make_in_root(root_.get(), "/etc/hosts", Missing::kFile);
  EXPECT_EQ(file.error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(root_path_ + "/nowhere"));
}

TEST_F(Rootfs, AFileInTheWayIsAnError) {
  write_text(root_path_ + "/etc/file", "x");
  EXPECT_FALSE(make_in_root(root_.get(), "/etc/file/below", Missing::kDirectory));
  const auto found = find_in_root(root_.get(), "/etc/file/below", O_PATH);
  EXPECT_TRUE(found && !*found);
}

TEST_F(Rootfs, LinkLoopsEnd) {
  fs::create_symlink("loop", root_path_ + "/loop");
  EXPECT_FALSE(open_in_root(root_.get(), "/loop", O_PATH));
  EXPECT_FALSE(make_in_root(root_.get(), "/loop/x", Missing::kDirectory));
}

}  // namespace
}  // namespace wasmedge::oci
