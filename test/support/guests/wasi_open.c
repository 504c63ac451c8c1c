// Opens each path that it is given, as a C program would and asking for everything, and prints the errno of each.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    errno = 0;
    int fd = open(argv[i], O_RDWR);
    if (fd < 0 && errno == EISDIR) {
      errno = 0;
      fd = open(argv[i], O_RDONLY | O_DIRECTORY);
    }
    printf("%d\n", fd < 0 ? errno : 0);
  }
  return 0;
}
