// What preview 1 says of file descriptors, asked for without a C library in between: positions, sizes, rights, numbers,
// directory entries, stdio, polls and clocks. Its directory is the preopen with fd 3; it leaves nothing there. Ends
// with "fds ok"; the first answer that is not the one expected ends it with its line.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define R(name) __WASI_RIGHTS_##name
#define FLAG(name) __WASI_FDFLAGS_##name
#define CREAT __WASI_OFLAGS_CREAT
enum { kDir = 3 };
static const __wasi_rights_t kAll = R(FD_READ) | R(FD_WRITE) | R(FD_SEEK) | R(FD_TELL) | R(FD_ADVISE) | R(FD_ALLOCATE) |
                                    R(FD_SYNC) | R(FD_DATASYNC) | R(FD_FDSTAT_SET_FLAGS) | R(FD_FILESTAT_GET) |
                                    R(FD_FILESTAT_SET_SIZE) | R(FD_FILESTAT_SET_TIMES) | R(POLL_FD_READWRITE);

static void expect(int line, const char *what, long long got, long long wanted) {
  if (got == wanted) return;
  fprintf(stderr, "wasi_fds.c:%d: %s is %lld and should be %lld\n", line, what, got, wanted);
  exit(1);
}
#define IS(call, wanted) expect(__LINE__, #call, call, __WASI_ERRNO_##wanted)
#define OK(call) expect(__LINE__, #call, call, 0)
#define CHECK(condition) expect(__LINE__, #condition, !!(condition), 1)

static __wasi_size_t size;
static __wasi_filesize_t at;
static __wasi_filestat_t status;
static __wasi_fdstat_t fdstat;
static char text[256];

static __wasi_fd_t open_file(const char *path, int oflags, __wasi_rights_t rights, int fdflags) {
  __wasi_fd_t fd = 0;
  expect(__LINE__, path, __wasi_path_open(kDir, 0, path, oflags, rights, 0, fdflags, &fd), 0);
  return fd;
}
static int put(__wasi_fd_t fd, const char *what) {
  __wasi_ciovec_t out = {(const uint8_t *)what, strlen(what)};
  return __wasi_fd_write(fd, &out, 1, &size);
}
static int get(__wasi_fd_t fd, __wasi_size_t most) {
  __wasi_iovec_t in = {(uint8_t *)text, most};
  memset(text, 0, sizeof text);
  return __wasi_fd_read(fd, &in, 1, &size);
}
static int pput(__wasi_fd_t fd, const char *what, __wasi_filesize_t offset) {
  __wasi_ciovec_t out = {(const uint8_t *)what, strlen(what)};
  return __wasi_fd_pwrite(fd, &out, 1, offset, &size);
}
static int pget(__wasi_fd_t fd, __wasi_size_t most, __wasi_filesize_t offset) {
  __wasi_iovec_t in = {(uint8_t *)text, most};
  memset(text, 0, sizeof text);
  return __wasi_fd_pread(fd, &in, 1, offset, &size);
}
static void holds(const char *what) { CHECK(size == strlen(what) && memcmp(text, what, size) == 0); }
static __wasi_filesize_t size_of(__wasi_fd_t fd) {
  OK(__wasi_fd_filestat_get(fd, &status));
  return status.size;
}

static void positions(void) {
  __wasi_fd_t fd = open_file("file", CREAT | __WASI_OFLAGS_EXCL, kAll, 0);
  OK(__wasi_fd_tell(fd, &at));
  CHECK(at == 0);
  OK(put(fd, "0123456789"));
  OK(__wasi_fd_seek(fd, -6, __WASI_WHENCE_CUR, &at));
  CHECK(at == 4);
  OK(get(fd, 3));
  holds("456");
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_END, &at));
  OK(get(fd, 3));
  holds("");
  OK(__wasi_fd_seek(fd, 990, __WASI_WHENCE_CUR, &at));
  CHECK(at == 1000 && size_of(fd) == 10);
  IS(__wasi_fd_seek(fd, -2000, __WASI_WHENCE_CUR, &at), INVAL);
  IS(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &at), INVAL);
  IS(__wasi_fd_seek(fd, 0, 3, &at), INVAL);
  OK(__wasi_fd_tell(fd, &at));
  CHECK(at == 1000);
  // Positioned reads and writes leave it alone, and do not take offsets that no file has.
  OK(pput(fd, "abc", 2));
  OK(pget(fd, 5, 1));
  holds("1abc5");
  OK(pget(fd, 5, 10));
  holds("");
  OK(pput(fd, "z", 20));
  CHECK(size_of(fd) == 21);
  IS(pget(fd, 5, 1ULL << 63), INVAL);
  IS(pput(fd, "x", ~0ULL), INVAL);
  OK(__wasi_fd_tell(fd, &at));
  CHECK(at == 1000);
  // Many buffers, some of them empty.
  __wasi_iovec_t many[2000];
  for (int i = 0; i < 2000; ++i) many[i] = (__wasi_iovec_t){(uint8_t *)text + i % 7, i % 100 == 0};
  OK(__wasi_fd_pread(fd, many, 2000, 0, &size));
  CHECK(size == 20);
  OK(__wasi_fd_close(fd));
  IS(__wasi_fd_close(fd), BADF);
  OK(__wasi_path_unlink_file(kDir, "file"));
}

static void sizes_and_times(void) {
  __wasi_fd_t fd = open_file("file", CREAT, kAll, 0);
  OK(__wasi_fd_filestat_set_size(fd, 100));
  OK(__wasi_fd_advise(fd, 10, 50, __WASI_ADVICE_WILLNEED));
  OK(__wasi_fd_advise(fd, 0, 0, __WASI_ADVICE_DONTNEED));
  IS(__wasi_fd_advise(fd, 0, 0, 6), INVAL);
  IS(__wasi_fd_advise(fd, ~0ULL, 1, __WASI_ADVICE_NORMAL), INVAL);
  CHECK(size_of(fd) == 100 && status.nlink == 1 && status.filetype == __WASI_FILETYPE_REGULAR_FILE);
  OK(__wasi_fd_allocate(fd, 10, 10));
  CHECK(size_of(fd) == 100);
  OK(__wasi_fd_allocate(fd, 90, 20));
  CHECK(size_of(fd) == 110);
  IS(__wasi_fd_allocate(fd, 0, 0), INVAL);
  IS(__wasi_fd_allocate(fd, 1ULL << 62, 1ULL << 62), FBIG);
  IS(__wasi_fd_filestat_set_size(fd, ~0ULL), FBIG);
  OK(__wasi_fd_sync(fd));
  OK(__wasi_fd_datasync(fd));
  __wasi_timestamp_t accessed = status.atim;
  OK(__wasi_fd_filestat_set_times(fd, 5, 1234567890123456789, __WASI_FSTFLAGS_MTIM));
  size_of(fd);
  CHECK(status.mtim == 1234567890123456789 && status.atim == accessed);
  IS(__wasi_fd_filestat_set_times(fd, 5, 5, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW), INVAL);
  IS(__wasi_fd_filestat_set_times(fd, 5, 5, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW), INVAL);
  IS(__wasi_fd_filestat_set_times(fd, 5, 5, 16), INVAL);
  OK(__wasi_fd_close(fd));
  fd = open_file("file", __WASI_OFLAGS_TRUNC, kAll, 0);
  CHECK(size_of(fd) == 0);
  OK(__wasi_fd_close(fd));
  OK(__wasi_path_unlink_file(kDir, "file"));
}

static void flags(void) {
  __wasi_fd_t fd = open_file("file", CREAT, kAll, FLAG(APPEND) | FLAG(SYNC));
  OK(__wasi_fd_fdstat_get(fd, &fdstat));
  CHECK((fdstat.fs_flags & FLAG(APPEND)) && (fdstat.fs_flags & FLAG(SYNC)));
  OK(__wasi_fd_close(fd));
  fd = open_file("file", 0, kAll, FLAG(APPEND));
  OK(put(fd, "123"));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  OK(put(fd, "456"));
  OK(pput(fd, "X", 0));
  OK(pget(fd, 9, 0));
  holds("X23456");
  OK(__wasi_fd_fdstat_get(fd, &fdstat));
  CHECK(fdstat.fs_flags == FLAG(APPEND));
  OK(__wasi_fd_fdstat_set_flags(fd, 0));
  OK(__wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at));
  OK(put(fd, "ab"));
  OK(pget(fd, 9, 0));
  holds("Xab456");
  OK(__wasi_fd_fdstat_set_flags(fd, FLAG(NONBLOCK)));
  OK(__wasi_fd_fdstat_get(fd, &fdstat));
  CHECK(fdstat.fs_flags == FLAG(NONBLOCK));
  IS(__wasi_fd_fdstat_set_flags(fd, FLAG(SYNC)), INVAL);
  IS(__wasi_fd_fdstat_set_flags(fd, 32), INVAL);
  OK(__wasi_fd_close(fd));
  OK(__wasi_path_unlink_file(kDir, "file"));
}

static void directory_is_no_file(void) {
  __wasi_fd_t fd = open_file(".", __WASI_OFLAGS_DIRECTORY, ~0ULL & ~R(FD_WRITE) & ~R(FD_ALLOCATE) & ~R(FD_FILESTAT_SET_SIZE), 0);
  OK(__wasi_fd_fdstat_get(fd, &fdstat));
  CHECK(fdstat.fs_filetype == __WASI_FILETYPE_DIRECTORY && (fdstat.fs_rights_base & R(FD_SEEK)) == 0);
  IS(get(fd, 1), BADF);
  IS(pget(fd, 1, 0), BADF);
  IS(put(fd, "x"), BADF);
  IS(pput(fd, "x", 0), BADF);
  IS(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &at), BADF);
  IS(__wasi_fd_tell(fd, &at), BADF);
  IS(__wasi_fd_advise(fd, 0, 0, 0), BADF);
  IS(__wasi_fd_allocate(fd, 0, 1), BADF);
  IS(__wasi_fd_filestat_set_size(fd, 0), BADF);
  IS(__wasi_fd_fdstat_set_flags(fd, FLAG(NONBLOCK)), BADF);
  OK(__wasi_fd_sync(fd));
  OK(__wasi_fd_close(fd));
}

static void rights(void) {
  __wasi_fd_t fd = open_file("file", CREAT, R(FD_READ), 0);
  OK(__wasi_fd_fdstat_get(fd, &fdstat));
  CHECK(fdstat.fs_rights_base == R(FD_READ) && fdstat.fs_rights_inheriting == 0);
  IS(put(fd, "x"), BADF);
  OK(get(fd, 1));
  IS(pget(fd, 1, 0), NOTCAPABLE);
  IS(__wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at), NOTCAPABLE);
  IS(__wasi_fd_filestat_get(fd, &status), NOTCAPABLE);
  IS(__wasi_fd_filestat_set_size(fd, 1), NOTCAPABLE);
  IS(__wasi_fd_fdstat_set_rights(fd, R(FD_READ) | R(FD_WRITE), 0), NOTCAPABLE);
  OK(__wasi_fd_fdstat_set_rights(fd, 0, 0));
  IS(get(fd, 1), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  fd = open_file("file", 0, R(FD_WRITE), 0);
  OK(put(fd, "x"));
  IS(get(fd, 1), BADF);
  OK(__wasi_fd_close(fd));
  // What a directory does not pass on cannot be had below it; what it lost stays lost.
  __wasi_fd_t dir, below;
  OK(__wasi_path_open(kDir, 0, ".", __WASI_OFLAGS_DIRECTORY, R(PATH_OPEN) | R(PATH_FILESTAT_SET_SIZE) | R(PATH_LINK_SOURCE),
                      R(FD_READ) | R(FD_SEEK), 0, &dir));
  OK(__wasi_path_open(dir, 0, "file", 0, kAll, kAll, 0, &below));
  OK(__wasi_fd_fdstat_get(below, &fdstat));
  CHECK(fdstat.fs_rights_base == (R(FD_READ) | R(FD_SEEK)) && fdstat.fs_rights_inheriting == (R(FD_READ) | R(FD_SEEK)));
  OK(__wasi_fd_tell(below, &at));
  IS(put(below, "y"), NOTCAPABLE);
  OK(__wasi_fd_close(below));
  IS(__wasi_path_open(dir, 0, "new", CREAT, 0, 0, 0, &below), NOTCAPABLE);
  IS(__wasi_path_create_directory(dir, "new"), NOTCAPABLE);
  IS(__wasi_path_link(dir, 0, "file", kDir, "link"), NOTCAPABLE);
  OK(__wasi_path_open(dir, 0, "file", __WASI_OFLAGS_TRUNC, 0, 0, 0, &below));
  OK(__wasi_fd_close(below));
  OK(__wasi_fd_fdstat_set_rights(dir, R(PATH_OPEN), R(FD_READ)));
  IS(__wasi_path_open(dir, 0, "file", __WASI_OFLAGS_TRUNC, 0, 0, 0, &below), NOTCAPABLE);
  IS(__wasi_fd_fdstat_set_rights(dir, R(PATH_OPEN), R(FD_READ) | R(FD_SEEK)), NOTCAPABLE);
  OK(__wasi_fd_close(dir));
  OK(__wasi_path_unlink_file(kDir, "file"));
}

static void numbers(void) {
  __wasi_fd_t one = open_file("one", CREAT, kAll, 0), two = open_file("two", CREAT, kAll, 0);
  OK(put(one, "1"));
  OK(__wasi_fd_renumber(one, two));
  IS(__wasi_fd_fdstat_get(one, &fdstat), BADF);
  OK(pget(two, 2, 0));
  holds("1");
  OK(__wasi_fd_renumber(two, two));
  IS(__wasi_fd_renumber(two, one), BADF);  // closed by now
  IS(__wasi_fd_renumber(two, 100), BADF);  // never open
  IS(__wasi_fd_renumber(two, ~0U), BADF);
  IS(__wasi_fd_renumber(100, two), BADF);
  OK(pget(two, 2, 0));
  holds("1");
  OK(__wasi_fd_renumber(0, two));  // stdin
  IS(__wasi_fd_fdstat_get(0, &fdstat), BADF);
  OK(__wasi_fd_fdstat_get(two, &fdstat));
  OK(__wasi_fd_close(two));
  OK(__wasi_path_unlink_file(kDir, "one"));
  OK(__wasi_path_unlink_file(kDir, "two"));
}


int main(void) {
  positions();
  sizes_and_times();
  flags();
  directory_is_no_file();
  rights();
  numbers();
  puts("fds ok");
  return 0;
}
