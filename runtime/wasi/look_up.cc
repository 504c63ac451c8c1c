#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "runtime/wasi/clock.h"
#include "runtime/wasi/resolve.h"

// c-ares has calls to these two, for the names of services, which we do not leave to it. libc's own
// would bring its name service switch into our static programs, which loads plug-ins.
extern "C" servent* getservbyname(const char*, const char*) {
  return nullptr;
}
extern "C" int getservbyport_r(int, const char*, servent*, char*, size_t, servent** out) {
  *out = nullptr;
  return ENOENT;
}

namespace wasmedge::wasi {

namespace {

// Before another server is tried, and for the second and last round of all of them twice that.
constexpr int kTimeoutMilliseconds = 2500;
constexpr int kTries = 2;
constexpr int kPollMilliseconds = 1000;  // how soon it is noticed that the guest is to end

struct Closer {
  void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, Closer>;

Errno from_ares(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return Errno::kSuccess;
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
    case ARES_EBADQUERY:
    case ARES_ENONAME:
      return kAiNoName;
    case ARES_ENODATA:
      return kAiNoData;
    case ARES_ESERVFAIL:
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
      return kAiAgain;
    case ARES_ENOMEM:
      return kAiMemory;
    default:
      return kAiFail;
  }
}

// One question, in flight.
struct Query {
  bool done = false;
  int status = ARES_SUCCESS;
  uint16_t port = 0;
  Answer* answer = nullptr;
};

void take(const ares_addrinfo& result, Query& query) {
  for (const ares_addrinfo_node* node = result.nodes; node != nullptr; node = node->ai_next) {
    HostAddress address;
    if (node->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, node->ai_addr, node->ai_addrlen);
    address.size = node->ai_addrlen;
    // The port is at the same place in both families.
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(query.port);
    query.answer->addresses.push_back(address);
  }
  if (result.name != nullptr) query.answer->canonical = result.name;
}

void arrived(void* context, int status, int /*timeouts*/, ares_addrinfo* result) {
  Query& query = *static_cast<Query*>(context);
  query.done = true;
  query.status = status;
  if (result == nullptr) return;
  if (status == ARES_SUCCESS) take(*result, query);
  ares_freeaddrinfo(result);
}

// Where there is no /dev/urandom, as in a module's container, c-ares takes the numbers of its
// queries from rand(3).
void seed() {
  unsigned value = 0;
  if (::getrandom(&value, sizeof value, 0) == sizeof value) std::srand(value);
}

// Until it is answered, given up, or the time is over.
void wait_for(const WasiEnv& env, const Channel& channel, const Query& query) {
  const uint64_t end = now(CLOCK_MONOTONIC) + kResolveSeconds * kNanosecondsASecond;
  while (!query.done && !env.ended() && now(CLOCK_MONOTONIC) < end) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
    const unsigned wanted = static_cast<unsigned>(
        ares_getsock(channel.get(), sockets.data(), static_cast<int>(sockets.size())));
    nfds_t count = 0;
    for (unsigned i = 0; i < sockets.size(); ++i) {
      short events = 0;
      if (ARES_GETSOCK_READABLE(wanted, i)) events |= POLLIN;
      if (ARES_GETSOCK_WRITABLE(wanted, i)) events |= POLLOUT;
      if (events != 0) polled[count++] = {sockets[i], events, 0};
    }
    timeval most{kPollMilliseconds / 1000, 0};
    timeval buffer{};
    const timeval* left = ares_timeout(channel.get(), &most, &buffer);
    const int milliseconds = static_cast<int>(left->tv_sec * 1000 + left->tv_usec / 1000 + 1);
    if (::poll(polled.data(), count, milliseconds) <= 0) {
      ares_process_fd(channel.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what has timed out
      continue;
    }
    for (nfds_t i = 0; i < count; ++i) {
      const bool failed = (polled[i].revents & (POLLERR | POLLHUP)) != 0;
      const bool in = failed || (polled[i].revents & POLLIN) != 0;
      const bool out = (polled[i].revents & POLLOUT) != 0;
      ares_process_fd(channel.get(), in ? polled[i].fd : ARES_SOCKET_BAD,
                      out ? polled[i].fd : ARES_SOCKET_BAD);
    }
  }
}

}  // namespace

Errno look_up(const WasiEnv& env, const std::string& name, int family, bool canonical,
              uint16_t port, Answer& out) {
  seed();
  ares_options options{};
  options.timeout = kTimeoutMilliseconds;
  options.tries = kTries;
  std::array<char, 3> files_first = {'f', 'b', '\0'};  // /etc/hosts, then DNS
  options.lookups = files_first.data();
  ares_channel made = nullptr;
  const int status =
      ares_init_options(&made, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
  if (status != ARES_SUCCESS) return from_ares(status);
  Channel channel(made);
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  hints.ai_flags = canonical ? ARES_AI_CANONNAME : 0;
  Query query;
  query.port = port;
  query.answer = &out;
  ares_getaddrinfo(channel.get(), name.c_str(), nullptr, &hints, arrived, &query);
  wait_for(env, channel, query);
  if (!query.done) ares_cancel(channel.get());  // answers the query: kAiAgain
  return env.ended() ? Errno::kIntr : from_ares(query.status);
}

}  // namespace wasmedge::wasi
