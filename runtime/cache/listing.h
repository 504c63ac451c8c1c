#pragma once

#include <dirent.h>
#include <fcntl.h>

#include <memory>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::cache {

/// Calls `use` with the name of each file in a directory; `path` is for messages.
template <typename Use>
Result<> for_each_name(int directory, const std::string& path, Use use) {
  TRY_ASSIGN(Fd listing, open_file_at(directory, ".", O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(listing.get()), ::closedir);
  if (!entries) return fail_errno("list {}", path);
  static_cast<void>(listing.release());  // closedir's now
  while (const dirent* entry = ::readdir(entries.get())) use(std::string(entry->d_name));
  return {};
}

}  // namespace wasmedge::cache
