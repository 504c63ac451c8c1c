#pragma once

#include <cstdint>

namespace wasmedge::wasi {

/// What may be done with a descriptor: bits of the specification's `rights`.
using Rights = uint64_t;

inline constexpr Rights kFdDatasync = 1U << 0;
inline constexpr Rights kFdRead = 1U << 1;
inline constexpr Rights kFdSeek = 1U << 2;
inline constexpr Rights kFdFdstatSetFlags = 1U << 3;
inline constexpr Rights kFdSync = 1U << 4;
inline constexpr Rights kFdTell = 1U << 5;
inline constexpr Rights kFdWrite = 1U << 6;
inline constexpr Rights kFdAdvise = 1U << 7;
inline constexpr Rights kFdAllocate = 1U << 8;
inline constexpr Rights kPathCreateDirectory = 1U << 9;
inline constexpr Rights kPathCreateFile = 1U << 10;
inline constexpr Rights kPathLinkSource = 1U << 11;
inline constexpr Rights kPathLinkTarget = 1U << 12;
inline constexpr Rights kPathOpen = 1U << 13;
inline constexpr Rights kFdReaddir = 1U << 14;
inline constexpr Rights kPathReadlink = 1U << 15;
inline constexpr Rights kPathRenameSource = 1U << 16;
inline constexpr Rights kPathRenameTarget = 1U << 17;
inline constexpr Rights kPathFilestatGet = 1U << 18;
inline constexpr Rights kPathFilestatSetSize = 1U << 19;
inline constexpr Rights kPathFilestatSetTimes = 1U << 20;
inline constexpr Rights kFdFilestatGet = 1U << 21;
inline constexpr Rights kFdFilestatSetSize = 1U << 22;
inline constexpr Rights kFdFilestatSetTimes = 1U << 23;
inline constexpr Rights kPathSymlink = 1U << 24;
inline constexpr Rights kPathRemoveDirectory = 1U << 25;
inline constexpr Rights kPathUnlinkFile = 1U << 26;
inline constexpr Rights kPollFdReadwrite = 1U << 27;
inline constexpr Rights kSockShutdown = 1U << 28;
inline constexpr Rights kSockAccept = 1U << 29;
/// WasmEdge's, beyond the specification: to bind, connect and listen, and to set options.
inline constexpr Rights kSockBind = Rights{1} << 32;

/// Those that make sense on a directory; what is opened beneath it may have kFileRights too.
inline constexpr Rights kDirectoryRights =
    kFdDatasync | kFdSync | kPathCreateDirectory | kPathCreateFile | kPathLinkSource |
    kPathLinkTarget | kPathOpen | kFdReaddir | kPathReadlink | kPathRenameSource |
    kPathRenameTarget | kPathFilestatGet | kPathFilestatSetSize | kPathFilestatSetTimes |
    kFdFilestatGet | kFdFilestatSetTimes | kPathSymlink | kPathRemoveDirectory | kPathUnlinkFile;

/// Those that make sense on anything that is not a directory.
inline constexpr Rights kFileRights =
    kFdDatasync | kFdRead | kFdSeek | kFdFdstatSetFlags | kFdSync | kFdTell | kFdWrite | kFdAdvise |
    kFdAllocate | kFdFilestatGet | kFdFilestatSetSize | kFdFilestatSetTimes | kPollFdReadwrite;

/// Those of a socket that the guest opened or accepted.
inline constexpr Rights kSocketRights = kFdRead | kFdFdstatSetFlags | kFdWrite | kFdFilestatGet |
                                        kPollFdReadwrite | kSockShutdown | kSockAccept | kSockBind;

/// Those that need a file opened for writing.
inline constexpr Rights kWriteRights = kFdWrite | kFdAllocate | kFdFilestatSetSize;

}  // namespace wasmedge::wasi
