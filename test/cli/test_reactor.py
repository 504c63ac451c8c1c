import unittest

from command import CommandTest

LIBRARY = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\08\\00\\00\\00\\05\\00\\00\\00init\\n")
  (func (export "_initialize") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100))))
  (func (export "nothing"))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "half") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
  (func (export "vector") (param v128))
  (func (export "reference") (result externref) (ref.null extern))
  (func (export "fail") unreachable))
"""
# Without a memory, imports or _initialize.
PURE = '(module (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))'


class Reactor(CommandTest):
    def call(self, *arguments, text=LIBRARY):
        return self.wasmedge("run", "--reactor", self.wat(text), *arguments)

    def test_it_is_initialized_and_called(self):
        self.check(self.call("nothing"), stdout="init\n")
        self.check(self.call("nothing", "an", "argument"), stdout="init\n")
        self.check(self.call("square", "12", text=PURE), stdout="144\n")

    def test_values_are_read_and_written(self):
        self.check(self.call("add", "2", "40"), stdout="init\n42\n")
        self.check(self.call("add", "2147483647", "1"), stdout="init\n-2147483648\n")
        self.check(self.call("add", "4294967295", "1"), stdout="init\n0\n")
        self.check(self.call("add", "-3", "1"), stdout="init\n-2\n")
        self.check(self.call("swap", "-9223372036854775808", "0.1"), stdout="init\n0.1\n-9223372036854775808\n")
        self.check(self.call("half", "3"), stdout="init\n1.5\n")
        self.check(self.call("half", "inf"), stdout="init\ninf\n")
        self.check(self.call("reference"), stdout="init\nexternref\n")

    def test_what_is_no_value_is_told_before_anything_runs(self):
        for arguments, says in (
            (("add", "1"), "takes 2 arguments, and 1 is given"),
            (("half",), "takes 1 argument, and 0 are given"),
            (("add", "1", "x"), 'argument 2: "x" is no i32'),
            (("add", "1", "4294967296"), 'argument 2: "4294967296" is no i32'),
            (("add", "1", ""), 'argument 2: "" is no i32'),
            (("half", "1,5"), 'argument 1: "1,5" is no f32'),
            (("vector", "1"), "no text can be one"),
            (("missing",), 'no exported function "missing"'),
        ):
            with self.subTest(arguments):
                self.check_error(self.call(*arguments), says)

    def test_a_trap(self):
        done = self.call("fail")
        self.assertEqual((done.returncode, done.stdout), (134, "init\n"))
        self.assertIn("unreachable", done.stderr)

    def test_without_the_option_it_says_what_to_do(self):
        self.check_error(self.wasmedge(self.wat(LIBRARY)), "wasmedge run --reactor")

    def test_without_a_function(self):
        self.check_error(self.call(), "--reactor: which function", status=2)


if __name__ == "__main__":
    unittest.main()
