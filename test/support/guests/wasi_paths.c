// What preview 1 says of paths, asked for without a C library in between: links, slashes, "..", renames. Its directory
// is the preopen named by its argument; it leaves nothing there. Ends with "paths ok"; the first answer that is not the
// one expected ends it with its line.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define CREAT __WASI_OFLAGS_CREAT
#define DIRECTORY __WASI_OFLAGS_DIRECTORY
#define EXCL __WASI_OFLAGS_EXCL
#define TRUNC __WASI_OFLAGS_TRUNC
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE

static __wasi_fd_t dir;

static void expect(int line, const char *what, int got, int wanted) {
  if (got == wanted) return;
  fprintf(stderr, "wasi_paths.c:%d: %s is %d and should be %d\n", line, what, got, wanted);
  exit(1);
}
#define IS(call, wanted) expect(__LINE__, #call, call, __WASI_ERRNO_##wanted)
#define OK(call) expect(__LINE__, #call, call, 0)
#define CHECK(condition) expect(__LINE__, #condition, !!(condition), 1)

static __wasi_fd_t last;  // what open() opened
static int open_with(const char *path, int lookup, int oflags, __wasi_rights_t rights) {
  int error = __wasi_path_open(dir, lookup, path, oflags, rights, 0, 0, &last);
  if (error == 0) error = __wasi_fd_close(last);
  return error;
}
static int open_at(const char *path, int lookup, int oflags) { return open_with(path, lookup, oflags, 0); }
static int make_file(const char *path) { return open_at(path, 0, CREAT | EXCL); }
static int make_dir(const char *path) { return __wasi_path_create_directory(dir, path); }
static int remove_dir(const char *path) { return __wasi_path_remove_directory(dir, path); }
static int unlink_file(const char *path) { return __wasi_path_unlink_file(dir, path); }
static int rename_to(const char *from, const char *to) { return __wasi_path_rename(dir, from, dir, to); }
static int link_to(const char *from, const char *to) { return __wasi_path_link(dir, 0, from, dir, to); }
static int symlink_to(const char *target, const char *path) { return __wasi_path_symlink(target, dir, path); }
static __wasi_filestat_t status;
static int stat_at(const char *path, int lookup) { return __wasi_path_filestat_get(dir, lookup, path, &status); }

static void directories(void) {
  OK(make_dir("dir"));
  IS(make_dir("dir"), EXIST);
  IS(make_dir("dir/"), EXIST);
  IS(make_dir("none/dir"), NOENT);
  IS(make_dir(""), NOENT);
  OK(make_dir("dir/nested/"));
  IS(remove_dir("dir"), NOTEMPTY);
  IS(unlink_file("dir"), ISDIR);
  IS(unlink_file("dir/"), ISDIR);
  OK(remove_dir("dir/nested///"));
  OK(remove_dir("dir"));
  IS(remove_dir("dir"), NOENT);
  OK(make_file("file"));
  IS(remove_dir("file"), NOTDIR);
  IS(remove_dir("file/"), NOTDIR);
  IS(unlink_file("file/"), NOTDIR);
  IS(make_dir("file/dir"), NOTDIR);
  OK(unlink_file("file"));
  IS(unlink_file("file"), NOENT);
  // Nothing above is anybody's business.
  IS(make_dir(".."), PERM);
  IS(remove_dir(".."), PERM);
  IS(unlink_file("../"), PERM);
  IS(make_dir("../beside"), PERM);
  IS(make_dir("/beside"), PERM);
}

// The raw import, for paths that no C string can be.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("path_open"))) int raw_path_open(
    int fd, int lookup, const char *path, int size, int oflags, long long base, long long inheriting, int flags,
    __wasi_fd_t *out);

static void interesting(void) {
  OK(make_dir("dir"));
  OK(make_dir("dir/nested"));
  OK(make_file("dir/nested/file"));
  IS(open_at("/dir/nested/file", 0, 0), PERM);
  OK(open_at("dir/.//nested/../../dir/nested/../nested///./file", 0, 0));
  OK(open_at("./dir/nested/file", 0, 0));
  IS(raw_path_open(dir, 0, "dir/nested/file\0", 16, 0, 0, 0, 0, &last), INVAL);
  IS(raw_path_open(dir, 0, "dir\0/nested", 11, 0, 0, 0, 0, &last), INVAL);
  IS(raw_path_open(dir, 0, "dir", 0, 0, 0, 0, 0, &last), NOENT);
  IS(open_at("dir/nested/file/", 0, 0), NOTDIR);
  IS(open_at("dir/nested/file///", 0, 0), NOTDIR);
  IS(open_at("dir/nested/file/.", 0, 0), NOTDIR);
  OK(open_at("dir/nested/", 0, 0));
  OK(open_at("dir/nested///", 0, 0));
  OK(open_at("dir/nested/..", 0, 0));
  IS(open_at("dir/nested/../../..", 0, 0), PERM);
  IS(open_at("..", 0, 0), PERM);
  IS(open_at("../", 0, DIRECTORY), PERM);
  static char name[300], path[5000];
  memset(name, 'n', 256);
  IS(open_at(name, 0, CREAT), NAMETOOLONG);
  memset(path, '/', 4999);
  path[0] = 'a';
  IS(open_at(path, 0, 0), NAMETOOLONG);
  OK(unlink_file("dir/nested/file"));
  OK(remove_dir("dir/nested"));
  OK(remove_dir("dir"));
}

static void opening(void) {
  IS(open_at("file", 0, 0), NOENT);
  OK(make_file("file"));
  IS(open_at("file", 0, CREAT | EXCL), EXIST);
  IS(open_at("file", 0, DIRECTORY), NOTDIR);
  OK(open_at("file", 0, CREAT | TRUNC));
  OK(make_dir("dir"));
  IS(open_at("dir", 0, CREAT | DIRECTORY), INVAL);
  IS(open_at("dir", 0, TRUNC | DIRECTORY), INVAL);
  IS(open_with("dir", 0, DIRECTORY, READ | WRITE), ISDIR);
  IS(open_with("dir", 0, 0, WRITE), ISDIR);
  OK(open_with(".", 0, DIRECTORY, READ));
  IS(open_at("new/", 0, CREAT), ISDIR);
  IS(open_at("file", 2, 0), INVAL);
  IS(open_at("file", 0, 16), INVAL);
  IS(__wasi_path_open(dir, 0, "file", 0, 0, 0, 32, &last), INVAL);
  IS(__wasi_path_open(99, 0, "file", 0, 0, 0, 0, &last), BADF);
  // Not a directory to start from; a thousand times over, no number is lost.
  __wasi_fd_t fd, first = 0;
  OK(__wasi_path_open(dir, 0, "file", 0, READ, 0, 0, &fd));
  IS(__wasi_path_open(fd, 0, "file", CREAT, 0, 0, 0, &last), NOTDIR);
  for (int i = 0; i < 2000; ++i) {
    OK(open_with("file", 0, 0, READ));
    if (i == 0) first = last;
    CHECK(last == first);
  }
  // What has no name any more can be used on.
  OK(unlink_file("file"));
  OK(__wasi_fd_filestat_get(dir, &status));
  OK(__wasi_fd_close(fd));
  OK(__wasi_path_open(dir, 0, "dir", DIRECTORY, 0, 0, 0, &fd));
  OK(remove_dir("dir"));
  IS(__wasi_path_open(fd, 0, "x", CREAT, 0, 0, 0, &last), NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  OK(make_dir("dir"));
  OK(__wasi_path_open(dir, 0, "dir", DIRECTORY, __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_PATH_CREATE_FILE, 0, 0, &fd));
  OK(remove_dir("dir"));
  IS(__wasi_path_open(fd, 0, "x", CREAT, 0, 0, 0, &last), NOENT);
  OK(__wasi_fd_close(fd));
}

static void symbolic_links(void) {
  // To nothing.
  OK(symlink_to("target", "link"));
  IS(open_at("link", 0, 0), LOOP);
  IS(open_at("link", 0, DIRECTORY), NOTDIR);
  IS(open_at("link", FOLLOW, 0), NOENT);
  IS(open_at("link", 0, CREAT | EXCL), EXIST);
  IS(stat_at("link", FOLLOW), NOENT);
  OK(stat_at("link", 0));
  CHECK(status.filetype == __WASI_FILETYPE_SYMBOLIC_LINK && status.size == 6);
  IS(symlink_to("other", "link"), EXIST);
  // To a directory, and to a file.
  OK(make_dir("target"));
  OK(open_at("link", FOLLOW, DIRECTORY));
  IS(open_at("link", 0, DIRECTORY), NOTDIR);
  IS(open_at("link", 0, 0), LOOP);
  IS(remove_dir("link"), NOTDIR);
  OK(make_file("link/file"));
  OK(unlink_file("target/file"));
  OK(remove_dir("target"));
  OK(make_file("target"));
  IS(open_at("link", 0, 0), LOOP);
  IS(open_at("link", FOLLOW, DIRECTORY), NOTDIR);
  OK(open_at("link", FOLLOW, 0));
  OK(unlink_file("link"));
  OK(unlink_file("target"));
  // To itself; out of the directory.
  OK(symlink_to("link", "link"));
  IS(open_at("link", FOLLOW, 0), LOOP);
  IS(open_at("link/x", 0, 0), LOOP);
  OK(unlink_file("link"));
  IS(symlink_to("/", "link"), PERM);
  OK(symlink_to("../..", "link"));
  IS(open_at("link", FOLLOW, 0), PERM);
  IS(open_at("link/x", 0, CREAT), PERM);
  IS(stat_at("link/", 0), PERM);
  IS(make_dir("link/x"), PERM);
  OK(unlink_file("link"));
  // A link's name has no slash behind it.
  IS(symlink_to("source", "target/"), NOENT);
  OK(make_dir("target"));
  IS(symlink_to("source", "target/"), EXIST);
  IS(symlink_to("source", "target"), EXIST);
  OK(remove_dir("target"));
  OK(make_file("target"));
  IS(symlink_to("source", "target/"), NOTDIR);
  OK(unlink_file("target"));
  IS(symlink_to("", "target"), NOENT);
}

static void reading_links(void) {
  uint8_t text[10] = {0};
  __wasi_size_t used = 99;
  OK(symlink_to("target", "link"));
  OK(__wasi_path_readlink(dir, "link", text, sizeof text, &used));
  CHECK(used == 6 && memcmp(text, "target", 7) == 0);
  memset(text, 'x', sizeof text);
  OK(__wasi_path_readlink(dir, "link", text, 4, &used));
  CHECK(used == 4 && memcmp(text, "targx", 5) == 0);
  OK(__wasi_path_readlink(dir, "link", text, 0, &used));
  CHECK(used == 0);
  IS(__wasi_path_readlink(dir, "none", text, 4, &used), NOENT);
  IS(__wasi_path_readlink(dir, ".", text, 4, &used), INVAL);
  OK(unlink_file("link"));
}

static void hard_links(void) {
  OK(make_file("file"));
  OK(link_to("file", "link"));
  OK(stat_at("file", 0));
  __wasi_inode_t inode = status.ino;
  CHECK(status.nlink == 2);
  OK(stat_at("link", 0));
  CHECK(status.ino == inode);
  OK(unlink_file("link"));
  OK(make_dir("dir"));
  OK(link_to("file", "dir/link"));
  OK(unlink_file("dir/link"));
  IS(link_to("file", "file"), EXIST);
  IS(link_to("file", "dir"), EXIST);
  IS(link_to("dir", "link"), PERM);
  IS(link_to("none", "link"), NOENT);
  IS(link_to("file", "link/"), NOENT);
  IS(link_to("file/", "link"), NOTDIR);
  IS(link_to("file", "../link"), PERM);
  IS(__wasi_path_link(dir, FOLLOW, "file", dir, "link"), INVAL);
  // A symbolic link is linked, not what it leads to.
  OK(symlink_to("target", "symlink"));
  IS(link_to("file", "symlink"), EXIST);
  OK(link_to("symlink", "link"));
  IS(open_at("link", 0, 0), LOOP);
  OK(unlink_file("link"));
  OK(unlink_file("symlink"));
  OK(remove_dir("dir"));
  OK(unlink_file("file"));
}

static void renaming(void) {
  OK(make_dir("source"));
  OK(rename_to("source", "target"));
  IS(open_at("source", 0, DIRECTORY), NOENT);
  OK(make_dir("source"));
  OK(rename_to("source/", "target"));
  OK(rename_to("target/", "source/"));
  OK(make_dir("target"));
  OK(make_file("target/file"));
  IS(rename_to("source", "target"), NOTEMPTY);
  OK(unlink_file("target/file"));
  OK(remove_dir("target"));
  IS(rename_to("source", "source/below"), INVAL);
  OK(make_file("file"));
  IS(rename_to("source", "file"), NOTDIR);
  IS(rename_to("file", "source"), ISDIR);
  IS(rename_to("file", "source/"), NOTDIR);
  IS(rename_to("file/", "other"), NOTDIR);
  IS(rename_to("file", "other/"), NOTDIR);
  IS(rename_to("none", "other"), NOENT);
  IS(rename_to("file", "../file"), PERM);
  IS(rename_to("..", "other"), PERM);
  OK(rename_to("file", "source/file"));
  OK(rename_to("source/file", "source/file"));
  OK(make_file("file"));
  OK(rename_to("file", "source/file"));
  IS(stat_at("file", 0), NOENT);
  OK(unlink_file("source/file"));
  OK(remove_dir("source"));
}

static void times(void) {
  OK(make_file("file"));
  OK(symlink_to("file", "link"));
  OK(__wasi_path_filestat_set_times(dir, 0, "file", 5000000001, 7000000002,
                                    __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
  OK(stat_at("link", FOLLOW));
  CHECK(status.atim == 5000000001 && status.mtim == 7000000002);
  OK(__wasi_path_filestat_set_times(dir, 0, "link", 0, 9, __WASI_FSTFLAGS_MTIM));
  OK(stat_at("link", 0));
  CHECK(status.mtim == 9);
  OK(stat_at("file", 0));
  CHECK(status.mtim == 7000000002);
  OK(__wasi_path_filestat_set_times(dir, FOLLOW, "link", 0, 8, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_ATIM_NOW));
  OK(stat_at("file", 0));
  CHECK(status.mtim == 8 && status.atim > 1000000000000000000);
  for (int flags = 0; flags < 32; ++flags) {
    int wrong = (flags & 3) == 3 || (flags & 12) == 12 || flags > 15;
    expect(__LINE__, "set_times", __wasi_path_filestat_set_times(dir, 0, "file", 1, 1, flags),
           wrong ? __WASI_ERRNO_INVAL : 0);
  }
  OK(unlink_file("link"));
  OK(unlink_file("file"));
}

static __wasi_fd_t preopen(const char *name) {
  __wasi_prestat_t prestat;
  static uint8_t path[256];
  for (__wasi_fd_t fd = 3; __wasi_fd_prestat_get(fd, &prestat) == 0; ++fd) {
    memset(path, 0, sizeof path);
    OK(__wasi_fd_prestat_dir_name(fd, path, prestat.u.dir.pr_name_len));
    if (strcmp((char *)path, name) == 0) return fd;
  }
  expect(__LINE__, "a preopen of that name", 0, 1);
  return 0;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  __wasi_fd_t given = preopen(argv[1]);
  __wasi_fdstat_t rights;
  OK(__wasi_fd_fdstat_get(given, &rights));
  OK(__wasi_path_open(given, 0, ".", DIRECTORY, rights.fs_rights_base, rights.fs_rights_inheriting, 0, &dir));
  CHECK(dir > given);
  directories();
  interesting();
  opening();
  symbolic_links();
  reading_links();
  hard_links();
  renaming();
  times();
  puts("paths ok");
  return 0;
}
