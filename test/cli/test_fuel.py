import unittest

from command import HELLO, CommandTest

COUNT = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\08\\00\\00\\00\\01\\00\\00\\00.")
  (func $count (loop $l (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100))) (br $l)))
  (func $start (export "_start") (call $count)))
"""


class Fuel(CommandTest):
    def test_ends_with_a_trap(self):
        module = self.wat(COUNT, options=["--debug-names"])
        done = self.wasmedge("--fuel", "1000", module)
        self.assertEqual(done.returncode, 134)
        self.assertRegex(done.stderr, r"\Atrap: out of fuel in function \$count \(index 1\) at module offset 0x[0-9a-f]+\n"
                                      r"  #0 \$count .*\n  #1 \$start .*\n\Z")

    def test_always_at_the_same_point(self):
        module = self.wat(COUNT)
        first = self.wasmedge("--fuel=777", module).stdout
        self.assertGreater(len(first), 80)
        for _ in range(3):
            self.assertEqual(self.wasmedge("--fuel=777", module).stdout, first)

    def test_enough_changes_nothing(self):
        self.check(self.wasmedge("--fuel", "1000000", self.wat(HELLO)), stdout="hello\n")
        sorted_ = self.c("""
#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(void) {
  static int values[10000];
  for (int i = 0; i < 10000; i++) values[i] = i * 7919 % 10007;
  qsort(values, 10000, sizeof(int), compare);
  for (int i = 0; i < 10000; i += 1000) printf("%d ", values[i]);
}""", "sort.wasm")
        self.assertEqual(self.wasmedge("--fuel", "1000000000", sorted_).stdout, self.wasmedge(sorted_).stdout)

    def test_its_code_is_beside_the_other_in_the_cache(self):
        module = self.wat(HELLO)
        self.wasmedge(module)
        self.wasmedge("compile", "--metered", module)
        self.assertEqual(len(self.artifacts()), 2)
        alone = self.without_compiler()
        self.check(self.wasmedge(module, program=alone), stdout="hello\n")
        self.check(self.wasmedge("--fuel", "1000", module, program=alone), stdout="hello\n")

    def test_wrong_amounts(self):
        for amount in ("-1", "x", "", "9223372036854775808", "1e3"):
            self.check_error(self.wasmedge(f"--fuel={amount}", "m.wasm"), f"--fuel {amount}: expected a number", status=2)


if __name__ == "__main__":
    unittest.main()
