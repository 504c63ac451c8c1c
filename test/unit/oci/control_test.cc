#include "oci/control.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "oci/launch.h"

namespace wasmedge::oci {
namespace {

struct Pair {
  Pair() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    left.reset(ends[0]);
    right.reset(ends[1]);
  }
  Fd left, right;
};

TEST(Control, MessagesArriveWhole) {
  Pair pair;
  const std::string large(100'000, 'x');
  ASSERT_TRUE(send_control(pair.left.get(), 7, large));
  ASSERT_TRUE(send_control(pair.left.get(), 8));
  auto first = receive_control(pair.right.get());
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->kind, 7u);
  EXPECT_EQ((*first)->payload, large);
  EXPECT_FALSE((*first)->fd);
  auto second = receive_control(pair.right.get());
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->kind, 8u);
  EXPECT_EQ((*second)->payload, "");
}

TEST(Control, DescriptorsComeAlong) {
  Pair pair;
  const auto null = open_file("/dev/null", O_RDONLY);
  ASSERT_TRUE(null);
  ASSERT_TRUE(send_control(pair.left.get(), 1, "x", null->get()));
  const auto message = receive_control(pair.right.get());
  ASSERT_TRUE(message && *message && (*message)->fd);
  struct stat sent{}, received{};
  ::fstat(null->get(), &sent);
  ::fstat((*message)->fd.get(), &received);
  EXPECT_EQ(sent.st_rdev, received.st_rdev);
  EXPECT_NE(::fcntl((*message)->fd.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(Control, EmptyAndClosed) {
  Pair pair;
  EXPECT_EQ(receive_control(pair.right.get()).error().code, ErrorCode::kUnavailable);
  pair.left.reset();
  const auto message = receive_control(pair.right.get());
  EXPECT_TRUE(message && !*message);
  EXPECT_EQ(send_control(pair.right.get(), 1, "x").error().code, ErrorCode::kUnavailable);
}

TEST(Control, ErrorsKeepTheirCode) {
  const Error error = decode_error(encode_error({ErrorCode::kPermissionDenied, "no\n\"x\""}));
  EXPECT_EQ(error.code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(error.message, "no\n\"x\"");
  EXPECT_EQ(decode_error("").code, ErrorCode::kInternal);
  EXPECT_EQ(decode_error("\xff?").code, ErrorCode::kInternal);
}

TEST(SetupMessage, RoundTripAndTruncation) {
  oci::Setup setup{"c1", "/run/c1", {{"", "overlay", "overlay", {"lowerdir=/a:/b", ""}}, {}}};
  const std::string encoded = encode_setup(setup);
  const auto decoded = decode_setup(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->id, "c1");
  EXPECT_EQ(decoded->bundle, "/run/c1");
  ASSERT_EQ(decoded->rootfs_mounts.size(), 2u);
  EXPECT_EQ(decoded->rootfs_mounts[0].options, setup.rootfs_mounts[0].options);
  for (size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_FALSE(decode_setup(std::string_view(encoded).substr(0, size))) << size;
  }
  // A count beyond the message ends at the message's end.
  EXPECT_FALSE(decode_setup(std::string(8, '\0') + "\xff\xff\xff\xff"));
}

}  // namespace
}  // namespace wasmedge::oci
