#pragma once

#include <cstdint>

namespace wasmedge::wasi {

/// Error numbers of WASI preview 1 (the specification's `errno`), X(name, number, host errno).
/// 0 as the host errno: only WASI has it.
#define WASMEDGE_WASI_ERRNOS(X)           \
  X(k2Big, 1, E2BIG)                      \
  X(kAcces, 2, EACCES)                    \
  X(kAddrInUse, 3, EADDRINUSE)            \
  X(kAddrNotAvail, 4, EADDRNOTAVAIL)      \
  X(kAfNoSupport, 5, EAFNOSUPPORT)        \
  X(kAgain, 6, EAGAIN)                    \
  X(kAlready, 7, EALREADY)                \
  X(kBadF, 8, EBADF)                      \
  X(kBadMsg, 9, EBADMSG)                  \
  X(kBusy, 10, EBUSY)                     \
  X(kCanceled, 11, ECANCELED)             \
  X(kChild, 12, ECHILD)                   \
  X(kConnAborted, 13, ECONNABORTED)       \
  X(kConnRefused, 14, ECONNREFUSED)       \
  X(kConnReset, 15, ECONNRESET)           \
  X(kDeadlk, 16, EDEADLK)                 \
  X(kDestAddrReq, 17, EDESTADDRREQ)       \
  X(kDom, 18, EDOM)                       \
  X(kDQuot, 19, EDQUOT)                   \
  X(kExist, 20, EEXIST)                   \
  X(kFault, 21, EFAULT)                   \
  X(kFBig, 22, EFBIG)                     \
  X(kHostUnreach, 23, EHOSTUNREACH)       \
  X(kIdrm, 24, EIDRM)                     \
  X(kIlSeq, 25, EILSEQ)                   \
  X(kInProgress, 26, EINPROGRESS)         \
  X(kIntr, 27, EINTR)                     \
  X(kInval, 28, EINVAL)                   \
  X(kIo, 29, EIO)                         \
  X(kIsConn, 30, EISCONN)                 \
  X(kIsDir, 31, EISDIR)                   \
  X(kLoop, 32, ELOOP)                     \
  X(kMFile, 33, EMFILE)                   \
  X(kMLink, 34, EMLINK)                   \
  X(kMsgSize, 35, EMSGSIZE)               \
  X(kMultihop, 36, EMULTIHOP)             \
  X(kNameTooLong, 37, ENAMETOOLONG)       \
  X(kNetDown, 38, ENETDOWN)               \
  X(kNetReset, 39, ENETRESET)             \
  X(kNetUnreach, 40, ENETUNREACH)         \
  X(kNFile, 41, ENFILE)                   \
  X(kNoBufs, 42, ENOBUFS)                 \
  X(kNoDev, 43, ENODEV)                   \
  X(kNoEnt, 44, ENOENT)                   \
  X(kNoExec, 45, ENOEXEC)                 \
  X(kNoLck, 46, ENOLCK)                   \
  X(kNoLink, 47, ENOLINK)                 \
  X(kNoMem, 48, ENOMEM)                   \
  X(kNoMsg, 49, ENOMSG)                   \
  X(kNoProtoOpt, 50, ENOPROTOOPT)         \
  X(kNoSpc, 51, ENOSPC)                   \
  X(kNoSys, 52, ENOSYS)                   \
  X(kNotConn, 53, ENOTCONN)               \
  X(kNotDir, 54, ENOTDIR)                 \
  X(kNotEmpty, 55, ENOTEMPTY)             \
  X(kNotRecoverable, 56, ENOTRECOVERABLE) \
  X(kNotSock, 57, ENOTSOCK)               \
  X(kNotSup, 58, EOPNOTSUPP)              \
  X(kNotTy, 59, ENOTTY)                   \
  X(kNxIo, 60, ENXIO)                     \
  X(kOverflow, 61, EOVERFLOW)             \
  X(kOwnerDead, 62, EOWNERDEAD)           \
  X(kPerm, 63, EPERM)                     \
  X(kPipe, 64, EPIPE)                     \
  X(kProto, 65, EPROTO)                   \
  X(kProtoNoSupport, 66, EPROTONOSUPPORT) \
  X(kPrototype, 67, EPROTOTYPE)           \
  X(kRange, 68, ERANGE)                   \
  X(kRoFs, 69, EROFS)                     \
  X(kSPipe, 70, ESPIPE)                   \
  X(kSrch, 71, ESRCH)                     \
  X(kStale, 72, ESTALE)                   \
  X(kTimedOut, 73, ETIMEDOUT)             \
  X(kTxtBsy, 74, ETXTBSY)                 \
  X(kXDev, 75, EXDEV)                     \
  X(kNotCapable, 76, 0)

enum class Errno : uint32_t {
  kSuccess = 0,
#define X(name, number, host) name = number,
  WASMEDGE_WASI_ERRNOS(X)
#undef X
};

/// WASI's number for a host errno; kIo for one that WASI has no word for.
Errno from_host(int host_errno);

/// from_host(errno).
Errno last_error();

}  // namespace wasmedge::wasi

/// WASI_TRY(expr): return an Errno that is not kSuccess, or go on.
#define WASI_TRY(...)                                                                       \
  do {                                                                                      \
    if (const auto wasi_try = (__VA_ARGS__); wasi_try != ::wasmedge::wasi::Errno::kSuccess) \
      return wasi_try;                                                                      \
  } while (false)
