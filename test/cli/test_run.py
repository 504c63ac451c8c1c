import os
import sys
import time
import unittest

from command import BIN, EXIT, HELLO, CommandTest

SHOW = """
#include <stdio.h>
extern char **environ;
int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argument %s\\n", argv[i]);
  for (char **e = environ; *e; e++) printf("variable %s\\n", *e);
}
"""

CAT = """
#include <stdio.h>
int main(void) { for (int c; (c = getchar()) != EOF;) putchar(c); }
"""

# write PATH: writes "written" into it. read PATH: prints it.
FILES = """
#include <errno.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
  int writing = strcmp(argv[1], "write") == 0;
  FILE *file = fopen(argv[2], writing ? "w" : "r");
  if (!file) { printf("%s\\n", strerror(errno)); return 1; }
  if (writing) return fputs("written", file) < 0;
  char text[100] = "";
  fgets(text, sizeof text, file);
  printf("%s\\n", text);
}
"""


class Run(CommandTest):
    def test_a_program_prints(self):
        self.check(self.wasmedge("run", self.wat(HELLO)), stdout="hello\n")

    def test_run_may_be_left_out(self):
        self.check(self.wasmedge(self.wat(HELLO)), stdout="hello\n")

    def test_status_is_the_programs(self):
        self.assertEqual(self.wasmedge(self.wat(EXIT % 0)).returncode, 0)
        self.assertEqual(self.wasmedge(self.wat(EXIT % 7)).returncode, 7)
        self.assertEqual(self.wasmedge(self.wat(EXIT % 255)).returncode, 255)

    def test_trap_is_134_with_a_message(self):
        trap = '(module (memory (export "memory") 1) (func $inner unreachable) (func (export "_start") call $inner))'
        done = self.wasmedge(self.wat(trap, options=["--debug-names"]))
        self.assertEqual((done.returncode, done.stdout), (134, ""))
        for part in ("unreachable", "inner", "offset"):
            self.assertIn(part, done.stderr)

    def test_a_load_traps_whatever_becomes_of_its_value(self):
        for body in ("(i32.store (local.get 0) (i32.load (local.get 0)))",
                     "(drop (i32.sub (i32.load (local.get 0)) (i32.load (local.get 0))))",
                     "(drop (i32.mul (i32.load (local.get 0)) (i32.const 0)))",
                     "(global.set 0 (i32.wrap_i64 (i64.load (i32.sub (local.get 0) (i32.const 4)))))",
                     "(global.set 0 (i32x4.extract_lane 0 (v128.load (i32.sub (local.get 0) (i32.const 4)))))",
                     "(i32.store (i32.sub (local.get 0) (i32.const 1))"
                     " (i32.or (i32.load (i32.sub (local.get 0) (i32.const 1))) (i32.const 0xff)))",
                     "(local.set 1 (i32.load (local.get 0)))"
                     "(if (global.get 0) (then (global.set 0 (local.get 1))))",
                     # The last turn's value alone is used; the first turn traps.
                     "(local.set 2 (i32.const 4))"
                     "(loop $l (local.set 1 (i32.load (local.get 0)))"
                     " (local.set 0 (i32.and (i32.add (local.get 0) (i32.const 4)) (i32.const 0xffff)))"
                     " (br_if $l (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))"
                     "(global.set 0 (local.get 1))"):
            with self.subTest(body):
                done = self.wasmedge(self.wat(f"""
(module (memory (export "memory") 1) (global (export "g") (mut i32) (i32.const 0))
  (func $f (export "f") (param i32) (local i32 i32) {body})
  (func (export "_start") (call $f (i32.const 65536))))"""))
                self.assertEqual((done.returncode, done.stdout), (134, ""), done.stderr)
                self.assertIn("out of bounds memory access", done.stderr)

    def test_time_limit_ends_a_loop_where_it_is(self):
        loop = '(module (memory (export "memory") 1) (func $spin (loop $l (br $l))) (func (export "_start") call $spin))'
        module = self.wat(loop, options=["--debug-names"])
        self.wasmedge("compile", module)
        begin = time.monotonic()
        done = self.wasmedge("--time-limit", "0.3", module)
        self.assertEqual((done.returncode, done.stdout), (134, ""))
        self.assertRegex(done.stderr, r"^trap: interrupted in function \$spin \(index 0\)")
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)

    def test_time_limit_ends_a_loop_of_exceptions(self):
        thrower = self.wat("""
(module (memory (export "memory") 1) (tag $t)
  (func $throw (throw $t))
  (func (export "_start") (loop $l (try (do (call $throw)) (catch $t)) (br $l))))""",
                           options=["--enable-exceptions"])
        for _ in range(30):
            done = self.wasmedge("--time-limit", "0.02", thrower, timeout=30)
            self.assertEqual(done.returncode, 134)
            self.assertIn("trap: interrupted", done.stderr)

    def test_time_limit_ends_a_sleep(self):
        sleep = self.c("#include <unistd.h>\nint main(void) { sleep(100); }")
        self.check(self.wasmedge("--time-limit=0.2", sleep), status=134, stderr="trap: interrupted\n")

    def test_time_limit_that_is_not_reached(self):
        self.check(self.wasmedge("--time-limit", "60", self.wat(HELLO)), stdout="hello\n")

    def test_perfmap_names_functions(self):
        program = ("import subprocess,sys; p=subprocess.Popen(sys.argv[1:],stdin=subprocess.PIPE,stdout=subprocess.PIPE);"
                   "p.stdin.write(b'x'); p.stdin.flush(); p.stdout.read(1); print(open(f'/tmp/perf-{p.pid}.map').read());"
                   "p.stdin.close(); p.wait(); import os; os.remove(f'/tmp/perf-{p.pid}.map')")
        cat = self.c("#include <unistd.h>\nint main(void) { char c; while (read(0, &c, 1) == 1) write(1, &c, 1); }")
        done = self.wasmedge("-c", program, BIN / "wasmedge", "--perfmap", cat, program=sys.executable)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r'(?m)^[0-9a-f]+ [0-9a-f]+ "_start"$')

    def test_endless_recursion_is_a_trap(self):
        deep = '(module (memory (export "memory") 1) (func $f (export "_start") call $f))'
        done = self.wasmedge(self.wat(deep))
        self.assertEqual(done.returncode, 134)
        self.assertIn("call stack exhausted", done.stderr)

    def test_arguments(self):
        module = self.c(SHOW)
        done = self.wasmedge("test.wasm", "one", "--two", "", cwd=module.parent)
        self.check(done, stdout="argument test.wasm\nargument one\nargument --two\nargument \n")

    def test_options_end_at_two_dashes(self):
        self.c(SHOW, "-odd.wasm")
        done = self.wasmedge("run", "--", "-odd.wasm", "--env")
        self.check(done, stdout="argument -odd.wasm\nargument --env\n")

    def test_environment_is_what_is_given_and_nothing_else(self):
        self.c(SHOW)
        self.environment["SECRET"] = "1"
        done = self.wasmedge("--env", "A=b=c", "--env=D=", "test.wasm")
        self.check(done, stdout="argument test.wasm\nvariable A=b=c\nvariable D=\n")

    def test_stdin_reaches_its_end(self):
        text = "line\n" * 20000
        self.check(self.wasmedge(self.c(CAT), input=text), stdout=text)

    def test_closed_stdout_is_the_programs_affair(self):
        module = self.wat(HELLO)
        done = self.wasmedge(module, preexec_fn=lambda: os.close(1))
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr, "")


class Directories(CommandTest):
    def setUp(self):
        super().setUp()
        self.c(FILES)
        self.host = self.directory / "host"
        self.host.mkdir()
        (self.host / "file").write_text("content")

    def test_guest_reads_and_writes(self):
        self.check(self.wasmedge("--dir", f"{self.host}:/data", "test.wasm", "read", "/data/file"),
                   stdout="content\n")
        self.check(self.wasmedge("--dir", f"{self.host}:/data", "test.wasm", "write", "/data/new"))
        self.assertEqual((self.host / "new").read_text(), "written")

    def test_two_colons_as_wasmtime_has_them(self):
        self.check(self.wasmedge("--dir", f"{self.host}::/data", "test.wasm", "read", "/data/file"), stdout="content\n")
        self.check(self.wasmedge("--dir", "host::data:ro", "test.wasm", "write", "data/new"), status=1,
                   stdout="Read-only file system\n")

    def test_one_name_is_for_both(self):
        self.check(self.wasmedge("--dir", "host", "test.wasm", "read", "host/file"), stdout="content\n")

    def test_read_only(self):
        ro = f"--dir={self.host}:/data:ro"
        self.check(self.wasmedge(ro, "test.wasm", "read", "/data/file"), stdout="content\n")
        self.check(self.wasmedge(ro, "test.wasm", "write", "/data/new"), status=1,
                   stdout="Read-only file system\n")
        self.assertFalse((self.host / "new").exists())

    def test_several(self):
        (self.directory / "other").mkdir()
        (self.directory / "other" / "file").write_text("other")
        directories = ["--dir", "host:/a", "--dir", "other:/b"]
        self.check(self.wasmedge(*directories, "test.wasm", "read", "/a/file"), stdout="content\n")
        self.check(self.wasmedge(*directories, "test.wasm", "read", "/b/file"), stdout="other\n")

    def test_none_by_default(self):
        done = self.wasmedge("test.wasm", "read", str(self.host / "file"))
        self.assertEqual((done.returncode, done.stdout.startswith("content")), (1, False))

    def test_nothing_outside(self):
        (self.directory / "secret").write_text("secret")
        done = self.wasmedge("--dir", "host:/data", "test.wasm", "read", "/data/../secret")
        self.assertEqual((done.returncode, "secret" in done.stdout), (1, False))

    def test_missing_on_the_host(self):
        self.check_error(self.wasmedge("--dir", "nowhere:/data", "test.wasm"),
                         "--dir nowhere: open nowhere: No such file or directory")

    def test_file_is_no_directory(self):
        self.check_error(self.wasmedge("--dir", "host/file:/data", "test.wasm"), "Not a directory")


if __name__ == "__main__":
    unittest.main()
