#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "oci/artifact.h"
#include "oci/pack/sink.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// An OCI image layout in the making, in a directory of its own, which goes with it unless it was
/// given a name.
class Layout {
 public:
  /// In a new directory below `parent`: where its result shall be, so that this is one rename away.
  static Result<Layout> create(const std::string& parent);
  Layout(Layout&& other) noexcept
      : home_(std::exchange(other.home_, {})), files_(std::move(other.files_)) {}
  Layout& operator=(Layout&&) = delete;
  ~Layout();

  /// A blob of what `write` puts into its sink.
  Result<Descriptor> add_blob(std::string media_type,
                              const std::function<Result<>(const Sink&)>& write);
  Result<Descriptor> add_blob(std::string media_type, std::string_view bytes);
  /// A file beside the blobs: "index.json".
  Result<> add_file(const std::string& name, std::string_view bytes);

  /// A tar archive of it, which goes with it; its path.
  Result<std::string> make_archive();
  /// Names its archive `path`, in one step; a file that is there is replaced.
  Result<> name_archive(const std::string& path);
  /// Names its directory `path`, which must not be there, or be empty.
  Result<> name_directory(const std::string& path);

 private:
  explicit Layout(std::string home) : home_(std::move(home)) {}
  std::string inside(std::string_view path) const;

  std::string home_;
  std::map<std::string, uint64_t> files_;  // what it has, and how large
};

}  // namespace wasmedge::oci
