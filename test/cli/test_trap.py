import random
import subprocess
import unittest

from command import CommandTest

CHAIN = """
(module (memory (export "memory") 1)
  (func $inner (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
  (func $middle (param i32) (call $inner (local.get 0)))
  (func $start (export "_start") (call $middle (i32.const 0))))
"""

DIVIDE = """
#include <stdio.h>
static int __attribute__((noinline)) divide(int a, int b) {
  return a / b;
}
int __attribute__((noinline)) average(int sum, int count) {
  int result = divide(sum, count);
  printf("%d\\n", result);
  return result;
}
int main(int argc, char **argv) {
  return average(10, argc - 1);
}
"""


class Backtrace(CommandTest):
    def trap(self, module, *options):
        done = self.wasmedge(*options, module)
        self.assertEqual((done.returncode, done.stdout), (134, ""), done.stderr)
        return done.stderr

    def debug(self, text=DIVIDE, *options):
        """A WASI program with debug information."""
        source = self.directory / "divide.c"
        source.write_text(text)
        module = self.directory / "divide.wasm"
        command = ["clang-14", "--target=wasm32-wasi", "-O1", "-g", *options, source.name, "-o", module]
        subprocess.run(command, check=True, cwd=self.directory)
        return module

    def test_names_each_frame(self):
        text = self.trap(self.wat(CHAIN, options=["--debug-names"]))
        self.assertRegex(text, r"\Atrap: integer divide by zero in function \$inner \(index 0\) at module offset 0x[0-9a-f]+\n"
                               r"  #0 \$inner \(index 0\) at test.wasm\+0x[0-9a-f]+\n"
                               r"  #1 \$middle \(index 1\) at test.wasm\+0x[0-9a-f]+\n"
                               r"  #2 \$start \(index 2\) at test.wasm\+0x[0-9a-f]+\n\Z")

    def test_offsets_are_those_of_the_instructions(self):
        module = self.wat(CHAIN, options=["--debug-names"])
        bytes_ = module.read_bytes()
        offsets = [int(line.rpartition("+")[2], 16) for line in self.trap(module).splitlines()[1:]]
        self.assertEqual([bytes_[offset] for offset in offsets], [0x6e, 0x10, 0x10])  # i32.div_u, call, call

    def test_without_names(self):
        self.assertRegex(self.trap(self.wat(CHAIN)), r"(?m)^  #1 function 1 at test.wasm\+0x[0-9a-f]+$")

    def test_names_are_readable(self):
        text = self.trap(self.wat("""
(module (memory (export "memory") 1)
  (func $_ZN4core3fmt9Formatter3pad17h0123456789abcdefE unreachable)
  (func $_ZN3foo3barEPKci (call 0))
  (func $_ZN3bogus (call 1))
  (func (export "_start") (call 2)))""", options=["--debug-names"]))
        self.assertIn("in function $core::fmt::Formatter::pad (index 0)", text)
        self.assertIn("#1 $foo::bar(char const*, int) (index 1)", text)
        self.assertIn("#2 $_ZN3bogus (index 2)", text)

    def test_a_name_that_explodes_costs_names_only(self):
        # Each argument is twice as long as the one before.
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        name = "_Z1f1AIiiE" + "".join(f"S_IS{digit}_S{digit}_E" for digit in digits)
        text = self.trap(self.wat(CHAIN.replace("$inner", "$" + name), options=["--debug-names"]))
        self.assertIn("trap: integer divide by zero in function $_Z1f1AIiiE", text)
        self.assertIn("raw names and no source lines", text)

    def test_lines_of_the_source(self):
        for version in ("-gdwarf-4", "-gdwarf-5"):
            with self.subTest(version):
                text = self.trap(self.debug(DIVIDE, version))
                self.assertRegex(text, r"(?m)^  #0 \$divide \(index \d+\) at divide.wasm\+0x[0-9a-f]+, divide.c:4$")
                self.assertRegex(text, r"(?m)^  #1 \$average \(index \d+\) at divide.wasm\+0x[0-9a-f]+, divide.c:7$")
                self.assertRegex(text, r"(?m)^  #\d+ \$.*main.* at divide.wasm\+0x[0-9a-f]+, divide.c:12$")

    def test_broken_debug_information_costs_lines_only(self):
        module = self.debug()
        whole = module.read_bytes()
        begin = whole.index(b".debug_line") + len(".debug_line")
        size = len(whole) - begin
        generator = random.Random(1)
        for attempt in range(12):
            broken = bytearray(whole)
            for _ in range(1 + attempt):
                broken[begin + generator.randrange(min(size, 400))] = generator.choice([0, 1, 0x7f, 0x80, 0xff])
            module.write_bytes(broken)
            self.assertIn("in function $divide", self.trap(module))

    def test_deep_stacks_are_cut(self):
        text = self.trap(self.wat('(module (memory (export "memory") 1)'
                                  ' (func $deep (param i32) (result i32) (i32.add (local.get 0) (call $deep (local.get 0))))'
                                  ' (func $start (export "_start") (drop (call $deep (i32.const 1)))))',
                                  options=["--debug-names"]))
        lines = text.splitlines()
        self.assertEqual(len(lines), 1 + 20 + 1 + 5, text)
        self.assertRegex(lines[21], r"^  … \d{5,} frames …$")
        self.assertRegex(lines[-1], r"^  #\d{5,} \$start \(index 1\) at")

    def test_of_a_loop_that_is_interrupted(self):
        text = self.trap(self.wat('(module (memory (export "memory") 1) (func $spin (loop $l (br $l)))'
                                  ' (func $start (export "_start") (call $spin)))', options=["--debug-names"]),
                         "--time-limit", "0.3")
        self.assertRegex(text, r"\Atrap: interrupted in function \$spin.*\n  #0 \$spin.*\n  #1 \$start.*\n\Z")

    def test_of_an_exception(self):
        text = self.trap(self.wat('(module (memory (export "memory") 1) (tag $oops) (func $thrower (throw $oops))'
                                  ' (func $start (export "_start") (call $thrower)))',
                                  options=["--debug-names", "--enable-exceptions"]))
        self.assertRegex(text, r"\Atrap: uncaught exception.*\n  #0 \$thrower.*\n  #1 \$start.*\n\Z")

    def test_hostile_names_do_not_reach_the_terminal(self):
        plain = self.wat(CHAIN, options=["--debug-names"])
        plain.write_bytes(plain.read_bytes().replace(b"middle", b"m\x1b[2Je"))
        text = self.trap(plain)
        self.assertNotIn("\x1b", text)
        self.assertIn("#1 $m\\x1b[2Je (index 1)", text)


class Interrupt(CommandTest):
    def test_bulk_work_ends_where_it_is(self):
        module = self.wat("""
(module (memory (export "memory") 65536)
  (func $fill (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const -65536)) (br $l)))
  (func (export "_start") (call $fill)))""", options=["--debug-names"])
        self.wasmedge("compile", module)
        done = self.wasmedge("--time-limit", "0.2", module)
        self.assertRegex(done.stderr, r"\Atrap: interrupted in function \$fill ")

    def test_a_wait_ends_where_it_is(self):
        module = self.wat("""
(module (memory (export "memory") 1 1 shared)
  (func $wait (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (func (export "_start") (call $wait)))""", options=["--debug-names", "--enable-threads"])
        self.wasmedge("compile", module)
        done = self.wasmedge("--time-limit", "0.2", module)
        self.assertRegex(done.stderr, r"\Atrap: interrupted in function \$wait ")


if __name__ == "__main__":
    unittest.main()
