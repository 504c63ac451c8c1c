#include <gtest/gtest.h>

#include <set>

#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

struct Entry {
  Dirent head;
  std::string name;
};

constexpr uint32_t kBuffer = 0x40000;

// The whole entries that one call gives; `whole` tells whether it said that this is the end.
std::vector<Entry> read_entries(Guest& guest, uint32_t fd, uint64_t cookie, uint32_t size,
                                bool& end) {
  EXPECT_EQ(preview1::fd_readdir(*guest.env, fd, kBuffer, size, cookie, Guest::kOut),
            Errno::kSuccess);
  const uint32_t used = guest.get<uint32_t>(Guest::kOut);
  EXPECT_LE(used, size);
  end = used < size;
  std::vector<Entry> entries;
  for (uint32_t at = 0; at + sizeof(Dirent) <= used;) {
    const auto head = guest.get<Dirent>(kBuffer + at);
    if (at + sizeof(Dirent) + head.name_bytes > used) break;
    entries.push_back({head, guest.text(kBuffer + at + sizeof(Dirent), head.name_bytes)});
    at += static_cast<uint32_t>(sizeof(Dirent)) + head.name_bytes;
  }
  return entries;
}

TEST(Readdir, AnEmptyDirectoryHasTwoEntries) {
  Guest guest;
  bool end = false;
  const auto entries = read_entries(guest, Guest::kRoot, 0, 4096, end);
  EXPECT_TRUE(end);
  ASSERT_EQ(entries.size(), 2U);
  std::set<std::string> names = {entries[0].name, entries[1].name};
  EXPECT_EQ(names, (std::set<std::string>{".", ".."}));
}

TEST(Readdir, ManyEntriesThroughASmallBuffer) {
  Guest guest;
  std::set<std::string> expected = {".", ".."};
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "file." + std::to_string(i);
    guest.dir.write("root/" + name, "");
    expected.insert(name);
  }
  for (const uint32_t size : {40U, 64U, 256U, 100'000U}) {
    std::set<std::string> seen;
    uint64_t cookie = 0;
    for (bool end = false; !end;) {
      const auto entries = read_entries(guest, Guest::kRoot, cookie, size, end);
      ASSERT_TRUE(end || !entries.empty());
      for (const Entry& entry : entries) EXPECT_TRUE(seen.insert(entry.name).second) << entry.name;
      if (!entries.empty()) cookie = entries.back().head.next;
    }
    EXPECT_EQ(seen, expected) << size;
  }
}

TEST(Readdir, TellsTypesAndInodesAndSeesChanges) {
  Guest guest;
  bool end = false;
  read_entries(guest, Guest::kRoot, 0, 4096, end);
  guest.dir.write("root/file", "");
  std::filesystem::create_directory(guest.dir.path() / "root/dir");
  std::filesystem::create_symlink("x", guest.dir.path() / "root/link");
  Filestat stat{};
  EXPECT_EQ(guest.stat("file", &stat), Errno::kSuccess);
  for (const Entry& entry : read_entries(guest, Guest::kRoot, 0, 4096, end)) {
    if (entry.name == "file") {
      EXPECT_EQ(entry.head.type, FileType::kRegularFile);
      EXPECT_EQ(entry.head.inode, stat.inode);
    }
    if (entry.name == "dir") {
      EXPECT_EQ(entry.head.type, FileType::kDirectory);
    }
    if (entry.name == "link") {
      EXPECT_EQ(entry.head.type, FileType::kSymbolicLink);
    }
  }
}

TEST(Readdir, ATooSmallBufferIsFilled) {
  Guest guest;
  for (const uint32_t size : {0U, 1U, 23U, 24U}) {
    EXPECT_EQ(preview1::fd_readdir(*guest.env, Guest::kRoot, kBuffer, size, 0, Guest::kOut),
              Errno::kSuccess);
    EXPECT_EQ(guest.get<uint32_t>(Guest::kOut), size);
  }
}

TEST(Readdir, HostileArguments) {
  Guest guest;
  guest.dir.write("root/file", "");
  WasiEnv& env = *guest.env;
  for (const uint64_t cookie :
       {uint64_t{1}, uint64_t{12345}, uint64_t{INT64_MAX}, uint64_t{1} << 63, ~uint64_t{0}}) {
    const Errno error = preview1::fd_readdir(env, Guest::kRoot, kBuffer, 4096, cookie, 0x100);
    EXPECT_TRUE(error == Errno::kSuccess || error == Errno::kInval) << cookie;
  }
  EXPECT_EQ(preview1::fd_readdir(env, Guest::kRoot, kBuffer, 0xffffffff, 0, 0x100), Errno::kFault);
  EXPECT_EQ(preview1::fd_readdir(env, Guest::kRoot, kBuffer, 64, 0, 0xffffffff), Errno::kFault);
  const uint32_t file = guest.must_open("file", {.base = ~Rights{0}});
  EXPECT_EQ(preview1::fd_readdir(env, file, kBuffer, 64, 0, 0x100), Errno::kNotDir);
}

}  // namespace
}  // namespace wasmedge::wasi
