#include "oci/mount_options.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "oci/mounts.h"
#include "oci/root_mount.h"

namespace wasmedge::oci {
namespace {

using Strings = std::vector<std::string>;

TEST(MountOptions, WhatEnginesWrite) {
  const auto proc = parse_mount_options({"nosuid", "noexec", "nodev"});
  EXPECT_EQ(proc.set, uint64_t{MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV});
  EXPECT_TRUE(proc.settings.empty() && proc.flags.empty());

  const auto tmpfs = parse_mount_options({"nosuid", "strictatime", "mode=755", "size=65536k"});
  EXPECT_EQ(tmpfs.set, uint64_t{MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME});
  EXPECT_EQ(tmpfs.clear, uint64_t{MOUNT_ATTR__ATIME});
  EXPECT_EQ(tmpfs.settings, (Strings{"mode=755", "size=65536k"}));

  const auto volume = parse_mount_options({"rbind", "rprivate", "ro"});
  EXPECT_TRUE(volume.bind && volume.recursive);
  EXPECT_EQ(volume.propagation, static_cast<unsigned long>(MS_PRIVATE | MS_REC));
  EXPECT_EQ(volume.set, uint64_t{MOUNT_ATTR_RDONLY});

  const auto plain = parse_mount_options({"bind"});
  EXPECT_TRUE(plain.bind);
  EXPECT_FALSE(plain.recursive);
}

TEST(MountOptions, TheLastWordWins) {
  const auto options = parse_mount_options({"ro", "noatime", "rw", "relatime"});
  EXPECT_EQ(options.set, 0u);
  EXPECT_EQ(options.clear, uint64_t{MOUNT_ATTR_RDONLY | MOUNT_ATTR__ATIME});
  EXPECT_EQ(parse_mount_options({"rw", "ro"}).set, uint64_t{MOUNT_ATTR_RDONLY});
  EXPECT_EQ(parse_mount_options({"rw", "ro"}).clear, 0u);
}

TEST(MountOptions, RecursiveOnes) {
  const auto options = parse_mount_options({"rro", "rnosuid", "rexec"});
  EXPECT_EQ(options.set, 0u);
  EXPECT_EQ(options.recursive_set, uint64_t{MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID});
  EXPECT_EQ(options.recursive_clear, uint64_t{MOUNT_ATTR_NOEXEC});
  // Not "r" + "w", "r" + "elatime".
  EXPECT_EQ(parse_mount_options({"rw", "relatime"}).recursive_clear, 0u);
}

TEST(MountOptions, TheRestIsTheFilesystems) {
  const auto options = parse_mount_options({"defaults", "sync", "index=off", "tmpcopyup"});
  EXPECT_EQ(options.flags, Strings{"sync"});
  EXPECT_EQ(options.settings, Strings{"index=off"});
  EXPECT_TRUE(options.copy_up);
}

TEST(Overlay, LongOptionsAreShortened) {
  Strings settings = {"index=off", "workdir=/var/snapshots/9/work", "upperdir=/var/snapshots/9/fs",
                      "lowerdir=/var/snapshots/12/fs:/var/snapshots/1/fs"};
  EXPECT_EQ(shorten_overlay(settings), "/var/snapshots");
  EXPECT_EQ(settings,
            (Strings{"index=off", "workdir=9/work", "upperdir=9/fs", "lowerdir=12/fs:1/fs"}));
  Strings apart = {"lowerdir=/a/1:/b/2"};
  EXPECT_EQ(shorten_overlay(apart), "");
  EXPECT_EQ(apart, Strings{"lowerdir=/a/1:/b/2"});
}

TEST(KernelPath, IsWhatIsBelowThree) {
  for (const char* path :
       {"/proc", "/proc/", "proc/x", "/sys/fs/cgroup", "/dev", "/x/../dev/shm"}) {
    EXPECT_TRUE(is_kernel_path(path)) << path;
  }
  for (const char* path : {"/", "/process", "/data/proc", "/devices"}) {
    EXPECT_FALSE(is_kernel_path(path)) << path;
  }
}

}  // namespace
}  // namespace wasmedge::oci
