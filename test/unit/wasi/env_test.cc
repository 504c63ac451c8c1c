#include "runtime/wasi/env.h"

#include <gtest/gtest.h>

#include <set>

#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

TEST(Env, ArgumentsAndVariablesArriveAsTheyAre) {
  Guest guest;
  WasiEnv& env = *guest.env;
  EXPECT_EQ(preview1::args_sizes_get(env, 0x100, 0x104), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint32_t>(0x100), 3U);
  EXPECT_EQ(guest.get<uint32_t>(0x104), 15U);
  EXPECT_EQ(preview1::args_get(env, 0x200, 0x300), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint32_t>(0x200), 0x300U);
  EXPECT_EQ(guest.get<uint32_t>(0x204), 0x308U);
  EXPECT_EQ(guest.get<uint32_t>(0x208), 0x30eU);
  EXPECT_EQ(guest.text(0x300, 15), std::string("program\0first\0\0", 15));
  EXPECT_EQ(preview1::environ_sizes_get(env, 0x100, 0x104), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint32_t>(0x100), 2U);
  EXPECT_EQ(preview1::environ_get(env, 0x200, 0x300), Errno::kSuccess);
  EXPECT_EQ(guest.text(0x300, 11), std::string("A=1\0EMPTY=\0", 11));
  for (const uint32_t bad : {uint32_t{Guest::kMemoryBytes} - 3, 0xfffffffcU}) {
    EXPECT_EQ(preview1::args_get(env, bad, 0x300), Errno::kFault);
    EXPECT_EQ(preview1::args_get(env, 0x200, bad), Errno::kFault);
    EXPECT_EQ(preview1::args_sizes_get(env, bad, 0x100), Errno::kFault);
    EXPECT_EQ(preview1::args_sizes_get(env, 0x100, bad), Errno::kFault);
  }
}

TEST(Env, RefusesStringsThatNoGuestCanTake) {
  WasiConfig config;
  config.args = {"a", std::string("b\0c", 3)};
  auto env = WasiEnv::make(std::move(config));
  ASSERT_FALSE(env);
  EXPECT_EQ(env.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(env.error().message.find("argument 1 has a NUL byte"), std::string::npos);
  config = {};
  config.env = {"NOVALUE"};
  env = WasiEnv::make(std::move(config));
  ASSERT_FALSE(env);
  EXPECT_NE(env.error().message.find("\"NOVALUE\" is not KEY=VALUE"), std::string::npos);
}

TEST(Random, FillsAndChecks) {
  Guest guest;
  WasiEnv& env = *guest.env;
  const uint32_t buffer = guest.put(std::string(64, '\0'));
  EXPECT_EQ(preview1::random_get(env, buffer, 64), Errno::kSuccess);
  EXPECT_NE(guest.text(buffer, 64), std::string(64, '\0'));
  EXPECT_EQ(preview1::random_get(env, buffer, 0), Errno::kSuccess);
  EXPECT_EQ(preview1::random_get(env, buffer, 0xffffffff), Errno::kFault);
  EXPECT_EQ(preview1::random_get(env, Guest::kMemoryBytes, 0), Errno::kSuccess);
  EXPECT_EQ(preview1::random_get(env, 0x80000, Guest::kMemoryBytes - 0x80000), Errno::kSuccess);
}

// Those that end a guest are tried by test/wasi: here is none to end.
TEST(Process, YieldsAndIgnoresWhatSignalsIgnore) {
  Guest guest;
  EXPECT_EQ(preview1::sched_yield(*guest.env), Errno::kSuccess);
  for (const uint32_t ignored : {0, 16, 17, 22, 27}) {
    EXPECT_EQ(preview1::proc_raise(*guest.env, ignored), Errno::kSuccess) << ignored;
  }
  for (const uint32_t stops : {18, 19, 20, 21}) {
    EXPECT_EQ(preview1::proc_raise(*guest.env, stops), Errno::kNotSup) << stops;
  }
  EXPECT_EQ(preview1::proc_raise(*guest.env, 31), Errno::kInval);
  EXPECT_EQ(preview1::proc_raise(*guest.env, ~0U), Errno::kInval);
}

TEST(GuestMemory, RangesEndWithTheMemory) {
  // All of a 32-bit address space: the one place where address + size overflows 32 bits.
  FakeMemory whole(uint64_t{1} << 32);
  GuestMemory memory;
  EXPECT_EQ(memory.range(0, 0), nullptr);
  memory.bind(whole.view());
  EXPECT_NE(memory.range(0, uint64_t{1} << 32), nullptr);
  EXPECT_EQ(memory.range(1, uint64_t{1} << 32), nullptr);
  EXPECT_NE(memory.range(0xffffffff, 1), nullptr);
  EXPECT_EQ(memory.range(0xffffffff, 2), nullptr);
  EXPECT_NE(memory.range(0xffffffff, 0), nullptr);
  EXPECT_EQ(memory.store(0xfffffffd, uint32_t{1}), Errno::kFault);
  EXPECT_EQ(memory.store(0xfffffffc, uint32_t{1}), Errno::kSuccess);
  // It sees growth at once.
  run::MemoryView view{whole.view()->base, {65536}};
  memory.bind(&view);
  EXPECT_EQ(memory.check<uint32_t>(65536), Errno::kFault);
  view.bytes = 131072;
  EXPECT_EQ(memory.check<uint32_t>(65536), Errno::kSuccess);
  view.bytes = 0;
  EXPECT_EQ(memory.check<uint8_t>(0), Errno::kFault);
}

TEST(Errno, NamesWhatTheHostSays) {
  EXPECT_EQ(from_host(0), Errno::kSuccess);
  EXPECT_EQ(from_host(ENOENT), Errno::kNoEnt);
  EXPECT_EQ(from_host(EWOULDBLOCK), Errno::kAgain);
  EXPECT_EQ(from_host(ENOTSUP), Errno::kNotSup);
  EXPECT_EQ(from_host(EHWPOISON), Errno::kIo);
  EXPECT_EQ(from_host(-1), Errno::kIo);
  EXPECT_EQ(from_host(100'000), Errno::kIo);
  EXPECT_EQ(static_cast<uint32_t>(Errno::kNotCapable), 76U);
}

TEST(Functions, TheWholeListLinksByNameAndType) {
  Guest guest;
  WasiEnv& env = *guest.env;
  const std::set<std::string_view> preview1_only = {"sock_accept"};
  size_t count = 0;
  for (const char* name : {"args_get",
                           "args_sizes_get",
                           "environ_get",
                           "environ_sizes_get",
                           "clock_res_get",
                           "clock_time_get",
                           "fd_advise",
                           "fd_allocate",
                           "fd_close",
                           "fd_datasync",
                           "fd_fdstat_get",
                           "fd_fdstat_set_flags",
                           "fd_fdstat_set_rights",
                           "fd_filestat_get",
                           "fd_filestat_set_size",
                           "fd_filestat_set_times",
                           "fd_pread",
                           "fd_prestat_get",
                           "fd_prestat_dir_name",
                           "fd_pwrite",
                           "fd_read",
                           "fd_readdir",
                           "fd_renumber",
                           "fd_seek",
                           "fd_sync",
                           "fd_tell",
                           "fd_write",
                           "path_create_directory",
                           "path_filestat_get",
                           "path_filestat_set_times",
                           "path_link",
                           "path_open",
                           "path_readlink",
                           "path_remove_directory",
                           "path_rename",
                           "path_symlink",
                           "path_unlink_file",
                           "poll_oneoff",
                           "proc_exit",
                           "proc_raise",
                           "sched_yield",
                           "random_get",
                           "sock_accept",
                           "sock_recv",
                           "sock_send",
                           "sock_shutdown"}) {
    const auto function = find_function(env, "wasi_snapshot_preview1", name);
    ASSERT_TRUE(function) << name;
    EXPECT_EQ(function->ref.context, &env);
    EXPECT_EQ(find_function(env, "wasi_unstable", name).has_value(), !preview1_only.contains(name))
        << name;
    ++count;
  }
  EXPECT_EQ(count, 46U);  // all that the specification has
  const auto type = [&](std::string_view name) {
    return wasm::to_string(run::func_type(find_function(env, kPreview1, name)->ref.type));
  };
  EXPECT_EQ(type("fd_write"), "[i32 i32 i32 i32] -> [i32]");
  EXPECT_EQ(type("fd_pread"), "[i32 i32 i32 i64 i32] -> [i32]");
  EXPECT_EQ(type("fd_seek"), "[i32 i64 i32 i32] -> [i32]");
  EXPECT_EQ(type("path_open"), "[i32 i32 i32 i32 i32 i64 i64 i32 i32] -> [i32]");
  EXPECT_EQ(type("clock_time_get"), "[i32 i64 i32] -> [i32]");
  EXPECT_EQ(type("proc_exit"), "[i32] -> []");
  EXPECT_EQ(type("sched_yield"), "[] -> [i32]");
  EXPECT_FALSE(find_function(env, kPreview1, "fd_writ"));
  EXPECT_FALSE(find_function(env, kPreview1, ""));
  EXPECT_FALSE(find_function(env, "env", "fd_write"));
}

// Compiled code calls them so: the context first, and an i32 back.
TEST(Functions, AreCalledWithTheirEnvironment) {
  Guest guest;
  const auto close = find_function(*guest.env, kPreview1, "fd_close");
  const auto call =
      reinterpret_cast<uint32_t (*)(WasiEnv*, uint32_t)>(const_cast<void*>(close->ref.code));
  EXPECT_EQ(call(guest.env.get(), 99), 8U);
  EXPECT_EQ(call(guest.env.get(), Guest::kRoot), 0U);
}

}  // namespace
}  // namespace wasmedge::wasi
