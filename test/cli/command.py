"""What the tests of the command line share: the programs, a cache of the test's own, and guests."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ.get("WASMEDGE_BIN", Path(__file__).parents[2] / "build/release/bin"))
SANITIZED = bool(os.environ.get("WASMEDGE_SANITIZE"))

HELLO = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00hello\\n")
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))
"""

EXIT = """
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const %d))))
"""


class CommandTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="wasmedge-cli.")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.cache = self.directory / "cache"
        self.environment = {"PATH": os.environ["PATH"], "WASMEDGE_CACHE_DIR": str(self.cache)}

    def wat(self, text, name="test.wasm", options=()):
        """A module from the text format."""
        source = self.directory / (name + ".wat")
        source.write_text(text)
        module = self.directory / name
        subprocess.run(["wat2wasm", *options, source, "-o", module], check=True)
        return module

    def c(self, text, name="test.wasm"):
        """A WASI program from C."""
        source = self.directory / (name + ".c")
        source.write_text(text)
        module = self.directory / name
        command = ["clang-14", "--target=wasm32-wasi", "-O1", source, "-o", module]
        subprocess.run(command, check=True)
        return module

    def wasmedge(self, *arguments, program=BIN / "wasmedge", **options):
        options = {"env": self.environment, "cwd": self.directory, "stdin": subprocess.DEVNULL,
                   "timeout": 300, **options}
        if "input" in options:
            del options["stdin"]
        return subprocess.run([program, *arguments], capture_output=True, text=True, **options)

    def check(self, done, status=0, stdout="", stderr=""):
        """The whole outcome at once, so that a failure shows all of it."""
        self.assertEqual((done.returncode, done.stdout, done.stderr), (status, stdout, stderr))

    def check_error(self, done, *parts, status=1):
        """No output, this status, and a message on stderr that has these parts."""
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("wasmedge: "), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def artifacts(self):
        """What is in the cache, but for the memory of hashes."""
        return sorted(file for file in self.cache.iterdir() if file.name != "hashes") if self.cache.exists() else []

    def without_compiler(self):
        """A copy of the program with no compiler beside it: what it still runs, it had in the cache."""
        alone = self.directory / "alone"
        alone.mkdir(exist_ok=True)
        shutil.copy(BIN / "wasmedge", alone)
        return alone / "wasmedge"
