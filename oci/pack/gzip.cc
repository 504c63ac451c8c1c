#include "oci/pack/gzip.h"

#include <array>

namespace wasmedge::oci {
namespace {

constexpr int kGzip = 15 + 16;  // the largest window, and gzip's header and trailer around it
constexpr int kMemory = 8;      // zlib's default

}  // namespace

GzipWriter::GzipWriter(Sink sink) : sink_(std::move(sink)) {
  ::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY);
}

Result<> GzipWriter::compress(std::string_view bytes, int flush) {
  std::array<Bytef, 65536> buffer{};
  // zlib does not write to its input.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_.next_out = buffer.data();
    stream_.avail_out = buffer.size();
    if (::deflate(&stream_, flush) == Z_STREAM_ERROR) {
      return fail(ErrorCode::kInternal, "gzip: {}",
                  stream_.msg == nullptr ? "cannot compress" : stream_.msg);
    }
    const size_t size = buffer.size() - stream_.avail_out;
    if (size > 0) TRY(sink_({reinterpret_cast<const char*>(buffer.data()), size}));
  } while (stream_.avail_out == 0);
  return {};
}

}  // namespace wasmedge::oci
