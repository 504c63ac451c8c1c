#include "runtime/cache/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <vector>

#include "test/unit/cache/temporary.h"

namespace wasmedge::cache {
namespace {

Key key(uint8_t first) {
  Key result;
  result.digest[0] = first;
  return result;
}

void publish(Store& store, const Key& name, std::string_view content) {
  auto writer = store.lock(name);
  ASSERT_TRUE(writer) << writer.error().message;
  const auto published = writer->publish(memory_file(content).get());
  ASSERT_TRUE(published) << published.error().message;
}

std::string content(const Result<std::optional<Fd>>& found) {
  EXPECT_TRUE(found) << found.error().message;
  if (!found || !*found) return "(none)";
  return read_all((*found)->get(), 1 << 20, "artifact").value_or("(unreadable)");
}

mode_t mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

void expect_refused(const Result<Store>& store, const char* why) {
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(contains(store.error().message, why));
}

void expect_refused(const Result<std::optional<Fd>>& found) {
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(contains(found.error().message, "remove it"));
}

TEST(Store, OpenOfNoneIsNotFound) {
  const TemporaryDirectory directory;
  const auto store = Store::open(directory.at("none"));
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kNotFound);
}

TEST(Store, CreateMakesPrivateDirectories) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(Store::create(directory.at("a/b/c")));
  EXPECT_EQ(mode_of(directory.at("a")), 0700u);
  EXPECT_EQ(mode_of(directory.at("a/b/c")), 0700u);
}

TEST(Store, CreateOpensWhatExists) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(Store::create(directory.path()));
}

TEST(Store, RefusesADirectoryThatOthersCanWrite) {
  const TemporaryDirectory directory;
  ::chmod(directory.path().c_str(), 0720);
  expect_refused(Store::open(directory.path()), "can be written by others (mode 0720)");
  ::chmod(directory.path().c_str(), 01702);
  expect_refused(Store::create(directory.path()), "can be written by others (mode 1702)");
}

TEST(Store, RefusesADirectoryOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  const TemporaryDirectory directory;
  ASSERT_EQ(::chown(directory.path().c_str(), 12345, 0), 0);
  expect_refused(Store::open(directory.path()), "belongs to user 12345");
}

TEST(Store, RefusesAFileAsDirectory) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(open_file(directory.at("file"), O_CREAT | O_WRONLY, 0600));
  EXPECT_FALSE(Store::create(directory.at("file")));
  EXPECT_FALSE(Store::create(directory.at("file/below")));
}

TEST(Store, FindsWhatWasPublished) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  EXPECT_EQ(content(store.lookup(key(1))), "(none)");
  publish(store, key(1), "one");
  publish(store, key(2), "two");
  EXPECT_EQ(content(store.lookup(key(1))), "one");
  EXPECT_EQ(content(store.lookup(key(2))), "two");
  EXPECT_EQ(content(store.lookup(key(3))), "(none)");
  EXPECT_EQ(mode_of(directory.at(key(1).hex())), 0400u);
}

TEST(Store, ForgetsWhatIsDiscarded) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  publish(store, key(1), "one");
  EXPECT_TRUE(store.discard(key(1)));
  EXPECT_EQ(content(store.lookup(key(1))), "(none)");
  EXPECT_TRUE(store.discard(key(1)));
}

TEST(Store, GoesByItsDirectoryAndNotByItsPath) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.at("cache")).value();
  publish(store, key(1), "one");
  std::filesystem::rename(directory.at("cache"), directory.at("elsewhere"));
  EXPECT_EQ(content(store.lookup(key(1))), "one");
  publish(store, key(2), "two");
  EXPECT_EQ(content(store.lookup(key(2))), "two");
}

TEST(Store, AdoptsAnOpenDirectory) {
  const TemporaryDirectory directory;
  auto created = Store::create(directory.path()).value();
  publish(created, key(1), "one");
  auto store = Store::adopt(open_file(directory.path(), O_RDONLY).value(), "inherited");
  ASSERT_TRUE(store);
  EXPECT_EQ(content(store->lookup(key(1))), "one");
}

TEST(Store, AdoptsNoFileAndNothingThatOthersCanWrite) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(Store::adopt(memory_file(""), "a file"));
  ::chmod(directory.path().c_str(), 0777);
  expect_refused(Store::adopt(open_file(directory.path(), O_RDONLY).value(), "inherited"), "0777");
}

TEST(Store, RefusesWhatIsNoArtifactOfItsOwn) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  ASSERT_TRUE(open_file(directory.at("target"), O_CREAT | O_WRONLY, 0400));
  std::filesystem::create_symlink("target", directory.at(key(1).hex()));
  expect_refused(store.lookup(key(1)));
  std::filesystem::create_directory(directory.at(key(2).hex()));
  expect_refused(store.lookup(key(2)));
  ASSERT_EQ(::mkfifo(directory.at(key(3).hex()).c_str(), 0600), 0);
  expect_refused(store.lookup(key(3)));
  publish(store, key(4), "four");
  ::chmod(directory.at(key(4).hex()).c_str(), 0420);
  expect_refused(store.lookup(key(4)));
}

TEST(Store, RefusesAnotherUsersFile) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  publish(store, key(1), "one");
  ASSERT_EQ(::chown(directory.at(key(1).hex()).c_str(), 12345, 0), 0);
  expect_refused(store.lookup(key(1)));
}

class DefaultDirectory : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"WASMEDGE_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}) {
      const char* value = std::getenv(name);
      saved_.emplace_back(name, value == nullptr ? "" : value);
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    if (::getuid() == 0) {
      EXPECT_EQ(::seteuid(0), 0);
    }
    for (const auto& [name, value] : saved_) {
      value.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value.c_str(), 1);
    }
  }

 private:
  std::vector<std::pair<std::string, std::string>> saved_;
};

TEST_F(DefaultDirectory, TheVariableComesFirst) {
  ::setenv("HOME", "/home/me", 1);
  ::setenv("WASMEDGE_CACHE_DIR", "/some/where", 1);
  EXPECT_EQ(default_directory().value(), "/some/where");
}

TEST_F(DefaultDirectory, RefusesARelativePath) {
  ::setenv("WASMEDGE_CACHE_DIR", "some/where", 1);
  const auto directory = default_directory();
  ASSERT_FALSE(directory);
  EXPECT_TRUE(contains(directory.error().message, "WASMEDGE_CACHE_DIR=\"some/where\""));
}

TEST_F(DefaultDirectory, OfRootIsTheMachines) {
  if (::geteuid() != 0) GTEST_SKIP() << "we are not root";
  ::setenv("HOME", "/home/me", 1);
  EXPECT_EQ(default_directory().value(), "/var/cache/wasmedge");
}

TEST_F(DefaultDirectory, OfAUserIsHisOwn) {
  if (::geteuid() == 0) {
    ASSERT_EQ(::seteuid(12345), 0);
  }
  ::setenv("HOME", "/home/me", 1);
  EXPECT_EQ(default_directory().value(), "/home/me/.cache/wasmedge");
  ::setenv("XDG_CACHE_HOME", "/home/me/c", 1);
  EXPECT_EQ(default_directory().value(), "/home/me/c/wasmedge");
}

TEST_F(DefaultDirectory, OfAUserWithoutAHomeIsNone) {
  if (::geteuid() == 0) {
    ASSERT_EQ(::seteuid(12345), 0);
  }
  const auto directory = default_directory();
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace wasmedge::cache
