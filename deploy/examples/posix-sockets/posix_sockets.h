/* POSIX sockets for C programs compiled to WebAssembly: what wasi-libc lacks, over the host's
 * socket functions (module wasi_snapshot_preview1, as WasmEdge defines them). Compile
 * posix_sockets.c beside the program, and include this instead of <sys/socket.h> and <netdb.h>. On
 * other machines it includes the system's headers, so that the same program builds natively too.
 */
#ifndef POSIX_SOCKETS_H
#define POSIX_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#ifndef __wasi__
#include <netdb.h>
#else
#include <stddef.h>
#include <stdint.h>

/* The host's numbers. */
#undef SOL_SOCKET
#undef SO_TYPE
#define SOL_SOCKET 0
#define SO_REUSEADDR 0
#define SO_TYPE 1
#define SO_ERROR 2
#define SO_BROADCAST 4
#define SO_SNDBUF 5
#define SO_RCVBUF 6
#define SO_KEEPALIVE 7
#define SO_LINGER 9
#define SO_RCVTIMEO 11
#define SO_SNDTIMEO 12

#define AI_PASSIVE 1
#define AI_CANONNAME 2
#define AI_NUMERICHOST 4
#define AI_NUMERICSERV 8
#define AI_V4MAPPED 16
#define AI_ALL 32
#define AI_ADDRCONFIG 64

/* The host's errors of getaddrinfo. */
#define EAI_ADDRFAMILY 77
#define EAI_AGAIN 78
#define EAI_BADFLAGS 79
#define EAI_FAIL 80
#define EAI_FAMILY 81
#define EAI_MEMORY 82
#define EAI_NODATA 83
#define EAI_NONAME 84
#define EAI_SERVICE 85
#define EAI_SOCKTYPE 86
#define EAI_SYSTEM 87

struct addrinfo {
  int ai_flags, ai_family, ai_socktype, ai_protocol;
  socklen_t ai_addrlen;
  struct sockaddr* ai_addr;
  char* ai_canonname;
  struct addrinfo* ai_next;
};

int socket(int family, int type, int protocol);
int bind(int fd, const struct sockaddr* address, socklen_t size);
int connect(int fd, const struct sockaddr* address, socklen_t size);
int listen(int fd, int backlog);
int getsockname(int fd, struct sockaddr* address, socklen_t* size);
int getpeername(int fd, struct sockaddr* address, socklen_t* size);
int setsockopt(int fd, int level, int name, const void* value, socklen_t size);
ssize_t recvfrom(int fd, void* buffer, size_t size, int flags, struct sockaddr* from,
                 socklen_t* from_size);
ssize_t sendto(int fd, const void* buffer, size_t size, int flags, const struct sockaddr* to,
               socklen_t to_size);
int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                struct addrinfo** out);
void freeaddrinfo(struct addrinfo* list);
const char* gai_strerror(int error);

/* wasi-libc's getsockopt knows SO_TYPE only. */
int host_getsockopt(int fd, int level, int name, void* value, socklen_t* size);
#define getsockopt host_getsockopt

/* A write to a closed connection is an error, and never a signal. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
#endif
#endif
