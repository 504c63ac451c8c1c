import unittest

from command import HELLO, CommandTest


class Usage(CommandTest):
    def check_usage(self, arguments, complaint, hint):
        done = self.wasmedge(*arguments)
        self.check(done, status=2, stderr=f"wasmedge: {complaint}\nTry `wasmedge {hint}`.\n")

    def test_nothing_to_do(self):
        self.check_usage([], "what is to be done?", "--help")

    def test_no_module(self):
        for command in ("run", "compile", "validate", "inspect"):
            self.check_usage([command], "which module? No file is named", f"{command} --help")

    def test_unknown_option(self):
        self.check_usage(["--frobnicate", "x.wasm"], "unknown option --frobnicate", "run --help")
        self.check_usage(["run", "-x"], "unknown option -x", "run --help")
        self.check_usage(["compile", "--fast", "x.wasm"], "unknown option --fast", "compile --help")
        self.check_usage(["validate", "-q"], "unknown option -q", "validate --help")
        self.check_usage(["inspect", "-q"], "unknown option -q", "inspect --help")
        self.check_usage(["inspect", "a", "b"], "one module at a time", "inspect --help")

    def test_value_is_missing(self):
        self.check_usage(["--dir"], "--dir: its value is missing", "run --help")
        self.check_usage(["run", "--env"], "--env: its value is missing", "run --help")
        self.check_usage(["compile", "x.wasm", "-o"], "-o: its value is missing", "compile --help")
        self.check_usage(["compile", "x.wasm", "--target"], "--target: its value is missing", "compile --help")

    def test_malformed_trace(self):
        for text in ("--trace", "--trace=all"):
            self.check_usage([text, "x.wasm"], f"{text}: expected --trace=wasi", "run --help")

    def test_malformed_directory(self):
        for text in ("host::", "::/data", ":/data", "host:", "host:/data:rw", "host:/data:ro:x", "host:/data:"):
            self.check_usage(["--dir", text, "x.wasm"],
                             f"--dir {text}: expected HOST:GUEST or HOST:GUEST:ro", "run --help")

    def test_read_only_directory_without_a_guests_name(self):
        self.check_usage(["--dir", "/data:ro", "x.wasm"],
                         "--dir /data:ro: for a read-only directory write /data:/data:ro, "
                         'for one that the guest calls "ro" write /data:./ro', "run --help")

    def test_malformed_variable(self):
        for text in ("NAME", "=value", ""):
            self.check_usage(["--env", text, "x.wasm"], f"--env {text}: expected KEY=VALUE", "run --help")

    def test_malformed_time_limit(self):
        for text in ("", "x", "1s", "0", "-1", "0.0001", "1e10", "nan", "inf"):
            self.check_usage(["--time-limit", text, "x.wasm"],
                             f"--time-limit {text}: expected seconds, from 0.001 to 1000000000", "run --help")

    def test_unknown_target(self):
        self.check_usage(["compile", "--target", "sparc", "x.wasm"],
                         "--target sparc: expected x86_64, aarch64 or riscv64", "compile --help")

    def test_compile_takes_one_module(self):
        self.check_usage(["compile", "a.wasm", "b"],
                         "one module at a time, not a.wasm and b (to write the artifact to a file: -o b)",
                         "compile --help")

    def test_help(self):
        for arguments in (["--help"], ["-h"], ["help"], ["run", "--help"], ["--dir", "a", "--help"],
                          ["compile", "-h"], ["validate", "--help"], ["inspect", "-h"]):
            done = self.wasmedge(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("usage: wasmedge ", done.stdout)
            self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_help_of_run_tells_its_options(self):
        text = self.wasmedge("run", "--help").stdout
        for part in ("--dir HOST:GUEST[:ro]", "--env KEY=VALUE", "WasmEdge's own command line"):
            self.assertIn(part, text)

    def test_version(self):
        self.assertRegex(self.wasmedge("--version").stdout, r"^wasmedge \d+\.\d+\.\d+ \(build [0-9a-f]{32}\)\n$")

    def test_options_of_the_program_are_not_ours(self):
        self.check(self.wasmedge(self.wat(HELLO), "--help"), stdout="hello\n")


if __name__ == "__main__":
    unittest.main()
