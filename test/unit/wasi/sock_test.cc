#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/run/func_types.h"
#include "runtime/wasi/resolve.h"
#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

constexpr uint32_t kAddress = 0x200;  // the {buf, len} of an address, and the buffer behind it
constexpr uint32_t kBuffer = 0x210;
constexpr uint32_t kPort = 0x300;
constexpr uint32_t kSize = 0x304;
constexpr uint32_t kFlags = 0x308;
constexpr uint32_t kType = 0x30c;

using Bytes = std::array<uint8_t, 16>;

// A guest with sockets: calls as a guest's library makes them.
class SockTest : public testing::Test {
 protected:
  WasiEnv& env() { return *guest_.env; }

  uint32_t open(uint32_t family, uint32_t type) {
    EXPECT_EQ(preview1::sock_open(env(), family, type, Guest::kOut), Errno::kSuccess);
    return guest_.get<uint32_t>(Guest::kOut);
  }
  // An address of `size` bytes: 127.0.0.1 or ::1 as the family says.
  uint32_t loopback(uint32_t size, uint32_t family) {
    Bytes ip = family == kFamilyInet4 ? Bytes{127, 0, 0, 1} : Bytes{};
    if (family == kFamilyInet6) ip[15] = 1;
    guest_.set(kAddress, Iovec{kBuffer, size});
    if (size == 128) guest_.set(kBuffer, static_cast<uint16_t>(family));
    if (size == 4) {
      guest_.set(kBuffer, std::array<uint8_t, 4>{ip[0], ip[1], ip[2], ip[3]});
    } else {
      guest_.set(kBuffer + (size == 128 ? 2 : 0), ip);
    }
    return kAddress;
  }
  uint16_t local_port(uint32_t fd) {
    guest_.set(kAddress, Iovec{kBuffer, 128});
    EXPECT_EQ(preview1::sock_getlocaladdr(env(), fd, kAddress, kPort), Errno::kSuccess);
    return static_cast<uint16_t>(guest_.get<uint32_t>(kPort));
  }
  uint32_t listen(uint32_t family = kFamilyInet4) {
    const uint32_t fd = open(family, kSocketStream);
    EXPECT_EQ(preview1::sock_bind(env(), fd, loopback(128, family), 0), Errno::kSuccess);
    EXPECT_EQ(preview1::sock_listen(env(), fd, 16), Errno::kSuccess);
    return fd;
  }
  uint32_t connect(uint16_t port, uint32_t family = kFamilyInet4) {
    const uint32_t fd = open(family, kSocketStream);
    EXPECT_EQ(preview1::sock_connect(env(), fd, loopback(128, family), port), Errno::kSuccess);
    return fd;
  }
  uint32_t accept(uint32_t listener) {
    EXPECT_EQ(preview1::sock_accept(env(), listener, Guest::kOut), Errno::kSuccess);
    return guest_.get<uint32_t>(Guest::kOut);
  }
  Errno send(uint32_t fd, std::string_view text) {
    guest_.set(kAddress, Iovec{guest_.put(text), static_cast<uint32_t>(text.size())});
    return preview1::sock_send(env(), fd, kAddress, 1, 0, kSize);
  }
  Errno receive(uint32_t fd, std::string& out, uint32_t flags = 0, uint32_t room = 64) {
    const uint32_t buffer = guest_.put(std::string(room, '\0'));
    guest_.set(kAddress, Iovec{buffer, room});
    const Errno error = preview1::sock_recv(env(), fd, kAddress, 1, flags, kSize, kFlags);
    if (error == Errno::kSuccess) out = guest_.text(buffer, guest_.get<uint32_t>(kSize));
    return error;
  }
  std::string received(uint32_t fd, uint32_t flags = 0, uint32_t room = 64) {
    std::string text;
    EXPECT_EQ(receive(fd, text, flags, room), Errno::kSuccess);
    return text;
  }

  Guest guest_;
};

TEST_F(SockTest, TcpBothWaysWithHalfClose) {
  for (const uint32_t family : {uint32_t{kFamilyInet4}, uint32_t{kFamilyInet6}}) {
    const uint32_t listener = listen(family);
    const uint32_t client = connect(local_port(listener), family);
    const uint32_t server = accept(listener);
    EXPECT_EQ(env().fds.get(server)->type(), FileType::kSocketStream);
    EXPECT_EQ(send(client, "question"), Errno::kSuccess);
    EXPECT_EQ(preview1::sock_shutdown(env(), client, kShutdownWrite), Errno::kSuccess);
    EXPECT_EQ(received(server, kReceivePeek), "question");
    EXPECT_EQ(received(server), "question");
    EXPECT_EQ(received(server), "");  // the half that is closed
    EXPECT_EQ(send(server, "answer"), Errno::kSuccess);
    EXPECT_EQ(received(client), "answer");
    EXPECT_EQ(guest_.read(client, 0), "");
    EXPECT_EQ(send(client, "more"), Errno::kPipe);  // and no signal
    EXPECT_EQ(guest_.write(client, "more"), Errno::kPipe);
    for (const uint32_t fd : {listener, client, server}) {
      EXPECT_EQ(preview1::fd_close(env(), fd), Errno::kSuccess);
    }
  }
}

TEST_F(SockTest, FilesCallsWorkOnThem) {
  const uint32_t listener = listen();
  const uint32_t client = connect(local_port(listener));
  const uint32_t server = accept(listener);
  EXPECT_EQ(guest_.write(client, "hi"), Errno::kSuccess);
  EXPECT_EQ(guest_.read(server), "hi");
  EXPECT_EQ(preview1::fd_fdstat_set_flags(env(), server, kFdflagNonblock), Errno::kSuccess);
  std::string text;
  EXPECT_EQ(receive(server, text), Errno::kAgain);
  EXPECT_EQ(preview1::fd_fdstat_get(env(), server, 0x400), Errno::kSuccess);
  EXPECT_EQ(guest_.get<Fdstat>(0x400).flags, kFdflagNonblock);
  EXPECT_EQ(guest_.get<Fdstat>(0x400).type, FileType::kSocketStream);
  EXPECT_EQ(preview1::fd_seek(env(), server, 0, 0, 0x400), Errno::kNotCapable);
}

TEST_F(SockTest, AcceptOfTheStandardTakesFlags) {
  const uint32_t listener = listen();
  EXPECT_EQ(preview1::fd_fdstat_set_flags(env(), listener, kFdflagNonblock), Errno::kSuccess);
  EXPECT_EQ(preview1::sock_accept(env(), listener, 0, Guest::kOut), Errno::kAgain);
  EXPECT_EQ(preview1::sock_accept(env(), listener, kFdflagAppend, Guest::kOut), Errno::kInval);
  connect(local_port(listener));
  EXPECT_EQ(preview1::sock_accept(env(), listener, kFdflagNonblock, Guest::kOut), Errno::kSuccess);
  std::string text;
  EXPECT_EQ(receive(guest_.get<uint32_t>(Guest::kOut), text), Errno::kAgain);
}

TEST_F(SockTest, AConnectThatWaitsEndsInReadiness) {
  const uint32_t listener = listen();
  const uint16_t port = local_port(listener);
  const uint32_t client = open(kFamilyInet4, kSocketStream);
  EXPECT_EQ(preview1::fd_fdstat_set_flags(env(), client, kFdflagNonblock), Errno::kSuccess);
  EXPECT_EQ(preview1::sock_connect(env(), client, loopback(4, kFamilyInet4), port),
            Errno::kInProgress);
  Subscription subscription{};
  subscription.type = EventType::kFdWrite;
  subscription.clock_or_fd = client;
  guest_.set(0x400, subscription);
  EXPECT_EQ(preview1::poll_oneoff(env(), 0x400, 0x500, 1, 0x600), Errno::kSuccess);
  EXPECT_EQ(guest_.get<uint32_t>(0x600), 1U);
  EXPECT_EQ(guest_.get<Event>(0x500).error, 0);

  // Refused: ready too, and the socket tells why, in WASI's numbers.
  preview1::fd_close(env(), listener);
  const uint32_t other = open(kFamilyInet4, kSocketStream);
  EXPECT_EQ(preview1::fd_fdstat_set_flags(env(), other, kFdflagNonblock), Errno::kSuccess);
  const Errno error = preview1::sock_connect(env(), other, loopback(4, kFamilyInet4), port);
  if (error == Errno::kInProgress) {
    subscription.clock_or_fd = other;
    guest_.set(0x400, subscription);
    EXPECT_EQ(preview1::poll_oneoff(env(), 0x400, 0x500, 1, 0x600), Errno::kSuccess);
    EXPECT_EQ(guest_.get<Event>(0x500).error, 0);
    guest_.set(kSize, uint32_t{4});
    EXPECT_EQ(preview1::sock_getsockopt(env(), other, 0, 2, 0x700, kSize), Errno::kSuccess);
    EXPECT_EQ(guest_.get<uint32_t>(0x700), static_cast<uint32_t>(Errno::kConnRefused));
  } else {
    EXPECT_EQ(error, Errno::kConnRefused);
  }
}

TEST_F(SockTest, DatagramsAndWhoSentThem) {
  for (const uint32_t family : {uint32_t{kFamilyInet4}, uint32_t{kFamilyInet6}}) {
    const uint32_t server = open(family, kSocketDatagram);
    EXPECT_EQ(preview1::sock_bind(env(), server, loopback(128, family), 0), Errno::kSuccess);
    const uint16_t port = local_port(server);
    const uint32_t client = open(family, kSocketDatagram);
    EXPECT_EQ(preview1::sock_bind(env(), client, loopback(128, family), 0), Errno::kSuccess);
    const uint16_t from = local_port(client);
    const uint32_t iovec = 0x400;
    for (const bool second : {false, true}) {
      guest_.set(iovec, Iovec{guest_.put("datagram"), 8});
      EXPECT_EQ(
          preview1::sock_send_to(env(), client, iovec, 1, loopback(128, family), port, 0, kSize),
          Errno::kSuccess);
      guest_.set(iovec, Iovec{0x800, 4});
      guest_.set(kAddress, Iovec{kBuffer, 128});
      if (second) {
        EXPECT_EQ(
            preview1::sock_recv_from(env(), server, iovec, 1, kAddress, 0, kPort, kSize, kFlags),
            Errno::kSuccess);
        EXPECT_EQ(guest_.get<uint16_t>(kPort), htons(from));  // unlike all other ports
      } else {
        EXPECT_EQ(preview1::sock_recv_from(env(), server, iovec, 1, kAddress, 0, kSize, kFlags),
                  Errno::kSuccess);
      }
      EXPECT_EQ(guest_.text(0x800, guest_.get<uint32_t>(kSize)), "data");
      EXPECT_EQ(guest_.get<uint16_t>(kFlags), kReceiveTruncated);
      EXPECT_EQ(guest_.get<uint16_t>(kBuffer), family);
      const Bytes ip = guest_.get<Bytes>(kBuffer + 2);
      EXPECT_EQ(ip[0], family == kFamilyInet4 ? 127 : 0);
      EXPECT_EQ(ip[15], family == kFamilyInet4 ? 0 : 1);
    }
  }
}

TEST_F(SockTest, AddressesInEachForm) {
  const uint32_t four = listen(kFamilyInet4);
  const uint32_t six = listen(kFamilyInet6);
  struct Case {
    uint32_t fd, size;
    Errno error;
    uint32_t type;
  };
  for (const Case& each : {Case{four, 4, Errno::kSuccess, 4}, Case{four, 16, Errno::kSuccess, 4},
                           Case{four, 128, Errno::kSuccess, 4}, Case{six, 4, Errno::kInval, 6},
                           Case{six, 16, Errno::kSuccess, 6}, Case{six, 128, Errno::kSuccess, 6},
                           Case{four, 5, Errno::kInval, 0}, Case{four, 0, Errno::kInval, 0}}) {
    guest_.set(kAddress, Iovec{kBuffer, each.size});
    guest_.set(kType, uint32_t{0});
    EXPECT_EQ(preview1::sock_getlocaladdr(env(), each.fd, kAddress, kType, kPort), each.error);
    if (each.error != Errno::kSuccess) continue;
    EXPECT_EQ(guest_.get<uint32_t>(kType), each.type);
    EXPECT_EQ(guest_.get<uint32_t>(kPort), local_port(each.fd));
  }
  guest_.set(kAddress, Iovec{kBuffer, 128});
  EXPECT_EQ(preview1::sock_getpeeraddr(env(), four, kAddress, kPort), Errno::kNotConn);
  EXPECT_EQ(preview1::sock_bind(env(), four, loopback(4, kFamilyInet4), 65536), Errno::kInval);
  guest_.set(kAddress, Iovec{Guest::kMemoryBytes - 3, 4});
  EXPECT_EQ(preview1::sock_connect(env(), four, kAddress, 80), Errno::kFault);
  guest_.set(kAddress, Iovec{kBuffer, 128});
  guest_.set(kBuffer, uint16_t{kFamilyUnix});
  EXPECT_EQ(preview1::sock_connect(env(), four, kAddress, 80), Errno::kNoSys);
}

TEST_F(SockTest, OpenTakesWhatThereIs) {
  EXPECT_EQ(preview1::sock_open(env(), kFamilyUnspec, kSocketStream, 0x100), Errno::kAfNoSupport);
  EXPECT_EQ(preview1::sock_open(env(), kFamilyUnix, kSocketStream, 0x100), Errno::kNoSys);
  EXPECT_EQ(preview1::sock_open(env(), 4, kSocketStream, 0x100), Errno::kInval);
  EXPECT_EQ(preview1::sock_open(env(), kFamilyInet4, kSocketAny, 0x100), Errno::kInval);
  EXPECT_EQ(preview1::sock_open(env(), kFamilyInet4, 3, 0x100), Errno::kInval);
  EXPECT_EQ(preview1::sock_open(env(), kFamilyInet4, kSocketStream, Guest::kMemoryBytes),
            Errno::kFault);
  EXPECT_EQ(env().fds.get(4), nullptr);
}

TEST_F(SockTest, Options) {
  const uint32_t fd = open(kFamilyInet4, kSocketStream);
  const auto get = [&](uint32_t name, uint32_t size) {
    guest_.set(kSize, size);
    return preview1::sock_getsockopt(env(), fd, 0, name, 0x700, kSize);
  };
  guest_.set(0x700, uint32_t{1});
  EXPECT_EQ(preview1::sock_setsockopt(env(), fd, 0, 0, 0x700, 4), Errno::kSuccess);
  EXPECT_EQ(get(0, 4), Errno::kSuccess);
  EXPECT_EQ(guest_.get<uint32_t>(0x700), 1U);
  EXPECT_EQ(get(1, 4), Errno::kSuccess);
  EXPECT_EQ(guest_.get<uint32_t>(0x700), kSocketStream);
  EXPECT_EQ(get(2, 4), Errno::kSuccess);
  EXPECT_EQ(guest_.get<uint32_t>(0x700), 0U);
  guest_.set(0x700, std::array<int64_t, 2>{1, 500'000});
  EXPECT_EQ(preview1::sock_setsockopt(env(), fd, 0, 11, 0x700, 16), Errno::kSuccess);
  guest_.set(0x700, std::array<int64_t, 2>{});
  EXPECT_EQ(get(11, 16), Errno::kSuccess);
  EXPECT_EQ((guest_.get<std::array<int64_t, 2>>(0x700)), (std::array<int64_t, 2>{1, 500'000}));
  guest_.set(0x700, std::array<int64_t, 2>{1, 1'000'000});
  EXPECT_EQ(preview1::sock_setsockopt(env(), fd, 0, 12, 0x700, 16), Errno::kDom);
  guest_.set(0x700, std::array<int32_t, 2>{1, 3});
  EXPECT_EQ(preview1::sock_setsockopt(env(), fd, 0, 9, 0x700, 8), Errno::kSuccess);
  EXPECT_EQ(get(9, 8), Errno::kSuccess);
  EXPECT_EQ((guest_.get<std::array<int32_t, 2>>(0x700)), (std::array<int32_t, 2>{1, 3}));
  EXPECT_EQ(get(0, 3), Errno::kInval);
  EXPECT_EQ(get(15, 4), Errno::kNoProtoOpt);
  EXPECT_EQ(preview1::sock_getsockopt(env(), fd, 6, 1, 0x700, kSize), Errno::kInval);
  EXPECT_EQ(preview1::sock_setsockopt(env(), fd, 0, 9, 0x700, 4), Errno::kInval);
  // The size itself, where its address belongs: four bytes of zeros are there.
  guest_.set(4, uint32_t{0});
  EXPECT_EQ(preview1::sock_getsockopt(env(), fd, 0, 0, 0x700, 4), Errno::kInval);
}

TEST_F(SockTest, OnlyWhatIsASocket) {
  EXPECT_EQ(preview1::sock_bind(env(), Guest::kRoot, kAddress, 0), Errno::kNotSock);
  EXPECT_EQ(preview1::sock_bind(env(), 99, kAddress, 0), Errno::kBadF);
  EXPECT_EQ(preview1::sock_getlocaladdr(env(), 0, kAddress, kPort), Errno::kNotSock);
  const uint32_t fd = listen();
  EXPECT_EQ(preview1::sock_shutdown(env(), fd, 0), Errno::kInval);
  EXPECT_EQ(preview1::sock_shutdown(env(), fd, 4), Errno::kInval);
  EXPECT_EQ(preview1::fd_fdstat_set_rights(env(), fd, kFdRead, 0), Errno::kSuccess);
  EXPECT_EQ(preview1::sock_accept(env(), fd, Guest::kOut), Errno::kNotCapable);
}

TEST_F(SockTest, EdgesAreToldOnce) {
  const uint32_t listener = listen();
  const uint32_t client = connect(local_port(listener));
  const uint32_t server = accept(listener);
  const auto ready = [&](uint32_t fd) {
    Subscription clock{};
    clock.type = EventType::kClock;
    clock.clock_or_fd = 1;
    clock.timeout = 20'000'000;
    Subscription reads{};
    reads.type = EventType::kFdRead;
    reads.clock_or_fd = fd;
    guest_.set(0x400, std::array<Subscription, 2>{clock, reads});
    EXPECT_EQ(preview1::epoll_oneoff(env(), 0x400, 0x500, 2, 0x600), Errno::kSuccess);
    EXPECT_EQ(guest_.get<uint32_t>(0x600), 1U);
    const auto event = guest_.get<Event>(0x500);
    EXPECT_EQ(event.error, 0);
    return event.type == EventType::kFdRead ? static_cast<int>(event.bytes) : -1;
  };
  EXPECT_EQ(ready(server), -1);
  EXPECT_EQ(send(client, "one"), Errno::kSuccess);
  EXPECT_EQ(ready(server), 3);
  EXPECT_EQ(ready(server), -1);  // though nothing was read
  EXPECT_EQ(send(client, "two"), Errno::kSuccess);
  EXPECT_EQ(ready(server), 6);
  // Another socket with the number of one that was watched.
  EXPECT_EQ(preview1::fd_close(env(), server), Errno::kSuccess);
  const uint32_t next = connect(local_port(listener));
  const uint32_t peer = accept(listener);
  EXPECT_EQ(send(peer, "three"), Errno::kSuccess);
  EXPECT_EQ(ready(next), 5);
  EXPECT_EQ(ready(next), -1);
  // A file is always ready; forgotten and asked for again, so is the socket.
  EXPECT_EQ(ready(guest_.must_open("file", {.oflags = kOflagCreat})), 0);
  EXPECT_EQ(ready(next), 5);
}

// A list of nodes as a guest's library brings it, and questions that no name server is asked.
class AddrinfoTest : public SockTest {
 protected:
  static constexpr uint32_t kHead = 0x600;
  static constexpr uint32_t kHints = 0x604;
  static constexpr uint32_t kCount = 0x620;
  static constexpr uint32_t kNodes = 0x700;
  static constexpr uint32_t kNode = 0x80;  // an Addrinfo, its Sockaddr, the data
  static constexpr uint32_t kMany = 4;

  AddrinfoTest() {
    guest_.set(kHead, kNodes);
    for (uint32_t i = 0; i < kMany; ++i) {
      const uint32_t at = kNodes + i * kNode;
      guest_.set(at, node(at + 32, i + 1 < kMany ? at + kNode : 0));
      guest_.set(at + 32, data(at + 64));
    }
  }
  static Addrinfo node(uint32_t address, uint32_t next) {
    Addrinfo out{};
    out.address = address;
    out.next = next;
    return out;
  }
  static Sockaddr data(uint32_t address) {
    Sockaddr out{};
    out.data_bytes = 26;
    out.data = address;
    return out;
  }
  static Addrinfo hints(uint16_t flags, uint8_t family = 0, uint8_t type = 0,
                        uint8_t protocol = 0) {
    Addrinfo out{};
    out.flags = flags;
    out.family = family;
    out.type = type;
    out.protocol = protocol;
    return out;
  }
  Errno ask(std::string_view node, std::string_view service, const Addrinfo& hints,
            uint32_t most = kMany) {
    guest_.set(kHints, hints);
    return ask(guest_.put(node), static_cast<uint32_t>(node.size()), guest_.put(service),
               static_cast<uint32_t>(service.size()), kHints, kHead, most, kCount);
  }
  Errno ask(uint32_t node, uint32_t node_size, uint32_t service, uint32_t service_size,
            uint32_t hints, uint32_t head, uint32_t most, uint32_t count) {
    return preview1::sock_getaddrinfo(env(), node, node_size, service, service_size, hints, head,
                                      most, count);
  }
};

TEST_F(AddrinfoTest, FillsTheGuestsList) {
  EXPECT_EQ(ask("10.1.2.3", "8080", {}), Errno::kSuccess);
  EXPECT_EQ(guest_.get<uint32_t>(kCount), 2U);  // a stream and datagrams
  const auto first = guest_.get<Addrinfo>(kNodes);
  EXPECT_EQ(first.family, kFamilyInet4);
  EXPECT_EQ(first.type, kSocketStream);
  EXPECT_EQ(first.protocol, kProtocolTcp);
  EXPECT_EQ(guest_.get<Addrinfo>(kNodes + kNode).type, kSocketDatagram);
  EXPECT_EQ(guest_.get<Sockaddr>(kNodes + 32).data_bytes, 14U);
  EXPECT_EQ((guest_.get<std::array<uint8_t, 6>>(kNodes + 64)),
            (std::array<uint8_t, 6>{0x1f, 0x90, 10, 1, 2, 3}));
  EXPECT_EQ(ask("10.1.2.3", "8080", {}, 1), Errno::kSuccess);  // no more than there is room for
  EXPECT_EQ(guest_.get<uint32_t>(kCount), 1U);
  EXPECT_EQ(ask("::1", "80", hints(0, 0, kSocketDatagram)), Errno::kSuccess);
  EXPECT_EQ(guest_.get<uint32_t>(kCount), 1U);
  EXPECT_EQ(guest_.get<Sockaddr>(kNodes + 32).data_bytes, 26U);
  EXPECT_EQ(guest_.get<uint8_t>(kNodes + 64 + 6 + 15), 1U);
}

TEST_F(AddrinfoTest, HostileArgumentsGetAnErrno) {
  constexpr uint32_t kEnd = Guest::kMemoryBytes;
  EXPECT_EQ(ask("", "", {}), kAiNoName);
  EXPECT_EQ(ask("1.2.3.4", "80", hints(128)), kAiBadFlag);
  EXPECT_EQ(ask("1.2.3.4", "80", hints(0, 9)), kAiFamily);
  EXPECT_EQ(ask("1.2.3.4", "80", hints(0, 0, 9)), kAiSocketType);
  EXPECT_EQ(ask("1.2.3.4", "80", hints(0, 0, kSocketStream, kProtocolUdp)), kAiSocketType);
  EXPECT_EQ(ask("1.2.3.4.5", "80", hints(4)), kAiNoName);  // digits only, and these are none
  EXPECT_EQ(ask(std::string(2000, 'a'), "80", {}), kAiNoName);
  EXPECT_EQ(ask("1.2.3.4", "80", {}, 0), Errno::kInval);
  const uint32_t name = guest_.put("1.2.3.4");
  EXPECT_EQ(ask(kEnd - 3, 7, 0, 0, 0, kHead, 1, kCount), Errno::kFault);
  EXPECT_EQ(ask(name, 7, 0xffffffff, 2, 0, kHead, 1, kCount), Errno::kFault);
  EXPECT_EQ(ask(name, 7, 0, 0, kEnd - 27, kHead, 1, kCount), Errno::kFault);
  EXPECT_EQ(ask(name, 7, 0, 0, 0, kEnd - 3, 1, kCount), Errno::kFault);
  EXPECT_EQ(ask(name, 7, 0, 0, 0, kHead, 1, kEnd - 3), Errno::kFault);
  EXPECT_EQ(ask(name, 0xffffffff, 0, 0, 0, kHead, 1, kCount), Errno::kFault);
  // A list whose nodes, addresses or data lie outside, and one that bites its tail.
  guest_.set(kHead, kEnd - 27);
  EXPECT_EQ(ask("1.2.3.4", "80", {}), Errno::kFault);
  guest_.set(kHead, kNodes);
  guest_.set(kNodes, node(kEnd - 11, kNodes));
  EXPECT_EQ(ask("1.2.3.4", "80", {}), Errno::kFault);
  guest_.set(kNodes, node(kNodes + 32, kNodes));
  guest_.set(kNodes + 32, data(kEnd - 13));
  EXPECT_EQ(ask("1.2.3.4", "80", {}), Errno::kFault);
  guest_.set(kNodes + 32, data(kNodes + 64));
  EXPECT_EQ(ask("1.2.3.4", "80", {}, 0xffffffff), Errno::kSuccess);
  EXPECT_EQ(guest_.get<uint32_t>(kCount), 2U);
  // The name is asked for where there is no room for it.
  Addrinfo named = node(kNodes + 32, kNodes);
  named.canonical_name = kEnd - 1;
  named.canonical_name_bytes = 64;
  guest_.set(kNodes, named);
  EXPECT_EQ(ask("1.2.3.4", "80", hints(2)), Errno::kFault);
}

// Each call with addresses and buffers that end outside the memory, or are of no such length.
TEST_F(SockTest, HostileArgumentsGetAnErrno) {
  constexpr uint32_t kEnd = Guest::kMemoryBytes;
  const uint32_t listener = listen();
  const uint32_t client = connect(local_port(listener));
  const uint32_t server = accept(listener);
  const uint32_t udp = open(kFamilyInet4, kSocketDatagram);
  for (const uint32_t size : {0U, 3U, 5U, 15U, 17U, 127U, 129U, 0xffffffffU}) {
    guest_.set(kAddress, Iovec{kBuffer, size});
    EXPECT_NE(preview1::sock_bind(env(), udp, kAddress, 1), Errno::kSuccess) << size;
    EXPECT_NE(preview1::sock_connect(env(), udp, kAddress, 1), Errno::kSuccess) << size;
    EXPECT_NE(preview1::sock_getlocaladdr(env(), udp, kAddress, kPort), Errno::kSuccess) << size;
    EXPECT_NE(preview1::sock_getpeeraddr(env(), client, kAddress, kPort), Errno::kSuccess) << size;
  }
  guest_.set(kAddress, Iovec{kEnd - 3, 4});
  for (const uint32_t address : {kAddress, kEnd - 7, 0xffffffffU}) {
    EXPECT_EQ(preview1::sock_bind(env(), udp, address, 1), Errno::kFault) << address;
    EXPECT_EQ(preview1::sock_connect(env(), udp, address, 1), Errno::kFault) << address;
    EXPECT_EQ(preview1::sock_getlocaladdr(env(), udp, address, kPort), Errno::kFault) << address;
    EXPECT_EQ(preview1::sock_getpeeraddr(env(), client, address, kPort), Errno::kFault) << address;
  }
  loopback(4, kFamilyInet4);
  for (const uint32_t port : {0x10000U, 0xffffffffU}) {
    EXPECT_NE(preview1::sock_bind(env(), udp, kAddress, port), Errno::kSuccess) << port;
    EXPECT_NE(preview1::sock_connect(env(), udp, kAddress, port), Errno::kSuccess) << port;
  }
  EXPECT_EQ(preview1::sock_accept(env(), listener, kEnd - 3), Errno::kFault);
  EXPECT_EQ(preview1::sock_accept(env(), listener, 0xffff, Guest::kOut), Errno::kInval);
  EXPECT_EQ(preview1::sock_shutdown(env(), client, 0xffffffff), Errno::kInval);
  // What is to be sent or received lies outside, or where its size goes.
  constexpr uint32_t kList = 0x400;
  for (const Iovec& bytes : {Iovec{kEnd - 1, 2}, Iovec{0xffffffff, 0xffffffff}}) {
    guest_.set(kList, bytes);
    EXPECT_EQ(preview1::sock_send(env(), client, kList, 1, 0, kSize), Errno::kFault);
    EXPECT_EQ(preview1::sock_recv(env(), client, kList, 1, 0, kSize, kFlags), Errno::kFault);
    EXPECT_EQ(preview1::sock_send_to(env(), udp, kList, 1, kAddress, 9, 0, kSize), Errno::kFault);
    EXPECT_EQ(preview1::sock_recv_from(env(), udp, kList, 1, kAddress, 0, kPort, kSize, kFlags),
              Errno::kFault);
  }
  guest_.set(kList, Iovec{0x500, 8});
  EXPECT_EQ(preview1::sock_send(env(), client, kList, 0xffffffff, 0, kSize), Errno::kFault);
  EXPECT_EQ(preview1::sock_send(env(), client, kList, 1, 0, kEnd - 3), Errno::kFault);
  EXPECT_EQ(preview1::sock_recv(env(), client, kList, 1, 0, kEnd - 3, kFlags), Errno::kFault);
  EXPECT_EQ(preview1::sock_recv(env(), client, kList, 1, 0, kSize, kEnd - 1), Errno::kFault);
  EXPECT_NE(preview1::sock_send(env(), client, kList, 1, 0xffff, kSize), Errno::kSuccess);
  EXPECT_NE(preview1::sock_recv(env(), client, kList, 1, 0xfffc, kSize, kFlags), Errno::kSuccess);
  // Options of no such size, or beyond the memory.
  for (const uint32_t size : {0U, 3U, 5U, 0xffffffffU}) {
    EXPECT_NE(preview1::sock_setsockopt(env(), client, 0, 0, 0x500, size), Errno::kSuccess) << size;
  }
  EXPECT_EQ(preview1::sock_setsockopt(env(), client, 0, 0, kEnd - 3, 4), Errno::kFault);
  guest_.set(kSize, uint32_t{4});
  EXPECT_EQ(preview1::sock_getsockopt(env(), client, 0, 0, kEnd - 3, kSize), Errno::kFault);
  EXPECT_EQ(preview1::sock_getsockopt(env(), client, 0, 0, 0x500, kEnd - 3), Errno::kFault);
  // After all of it the connection is as it was.
  EXPECT_EQ(send(client, "still"), Errno::kSuccess);
  EXPECT_EQ(received(server), "still");
}

TEST(SockImports, TheVersionIsTheOneOfTheImportsType) {
  Guest guest;
  const auto type = [](size_t parameters) {
    const std::vector<wasm::ValueType> values(parameters, wasm::kI32);
    return run::canonical_type(values, std::array{wasm::kI32});
  };
  const auto found = [&](std::string_view name, size_t parameters) {
    const auto function = find_function(*guest.env, kPreview1, name, type(parameters));
    EXPECT_TRUE(function) << name;
    return function ? function->ref.type : 0;
  };
  for (const auto& [name, one, two] :
       {std::tuple{"sock_accept", 2, 3}, std::tuple{"sock_recv_from", 7, 8},
        std::tuple{"sock_getlocaladdr", 4, 3}, std::tuple{"sock_getpeeraddr", 4, 3}}) {
    const auto first = static_cast<size_t>(one);
    const auto second = static_cast<size_t>(two);
    EXPECT_EQ(found(name, first), type(first));
    EXPECT_EQ(found(name, second), type(second));
    EXPECT_EQ(found(name, 9), type(second));  // to be refused, with the last version's type
    EXPECT_EQ(found(std::string(name) + "_v2", first), type(second));
  }
  for (const char* name : {"sock_open_v2", "sock_bind_v2", "sock_connect_v2", "sock_listen_v2",
                           "sock_recv_v2", "sock_send_v2", "sock_send_to_v2"}) {
    EXPECT_TRUE(find_function(*guest.env, kPreview1, name)) << name;
  }
  EXPECT_FALSE(find_function(*guest.env, kPreview1, "fd_read_v2"));
  EXPECT_FALSE(find_function(*guest.env, kPreview1, "sock_v2"));
  EXPECT_FALSE(find_function(*guest.env, kUnstable, "sock_open"));
}

TEST(SockPolicy, IsAskedOnEveryRoute) {
  Guest guest;
  Denials denials;
  auto rule = parse_network_rule("test", "none");
  ASSERT_TRUE(rule);
  EXPECT_EQ(preview1::sock_open(*guest.env, 1, 1, 0x100), Errno::kSuccess);
  const uint32_t fd = guest.get<uint32_t>(0x100);
  guest.env->network.set({*rule}, &denials);
  guest.set(0x200, Iovec{0x210, 4});
  guest.set(0x210, std::array<uint8_t, 4>{127, 0, 0, 1});
  guest.set(0x300, Iovec{0x210, 4});
  EXPECT_EQ(preview1::sock_open(*guest.env, 1, 1, 0x100), Errno::kAcces);
  EXPECT_EQ(preview1::sock_bind(*guest.env, fd, 0x200, 8080), Errno::kAcces);
  EXPECT_EQ(preview1::sock_connect(*guest.env, fd, 0x200, 80), Errno::kAcces);
  EXPECT_EQ(preview1::sock_listen(*guest.env, fd, 1), Errno::kAcces);
  EXPECT_EQ(preview1::sock_send_to(*guest.env, fd, 0x300, 1, 0x200, 80, 0, 0x400), Errno::kAcces);
  const uint32_t name = guest.put("localhost");
  guest.set(0x500, uint32_t{0x600});
  EXPECT_EQ(preview1::sock_getaddrinfo(*guest.env, name, 9, 0, 0, 0, 0x500, 1, 0x400), kAiFail);
}

}  // namespace
}  // namespace wasmedge::wasi
