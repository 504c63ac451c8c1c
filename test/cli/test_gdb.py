import os
import shutil
import subprocess
import time
import unittest

from command import BIN, SANITIZED, CommandTest

SPIN = """
(module (memory (export "memory") 1)
  (func $turn (loop $l (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) (br $l)))
  (func $spin (call $turn) (i32.store (i32.const 4) (i32.const 1)))
  (func $start (export "_start") (call $spin) (i32.store (i32.const 4) (i32.const 2))))
"""


def why_not():
    if shutil.which("gdb") is None:
        return "gdb is not installed"
    if SANITIZED:
        return "sanitizers and gdb do not go together"
    return None


@unittest.skipIf(why_not(), why_not())
class Gdb(CommandTest):
    def setUp(self):
        super().setUp()
        self.module = self.wat(SPIN, options=["--debug-names"])
        self.check(self.wasmedge("compile", self.module))

    def gdb(self, commands, *arguments):
        options = [option for command in ("set confirm off", "set debuginfod enabled off", *commands)
                   for option in ("-ex", command)]
        done = subprocess.run(["gdb", "-q", "-nx", "-batch", *options, *arguments], env=self.environment, text=True,
                              cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        if "ptrace: Operation not permitted" in done.stderr:
            self.skipTest("this machine does not let gdb trace processes")
        return done.stdout + done.stderr

    def check_frames(self, said):
        self.assertRegex(said, r"(?m)^#0 .*\bturn \(")  # at its first instruction, which is of no offset
        self.assertRegex(said, r"(?m)^#\d+ .*\bin spin \(.*\) at .*test.wasm:\d+")
        self.assertRegex(said, r"(?m)^#\d+ .*\bin start \(.*\) at .*test.wasm:\d+")

    def program(self, stripped):
        if not stripped:
            return BIN / "wasmedge"
        installed = self.directory / "bin"
        installed.mkdir()
        subprocess.run(["strip", "-o", installed / "wasmedge", BIN / "wasmedge"], check=True)
        return installed / "wasmedge"

    def test_started_by_gdb(self):
        for stripped in (False, True):
            with self.subTest(stripped=stripped):
                said = self.gdb(["set breakpoint pending on", "break turn", "run", "bt", "kill"],
                                "--args", self.program(stripped), self.module)
                self.check_frames(said)

    def test_the_host_is_below(self):
        said = self.gdb(["set breakpoint pending on", "break turn", "run", "bt", "kill"],
                        "--args", BIN / "wasmedge", self.module)
        # The host's frames down to where the process began; an optimised `main` may have no frame of its own.
        self.assertRegex(said, r"(?m)^#\d+ .*\b_start\b")

    def attach(self, program, commands):
        with subprocess.Popen([*program, self.module], env=self.environment) as guest:
            try:
                time.sleep(0.5)
                return self.gdb([*commands, "bt", "detach"], "-p", str(guest.pid))
            finally:
                guest.kill()

    def test_attached(self):
        self.check_frames(self.attach([BIN / "wasmedge", "--debug"], []))

    def test_attached_to_what_has_not_told_it(self):
        for stripped in (False, True):
            with self.subTest(stripped=stripped):
                self.check_frames(self.attach([self.program(stripped)], ["call (void)wasmedge_debug()"]))

    def test_lines_of_the_source(self):
        source = self.directory / "loop.c"
        source.write_text("volatile int turns;\nvoid turn(void) {\n  turns++;\n}\nint main(void) {\n  turn();\n}\n")
        module = self.directory / "loop.wasm"
        subprocess.run(["clang-14", "--target=wasm32-wasi", "-O0", "-g", source.name, "-o", module], check=True,
                       cwd=self.directory)
        self.check(self.wasmedge("compile", module))
        said = self.gdb(["set breakpoint pending on", "break turn", "run", "bt", "kill"],
                        "--args", BIN / "wasmedge", module)
        self.assertRegex(said, r"(?m)^#0 .*\bturn \(.*\) at .*loop.c:[23]")
        self.assertRegex(said, r"(?m)^#1 .* at .*loop.c:6")


if __name__ == "__main__":
    unittest.main()
