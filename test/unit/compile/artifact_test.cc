#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>

#include "runtime/base/cpu.h"
#include "test/unit/compile/guest.h"

namespace wasmedge::test {
namespace {

run::ArtifactHeader header_of(const std::vector<std::byte>& artifact) {
  run::ArtifactHeader header;
  std::memcpy(&header, artifact.data(), sizeof(header));
  return header;
}

Bytes several_partitions() {
  ModuleBytes module;
  const uint32_t unary = module.type({kI32}, {kI32});
  for (uint32_t i = 0; i < 40; ++i) {
    Bytes code = {0x20, 0};
    for (uint32_t k = 0; k < 3000; ++k) append(code, {0x41, 1, 0x6a, 0x20, 0, 0x73});
    module.function(unary, concat({code, {0x10}, leb((i + 7) % 40)}));
  }
  module.export_function("f", 0);
  return module.bytes();
}

TEST(ArtifactWriter, EmptyModule) {
  const auto artifact = compile_bytes(ModuleBytes().bytes(), compile::Quality::kBest);
  ASSERT_TRUE(artifact) << artifact.error().message;
  const run::ArtifactHeader header = header_of(*artifact);
  EXPECT_EQ(header.magic, run::kArtifactMagic);
  EXPECT_EQ(header.file_size, artifact->size());
  EXPECT_EQ(header.abi_version, run::kAbiVersion);
  EXPECT_EQ(std::string_view(header.cpu.data()), host_cpu());
  EXPECT_EQ(header.functions.count, 0u);
  EXPECT_EQ(header.start, ~uint32_t{0});
  Guest guest(ModuleBytes().bytes(), compile::Quality::kBest);
}

TEST(ArtifactWriter, OfAnotherArchitectureIsRefusedHere) {
  for (const Architecture target : {Architecture::kAarch64, Architecture::kRiscv64}) {
    if (target == kThisArchitecture) continue;
    const Bytes bytes = several_partitions();
    const wasm::Module module = wasm::decode(std::as_bytes(std::span(bytes))).value();
    ASSERT_TRUE(wasm::validate(module));
    compile::CompileOptions options;
    options.target = target;
    const auto artifact = compile::compile(module, options).value();
    EXPECT_EQ(std::string_view(header_of(artifact).cpu.data()), target_cpu(target));
    const auto file = [&artifact] {
      Fd made(memfd_create("artifact", MFD_CLOEXEC));
      EXPECT_TRUE(write_all(made.get(), artifact, "artifact"));
      EXPECT_EQ(fchmod(made.get(), 0400), 0);
      return made;
    };
    const auto loaded = run::Artifact::load(file(), "x.aot");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_NE(loaded.error().message.find("made for \"" + target_cpu(target) + "\", this machine"),
              std::string::npos)
        << loaded.error().message;
    EXPECT_TRUE(run::Artifact::load_for(target, file(), "x.aot"));
  }
}

TEST(ArtifactWriter, DoesNotDependOnTheNumberOfThreads) {
  const Bytes module = several_partitions();
  const auto one = compile_bytes(module, compile::Quality::kNone, 1);
  const auto three = compile_bytes(module, compile::Quality::kNone, 3);
  ASSERT_TRUE(one) << one.error().message;
  ASSERT_TRUE(three) << three.error().message;
  EXPECT_EQ(*one, *three);
}

TEST(ArtifactWriter, EqualTypesShareAThunk) {
  ModuleBytes module;
  const uint32_t type = module.type({kI32}, {kI32});
  module.function(type, {0x20, 0});
  module.export_function("f", module.function(type, {0x20, 0}));
  module.type({kF64}, {});
  Guest guest(module.bytes(), compile::Quality::kBest);
  const auto types = guest.artifact().types();
  EXPECT_NE(types[0].entry, 0u);
  EXPECT_EQ(types[1].entry, 0u) << "no function has this type";
}

TEST(ArtifactWriter, FunctionsHaveTheirPlaceAndSize) {
  Guest guest(several_partitions(), compile::Quality::kBest);
  const auto functions = guest.artifact().functions();
  const run::Slice text = guest.artifact().header().text;
  ASSERT_EQ(functions.size(), 40u);
  for (size_t i = 0; i < functions.size(); ++i) {
    EXPECT_GE(functions[i].code, text.offset);
    EXPECT_LE(functions[i].code + functions[i].code_size, text.offset + text.count);
    EXPECT_GT(functions[i].code_size, 0u);
    if (i == 0) continue;
    EXPECT_GE(functions[i].code, functions[i - 1].code + functions[i - 1].code_size);
  }
}

TEST(ArtifactWriter, DataIsInTheImageOnce) {
  ModuleBytes module;
  module.memory({0x00, 1});
  module.data(concat({{0x00}, i32(8), {0x0b}, sized({1, 2, 3, 4})}));
  module.data(concat({{0x01}, sized({5, 6})}));  // passive
  Guest guest(module.bytes(), compile::Quality::kBest);
  const run::ArtifactHeader& header = guest.artifact().header();
  EXPECT_EQ(header.image.count, 12u);
  EXPECT_EQ(header.image.offset % run::kArtifactPage, 0u);
  const auto data = guest.artifact().data();
  EXPECT_EQ(data[0].in_image, 1u);
  EXPECT_EQ(data[0].bytes.count, 0u);
  EXPECT_EQ(data[1].in_image, 0u);
  EXPECT_EQ(data[1].bytes.count, 2u);
}

TEST(ArtifactWriter, SitesAreInOrder) {
  Guest guest(several_partitions(), compile::Quality::kBest);
  const auto sites = guest.artifact().sites();
  ASSERT_FALSE(sites.empty());
  EXPECT_EQ(std::ranges::adjacent_find(sites, std::ranges::greater_equal(), &run::ArtifactSite::pc),
            sites.end())
      << "ascending, one a pc";
  EXPECT_LT(sites.back().pc, guest.artifact().header().text.count + 1);
}

}  // namespace
}  // namespace wasmedge::test
