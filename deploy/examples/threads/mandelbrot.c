// The Mandelbrot set in letters, computed by as many threads as the first argument says (4): each
// takes the next row that nobody has taken yet.
#include "threads.h"

enum { kWidth = 78, kHeight = 32, kMost = 64, kSteps = 1000000 };
static char picture[kHeight][kWidth + 1];
static u32 next_row;
static mutex total_lock;
static u32 total;  // points of the set; guarded by total_lock

static char letter_of(double x, double y, u32* inside) {
  double a = 0, b = 0;
  for (int step = 0; step < kSteps; ++step) {
    const double next = a * a - b * b + x;
    b = 2 * a * b + y;
    a = next;
    if (a * a + b * b > 4) return " .:-=+*%"[step < 7 ? step : 7];
  }
  ++*inside;
  return '#';
}

static void* draw(void* argument) {
  u32 inside = 0;
  for (u32 row; (row = __atomic_fetch_add(&next_row, 1, __ATOMIC_RELAXED)) < kHeight;) {
    for (u32 column = 0; column < kWidth; ++column) {
      const double x = -2.2 + column * 3.2 / kWidth, y = -1.2 + row * 2.4 / kHeight;
      picture[row][column] = letter_of(x, y, &inside);
    }
    picture[row][kWidth] = '\n';
  }
  lock(&total_lock);
  total += inside;
  unlock(&total_lock);
  return argument;
}

static void print(const char* bytes, u32 size) {
  struct {
    const char* bytes;
    u32 size;
  } buffer = {bytes, size};
  for (u32 written = 0; buffer.size != 0; buffer.bytes += written, buffer.size -= written) {
    if (fd_write(1, &buffer, 1, &written) != 0) proc_exit(1);
  }
}

static void print_number(u32 number) {
  char digits[10];
  u32 size = 0;
  do digits[sizeof digits - ++size] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  print(digits + sizeof digits - size, size);
}

static u32 wanted_threads(void) {
  static char bytes[4096];
  static char* argv[64];
  u32 count, size, wanted = 0;
  if (args_sizes_get(&count, &size) != 0 || count > 64 || size > sizeof bytes) return 4;
  if (args_get(argv, bytes) != 0 || count < 2) return 4;
  for (const char* digit = argv[1]; *digit >= '0' && *digit <= '9' && wanted < kMost; ++digit) {
    wanted = wanted * 10 + (u32)(*digit - '0');
  }
  return wanted > kMost ? kMost : wanted;
}

void _start(void) {
  thread* threads[kMost];
  u32 count = 0;
  for (const u32 wanted = wanted_threads(); count < wanted; ++count) {
    threads[count] = thread_create(draw, 0);
    if (threads[count] == 0) break;  // as many as we are given
  }
  draw(0);
  for (u32 i = 0; i < count; ++i) thread_join(threads[i]);
  print(&picture[0][0], sizeof picture);
  print_number(total);
  print(" points, ", 9);
  print_number(count);
  print(" threads more than the first\n", 29);
}
