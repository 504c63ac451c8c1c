import subprocess
import unittest

from command import HELLO, CommandTest


class BadInput(CommandTest):
    def write(self, content, name="bad.wasm"):
        (self.directory / name).write_bytes(content)
        return name

    def check_everywhere(self, name, *parts):
        """The same complaint from all commands, and nothing is cached."""
        for command in ("run", "compile", "validate"):
            self.check_error(self.wasmedge(command, name), name, *parts)
        self.assertEqual(self.artifacts(), [])

    def test_no_such_file(self):
        self.check_everywhere("missing.wasm", "No such file or directory")

    def test_a_directory(self):
        (self.directory / "folder").mkdir()
        self.check_everywhere("folder", "is not a regular file")

    def test_a_device(self):
        self.check_everywhere("/dev/zero", "is not a regular file")

    def test_an_empty_file(self):
        self.check_everywhere(self.write(b""), "is not a WebAssembly module")

    def test_a_text(self):
        self.check_everywhere(self.write(b"#!/bin/sh\n"), "does not begin with \\0asm")

    def test_a_native_program(self):
        self.check_everywhere(self.write(b"\x7fELF" + bytes(100)), "is not a WebAssembly module")

    def test_an_unknown_version(self):
        self.check_everywhere(self.write(b"\0asm\2\0\0\0"), "offset 0x4")

    def test_truncated_anywhere(self):
        whole = self.wat(HELLO).read_bytes()
        for size in (5, 7, 9, 20, len(whole) // 2, len(whole) - 1):
            self.check_everywhere(self.write(whole[:size]), "malformed module", "offset 0x")

    def test_invalid_names_the_rule(self):
        module = self.wat('(module (func (export "_start") (result i32) i64.const 1))', options=["--no-check"])
        self.check_everywhere(module.name, "invalid module", "offset 0x", "expected i32", "i64")

    def test_hostile_names_do_not_reach_the_terminal(self):
        module = self.wat('(module (import "wasi_snapshot_preview1" "\\1b[2J" (func)) (memory (export "memory") 1)'
                          ' (func (export "_start")))')
        done = self.wasmedge(module)
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("\x1b", done.stderr)
        self.assertIn("\\x1b", done.stderr)

    def test_import_that_the_host_lacks(self):
        module = self.wat('(module (import "env" "launch" (func)) (memory (export "memory") 1)'
                          ' (func (export "_start")))')
        self.check_error(self.wasmedge(module), "env", "launch")

    def test_no_start(self):
        self.check_error(self.wasmedge(self.wat('(module (memory (export "memory") 1))')), "_start")

    def test_compiled_code_is_not_run(self):
        module = self.wat(HELLO)
        self.check(self.wasmedge("compile", module, "-o", "out.wasm"))
        for name in ("out.wasm", str(self.artifacts()[0])):
            self.check_error(self.wasmedge(name), name, "is compiled code, which is run from the cache only")

    def test_module_cannot_be_read(self):
        self.write(b"\0asm\1\0\0\0")
        (self.directory / "bad.wasm").chmod(0)
        probe = subprocess.run(["cat", self.directory / "bad.wasm"], capture_output=True)
        if probe.returncode == 0:
            self.skipTest("we may read every file")
        self.check_error(self.wasmedge("bad.wasm"), "Permission denied")


class Validate(CommandTest):
    def test_silent_if_valid(self):
        self.check(self.wasmedge("validate", self.wat(HELLO), self.wat("(module)", "empty.wasm")))

    def test_tells_of_every_invalid_one(self):
        (self.directory / "a.wasm").write_bytes(b"\0asm\1\0\0\0\xff")
        (self.directory / "b.wasm").write_bytes(b"\0asm\1\0\0\0\xfe")
        done = self.wasmedge("validate", "a.wasm", self.wat(HELLO), "b.wasm")
        self.check_error(done, "a.wasm: malformed module", "b.wasm: malformed module")
        self.assertNotIn("test.wasm", done.stderr)

    def test_runs_and_compiles_nothing(self):
        self.wasmedge("validate", self.wat(HELLO))
        self.assertEqual(self.artifacts(), [])


if __name__ == "__main__":
    unittest.main()
