#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "oci/pack/image.h"
#include "oci/pack/layout.h"
#include "oci/pack/tar.h"
#include "oci/pack/tree.h"
#include "runtime/base/fd.h"
#include "runtime/base/sha256.h"
#include "test/unit/oci/temporary.h"

namespace wasmedge::oci {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr size_t kAny = size_t{16} << 20;

std::string read(const std::string& path) {
  auto text = read_file(path, kAny);
  EXPECT_TRUE(text) << text.error().message;
  return text.value_or("");
}

/// What stands in an archive of any compression: path -> "mode uid:gid time content".
std::map<std::string, std::string> entries_of(const std::string& bytes) {
  std::map<std::string, std::string> found;
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  EXPECT_EQ(archive_read_open_memory(reader.get(), bytes.data(), bytes.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    std::string content(static_cast<size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader.get(), content.data(), content.size()), content.size());
    const char* target = archive_entry_symlink(entry);
    found[archive_entry_pathname(entry)] = fmt::format(
        "{:o} {}:{} {} {}", archive_entry_perm(entry), archive_entry_uid(entry),
        archive_entry_gid(entry), archive_entry_mtime(entry), target != nullptr ? target : content);
  }
  return found;
}

class PackTest : public testing::Test {
 protected:
  void SetUp() override {
    module_ = directory_.path() + "/hello.wasm";
    write_text(module_, std::string("\0asm\1\0\0\0", 8));
    request_.name = *parse_reference("hello");
    request_.platform = {"wasi", "wasm", ""};
    request_.file_name = "hello.wasm";
    request_.entrypoint = {"/hello.wasm"};
    file_ = *open_file(module_, O_RDONLY);
    request_.module = file_.get();
    request_.module_size = 8;
  }

  /// Packs into a directory of this name.
  std::string pack(const std::string& name) {
    std::string path = directory_.path() + "/" + name;
    auto layout = Layout::create(directory_.path());
    EXPECT_TRUE(layout) << layout.error().message;
    const auto manifest = pack_image(request_, *layout);
    EXPECT_TRUE(manifest) << manifest.error().message;
    const auto named = layout->name_directory(path);
    EXPECT_TRUE(named) << named.error().message;
    return path;
  }
  static Json json(const std::string& layout, const std::string& name) {
    return Json::parse(read(layout + "/" + name));
  }
  static std::string blob(const std::string& layout, const Json& descriptor) {
    const auto digest = descriptor.at("digest").get<std::string>();
    std::string bytes = read(layout + "/blobs/sha256/" + digest.substr(7));
    EXPECT_EQ(bytes.size(), descriptor.at("size").get<size_t>());
    return bytes;
  }
  static Json manifest(const std::string& layout) {
    return Json::parse(blob(layout, json(layout, "index.json")["manifests"][0]));
  }
  /// A tree with one of each, made anew.
  std::string make_tree(const std::string& name) {
    const std::string root = directory_.path() + "/" + name;
    for (const char* folder : {"", "/sub", "/sub/empty"}) fs::create_directory(root + folder);
    write_text(root + "/b", "second");
    write_text(root + "/a", "first");
    write_text(root + "/sub/run", "#!");
    fs::permissions(root + "/sub/run", fs::perms{04711});
    fs::create_symlink("../a", root + "/sub/link");
    return root;
  }

  TemporaryDirectory directory_;
  std::string module_;
  Fd file_;
  ImageRequest request_;
};

TEST_F(PackTest, AnOrdinaryImage) {
  request_.command = {"x"};
  request_.environment = {"A=1"};
  request_.labels = {{"k", "v"}};
  request_.user = "1000";
  request_.working_directory = "/data";
  const std::string layout = pack("image");
  const Json entry = json(layout, "index.json")["manifests"][0];
  EXPECT_EQ(entry["platform"], (Json{{"os", "wasi"}, {"architecture", "wasm"}}));
  EXPECT_EQ(entry["annotations"]["io.containerd.image.name"], "docker.io/library/hello:latest");
  EXPECT_EQ(entry["annotations"]["org.opencontainers.image.ref.name"], "latest");
  EXPECT_EQ(json(layout, "oci-layout")["imageLayoutVersion"], "1.0.0");

  const Json made = manifest(layout);
  EXPECT_EQ(made["config"]["mediaType"], "application/vnd.oci.image.config.v1+json");
  const Json config = Json::parse(blob(layout, made["config"]));
  EXPECT_EQ(config["os"], "wasi");
  EXPECT_EQ(config["config"], (Json{{"Entrypoint", {"/hello.wasm"}},
                                    {"Cmd", Json::array({"x"})},
                                    {"Env", Json::array({"A=1"})},
                                    {"Labels", {{"k", "v"}}},
                                    {"User", "1000"},
                                    {"WorkingDir", "/data"}}));
  ASSERT_EQ(made["layers"].size(), 1);
  EXPECT_EQ(made["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
  const auto files = entries_of(blob(layout, made["layers"][0]));
  EXPECT_EQ(files, (std::map<std::string, std::string>{
                       {"hello.wasm", "755 0:0 0 " + std::string("\0asm\1\0\0\0", 8)}}));
  EXPECT_EQ(config["rootfs"]["diff_ids"].size(), 1);
}

TEST_F(PackTest, AnArtifactHasTheModuleForALayer) {
  request_.form = Form::kArtifact;
  request_.platform = {"wasip1", "wasm", ""};
  request_.labels = {{"k", "v"}};
  const std::string layout = pack("artifact");
  const Json made = manifest(layout);
  EXPECT_EQ(made["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
  EXPECT_EQ(made["annotations"]["k"], "v");
  const Json layer = made["layers"][0];
  EXPECT_EQ(layer["mediaType"], "application/wasm");
  EXPECT_EQ(layer["annotations"]["org.opencontainers.image.title"], "hello.wasm");
  EXPECT_EQ(blob(layout, layer), read(module_));
  const Json config = Json::parse(blob(layout, made["config"]));
  EXPECT_EQ(config["layerDigests"], Json::array({layer["digest"]}));
  EXPECT_EQ(config["architecture"], "wasm");
  EXPECT_FALSE(fs::exists(layout + "/manifest.json"));
}

/// Reads a layout as an engine's store.
class LayoutSource : public ContentSource {
 public:
  explicit LayoutSource(std::string layout) : layout_(std::move(layout)) {}
  Result<> read(const std::string& digest, const Sink& sink) override {
    TRY_ASSIGN(const std::string bytes,
               read_file(layout_ + "/blobs/sha256/" + digest.substr(7), kAny));
    return sink(bytes);
  }

 private:
  std::string layout_;
};

TEST_F(PackTest, WhatIsMadeIsWhatIsRead) {
  request_.layers = {{make_tree("tree"), "/data"}};
  for (const Form form : {Form::kArtifact, Form::kArtifactOci}) {
    request_.form = form;
    const std::string layout = pack(form == Form::kArtifact ? "cncf" : "oci");
    const Json entry = json(layout, "index.json")["manifests"][0];
    LayoutSource source(layout);
    const auto found =
        find_artifact(source, {entry["mediaType"], entry["digest"], entry["size"].get<int64_t>()});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->name, "hello.wasm");
    EXPECT_EQ(found->args, form == Form::kArtifactOci ? std::vector<std::string>{"/hello.wasm"}
                                                      : std::vector<std::string>{});
  }
}

TEST_F(PackTest, TheDiffIdsAreThoseOfTheArchives) {
  request_.form = Form::kArtifactOci;
  request_.layers = {{make_tree("tree"), "/data"}};
  const std::string layout = pack("artifact");
  const Json made = manifest(layout);
  ASSERT_EQ(made["layers"].size(), 2);
  const Json config = Json::parse(blob(layout, made["config"]));
  ASSERT_EQ(config["rootfs"]["diff_ids"].size(), 1);

  const std::string packed = blob(layout, made["layers"][1]);
  std::string tar(kAny, '\0');
  z_stream stream{};
  ASSERT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(tar.data());
  stream.avail_out = static_cast<uInt>(tar.size());
  ASSERT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  Sha256Hasher hasher;
  hasher.add(tar.data(), stream.total_out);
  ::inflateEnd(&stream);
  EXPECT_EQ(config["rootfs"]["diff_ids"][0], "sha256:" + hex(hasher.digest()));
}

TEST_F(PackTest, ATreeIsTheSameWhateverItsTimesOwnersAndUmask) {
  const auto layer_of = [&](const std::string& tree) {
    request_.layers = {{tree, "/opt/app"}};
    const std::string layout = pack("of-" + fs::path(tree).filename().string());
    return blob(layout, manifest(layout)["layers"][1]);
  };
  const std::string first = layer_of(make_tree("one"));
  const mode_t before = ::umask(0077);
  const std::string other = make_tree("two");
  ::umask(before);
  fs::last_write_time(other + "/a", fs::file_time_type::clock::now() - std::chrono::hours(24));
  EXPECT_EQ(layer_of(other), first);
  EXPECT_EQ(entries_of(first), (std::map<std::string, std::string>{
                                   {"opt/", "755 0:0 0 "},
                                   {"opt/app/", "755 0:0 0 "},
                                   {"opt/app/a", "644 0:0 0 first"},
                                   {"opt/app/b", "644 0:0 0 second"},
                                   {"opt/app/sub/", "755 0:0 0 "},
                                   {"opt/app/sub/empty/", "755 0:0 0 "},
                                   {"opt/app/sub/link", "777 0:0 0 ../a"},
                                   {"opt/app/sub/run", "755 0:0 0 #!"},
                               }));
}

TEST_F(PackTest, TheSameInputIsTheSameArchive) {
  request_.layers = {{make_tree("tree"), "/"}, {module_, "/lib/copy.wasm"}};
  request_.labels = {{"b", "2"}, {"a", "1"}};
  std::vector<std::string> archives;
  for (const char* name : {"one.tar", "two.tar"}) {
    auto layout = Layout::create(directory_.path());
    ASSERT_TRUE(layout && pack_image(request_, *layout) && layout->make_archive());
    const std::string path = directory_.path() + "/" + name;
    ASSERT_TRUE(layout->name_archive(path));
    archives.push_back(read(path));
  }
  EXPECT_EQ(archives[0], archives[1]);
  const auto entries = entries_of(archives[0]);
  EXPECT_TRUE(entries.contains("index.json") && entries.contains("oci-layout") &&
              entries.contains("manifest.json"));
}

TEST_F(PackTest, NamesOfAnyLengthAndBytes) {
  const std::string root = make_tree("tree");
  const std::string name(200, 'n');
  fs::create_directories(root + "/" + name + "/" + name);
  write_text(root + "/" + name + "/" + name + "/\xc3\xbc\xff", "deep");
  request_.layers = {{root, "/"}};
  const std::string layout = pack("long");
  const auto files = entries_of(blob(layout, manifest(layout)["layers"][1]));
  EXPECT_TRUE(files.contains(name + "/" + name + "/\xc3\xbc\xff"));
}

TEST_F(PackTest, WhatALayerCannotHave) {
  const std::string root = make_tree("tree");
  const auto complaint = [&](const std::string& source, const std::string& path) {
    TarWriter tar([](std::string_view) { return Result<>(); });
    const auto added = add_tree(tar, {source, path});
    return added ? "no error" : added.error().message;
  };
  EXPECT_EQ(complaint(root, "/x"), "no error");
  ASSERT_EQ(::mkfifo((root + "/sub/fifo").c_str(), 0600), 0);
  EXPECT_NE(complaint(root, "/x").find("/sub/fifo: an image holds"), std::string::npos);
  fs::remove(root + "/sub/fifo");
  write_text(root + "/.wh.a", "");
  EXPECT_NE(complaint(root, "/x").find("would delete a"), std::string::npos);
  EXPECT_NE(complaint(root + "/missing", "/x").find("No such file"), std::string::npos);
  EXPECT_NE(complaint(module_, "/").find("is no directory"), std::string::npos);
}

TEST_F(PackTest, AModuleThatShrinksIsNoticed) {
  request_.module_size = 9;
  auto layout = Layout::create(directory_.path());
  ASSERT_TRUE(layout);
  const auto packed = pack_image(request_, *layout);
  ASSERT_FALSE(packed);
  EXPECT_NE(packed.error().message.find("became shorter"), std::string::npos);
}

TEST_F(PackTest, NothingIsLeftAndNothingReplacedByADirectory) {
  const std::string there = directory_.path() + "/there";
  fs::create_directories(there + "/inner");
  {
    auto layout = Layout::create(directory_.path());
    ASSERT_TRUE(layout);
    const auto named = layout->name_directory(there);
    ASSERT_FALSE(named);
    EXPECT_NE(named.error().message.find("is there already"), std::string::npos);
  }
  EXPECT_TRUE(fs::exists(there + "/inner"));
  for (const auto& entry : fs::directory_iterator(directory_.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".wasmedge-pack")) << entry.path();
  }
}

TEST_F(PackTest, AFailingSinkEndsIt) {
  TarWriter tar([](std::string_view) -> Result<> {
    return fail(ErrorCode::kResourceExhausted, "the disk is full");
  });
  Result<> added;
  for (int i = 0; i < 100 && added; ++i) added = tar.add_directory("d");  // beyond a block
  if (added) added = tar.finish();
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "the disk is full");
}

}  // namespace
}  // namespace wasmedge::oci
