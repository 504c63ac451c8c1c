// A WASI program that needs memory, floating point, a clock, arguments and a file.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int count, char** arguments) {
  const char* name = count > 1 ? arguments[1] : "nobody";
  double sum = 0;
  for (int i = 1; i <= 1000; ++i) sum += sqrt(i) * floor(i / 3.0);
  FILE* file = fopen("note", "w+");
  if (file == NULL) return 3;
  fprintf(file, "hello, %s: %.6f", name, sum);
  rewind(file);
  char line[100] = "";
  if (fgets(line, sizeof line, file) == NULL || time(NULL) < 1000000000) return 4;
  puts(line);
  if (strcmp(name, "trap") == 0) abort();
  volatile int forever = strcmp(name, "forever") == 0;
  while (forever) continue;
  return 7;
}
