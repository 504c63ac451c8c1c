// What preview 1 says of directory entries, polls, clocks and the rest, asked for without a C library in between. Its
// directory is the preopen with fd 3, and is empty; it leaves nothing there. Ends with "events ok"; the first answer
// that is not the one expected ends it with its line. With an argument, it raises that signal.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { kDir = 3, kFiles = 1000 };

static void expect(int line, const char *what, long long got, long long wanted) {
  if (got == wanted) return;
  fprintf(stderr, "wasi_events.c:%d: %s is %lld and should be %lld\n", line, what, got, wanted);
  exit(1);
}
#define IS(call, wanted) expect(__LINE__, #call, call, __WASI_ERRNO_##wanted)
#define OK(call) expect(__LINE__, #call, call, 0)
#define CHECK(condition) expect(__LINE__, #condition, !!(condition), 1)

// One entry of a buffer that fd_readdir filled; 0 if it is cut short.
static int entry_at(const uint8_t *buffer, __wasi_size_t used, __wasi_size_t *offset, __wasi_dirent_t *entry, char *name) {
  if (used - *offset < sizeof *entry) return 0;
  memcpy(entry, buffer + *offset, sizeof *entry);
  if (used - *offset - sizeof *entry < entry->d_namlen) return 0;
  memcpy(name, buffer + *offset + sizeof *entry, entry->d_namlen);
  name[entry->d_namlen] = 0;
  *offset += sizeof *entry + entry->d_namlen;
  return 1;
}

// Reads all of the directory in pieces of `piece` bytes, and counts how often each of its files is there.
static int seen[kFiles];
static int read_all(__wasi_size_t piece, int removes) {
  static uint8_t buffer[65536];
  char name[300];
  int others = 0;
  memset(seen, 0, sizeof seen);
  __wasi_dircookie_t cookie = __WASI_DIRCOOKIE_START;
  for (int calls = 0;; ++calls) {
    __wasi_size_t used = 0, offset = 0;
    __wasi_dirent_t entry;
    OK(__wasi_fd_readdir(kDir, buffer, piece, cookie, &used));
    CHECK(used <= piece && calls < 100000);
    while (entry_at(buffer, used, &offset, &entry, name)) {
      cookie = entry.d_next;
      if (strncmp(name, "file.", 5) == 0) {
        int number = atoi(name + 5);
        CHECK(number >= 0 && number < kFiles && entry.d_type == __WASI_FILETYPE_REGULAR_FILE);
        ++seen[number];
        // What was seen goes away while the rest is read; so does one that is yet to come, perhaps.
        if (removes) OK(__wasi_path_unlink_file(kDir, name));
      } else {
        ++others;
      }
    }
    if (used < piece) return others;
  }
}

static void entries(void) {
  uint8_t buffer[256];
  char name[300];
  __wasi_size_t used = 0, offset = 0;
  __wasi_dirent_t entry;
  __wasi_filestat_t status;
  OK(__wasi_fd_filestat_get(kDir, &status));
  OK(__wasi_fd_readdir(kDir, buffer, sizeof buffer, __WASI_DIRCOOKIE_START, &used));
  CHECK(entry_at(buffer, used, &offset, &entry, name));
  CHECK(strcmp(name, ".") == 0 && entry.d_type == __WASI_FILETYPE_DIRECTORY && entry.d_ino == status.ino);
  CHECK(entry_at(buffer, used, &offset, &entry, name));
  CHECK(strcmp(name, "..") == 0 && entry.d_type == __WASI_FILETYPE_DIRECTORY);
  CHECK(offset == used);
  OK(__wasi_fd_readdir(kDir, buffer, 0, __WASI_DIRCOOKIE_START, &used));
  CHECK(used == 0);
  OK(__wasi_fd_readdir(kDir, buffer, 30, __WASI_DIRCOOKIE_START, &used));
  CHECK(used == 30);
  // The same from a cookie on, as often as one likes; what is new is there after a start from the beginning.
  OK(__wasi_path_create_directory(kDir, "nested"));
  OK(__wasi_fd_readdir(kDir, buffer, sizeof buffer, __WASI_DIRCOOKIE_START, &used));
  offset = 0;
  do CHECK(entry_at(buffer, used, &offset, &entry, name));
  while (strcmp(name, "..") != 0);
  for (int again = 0; again < 2; ++again) {
    OK(__wasi_fd_readdir(kDir, buffer, sizeof buffer, entry.d_next, &used));
    __wasi_dirent_t nested;
    offset = 0;
    CHECK(entry_at(buffer, used, &offset, &nested, name) && strcmp(name, "nested") == 0 && offset == used);
  }
  OK(__wasi_path_remove_directory(kDir, "nested"));
  IS(__wasi_fd_readdir(kDir, buffer, sizeof buffer, ~0ULL, &used), INVAL);
  IS(__wasi_fd_readdir(0, buffer, sizeof buffer, 0, &used), NOTDIR);
  IS(__wasi_fd_readdir(99, buffer, sizeof buffer, 0, &used), BADF);
}

static void many_entries(void) {
  char name[32];
  __wasi_fd_t fd;
  for (int i = 0; i < kFiles; ++i) {
    snprintf(name, sizeof name, "file.%d", i);
    OK(__wasi_path_open(kDir, 0, name, __WASI_OFLAGS_CREAT, 0, 0, 0, &fd));
    OK(__wasi_fd_close(fd));
  }
  const __wasi_size_t pieces[] = {64, 100, 1000, 65536};
  for (int i = 0; i < 4; ++i) {
    CHECK(read_all(pieces[i], 0) == 2);
    for (int k = 0; k < kFiles; ++k) CHECK(seen[k] == 1);
  }
  read_all(300, 1);
  for (int k = 0; k < kFiles; ++k) CHECK(seen[k] == 1);
  CHECK(read_all(300, 0) == 2);
}

static __wasi_subscription_t clock_in(uint64_t userdata, __wasi_clockid_t id, __wasi_timestamp_t timeout, int flags) {
  __wasi_subscription_t s = {.userdata = userdata};
  s.u.tag = __WASI_EVENTTYPE_CLOCK;
  s.u.u.clock.id = id;
  s.u.u.clock.timeout = timeout;
  s.u.u.clock.flags = flags;
  return s;
}

static __wasi_subscription_t file(uint64_t userdata, int tag, __wasi_fd_t fd) {
  __wasi_subscription_t s = {.userdata = userdata};
  s.u.tag = tag;
  s.u.u.fd_read.file_descriptor = fd;
  return s;
}

static __wasi_timestamp_t now(__wasi_clockid_t id) {
  __wasi_timestamp_t time = 0;
  OK(__wasi_clock_time_get(id, 1, &time));
  return time;
}

static void clocks(void) {
  const __wasi_clockid_t monotonic = __WASI_CLOCKID_MONOTONIC, real = __WASI_CLOCKID_REALTIME;
  const __wasi_timestamp_t ms = 1000000;
  __wasi_event_t out[3];
  __wasi_size_t count = 9;
  __wasi_timestamp_t resolution = 0, before = now(monotonic);
  CHECK(now(monotonic) >= before && now(real) > 1500000000000000000);
  for (int id = 0; id < 4; ++id) {
    OK(__wasi_clock_res_get(id, &resolution));
    CHECK(resolution > 0);
  }
  IS(__wasi_clock_time_get(4, 0, &resolution), INVAL);
  __wasi_subscription_t in[3];
  IS(__wasi_poll_oneoff(in, out, 0, &count), INVAL);
  // Relative and absolute, on either clock; the first that is due, and only it.
  for (int i = 0; i < 4; ++i) {
    const __wasi_clockid_t id = i & 1 ? real : monotonic;
    before = now(monotonic);
    in[0] = clock_in(7, id, 3600000 * ms, 0);
    in[1] = i & 2 ? clock_in(8, id, now(id) + 5 * ms, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME)
                  : clock_in(8, id, 5 * ms, 0);
    OK(__wasi_poll_oneoff(in, out, 2, &count));
    CHECK(count == 1 && out[0].userdata == 8 && out[0].error == 0 && out[0].type == __WASI_EVENTTYPE_CLOCK);
    CHECK(now(monotonic) - before >= 4 * ms && now(monotonic) - before < 2000 * ms);
  }
  in[0] = clock_in(1, monotonic, 0, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  CHECK(count == 1 && out[0].userdata == 1);
  in[0] = clock_in(2, 77, 0, 0);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  CHECK(count == 1 && out[0].error == __WASI_ERRNO_INVAL);
  in[0] = clock_in(2, monotonic, 0, 0);
  in[0].u.tag = 3;
  IS(__wasi_poll_oneoff(in, out, 1, &count), INVAL);
}

// stdin is a file of 5 bytes.
static void files(void) {
  enum { kMany = 5000 };
  static __wasi_subscription_t in[kMany];
  static __wasi_event_t out[kMany];
  __wasi_size_t count = 0;
  in[0] = file(1, __WASI_EVENTTYPE_FD_READ, 0);
  in[1] = file(2, __WASI_EVENTTYPE_FD_WRITE, 1);
  in[2] = file(3, __WASI_EVENTTYPE_FD_READ, 99);
  in[3] = file(4, __WASI_EVENTTYPE_FD_READ, kDir);
  OK(__wasi_poll_oneoff(in, out, 4, &count));
  CHECK(count == 4);
  CHECK(out[0].userdata == 1 && out[0].error == 0 && out[0].fd_readwrite.nbytes == 5);
  CHECK(out[1].userdata == 2 && out[1].error == 0 && out[1].type == __WASI_EVENTTYPE_FD_WRITE);
  CHECK(out[2].userdata == 3 && out[2].error == __WASI_ERRNO_BADF);
  CHECK(out[3].userdata == 4 && out[3].error == __WASI_ERRNO_BADF);
  for (int i = 0; i < kMany; ++i) in[i] = file(i, i % 2, i % 2);
  for (int i = 0; i < kMany; ++i) in[i].u.tag = i % 2 ? __WASI_EVENTTYPE_FD_WRITE : __WASI_EVENTTYPE_FD_READ;
  OK(__wasi_poll_oneoff(in, out, kMany, &count));
  CHECK(count == kMany);
  for (int i = 0; i < kMany; ++i) CHECK(out[i].userdata == (uint64_t)i && out[i].error == 0);
}

static void others(void) {
  static uint8_t big[1 << 20];
  OK(__wasi_random_get(big, sizeof big));
  int different = 0;
  for (int i = 1; i < 1000; ++i) different += big[i] != big[i - 1];
  CHECK(different > 900);
  OK(__wasi_sched_yield());
  __wasi_filestat_t status;
  __wasi_size_t size;
  // The preopen is closed as any fd is, and nothing else with it.
  __wasi_fd_t dir;
  OK(__wasi_path_open(kDir, 0, ".", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_FILESTAT_GET, 0, 0, &dir));
  OK(__wasi_fd_filestat_get(kDir, &status));
  __wasi_inode_t inode = status.ino;
  OK(__wasi_fd_renumber(dir, kDir));
  OK(__wasi_fd_filestat_get(kDir, &status));
  CHECK(status.ino == inode);
  IS(__wasi_fd_filestat_get(dir, &status), BADF);
  __wasi_prestat_t prestat;
  IS(__wasi_fd_prestat_get(kDir, &prestat), BADF);
  OK(__wasi_fd_close(kDir));
  IS(__wasi_fd_prestat_get(kDir, &prestat), BADF);
  IS(__wasi_fd_pread(kDir, 0, 0, 0, &size), BADF);
}

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int raise_signal(int signal);

int main(int argc, char **argv) {
  if (argc > 1) return raise_signal(atoi(argv[1]));
  entries();
  many_entries();
  clocks();
  files();
  others();
  puts("events ok");
  return 0;
}
