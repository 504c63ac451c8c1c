#pragma once

#include <zlib.h>

#include "oci/pack/sink.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Compresses into a sink; the same bytes give the same bytes (no name and no time in the header).
class GzipWriter {
 public:
  explicit GzipWriter(Sink sink);
  ~GzipWriter() { ::deflateEnd(&stream_); }
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  Result<> add(std::string_view bytes) { return compress(bytes, Z_NO_FLUSH); }
  Result<> finish() { return compress({}, Z_FINISH); }

 private:
  Result<> compress(std::string_view bytes, int flush);

  Sink sink_;
  z_stream stream_{};
};

}  // namespace wasmedge::oci
