// Does to files what C programs do, in /data (writable) and /ro (read-only), and checks every answer itself. Ends
// with "files ok"; the first answer that is not what POSIX says ends it with its line.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void fail(int line, const char *what) {
  fprintf(stderr, "wasi_files.c:%d: %s (errno %d, %s)\n", line, what, errno, strerror(errno));
  exit(1);
}
#define CHECK(condition) ((condition) ? (void)0 : fail(__LINE__, #condition))
#define FAILS(call, error) (errno = 0, CHECK((call) == -1 && errno == (error)))

static void contents(const char *path, const char *expected) {
  char text[256] = {0};
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0);
  CHECK(read(fd, text, sizeof text - 1) == (ssize_t)strlen(expected));
  if (strcmp(text, expected) != 0) fail(__LINE__, text);
  CHECK(close(fd) == 0);
}

static void read_and_write(void) {
  char text[16] = {0};
  int fd = open("/data/file", O_CREAT | O_EXCL | O_RDWR, 0600);
  CHECK(fd >= 3);
  CHECK(write(fd, "hello world", 11) == 11);
  CHECK(lseek(fd, 6, SEEK_SET) == 6);
  CHECK(read(fd, text, 5) == 5 && strcmp(text, "world") == 0);
  CHECK(pwrite(fd, "HELLO", 5, 0) == 5);
  CHECK(lseek(fd, 0, SEEK_CUR) == 11);
  CHECK(pread(fd, text, 5, 0) == 5 && memcmp(text, "HELLO", 5) == 0);
  struct iovec both[] = {{"!", 1}, {"", 0}, {"?", 1}};
  CHECK(writev(fd, both, 3) == 2);
  CHECK(ftruncate(fd, 12) == 0);
  CHECK(posix_fallocate(fd, 0, 14) == 0);
  CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL) == 0);
  CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
  struct stat st;
  CHECK(fstat(fd, &st) == 0 && st.st_size == 14 && S_ISREG(st.st_mode) && st.st_nlink == 1);
  CHECK(ftruncate(fd, 12) == 0);
  FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
  CHECK(close(fd) == 0);
  FAILS(close(fd), EBADF);
  contents("/data/file", "HELLO world!");

  fd = open("/data/file", O_WRONLY | O_APPEND);
  CHECK(fd >= 0 && (fcntl(fd, F_GETFL) & O_APPEND));
  CHECK(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "+", 1) == 1);
  FAILS(read(fd, text, 1), EBADF);
  CHECK(close(fd) == 0);
  contents("/data/file", "HELLO world!+");
  fd = open("/data/file", O_WRONLY | O_TRUNC);
  CHECK(fd >= 0 && close(fd) == 0);
  contents("/data/file", "");
  FAILS(open("/data/file", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
  FAILS(open("/data/none", O_RDONLY), ENOENT);
  FAILS(open("/data/file/below", O_RDONLY), ENOTDIR);
  FAILS(open("/data/file", O_RDONLY | O_DIRECTORY), ENOTDIR);
  FAILS(open("/data", O_RDWR), EISDIR);
}

static void buffered(void) {
  FILE *file = fopen("/data/lines", "w");
  CHECK(file != NULL);
  for (int i = 0; i < 20000; ++i) CHECK(fprintf(file, "line %d\n", i) > 0);
  CHECK(fclose(file) == 0);
  file = fopen("/data/lines", "r");
  CHECK(file != NULL);
  char line[64];
  int count = 0;
  while (fgets(line, sizeof line, file)) {
    int number = -1;
    CHECK(sscanf(line, "line %d", &number) == 1 && number == count);
    ++count;
  }
  CHECK(count == 20000 && feof(file));
  CHECK(fseek(file, -11, SEEK_END) == 0 && fgets(line, sizeof line, file) && strcmp(line, "line 19999\n") == 0);
  CHECK(fclose(file) == 0);
}

static void directories(void) {
  CHECK(mkdir("/data/dir", 0700) == 0);
  FAILS(mkdir("/data/dir", 0700), EEXIST);
  FAILS(mkdir("/data/no/dir", 0700), ENOENT);
  for (int i = 0; i < 300; ++i) {
    char path[64];
    snprintf(path, sizeof path, "/data/dir/entry-with-a-long-name-%d", i);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
  }
  DIR *dir = opendir("/data/dir");
  CHECK(dir != NULL);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    CHECK(entry->d_type == DT_REG);
    ++count;
  }
  CHECK(count == 300);
  CHECK(closedir(dir) == 0);
  FAILS(rmdir("/data/dir"), ENOTEMPTY);
  for (int i = 0; i < 300; ++i) {
    char path[64];
    snprintf(path, sizeof path, "/data/dir/entry-with-a-long-name-%d", i);
    CHECK(unlink(path) == 0);
  }
  FAILS(unlink("/data/dir"), EISDIR);
  CHECK(rename("/data/dir", "/data/moved") == 0);
  CHECK(rmdir("/data/moved") == 0);
  FAILS(rmdir("/data/moved"), ENOENT);
  FAILS(rmdir("/data/file"), ENOTDIR);
}

static void links_and_times(void) {
  CHECK(link("/data/lines", "/data/hard") == 0);
  CHECK(symlink("lines", "/data/soft") == 0);
  char target[16] = {0};
  CHECK(readlink("/data/soft", target, sizeof target) == 5 && strcmp(target, "lines") == 0);
  struct stat st, link;
  CHECK(stat("/data/soft", &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 2);
  CHECK(lstat("/data/soft", &link) == 0 && S_ISLNK(link.st_mode) && link.st_ino != st.st_ino);
  const struct timespec times[2] = {{1000, 1}, {2000, 2}};
  CHECK(utimensat(AT_FDCWD, "/data/soft", times, 0) == 0);
  CHECK(stat("/data/lines", &st) == 0 && st.st_atim.tv_sec == 1000 && st.st_mtim.tv_nsec == 2);
  int fd = open("/data/lines", O_RDWR);
  const struct timespec later[2] = {{3000, 3}, {4000, 4}};
  CHECK(fd >= 0 && futimens(fd, later) == 0 && fstat(fd, &st) == 0);
  CHECK(st.st_atim.tv_sec == 3000 && st.st_mtim.tv_nsec == 4 && close(fd) == 0);
  CHECK(unlink("/data/hard") == 0 && unlink("/data/soft") == 0);
  CHECK(symlink("soft", "/data/soft") == 0);
  FAILS(open("/data/soft", O_RDONLY), ELOOP);
  CHECK(unlink("/data/soft") == 0);
}

// Nothing but the two directories, and no way out of them: the host has put links there that try.
static void confined(void) {
  CHECK(open("/etc/passwd", O_RDONLY) == -1);
  CHECK(open("/data/../secret", O_RDONLY) == -1);
  FAILS(open("/data/up/secret", O_RDONLY), EPERM);
  FAILS(open("/data/to-secret", O_RDONLY), EPERM);
  FAILS(open("/data/to-etc/passwd", O_RDONLY), EPERM);
  FAILS(symlink("/etc/passwd", "/data/own"), EPERM);
  contents("/ro/file", "read me");
  FAILS(open("/ro/file", O_RDWR), EROFS);
  FAILS(open("/ro/file", O_WRONLY | O_TRUNC), EROFS);
  FAILS(open("/ro/new", O_CREAT | O_WRONLY, 0600), EROFS);
  FAILS(mkdir("/ro/new", 0700), EROFS);
  FAILS(unlink("/ro/file"), EROFS);
  FAILS(rename("/ro/file", "/data/stolen"), EROFS);
  FAILS(link("/ro/file", "/data/stolen"), EROFS);
}

int main(void) {
  read_and_write();
  buffered();
  directories();
  links_and_times();
  confined();
  puts("files ok");
  return 0;
}
