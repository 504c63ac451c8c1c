// A real library: SQLite (Debian's source, fetched by the bench) with a database in memory.
// needs: sqlite
#include "bench.h"

// No threads, no files: what is measured is the same C on both sides, and no operating system.
#define SQLITE_OS_OTHER 1
#define SQLITE_THREADSAFE 0
#define SQLITE_OMIT_LOAD_EXTENSION 1
#define SQLITE_OMIT_WAL 1
#define SQLITE_OMIT_LOCALTIME 1
#define SQLITE_TEMP_STORE 3
#define SQLITE_ENABLE_MATH_FUNCTIONS 0
#define SQLITE_WITHOUT_ZONEMALLOC 1
#pragma GCC diagnostic ignored "-Weverything"
#include "sqlite3.c"

// A file system without files, which ":memory:" wants all the same.
static int no_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  (void)vfs, (void)name, (void)file, (void)flags, (void)out;
  return SQLITE_CANTOPEN;
}
static int no_delete(sqlite3_vfs* vfs, const char* name, int sync) {
  (void)vfs, (void)name, (void)sync;
  return SQLITE_OK;
}
static int no_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  (void)vfs, (void)name, (void)flags;
  *out = 0;
  return SQLITE_OK;
}
static int full_name(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  (void)vfs;
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}
static int randomness(sqlite3_vfs* vfs, int size, char* out) {
  (void)vfs;
  memset(out, 42, (size_t)size);
  return size;
}
static int current_time(sqlite3_vfs* vfs, double* out) {
  (void)vfs;
  *out = 2460000.5;
  return SQLITE_OK;
}
static sqlite3_vfs no_files = {
    .iVersion = 1,
    .szOsFile = sizeof(sqlite3_file),
    .mxPathname = 64,
    .zName = "none",
    .xOpen = no_file,
    .xDelete = no_delete,
    .xAccess = no_access,
    .xFullPathname = full_name,
    .xRandomness = randomness,
    .xCurrentTime = current_time,
};
int sqlite3_os_init(void) {
  return sqlite3_vfs_register(&no_files, 1);
}
int sqlite3_os_end(void) {
  return SQLITE_OK;
}

static sqlite3* database;
static uint64_t sum;

static void check(int status) {
  if (status == SQLITE_OK || status == SQLITE_ROW || status == SQLITE_DONE) return;
  printf("%s\n", sqlite3_errmsg(database));
  exit(1);
}

// Runs one statement for n rows of pseudo-random parameters and sums its results.
static void run(const char* sql, int n, uint64_t seed) {
  sqlite3_stmt* statement;
  check(sqlite3_prepare_v2(database, sql, -1, &statement, 0));
  const int parameters = sqlite3_bind_parameter_count(statement);
  for (int i = 0; i < n; ++i) {
    for (int p = 1; p <= parameters; ++p) {
      const uint32_t x = next_random(&seed);
      if (p < 3) {
        check(sqlite3_bind_int64(statement, p, x % 100000));
      } else {
        char text[40];
        const int size =
            sqlite3_snprintf(sizeof text, text, "row %u of %u", x, i) ? (int)strlen(text) : 0;
        check(sqlite3_bind_text(statement, p, text, size, SQLITE_TRANSIENT));
      }
    }
    int status;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW)
      for (int c = 0; c < sqlite3_column_count(statement); ++c) {
        const unsigned char* text = sqlite3_column_text(statement, c);
        for (; text && *text; ++text) sum = sum * 31 + *text;
      }
    check(status);
    check(sqlite3_reset(statement));
  }
  sqlite3_finalize(statement);
}

int main(void) {
  const uint64_t seed = new_seed();
  check(sqlite3_open(":memory:", &database));
  run("PRAGMA cache_size = 4000", 1, 0);
  run("CREATE TABLE t(a INTEGER, b INTEGER, c TEXT)", 1, 0);
  run("CREATE TABLE u(a INTEGER PRIMARY KEY, b INTEGER, c TEXT)", 1, 0);
  run("BEGIN", 1, 0);
  run("INSERT INTO t VALUES(?1, ?2, ?3)", 40000, seed);
  run("INSERT OR REPLACE INTO u VALUES(?1, ?2, ?3)", 40000, seed + 1);
  run("COMMIT", 1, 0);
  run("SELECT count(*), avg(b), sum(length(c)) FROM t WHERE b BETWEEN ?1 AND ?1 + 1000", 30,
      seed + 2);
  run("SELECT count(*) FROM t WHERE c LIKE '%9' || ?1 || '%'", 10, seed + 3);
  run("CREATE INDEX t_a ON t(a)", 1, 0);
  run("CREATE INDEX t_b ON t(b)", 1, 0);
  run("SELECT a, c FROM t WHERE b = ?2 AND a <> ?1 ORDER BY c", 30000, seed + 4);
  run("SELECT t.c, u.c FROM t JOIN u ON u.a = t.b WHERE t.a = ?1", 20000, seed + 5);
  run("UPDATE t SET b = b + 1, c = c || 'x' WHERE a BETWEEN ?1 AND ?1 + 20", 1000, seed + 6);
  run("SELECT b / 1000, count(*), min(c), max(c) FROM t GROUP BY b / 1000 ORDER BY 2 DESC", 3, 0);
  run("SELECT a, upper(c), substr(c, 3, 7), abs(a - b) % 97 FROM t ORDER BY c DESC LIMIT 2000", 3,
      0);
  run("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 200000) SELECT "
      "sum(x * x % 7) FROM n",
      1, 0);
  run("DELETE FROM t WHERE a BETWEEN ?1 AND ?1 + 5", 3000, seed + 7);
  run("SELECT count(*), sum(a), sum(b), sum(length(c)) FROM t", 1, 0);
  run("PRAGMA integrity_check", 1, 0);
  check(sqlite3_close(database));
  return report(sum);
}
