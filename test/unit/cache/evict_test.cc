#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <ctime>

#include "runtime/cache/store.h"
#include "test/unit/cache/temporary.h"

namespace wasmedge::cache {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Key key(uint8_t first) {
  Key result;
  result.digest[0] = first;
  return result;
}

/// A store of artifacts of 1000 bytes each, used some time ago.
class Evict : public testing::Test {
 protected:
  void add(uint8_t first, seconds ago) {
    auto writer = store_.lock(key(first));
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(writer->publish(memory_file(std::string(1000, 'x')).get()));
    age(first, ago);
  }
  void age(uint8_t first, seconds ago) {
    const timespec then{std::time(nullptr) - ago.count(), 0};
    const std::array<timespec, 2> times = {then, then};
    ASSERT_EQ(::utimensat(store_.directory(), key(first).hex().c_str(), times.data(), 0), 0);
  }
  Evicted evict(uint64_t bytes, seconds age = hours(24 * 30), bool really = true) {
    const auto evicted = store_.evict({bytes, age}, really);
    EXPECT_TRUE(evicted) << evicted.error().message;
    return evicted.value_or(Evicted{});
  }
  Names left() const {
    Names names;
    const auto entries = store_.list().value();
    for (const Entry& entry : entries) names.insert(entry.name.substr(0, 2));
    return names;
  }

  TemporaryDirectory directory_;
  Store store_ = Store::create(directory_.path()).value();
};

TEST_F(Evict, ListsTheOneUsedLastFirst) {
  add(1, hours(3));
  add(2, hours(1));
  add(3, hours(2));
  std::string order;
  const auto entries = store_.list().value();
  for (const Entry& entry : entries) order += entry.name.substr(0, 2);
  EXPECT_EQ(order, "020301");
}

TEST_F(Evict, KeepsWhatFits) {
  add(1, hours(3));
  add(2, hours(1));
  EXPECT_EQ(evict(2000).artifacts, 0u);
  EXPECT_EQ(left(), (Names{"01", "02"}));
}

TEST_F(Evict, TakesWhatWasNotUsedForLongest) {
  for (const uint8_t each : {1, 2, 3, 4}) add(each, hours(each));
  const Evicted evicted = evict(2500);
  EXPECT_EQ(evicted.artifacts, 2u);
  EXPECT_EQ(evicted.bytes, 2000u);
  EXPECT_EQ(left(), (Names{"01", "02"}));
}

TEST_F(Evict, TakesWhatIsTooOld) {
  add(1, hours(25));
  add(2, hours(23));
  EXPECT_EQ(evict(1 << 20, hours(24)).artifacts, 1u);
  EXPECT_EQ(left(), Names{"02"});
}

TEST_F(Evict, LeavesWhatWasJustPublished) {
  add(1, seconds(0));
  add(2, seconds(0));
  add(3, hours(1));
  EXPECT_EQ(evict(0).artifacts, 1u);
  EXPECT_EQ(left(), (Names{"01", "02"}));
}

TEST_F(Evict, AnArtifactOfTheFutureIsNotKeptForIt) {
  add(1, -hours(48));
  EXPECT_EQ(evict(0).artifacts, 1u);
}

TEST_F(Evict, OnlySaysWhatItWouldDo) {
  add(1, hours(1));
  EXPECT_EQ(evict(0, hours(1), false).bytes, 1000u);
  EXPECT_EQ(left(), Names{"01"});
}

TEST_F(Evict, TouchesNothingElse) {
  const auto writer = store_.lock(key(1));
  ASSERT_TRUE(open_file(directory_.at("hashes"), O_CREAT | O_WRONLY, 0600));
  ASSERT_TRUE(open_file(directory_.at("notes"), O_CREAT | O_WRONLY, 0600));
  EXPECT_EQ(evict(0).artifacts, 0u);
  EXPECT_EQ(directory_.names(), (Names{key(1).hex() + ".part", "hashes", "notes"}));
}

TEST_F(Evict, WhoHasItOpenKeepsIt) {
  add(1, hours(1));
  const auto open = store_.lookup(key(1));
  age(1, hours(1));
  ASSERT_EQ(evict(0).artifacts, 1u);
  EXPECT_EQ(read_all((*open)->get(), 1 << 20, "artifact").value(), std::string(1000, 'x'));
}

TEST_F(Evict, LookingUpIsUse) {
  add(1, hours(50));
  add(2, hours(40));
  ASSERT_TRUE(store_.lookup(key(1)));
  EXPECT_EQ(evict(1 << 20, hours(24)).artifacts, 1u);
  EXPECT_EQ(left(), Names{"01"});
}

/// Not at each start, for that would be a write each.
TEST_F(Evict, UseIsNotedOnceAnHour) {
  add(1, std::chrono::minutes(50));
  const auto before = store_.list().value()[0].used;
  ASSERT_TRUE(store_.lookup(key(1)));
  EXPECT_EQ(store_.list().value()[0].used, before);
}

class ReadBounds : public testing::Test {
 protected:
  void TearDown() override { ::unsetenv("WASMEDGE_CACHE_CONFIG"); }
  Result<Bounds> read(std::string_view text) {
    const auto file = open_file(directory_.at("cache.toml"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    EXPECT_TRUE(write_all(file->get(), text, "cache.toml"));
    ::setenv("WASMEDGE_CACHE_CONFIG", directory_.at("cache.toml").c_str(), 1);
    return read_bounds();
  }
  TemporaryDirectory directory_;
};

TEST_F(ReadBounds, AreThoseOfTheFile) {
  const Bounds bounds = read("# ours\nmax_size = \"2GiB\"\nmax_age = '36h'  # long\n").value();
  EXPECT_EQ(bounds.bytes, uint64_t{2} << 30);
  EXPECT_EQ(bounds.age, hours(36));
}

TEST_F(ReadBounds, AreTheDefaultsWhereItSaysNothing) {
  const Bounds bounds = read("max_age = 7\n").value();
  EXPECT_EQ(bounds.bytes, Bounds{}.bytes);
  EXPECT_EQ(bounds.age, hours(7 * 24));
}

TEST_F(ReadBounds, NameTheLineThatIsWrong) {
  EXPECT_TRUE(contains(read("\nmax_size = \"much\"").error().message,
                       "cache.toml: max_size: character 1 (\"much\"): expected a number of bytes"));
  EXPECT_TRUE(contains(read("\nmax_size").error().message, "cache.toml: line 2"));
  EXPECT_TRUE(contains(read("size = 1").error().message, "there are: max_size, max_age"));
}

TEST_F(ReadBounds, AFileThatIsNamedMustBeThere) {
  ::setenv("WASMEDGE_CACHE_CONFIG", directory_.at("none").c_str(), 1);
  EXPECT_EQ(read_bounds().error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace wasmedge::cache
