#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "oci/pack/sink.h"
#include "runtime/base/result.h"

struct archive;
struct archive_entry;

namespace wasmedge::oci {

/// A tar archive whose bytes depend on nothing but what is put in: every owner is 0:0, every time
/// the epoch. Paths are relative ("a/b").
class TarWriter {
 public:
  explicit TarWriter(Sink sink);
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  Result<> add_directory(const std::string& path);
  /// `size` bytes of the file, from its beginning; kFailedPrecondition if it has fewer by now.
  Result<> add_file(const std::string& path, unsigned mode, int file, uint64_t size);
  Result<> add_link(const std::string& path, const std::string& target);
  /// The archive's end. Nothing may be added after it.
  Result<> finish();

 private:
  Result<> add(archive_entry* entry);
  /// What libarchive, or the sink that it wrote to, complained of.
  tl::unexpected<Error> failure();
  static ssize_t write(archive* writer, void* self, const void* bytes, size_t count);

  Sink sink_;
  Result<> taken_;  // by the sink
  std::unique_ptr<archive, int (*)(archive*)> writer_;
};

}  // namespace wasmedge::oci
