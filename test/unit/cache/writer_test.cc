#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>
#include <vector>

#include "runtime/cache/store.h"
#include "test/unit/cache/temporary.h"

namespace wasmedge::cache {
namespace {

const Key kKey{{1, 2, 3}};
const std::string kContent(300'000, 'x');

// The published content, or "" if there is none.
std::string published(const Store& store, const Key& key = kKey) {
  const auto found = store.lookup(key);
  EXPECT_TRUE(found) << found.error().message;
  if (!found || !*found) return "";
  return read_all((*found)->get(), 1 << 20, "artifact").value_or("(unreadable)");
}

Result<> publish(Store& store, const std::string& content = kContent) {
  TRY_ASSIGN(Writer writer, store.lock(kKey));
  TRY_ASSIGN(const Fd artifact, writer.publish(memory_file(content).get()));
  return {};
}

// Runs `work` in a child; its exit status, or 128 + signal.
int in_child(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Writer, LeavesNothingIfItDoesNotPublish) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  {
    const auto writer = store.lock(kKey);
    ASSERT_TRUE(writer);
    EXPECT_EQ(directory.names(), Names{kKey.hex() + ".part"});
  }
  EXPECT_EQ(directory.names(), Names{});
}

TEST(Writer, ReturnsWhatItPublished) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  auto writer = store.lock(kKey);
  ASSERT_TRUE(writer);
  const auto artifact = writer->publish(memory_file("content").get());
  ASSERT_TRUE(artifact);
  EXPECT_EQ(read_all(artifact->get(), 100, "artifact").value(), "content");
  EXPECT_EQ(::fcntl(artifact->get(), F_GETFL) & O_ACCMODE, O_RDONLY);
}

TEST(Writer, ReplacesWhatACrashedOneLeft) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  const auto part = open_file(directory.at(kKey.hex() + ".part"), O_CREAT | O_WRONLY, 0600);
  ASSERT_TRUE(write_all(part->get(), std::string(2 * kContent.size(), 'y'), "part"));
  ASSERT_TRUE(publish(store));
  EXPECT_EQ(published(store), kContent);
  EXPECT_EQ(directory.names(), Names{kKey.hex()});
}

// What a process does that has missed; its exit status. `mark`: a file that it makes if it
// compiles.
int compile_once(const std::string& path, const std::string& mark) {
  auto store = Store::open(path);
  auto writer = store->lock(kKey);
  if (!writer) return 1;
  if (published(*store) == kContent) return 0;
  if (!open_file(mark, O_CREAT | O_EXCL | O_WRONLY, 0600)) return 2;
  ::usleep(50'000);  // the others pile up behind the lock
  return writer->publish(memory_file(kContent).get()) ? 0 : 3;
}

// What single flight is for: of many that miss at once, one does the work.
TEST(Writer, OneOfManyCompiles) {
  const TemporaryDirectory directory;
  const TemporaryDirectory work;
  constexpr int kProcesses = 12;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) ::_exit(compile_once(directory.path(), work.at(std::to_string(i))));
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(work.names().size(), 1u);
  EXPECT_EQ(directory.names(), Names{kKey.hex()});
}

// One that gives up (its module does not compile) lets the next one try.
TEST(Writer, NextOneTriesAfterAFailure) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  const std::string part = directory.at(kKey.hex() + ".part");
  // Forked before the lock is taken: a child would share an inherited one.
  const pid_t waiting = ::fork();
  if (waiting == 0) {
    while (::access(part.c_str(), F_OK) != 0) ::usleep(1000);
    ::_exit(publish(store) ? 0 : 1);
  }
  auto failing = store.lock(kKey);
  ASSERT_TRUE(failing);
  ::usleep(50'000);
  {
    const auto given_up = std::move(*failing);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(waiting, &status, 0), waiting);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(published(store), kContent);
}

// Lets a traced child go on to its next system call's entry or exit; false if it ended instead.
bool step(pid_t child) {
  int status = 0;
  EXPECT_EQ(::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr), 0);
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSTOPPED(status);
}

// Publishes in a child that is killed at its n-th stop at a system call; false if it got through.
bool publish_and_die_at(const std::string& path, int n) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    auto store = Store::open(path);
    ::_exit(store && publish(*store) ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSTOPPED(status)) << "ptrace is not allowed here";
  for (int i = 0; i < n; ++i) {
    if (!step(child)) return false;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return true;
}

TEST(Writer, CrashAtAnySystemCallLeavesAConsistentCache) {
  int n = 0;
  for (bool died = true; died && n < 1000; ++n) {
    const TemporaryDirectory directory;
    auto store = Store::create(directory.path()).value();
    died = publish_and_die_at(directory.path(), n);
    const std::string left = published(store);
    EXPECT_TRUE(left.empty() || left == kContent) << "killed at stop " << n;
    ASSERT_TRUE(store.sweep());
    EXPECT_EQ(directory.names().size(), left.empty() ? 0u : 1u) << "killed at stop " << n;
    ASSERT_TRUE(publish(store));
    EXPECT_EQ(published(store), kContent) << "killed at stop " << n;
  }
  EXPECT_GT(n, 20) << "publishing takes more system calls than that";
  EXPECT_LT(n, 1000);
}

TEST(Sweep, RemovesOnlyPartsThatNobodyHolds) {
  const TemporaryDirectory directory;
  auto store = Store::create(directory.path()).value();
  ASSERT_TRUE(publish(store));
  const Key busy{{7}};
  const auto writer = store.lock(busy);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(open_file(directory.at(Key{{8}}.hex() + ".part"), O_CREAT | O_WRONLY, 0600));
  ASSERT_TRUE(open_file(directory.at("README"), O_CREAT | O_WRONLY, 0600));
  EXPECT_EQ(store.sweep().value(), 1u);
  EXPECT_EQ(directory.names(), (Names{kKey.hex(), busy.hex() + ".part", "README"}));
}

// The rest needs a file system of its own, in a mount namespace of its own, so of a child.
enum Outcome { kGood = 0, kBad = 1, kCannotMount = 77 };

Outcome with_tmpfs(const std::string& path, const char* options,
                   const std::function<bool(Store&)>& test) {
  return static_cast<Outcome>(in_child([&]() -> int {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", path.c_str(), "tmpfs", 0, options) != 0) {
      return kCannotMount;
    }
    auto store = Store::open(path);
    return store && test(*store) ? kGood : kBad;
  }));
}

TEST(Writer, FullFileSystemIsAnErrorThatLeavesNothing) {
  const TemporaryDirectory directory;
  const auto outcome = with_tmpfs(directory.path(), "size=64k,mode=0700", [&](Store& store) {
    const auto failed = publish(store);
    if (failed || failed.error().code != ErrorCode::kResourceExhausted) return false;
    if (!directory.names().empty()) return false;
    return publish(store, "small").has_value() && published(store) == "small";
  });
  if (outcome == kCannotMount) GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  EXPECT_EQ(outcome, kGood);
}

TEST(Writer, FullOfInodesIsAnError) {
  const TemporaryDirectory directory;
  const auto outcome = with_tmpfs(directory.path(), "nr_inodes=1,mode=0700", [&](Store& store) {
    const auto writer = store.lock(kKey);
    return !writer && writer.error().code == ErrorCode::kResourceExhausted;
  });
  if (outcome == kCannotMount) GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  EXPECT_EQ(outcome, kGood);
}

TEST(Writer, ReadOnlyFileSystemIsAnErrorButReadable) {
  const TemporaryDirectory directory;
  const auto outcome = with_tmpfs(directory.path(), "mode=0700", [&](Store& store) {
    if (!publish(store) || ::mount(nullptr, directory.path().c_str(), nullptr,
                                   MS_REMOUNT | MS_RDONLY | MS_BIND, nullptr) != 0) {
      return false;
    }
    auto reopened = Store::open(directory.path());
    const Key other{{9}};
    return reopened && published(*reopened) == kContent && !reopened->lock(other);
  });
  if (outcome == kCannotMount) GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  EXPECT_EQ(outcome, kGood);
}

}  // namespace
}  // namespace wasmedge::cache
