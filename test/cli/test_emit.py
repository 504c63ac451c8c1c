import unittest

from command import CommandTest

MODULE = """
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (func $divide (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func $_ZN3foo3barEv (result i32) (call $divide (i32.const 1) (i32.const 2)))
  (func (export "_start") (drop (call $_ZN3foo3barEv))))
"""


class Emit(CommandTest):
    def emit(self, *options):
        module = self.wat(MODULE, options=["--debug-names"])
        done = self.wasmedge("compile", *options, module)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.artifacts(), [], "nothing is cached")
        return done.stdout

    def test_ir(self):
        text = self.emit("--emit=ir")
        for part in ('; function 1 "divide", at module offset 0x', "define hidden i32 @f1(", "udiv i32",
                     "; entry from the host into functions of type"):
            self.assertIn(part, text)

    def test_assembly(self):
        text = self.emit("--emit", "asm")
        for part in ('# function 1 "divide", at module offset 0x', '# function 2 "foo::bar()"', "\nf1:\n", "\tretq\n",
                     "\tud1l\t", "# module offset 0x"):
            self.assertIn(part, text)
        for noise in (".cfi", ".debug_", ".loc"):
            self.assertNotIn(noise, text)

    def test_one_function(self):
        for which in ("divide", "1"):
            self.assertEqual(self.emit("--emit=ir", "--function", which).count("\ndefine "), 1)
        for which in ("foo::bar()", "_ZN3foo3barEv"):
            self.assertIn("# function 2", self.emit("--emit=asm", "--function", which))
        self.assertIn("; function 3, at module offset", self.emit("--emit=ir", "--function", "_start"))

    def test_metered_code_counts(self):
        self.assertIn("# module offset", self.emit("--emit=asm", "--metered"))
        self.assertNotEqual(self.emit("--emit=ir", "--metered", "--function=1"), self.emit("--emit=ir", "--function=1"))

    def test_to_a_file(self):
        self.assertEqual(self.emit("--emit=asm", "-o", "out.s"), "")
        self.assertIn("\nf1:\n", (self.directory / "out.s").read_text())

    def test_what_is_not_there(self):
        module = self.wat(MODULE)
        self.check_error(self.wasmedge("compile", "--emit=ir", "--function", "nope", module), 'no function "nope"')
        self.check_error(self.wasmedge("compile", "--emit=ir", "--function", "0", module), "function 0 is imported")
        self.check_error(self.wasmedge("compile", "--emit=c", module), "--emit c: expected ir or asm", status=2)
        self.check_error(self.wasmedge("compile", "--function=1", module), "--function: only with --emit", status=2)

    def test_hostile_names_stay_in_their_comment(self):
        module = self.wat(MODULE, options=["--debug-names"])
        module.write_bytes(module.read_bytes().replace(b"divide", b"d\nv\x1b[e"))
        done = self.wasmedge("compile", "--emit=asm", module)
        self.assertIn('"d\\x0av\\x1b[e"', done.stdout)


if __name__ == "__main__":
    unittest.main()
