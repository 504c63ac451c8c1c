#include "runtime/wasi/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

#include "runtime/base/fd.h"

namespace wasmedge::wasi {
namespace {

constexpr auto kTcp = Protocol::kTcp;
constexpr auto kUdp = Protocol::kUdp;
constexpr char kName[] = "annotation io.wasmedge.wasi.network";

/// A socket address from "10.0.0.1" or "::1".
struct Address {
  Address(const char* text, uint16_t port) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (std::strchr(text, ':') != nullptr) {
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(port);
      EXPECT_EQ(::inet_pton(AF_INET6, text, &v6->sin6_addr), 1) << text;
    } else {
      v4->sin_family = AF_INET;
      v4->sin_port = htons(port);
      EXPECT_EQ(::inet_pton(AF_INET, text, &v4->sin_addr), 1) << text;
    }
  }
  operator const sockaddr*() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr_storage storage{};
};

class Network : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    denials.set_fd(writer.get());
  }
  void rules(std::initializer_list<const char*> texts) {
    std::vector<NetworkRule> parsed;
    for (const char* text : texts) {
      auto rule = parse_network_rule(kName, text);
      ASSERT_TRUE(rule) << rule.error().message;
      parsed.push_back(*rule);
    }
    policy.set(std::move(parsed), &denials);
  }
  bool connect(const char* address, uint16_t port, Protocol protocol = kTcp) {
    return policy.may_connect(Address(address, port), protocol);
  }
  bool listen(const char* address, uint16_t port, Protocol protocol = kTcp) {
    return policy.may_listen(Address(address, port), protocol);
  }
  std::string log() {
    std::array<char, 65536> buffer{};
    const ssize_t size = ::read(reader.get(), buffer.data(), buffer.size());
    return {buffer.data(), size > 0 ? static_cast<size_t>(size) : 0};
  }

  Fd reader, writer;
  Denials denials;
  NetworkPolicy policy;
};

TEST_F(Network, WithoutARuleEverythingGoes) {
  EXPECT_TRUE(policy.may_open());
  EXPECT_TRUE(connect("10.0.0.1", 80));
  EXPECT_TRUE(connect("::", 80));
  EXPECT_TRUE(listen("::", 0));
  EXPECT_TRUE(policy.may_resolve("db"));
  rules({"all"});
  EXPECT_TRUE(connect("10.0.0.1", 80, kUdp));
  EXPECT_EQ(log(), "");
}

TEST_F(Network, NoneIsNone) {
  rules({"none"});
  EXPECT_FALSE(policy.may_open());
  EXPECT_FALSE(connect("127.0.0.1", 80));
  EXPECT_FALSE(connect("127.0.0.1", 53, kUdp));
  EXPECT_FALSE(listen("127.0.0.1", 0));
  EXPECT_FALSE(listen("0.0.0.0", 0, kUdp));
  EXPECT_FALSE(policy.may_resolve("localhost"));
  EXPECT_NE(log().find("refused: connect to 127.0.0.1:80/tcp: annotation io.wasmedge.wasi.network"
                       "=none\n"),
            std::string::npos);
}

TEST_F(Network, RangesPortsAndProtocols) {
  rules({"connect=10.0.0.0/8:80,connect=[fd00::/8]:8000-8999/tcp,connect=1.1.1.1:53/udp"});
  EXPECT_TRUE(connect("10.255.1.2", 80));
  EXPECT_TRUE(connect("10.255.1.2", 80, kUdp));
  EXPECT_FALSE(connect("10.255.1.2", 81));
  EXPECT_FALSE(connect("11.0.0.0", 80));
  EXPECT_TRUE(connect("fdff::1", 8999));
  EXPECT_FALSE(connect("fdff::1", 8999, kUdp));
  EXPECT_FALSE(connect("fe00::1", 8000));
  EXPECT_TRUE(connect("1.1.1.1", 53, kUdp));
  EXPECT_FALSE(connect("1.1.1.1", 53));
  EXPECT_FALSE(listen("10.0.0.1", 80));
  EXPECT_TRUE(listen("0.0.0.0", 0, kUdp)) << "one who sends needs a port to send from";
  EXPECT_FALSE(listen("0.0.0.0", 0));
}

TEST_F(Network, MappedAddressesAreJudgedAsIpv4) {
  rules({"connect=10.0.0.0/8:80,connect=[::/0]:443"});
  EXPECT_TRUE(connect("::ffff:10.0.0.1", 80));
  EXPECT_FALSE(connect("::ffff:11.0.0.1", 80));
  EXPECT_TRUE(connect("2001:db8::1", 443));
  EXPECT_FALSE(connect("::ffff:11.0.0.1", 443)) << "all of IPv6 is nothing of IPv4";
  EXPECT_FALSE(connect("11.0.0.1", 443));
  rules({"connect=[::ffff:10.0.0.0/104]:80"});
  EXPECT_TRUE(connect("10.1.1.1", 80));
}

TEST_F(Network, UnspecifiedAddressesAreThisHost) {
  rules({"connect=10.0.0.0/8:80"});
  EXPECT_FALSE(connect("0.0.0.0", 80));
  EXPECT_FALSE(connect("::", 80));
  EXPECT_FALSE(connect("::ffff:0.0.0.0", 80));
  rules({"connect=127.0.0.1:80"});
  EXPECT_TRUE(connect("0.0.0.0", 80));
  EXPECT_TRUE(connect("::ffff:0.0.0.0", 80));
  EXPECT_FALSE(connect("::", 80)) << "it may be ::1 too";
  rules({"connect=[::1]:80"});
  EXPECT_FALSE(connect("::", 80)) << "it may be 127.0.0.1 too";
  rules({"connect=0.0.0.0:80"});
  EXPECT_FALSE(connect("127.0.0.1", 80));
}

TEST_F(Network, ListeningEverywhereNeedsAGrantOfEverywhere) {
  rules({"listen=127.0.0.1:8080"});
  EXPECT_TRUE(listen("127.0.0.1", 8080));
  EXPECT_FALSE(listen("0.0.0.0", 8080));
  EXPECT_FALSE(listen("::", 8080));
  EXPECT_FALSE(listen("127.0.0.1", 0));
  EXPECT_FALSE(connect("127.0.0.1", 8080));
  rules({"listen=0.0.0.0:8080/tcp"});
  EXPECT_TRUE(listen("0.0.0.0", 8080));
  EXPECT_TRUE(listen("127.0.0.1", 8080));
  EXPECT_TRUE(listen("::ffff:127.0.0.1", 8080));
  EXPECT_FALSE(listen("::", 8080));
  EXPECT_FALSE(listen("0.0.0.0", 8080, kUdp));
  rules({"listen=[::/0]:8080"});
  EXPECT_TRUE(listen("fd00::1", 8080));
  EXPECT_FALSE(listen("::", 8080)) << "a socket there gets IPv4 too";
  rules({"listen=[::]:8080"});
  EXPECT_TRUE(listen("::", 8080));
  EXPECT_TRUE(listen("10.0.0.1", 8080));
  rules({"listen=*:*"});
  EXPECT_TRUE(listen("::", 0));
}

TEST_F(Network, ANameCoversWhatItResolvedTo) {
  rules({"connect=db:5432,connect=*.Example.com.:443"});
  const Address address("192.0.2.7", 0), other("2001:db8::7", 0);
  EXPECT_FALSE(connect("192.0.2.7", 5432));
  EXPECT_TRUE(policy.may_resolve("DB"));
  const std::array<const sockaddr*, 2> found = {address, other};
  policy.resolved("DB.", found);
  EXPECT_TRUE(connect("192.0.2.7", 5432));
  EXPECT_TRUE(connect("::ffff:192.0.2.7", 5432));
  EXPECT_TRUE(connect("2001:db8::7", 5432));
  EXPECT_FALSE(connect("192.0.2.7", 443)) << "that port is another name's";
  EXPECT_TRUE(policy.may_resolve("a.b.example.com"));
  EXPECT_FALSE(policy.may_resolve("example.com"));
  EXPECT_FALSE(policy.may_resolve("badexample.com"));
  EXPECT_FALSE(policy.may_resolve("evil.org"));
  EXPECT_TRUE(policy.may_resolve("10.0.0.1")) << "digits ask nobody";
  EXPECT_TRUE(policy.may_resolve("fe80::1%eth0"));
}

TEST_F(Network, ResolvedAddressesAreBounded) {
  rules({"connect=*.example.com:443"});
  for (uint32_t i = 0; i <= NetworkPolicy::kResolved; ++i) {
    const Address address(fmt::format("10.0.{}.{}", i / 256, i % 256).c_str(), 0);
    const std::array<const sockaddr*, 1> found = {address};
    policy.resolved("a.example.com", found);
  }
  EXPECT_FALSE(connect("10.0.0.0", 443));
  EXPECT_TRUE(connect("10.0.0.1", 443));
  EXPECT_TRUE(connect("10.0.4.0", 443));
}

TEST_F(Network, EachRuleMustGrant) {
  rules({"connect=*:*", "connect=10.0.0.0/8:*,resolve=*"});
  EXPECT_TRUE(connect("10.0.0.1", 80));
  EXPECT_FALSE(connect("11.0.0.1", 80));
  EXPECT_TRUE(policy.may_resolve("db"));
  EXPECT_NE(log().find("connect=10.0.0.0/8:*,resolve=*"), std::string::npos);
  rules({"all", "none"});
  EXPECT_FALSE(connect("10.0.0.1", 80));
}

TEST_F(Network, OtherFamiliesAreRefused) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  const auto* address = reinterpret_cast<const sockaddr*>(&local);
  EXPECT_FALSE(policy.may_connect(address, kTcp));
  rules({"connect=*:*,listen=*:*"});
  EXPECT_FALSE(policy.may_connect(address, kTcp));
  EXPECT_FALSE(policy.may_listen(address, kTcp));
  local.sun_family = AF_UNSPEC;  // the kernel takes it for IPv4 in sendto(2)
  EXPECT_FALSE(policy.may_connect(address, kUdp));
}

TEST_F(Network, LogLinesAreFewAndCounted) {
  rules({"none"});
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(connect("10.0.0.1", 80));
  const std::string lines = log();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), Denials::kBurst);
  ::usleep(1'100'000);
  EXPECT_FALSE(connect("10.0.0.1", 80));
  EXPECT_NE(log().find(fmt::format("(and {} more refusals before it)", 1000 - Denials::kBurst)),
            std::string::npos);
}

TEST_F(Network, AReaderThatDoesNotReadStopsNobody) {
  std::array<char, 4096> filling{};
  while (::write(writer.get(), filling.data(), filling.size()) > 0) {
  }
  rules({"none"});
  EXPECT_FALSE(connect("10.0.0.1", 80));
}

struct Mistake {
  const char* text;
  const char* message;
};

TEST(NetworkRule, MistakesNameTheCharacter) {
  const std::array mistakes = {
      Mistake{"", "character 1 (the end): expected all, none, or a list of"},
      Mistake{"nothing", "character 1 (\"nothing\"): expected all, none"},
      Mistake{"connect=db", "character 11 (the end): expected \":\" and a port"},
      Mistake{"connect=db:http", "character 12 (\"http\"): expected a port"},
      Mistake{"connect=db:65536", "character 12 (\"65536\"): expected a port from 0 to 65535"},
      Mistake{"connect=db:18446744073709551617", "expected a port from 0 to 65535"},
      Mistake{"connect=db:90-80", "character 15 (\"80\"): expected a port from 90 on"},
      Mistake{"connect=db:80/sctp", "character 14 (\"/sctp\"): expected the end, or \",\""},
      Mistake{"connect=10.1.0.0/8:80", "expected the range's first address: 10.0.0.0/8"},
      Mistake{"connect=10.0.0.0/33:80", "character 18 (\"33:80\"): expected a number of bits"},
      Mistake{"connect=10.0.0:80", "character 9 (\"10.0.0:80\"): expected an IPv4 address"},
      Mistake{"connect=[fd00::1:80", "character 20 (the end): expected ] after"},
      Mistake{"connect=[zz]:80", "character 10 (\"zz]:80\"): expected an IPv6 address"},
      Mistake{"connect=[::ffff:0:0/95]:80", "expected a number of bits from 96 to 128"},
      Mistake{"connect=a..b:80", "character 11 (\".b:80\"): expected an address"},
      Mistake{"connect=a b:80", "character 10 (\" b:80\")"},
      Mistake{"connect=a*.b:80", "character 10 (\"*.b:80\")"},
      Mistake{"listen=db:80", "character 8 (\"db:80\"): expected an address of this container"},
      Mistake{"listen=*:80,", "character 13 (the end): expected listen=HOST:PORT"},
      Mistake{"listen=*:80,none", "character 13 (\"none\"): expected listen=HOST:PORT"},
      Mistake{"resolve=", "character 9 (the end): expected an address"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto rule = parse_network_rule(kName, mistake.text);
    ASSERT_FALSE(rule) << mistake.text;
    EXPECT_NE(rule.error().message.find(mistake.message), std::string::npos)
        << rule.error().message;
    EXPECT_TRUE(rule.error().message.starts_with(kName)) << rule.error().message;
  }
}

}  // namespace
}  // namespace wasmedge::wasi
