#pragma once

#include <optional>

#include "runtime/cache/hashes.h"

/// What the kernel says of a file, and when its word can be relied on (hashes.h).
namespace wasmedge::cache {

/// The file's identity; nothing if it lies where that could be made up. `beside`: a descriptor on
/// the only filesystem that counts; -1: any that is of a kind that counts.
std::optional<FileIdentity> identify(int file, int beside);

/// Did it change long enough ago for its next change to have another time?
bool is_settled(const FileIdentity& identity);

/// Is it open for writing, or mapped so, by anybody? True too where that cannot be told.
bool is_written_to(int file);

}  // namespace wasmedge::cache
