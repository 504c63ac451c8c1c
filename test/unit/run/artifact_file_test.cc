#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/run/store.h"
#include "test/unit/run/artifact_builder.h"
#include "test/unit/run/guest_code.h"

// Files that are not an artifact of this user, this build and this machine.
namespace wasmedge::run {
namespace {

ArtifactBuilder small_module() {
  ArtifactBuilder builder;
  const uint32_t type = builder.type({wasm::kI32, wasm::kI32}, {wasm::kI32});
  builder.exported("add", type, code::add());
  return builder;
}

Error error_of(Fd file) {
  auto artifact = Artifact::load(std::move(file), "hello.aot");
  if (artifact) return {ErrorCode::kInternal, "loaded without an error"};
  return artifact.error();
}

Error error_of(std::string_view bytes) {
  return error_of(file_with(bytes));
}

// The message begins with the file and the field, and says what to do.
void expect_error(const Error& error, ErrorCode code, std::string_view beginning) {
  EXPECT_EQ(error.code, code) << error.message;
  EXPECT_EQ(error.message.substr(0, beginning.size()), beginning);
  EXPECT_NE(error.message.find("compiled again"), std::string::npos) << error.message;
}

template <typename T>
std::string with_header(T change, bool sealed = true) {
  std::string file = small_module().build();
  change(*reinterpret_cast<ArtifactHeader*>(file.data()));
  if (sealed) seal(file);
  return file;
}

TEST(ArtifactFile, LoadsAndRuns) {
  Store store;
  auto instance = store.link(load(small_module()), {});
  ASSERT_TRUE(instance) << instance.error().message;
  EXPECT_TRUE((*instance)->initialize().returned());
  std::array<Value, 5> values{};
  values[0].i32 = 40;
  values[1].i32 = 2;
  EXPECT_TRUE(call((*instance)->find_function("add").value(), values).returned());
  EXPECT_EQ(values[0].i32, 42u);
}

TEST(ArtifactFile, WrongMagic) {
  expect_error(error_of(with_header([](auto& header) { header.magic[0] = 'W'; })),
               ErrorCode::kInvalidArgument, "artifact hello.aot: magic: ");
  expect_error(error_of(std::string(kArtifactPage, '\0')), ErrorCode::kInvalidArgument,
               "artifact hello.aot: magic: ");
}

TEST(ArtifactFile, OtherVersions) {
  expect_error(error_of(with_header([](auto& header) { ++header.version; })),
               ErrorCode::kFailedPrecondition, "artifact hello.aot: version: ");
  expect_error(error_of(with_header([](auto& header) { ++header.abi_version; })),
               ErrorCode::kFailedPrecondition, "artifact hello.aot: version: ");
}

TEST(ArtifactFile, WrongSize) {
  expect_error(error_of(with_header([](auto& header) { ++header.file_size; })),
               ErrorCode::kInvalidArgument, "artifact hello.aot: file_size: ");
  expect_error(error_of(small_module().build() + "x"), ErrorCode::kInvalidArgument,
               "artifact hello.aot: file_size: ");
}

TEST(ArtifactFile, WrongDigest) {
  expect_error(error_of(with_header([](auto& header) { header.digest[0] ^= 1; }, false)),
               ErrorCode::kInvalidArgument, "artifact hello.aot: digest: ");
}

TEST(ArtifactFile, EveryByteIsUnderTheDigest) {
  const std::string good = small_module().build();
  for (size_t at = offsetof(ArtifactHeader, digest); at < good.size(); at += 7) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    const Error error = error_of(bad);
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument) << "byte " << at << ": " << error.message;
  }
}

TEST(ArtifactFile, OtherCpu) {
  expect_error(error_of(with_header([](auto& header) { header.cpu[8] ^= 1; })),
               ErrorCode::kFailedPrecondition, "artifact hello.aot: cpu: ");
  // Not even ended by a NUL.
  expect_error(error_of(with_header([](auto& header) { header.cpu.fill('x'); })),
               ErrorCode::kFailedPrecondition, "artifact hello.aot: cpu: ");
}

TEST(ArtifactFile, TruncatedAnywhere) {
  const std::string good = small_module().build();
  for (size_t size = 0; size < good.size(); size += 512) {
    EXPECT_EQ(error_of(good.substr(0, size)).code, ErrorCode::kInvalidArgument) << size;
    // The header agrees with the shorter file, and so does the digest.
    if (size < kArtifactPage) continue;
    std::string sealed = good.substr(0, size);
    reinterpret_cast<ArtifactHeader*>(sealed.data())->file_size = size;
    seal(sealed);
    EXPECT_EQ(error_of(sealed).code, ErrorCode::kInvalidArgument) << size;
  }
}

TEST(ArtifactFile, WritableByOthers) {
  for (const mode_t mode : {0420, 0402, 0666}) {
    Fd file = file_with(small_module().build());
    ASSERT_EQ(fchmod(file.get(), mode), 0);
    expect_error(error_of(std::move(file)), ErrorCode::kPermissionDenied,
                 "artifact hello.aot: mode ");
  }
}

TEST(ArtifactFile, OwnedByAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  Fd file = file_with(small_module().build());
  ASSERT_EQ(fchown(file.get(), 12345, 0), 0);
  expect_error(error_of(std::move(file)), ErrorCode::kPermissionDenied,
               "artifact hello.aot: owned by user 12345");
}

TEST(ArtifactFile, NotARegularFile) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  Fd reader(ends[0]), writer(ends[1]);
  EXPECT_EQ(error_of(std::move(reader)).code, ErrorCode::kPermissionDenied);
}

TEST(ArtifactFile, ReportsWhereCodeComesFrom) {
  ArtifactBuilder builder;
  const uint32_t type = builder.type({}, {});
  const uint32_t first = builder.exported("first", type, code::trap(1));
  const uint32_t second = builder.exported("second", type, code::add() + code::trap(1));
  builder.site(first, 0, 0x40);
  builder.site(second, 0, 0x80);
  builder.site(second, 4, 0x90);
  const auto artifact = load(builder);
  const auto at = [&](uint32_t function, size_t in_code) {
    TrapFrame report;
    artifact->locate(
        static_cast<const std::byte*>(artifact->code(artifact->functions()[function].code)) +
            in_code,
        report);
    return report;
  };
  EXPECT_EQ(at(first, 0).function, first);
  EXPECT_EQ(at(first, 0).wasm_offset, 0x40u);
  EXPECT_EQ(at(second, 3).wasm_offset, 0x80u);
  EXPECT_EQ(at(second, 4).wasm_offset, 0x90u);
  EXPECT_EQ(at(second, 4).function_name, "second");
  // Beyond the function's last byte is nobody.
  EXPECT_EQ(at(second, 9).function, TrapReport::kNoFunction);
}

}  // namespace
}  // namespace wasmedge::run
