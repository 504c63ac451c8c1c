import unittest

from command import CommandTest


class Inspect(CommandTest):
    def test_tells_what_is_in_it(self):
        module = self.wat("""
(module
  (import "env" "f" (func (param i32 f64) (result i64)))
  (import "env" "g" (global (mut i32)))
  (memory (export "memory") 1 4)
  (table (export "t") 3 funcref)
  (func $big (export "h") (result i32) (i32.extend8_s (i32.const 1)))
  (data (i32.const 0) "abc"))""", options=["--debug-names"])
        done = self.wasmedge("inspect", module)
        self.check(done, stdout=f"""{module}: {module.stat().st_size} bytes
features: sign extension
functions: 2, of which 1 imported; 3 instructions, 5 bytes of code
largest function: 1 "big", 5 bytes
data: 3 bytes in 1 segments
memory 0: 1 to 4 pages of 65536 bytes
table 0: funcref, 3 or more elements
imports: 2
  function "env" "f" [i32 f64] -> [i64]
  global "env" "g" mutable i32
exports: 3
  memory "memory" 1 to 4 pages of 65536 bytes
  table "t" funcref, 3 or more elements
  function "h" [] -> [i32]
""")

    def test_tags_are_exceptions(self):
        module = self.wat('(module (tag (export "t") (param i32 i64)))', options=["--enable-exceptions"])
        done = self.wasmedge("inspect", module)
        self.assertIn("features: exception handling\n", done.stdout)
        self.assertIn('  tag "t" [i32 i64] -> []\n', done.stdout)

    def test_an_invalid_module_is_an_error(self):
        module = self.wat("(module (func i32.add drop))", options=["--no-check"])
        self.check_error(self.wasmedge("inspect", module), "invalid module at offset")


if __name__ == "__main__":
    unittest.main()
