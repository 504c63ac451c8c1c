#include "oci/pack/tar.h"

#include <archive.h>
#include <archive_entry.h>

namespace wasmedge::oci {
namespace {

using Entry = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;

Entry make_entry(const std::string& path, unsigned type, unsigned mode) {
  Entry entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), mode);
  archive_entry_set_mtime(entry.get(), 0, 0);
  archive_entry_set_size(entry.get(), 0);
  return entry;
}

}  // namespace

TarWriter::TarWriter(Sink sink)
    : sink_(std::move(sink)), writer_(archive_write_new(), archive_write_free) {
  // GNU's format takes names of any length and any bytes as they are; all engines read it.
  archive_write_set_format_gnutar(writer_.get());
  archive_write_set_bytes_in_last_block(writer_.get(), 1);
  archive_write_open2(writer_.get(), this, nullptr, &TarWriter::write, nullptr, nullptr);
}

TarWriter::~TarWriter() {
  archive_write_fail(writer_.get());  // else its end would be written now
}

ssize_t TarWriter::write(archive* writer, void* self, const void* bytes, size_t count) {
  auto& tar = *static_cast<TarWriter*>(self);
  tar.taken_ = tar.sink_({static_cast<const char*>(bytes), count});
  if (tar.taken_) return static_cast<ssize_t>(count);
  archive_set_error(writer, EIO, "%s", tar.taken_.error().message.c_str());
  return -1;
}

tl::unexpected<Error> TarWriter::failure() {
  if (!taken_) return tl::unexpected<Error>(taken_.error());
  const char* why = archive_error_string(writer_.get());
  return fail(ErrorCode::kInternal, "tar: {}", why == nullptr ? "cannot be written" : why);
}

Result<> TarWriter::add(archive_entry* entry) {
  if (archive_write_header(writer_.get(), entry) != ARCHIVE_OK) return failure();
  return {};
}

Result<> TarWriter::add_directory(const std::string& path) {
  return add(make_entry(path + "/", AE_IFDIR, 0755).get());
}

Result<> TarWriter::add_link(const std::string& path, const std::string& target) {
  const Entry entry = make_entry(path, AE_IFLNK, 0777);
  archive_entry_set_symlink(entry.get(), target.c_str());
  return add(entry.get());
}

Result<> TarWriter::add_file(const std::string& path, unsigned mode, int file, uint64_t size) {
  const Entry entry = make_entry(path, AE_IFREG, mode);
  archive_entry_set_size(entry.get(), static_cast<int64_t>(size));
  TRY(add(entry.get()));
  return read_into(
      [&](std::string_view bytes) -> Result<> {
        const auto size = static_cast<la_ssize_t>(bytes.size());
        if (archive_write_data(writer_.get(), bytes.data(), bytes.size()) != size) return failure();
        return {};
      },
      file, size, path);
}

Result<> TarWriter::finish() {
  if (archive_write_close(writer_.get()) != ARCHIVE_OK) return failure();
  return {};
}

}  // namespace wasmedge::oci
