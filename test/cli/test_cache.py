import os
import stat
import subprocess
import unittest

from command import BIN, EXIT, HELLO, CommandTest


class Cache(CommandTest):
    def test_first_run_leaves_one_private_artifact(self):
        self.check(self.wasmedge(self.wat(HELLO)), stdout="hello\n")
        artifact, = self.artifacts()
        self.assertRegex(artifact.name, "^[0-9a-f]{64}$")
        self.assertEqual(stat.S_IMODE(artifact.stat().st_mode), 0o400)
        self.assertEqual(stat.S_IMODE(self.cache.stat().st_mode), 0o700)

    def test_later_runs_need_no_compiler(self):
        module = self.wat(HELLO)
        alone = self.without_compiler()
        self.check_error(self.wasmedge(module, program=alone), "cannot run", "wasmedge-compiler")
        self.wasmedge(module)
        self.check(self.wasmedge(module, program=alone), stdout="hello\n")

    def test_goes_by_content_and_not_by_name(self):
        self.wasmedge(self.wat(HELLO, "a.wasm"))
        self.check(self.wasmedge(self.wat(HELLO, "b.wasm"), program=self.without_compiler()), stdout="hello\n")
        self.assertEqual(len(self.artifacts()), 1)

    def test_changed_module_is_another_module(self):
        self.assertEqual(self.wasmedge(self.wat(EXIT % 1)).returncode, 1)
        self.assertEqual(self.wasmedge(self.wat(EXIT % 2)).returncode, 2)
        self.assertEqual(len(self.artifacts()), 2)

    def test_compile_makes_the_first_run_fast(self):
        module = self.wat(HELLO)
        self.check(self.wasmedge("compile", module))
        self.check(self.wasmedge(module, program=self.without_compiler()), stdout="hello\n")

    def test_compile_writes_the_artifact_to_a_file(self):
        self.check(self.wasmedge("compile", self.wat(HELLO), "-o", "artifact"))
        artifact, = self.artifacts()
        self.assertEqual((self.directory / "artifact").read_bytes(), artifact.read_bytes())

    def test_compile_output_cannot_be_written(self):
        self.check_error(self.wasmedge("compile", self.wat(HELLO), "-o", "no/such/folder"), "no/such/folder")

    def test_many_first_runs_at_once_compile_once(self):
        module = self.wat(HELLO)
        runs = [subprocess.Popen([BIN / "wasmedge", module], env=self.environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True) for _ in range(8)]
        for run in runs:
            self.assertEqual((*run.communicate(timeout=300), run.returncode), ("hello\n", "", 0))
        self.assertEqual(len(self.artifacts()), 1)

    def test_leftover_of_a_crashed_compiler_is_removed(self):
        self.cache.mkdir(mode=0o700)
        (self.cache / ("0" * 64 + ".part")).write_bytes(b"half")
        self.check(self.wasmedge(self.wat(HELLO)), stdout="hello\n")
        self.assertEqual([len(file.name) for file in self.artifacts()], [64])


class Damage(CommandTest):
    def setUp(self):
        super().setUp()
        self.module = self.wat(HELLO)
        self.wasmedge(self.module)
        self.artifact, = self.artifacts()
        self.whole = self.artifact.read_bytes()

    def check_repaired(self, damaged):
        self.artifact.unlink()
        self.artifact.write_bytes(damaged)
        self.artifact.chmod(0o400)
        done = self.wasmedge(self.module)
        self.assertEqual((done.returncode, done.stdout), (0, "hello\n"), done.stderr)
        self.assertIn("warning: the cached artifact cannot be used", done.stderr)
        self.assertEqual(self.artifact.read_bytes(), self.whole)
        self.check(self.wasmedge(self.module), stdout="hello\n")

    def test_empty(self):
        self.check_repaired(b"")

    def test_torn(self):
        self.check_repaired(self.whole[:len(self.whole) // 2])

    def test_torn_with_the_right_size(self):
        half = len(self.whole) // 2
        self.check_repaired(self.whole[:half] + bytes(len(self.whole) - half))

    def test_one_flipped_bit_anywhere(self):
        for at in range(0, len(self.whole), len(self.whole) // 16):
            damaged = bytearray(self.whole)
            damaged[at] ^= 1
            self.check_repaired(bytes(damaged))

    def test_file_that_others_can_write(self):
        self.artifact.chmod(0o666)
        done = self.wasmedge(self.module)
        self.assertEqual((done.returncode, done.stdout), (0, "hello\n"), done.stderr)
        self.assertIn("is not an artifact of this cache", done.stderr)
        self.assertEqual(stat.S_IMODE(self.artifact.stat().st_mode), 0o400)


class UnusableCache(CommandTest):
    """A module runs without a cache too; that it was not cached is a warning."""

    def check_runs_with_warning(self, *parts, **options):
        for _ in range(2):
            done = self.wasmedge(self.wat(HELLO), **options)
            self.assertEqual((done.returncode, done.stdout), (0, "hello\n"), done.stderr)
            for part in ("wasmedge: warning: ", *parts):
                self.assertIn(part, done.stderr)

    def test_writable_by_others(self):
        self.cache.mkdir()
        self.cache.chmod(0o777)
        self.check_runs_with_warning("can be written by others (mode 0777)", "chmod 0700")
        self.assertEqual(self.artifacts(), [])

    def test_of_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give a directory away")
        self.cache.mkdir()
        os.chown(self.cache, 12345, 0)
        self.check_runs_with_warning("belongs to user 12345")
        self.assertEqual(self.artifacts(), [])

    def test_a_file(self):
        self.cache.write_text("")
        self.check_runs_with_warning("Not a directory")

    def test_a_relative_name(self):
        self.environment["WASMEDGE_CACHE_DIR"] = "cache"
        self.check_runs_with_warning('WASMEDGE_CACHE_DIR="cache" is not an absolute path')

    def in_namespace(self, mount):
        """Runs in a mount namespace where `mount` has been done on the cache directory."""
        self.cache.mkdir(mode=0o700)
        script = f'{mount} && exec "$@"'
        self.namespace = ["unshare", "-m", "sh", "-c", script, "sh"]
        probe = subprocess.run([*self.namespace, "true"], env={"PATH": os.environ["PATH"], "C": str(self.cache)},
                               capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"mounting is not allowed here: {probe.stderr.strip()}")
        self.environment["C"] = str(self.cache)

    def wasmedge(self, *arguments, **options):
        if hasattr(self, "namespace"):
            arguments = (*self.namespace[1:], BIN / "wasmedge", *arguments)
            options["program"] = self.namespace[0]
        return super().wasmedge(*arguments, **options)

    def test_read_only(self):
        self.in_namespace('mount -t tmpfs -o ro,mode=0700 none "$C"')
        self.check_runs_with_warning("Read-only file system", "compiled again next time")

    def test_full(self):
        self.in_namespace('mount -t tmpfs -o size=4k,mode=0700 none "$C"')
        self.check_runs_with_warning("No space left on device", "compiled again next time")

    def test_no_exec(self):
        self.in_namespace('mount -t tmpfs -o noexec,mode=0700 none "$C"')
        done = self.wasmedge(self.wat(HELLO))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("noexec", done.stderr)


if __name__ == "__main__":
    unittest.main()
