#include "runtime/cache/hashes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "runtime/cache/file_identity.h"
#include "test/unit/cache/temporary.h"

namespace wasmedge::cache {
namespace {

const Sha256 kOther{0xee};

Sha256 sha256_of(std::string_view text) {
  return sha256(std::as_bytes(std::span(text.data(), text.size())));
}

/// A module's file beside a cache, on a filesystem that counts; whether its hash is remembered is
/// seen by putting another one into the memory.
class Hashes : public testing::Test {
 protected:
  void SetUp() override {
    write("module one");
    if (!identity()) GTEST_SKIP() << "files are not remembered on the filesystem of " << file_;
  }

  void write(std::string_view content) const {
    const auto file = open_file(file_, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ASSERT_TRUE(write_all(file->get(), content, file_));
  }
  Fd open() const { return open_file(file_, O_RDONLY).value(); }
  std::optional<FileIdentity> identity() const {
    return identify(open().get(), store_.directory());
  }
  Sha256 hash() const {
    const auto hash = hash_of(&store_, {.file = open().get(), .name = file_});
    EXPECT_TRUE(hash) << hash.error().message;
    return hash.value_or(Sha256{});
  }
  HashMemory memory() const { return HashMemory::open(store_).value(); }
  /// From now on, whoever trusts the memory gets kOther; and the clock has ticked.
  void mislead() const {
    memory().remember(*identity(), kOther);
    struct stat status{};
    do {
      ASSERT_TRUE(open_file(directory_.at("clock"), O_CREAT | O_WRONLY, 0600));
      ASSERT_EQ(::unlink(directory_.at("clock").c_str()), 0);
      ASSERT_EQ(::stat(directory_.path().c_str(), &status), 0);
    } while (status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec == identity()->changed);
  }
  void wait_until_settled() const {
    while (!is_settled(*identity())) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_.at("module.wasm");
  Store store_ = Store::create(directory_.at("cache")).value();
};

TEST_F(Hashes, AreThoseOfTheContent) {
  EXPECT_EQ(hash(), sha256_of("module one"));
}

TEST_F(Hashes, WithoutAStoreAreToo) {
  EXPECT_EQ(hash_of(nullptr, {.file = open().get(), .name = file_}).value(),
            sha256_of("module one"));
}

TEST_F(Hashes, AreRememberedOnceTheFileHasSettled) {
  hash();
  EXPECT_EQ(memory().find(*identity()), std::nullopt) << "its next change could have the same time";
  wait_until_settled();
  EXPECT_EQ(hash(), sha256_of("module one"));
  EXPECT_EQ(memory().find(*identity()), sha256_of("module one"));
  EXPECT_EQ(memory().count(), 1u);
  mislead();
  EXPECT_EQ(hash(), kOther);
}

TEST_F(Hashes, OfAFileThatWasWrittenToAreReadAgain) {
  mislead();
  write("module two");
  EXPECT_EQ(hash(), sha256_of("module two"));
}

TEST_F(Hashes, OfAFileOfTheSameSizeAndMtimeAreReadAgain) {
  const FileIdentity before = *identity();
  mislead();
  write("module two");
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  const std::array<timespec, 2> times = {
      timespec{before.modified / 1'000'000'000, before.modified % 1'000'000'000},
      timespec{before.modified / 1'000'000'000, before.modified % 1'000'000'000}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file_.c_str(), times.data(), 0), 0);
  const FileIdentity after = *identity();
  ASSERT_EQ(after.modified, before.modified);
  ASSERT_EQ(after.size, before.size);
  ASSERT_EQ(after.inode, before.inode);
  EXPECT_EQ(hash(), sha256_of("module two"));
}

TEST_F(Hashes, OfAnotherFileOfThatNameAreRead) {
  mislead();
  std::filesystem::rename(file_, directory_.at("old"));
  write("module two");
  EXPECT_EQ(hash(), sha256_of("module two"));
}

TEST_F(Hashes, OfATruncatedFileAreReadAgain) {
  mislead();
  ASSERT_EQ(::truncate(file_.c_str(), 6), 0);
  EXPECT_EQ(hash(), sha256_of("module"));
}

/// A page that is mapped, and dirty, changes without a change of any time.
TEST_F(Hashes, AreNotRememberedWhileTheFileIsMappedForWriting) {
  const Fd writer = open_file(file_, O_RDWR).value();
  void* page = ::mmap(nullptr, 10, PROT_READ | PROT_WRITE, MAP_SHARED, writer.get(), 0);
  ASSERT_NE(page, MAP_FAILED);
  static_cast<volatile char*>(page)[0] = 'M';
  wait_until_settled();
  EXPECT_EQ(hash(), sha256_of("Module one"));
  static_cast<volatile char*>(page)[1] = 'O';
  EXPECT_EQ(hash(), sha256_of("MOdule one"));
  EXPECT_EQ(memory().count(), 0u);
  ::munmap(page, 10);
}

TEST_F(Hashes, AreNotRememberedWhileTheFileIsOpenForWriting) {
  wait_until_settled();
  Fd writer = open_file(file_, O_WRONLY).value();
  EXPECT_TRUE(is_written_to(open().get()));
  hash();
  EXPECT_EQ(memory().count(), 0u);
  writer.reset();
  EXPECT_FALSE(is_written_to(open().get()));
  hash();
  EXPECT_EQ(memory().count(), 1u);
}

TEST_F(Hashes, OfAFileElsewhereAreNotRemembered) {
  EXPECT_EQ(identify(memory_file("module").get(), store_.directory()), std::nullopt);
  EXPECT_EQ(identify(memory_file("module").get(), -1), std::nullopt) << "memory is on no device";
  const Fd elsewhere = open_file("/proc/self/exe", O_RDONLY).value();
  const Fd proc = open_file("/proc", O_RDONLY).value();
  EXPECT_EQ(identify(elsewhere.get(), proc.get()), std::nullopt) << "not beside it";
}

TEST_F(Hashes, OfALayersFileStandForTheFileThatIsShown) {
  wait_until_settled();
  mislead();
  const Fd shown = memory_file("as the overlay shows it");
  EXPECT_EQ(hash_of(&store_, {.file = shown.get(), .name = "x", .layer = open().get()}).value(),
            kOther);
}

TEST_F(Hashes, TheMemoryIsBoundedAndForgetsTheOldest) {
  HashMemory memory = this->memory();
  FileIdentity file{.device = 1, .inode = 1};
  for (file.inode = 1; file.inode <= 20'000; ++file.inode) memory.remember(file, kOther);
  EXPECT_GT(memory.count(), 3500u);
  EXPECT_LE(memory.count(), 4096u);
  EXPECT_LE(std::filesystem::file_size(directory_.at("cache/hashes")), size_t{512} << 10);
}

TEST_F(Hashes, TheMemoryIsPrivate) {
  memory();
  struct stat status{};
  ASSERT_EQ(::stat(directory_.at("cache/hashes").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  ASSERT_EQ(::chmod(directory_.at("cache/hashes").c_str(), 0660), 0);
  EXPECT_FALSE(HashMemory::open(store_));
  EXPECT_EQ(hash(), sha256_of("module one"));
}

TEST_F(Hashes, ADamagedMemoryRemembersNothing) {
  mislead();
  const std::string path = directory_.at("cache/hashes");
  const auto size = std::filesystem::file_size(path);
  const Fd file = open_file(path, O_RDWR).value();
  for (off_t at = 0; at < static_cast<off_t>(size); at += 24) {
    ASSERT_EQ(::pwrite(file.get(), "\xff", 1, at), 1);
  }
  EXPECT_EQ(hash(), sha256_of("module one"));
  std::filesystem::resize_file(path, 100);
  EXPECT_EQ(hash(), sha256_of("module one"));
}

TEST_F(Hashes, ALinkInItsPlaceIsNotFollowed) {
  std::filesystem::create_symlink("elsewhere", directory_.at("cache/hashes"));
  EXPECT_FALSE(HashMemory::open(store_));
  EXPECT_EQ(hash(), sha256_of("module one"));
}

}  // namespace
}  // namespace wasmedge::cache
