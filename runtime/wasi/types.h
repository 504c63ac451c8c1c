#pragma once

#include <cstdint>
#include <type_traits>

/// Values and structures of WASI preview 1 as they lie in guest memory (little-endian, the
/// specification's `typenames`), and of its predecessor `wasi_unstable` where that differs.
namespace wasmedge::wasi {

enum class FileType : uint8_t {
  kUnknown = 0,
  kBlockDevice = 1,
  kCharacterDevice = 2,
  kDirectory = 3,
  kRegularFile = 4,
  kSocketDgram = 5,
  kSocketStream = 6,
  kSymbolicLink = 7,
};

// fdflags
inline constexpr uint32_t kFdflagAppend = 1;
inline constexpr uint32_t kFdflagDsync = 2;
inline constexpr uint32_t kFdflagNonblock = 4;
inline constexpr uint32_t kFdflagRsync = 8;
inline constexpr uint32_t kFdflagSync = 16;
inline constexpr uint32_t kFdflags = 31;

// oflags
inline constexpr uint32_t kOflagCreat = 1;
inline constexpr uint32_t kOflagDirectory = 2;
inline constexpr uint32_t kOflagExcl = 4;
inline constexpr uint32_t kOflagTrunc = 8;
inline constexpr uint32_t kOflags = 15;

// lookupflags
inline constexpr uint32_t kSymlinkFollow = 1;

// fstflags
inline constexpr uint32_t kSetAtim = 1;
inline constexpr uint32_t kSetAtimNow = 2;
inline constexpr uint32_t kSetMtim = 4;
inline constexpr uint32_t kSetMtimNow = 8;
inline constexpr uint32_t kFstflags = 15;

struct Fdstat {
  FileType type;
  uint8_t pad0;
  uint16_t flags;
  uint32_t pad1;
  uint64_t rights_base;
  uint64_t rights_inheriting;
};
static_assert(sizeof(Fdstat) == 24);

struct Filestat {
  uint64_t device;
  uint64_t inode;
  FileType type;
  uint8_t pad[7];
  uint64_t links;
  uint64_t size;
  uint64_t accessed;  // nanoseconds since 1970; so are the next two
  uint64_t modified;
  uint64_t changed;
};
static_assert(sizeof(Filestat) == 64);

struct UnstableFilestat {
  uint64_t device;
  uint64_t inode;
  FileType type;
  uint8_t pad[3];
  uint32_t links;
  uint64_t size;
  uint64_t accessed;
  uint64_t modified;
  uint64_t changed;
};
static_assert(sizeof(UnstableFilestat) == 56);

struct Prestat {
  uint32_t tag;  // 0: a directory
  uint32_t name_bytes;
};

/// Head of a directory entry; `name_bytes` bytes of name follow.
struct Dirent {
  uint64_t next;  // cookie
  uint64_t inode;
  uint32_t name_bytes;
  FileType type;
  uint8_t pad[3];
};
static_assert(sizeof(Dirent) == 24);

struct Iovec {
  uint32_t address;
  uint32_t bytes;
};

enum class EventType : uint8_t { kClock = 0, kFdRead = 1, kFdWrite = 2 };

inline constexpr uint16_t kSubscriptionClockAbstime = 1;
inline constexpr uint16_t kEventHangup = 1;

struct Subscription {
  uint64_t userdata;
  EventType type;
  uint8_t pad0[7];
  uint32_t clock_or_fd;
  uint32_t pad1;
  uint64_t timeout;  // this and the rest: kClock only
  uint64_t precision;
  uint16_t flags;
  uint8_t pad2[6];
};
static_assert(sizeof(Subscription) == 48);

struct UnstableSubscription {
  uint64_t userdata;
  EventType type;
  uint8_t pad0[7];
  uint64_t identifier_or_fd;  // kFdRead, kFdWrite: the fd in the low half
  uint32_t clock;
  uint32_t pad1;
  uint64_t timeout;
  uint64_t precision;
  uint16_t flags;
  uint8_t pad2[6];
};
static_assert(sizeof(UnstableSubscription) == 56);

struct Event {
  uint64_t userdata;
  uint16_t error;
  EventType type;
  uint8_t pad0[5];
  uint64_t bytes;
  uint16_t flags;
  uint8_t pad1[6];
};
static_assert(sizeof(Event) == 32);

// WasmEdge's sockets: address families, socket types, protocols
inline constexpr uint8_t kFamilyUnspec = 0;
inline constexpr uint8_t kFamilyInet4 = 1;
inline constexpr uint8_t kFamilyInet6 = 2;
inline constexpr uint8_t kFamilyUnix = 3;
inline constexpr uint8_t kSocketAny = 0;
inline constexpr uint8_t kSocketDatagram = 1;
inline constexpr uint8_t kSocketStream = 2;
inline constexpr uint8_t kProtocolIp = 0;
inline constexpr uint8_t kProtocolTcp = 1;
inline constexpr uint8_t kProtocolUdp = 2;

// riflags, roflags, sdflags
inline constexpr uint32_t kReceivePeek = 1;
inline constexpr uint32_t kReceiveWaitall = 2;
inline constexpr uint16_t kReceiveTruncated = 1;
inline constexpr uint32_t kShutdownRead = 1;
inline constexpr uint32_t kShutdownWrite = 2;

/// WasmEdge's `addrinfo`. The guest brings a list of them, each with a Sockaddr whose data has
/// room for kSockaddrData bytes.
struct Addrinfo {
  uint16_t flags;
  uint8_t family;
  uint8_t type;
  uint8_t protocol;
  uint8_t pad[3];
  uint32_t address_bytes;
  uint32_t address;  // of a Sockaddr
  uint32_t canonical_name;
  uint32_t canonical_name_bytes;
  uint32_t next;
};
static_assert(sizeof(Addrinfo) == 28);

struct Sockaddr {
  uint8_t family;
  uint8_t pad[3];
  uint32_t data_bytes;
  uint32_t data;
};
static_assert(sizeof(Sockaddr) == 12);

}  // namespace wasmedge::wasi
