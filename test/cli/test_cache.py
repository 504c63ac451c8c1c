import hashlib
import json
import mmap
import os
import stat
import subprocess
import time
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


class CacheCommand(CommandTest):
    """wasmedge cache ls, stat, verify, prune, warm."""

    def cache_json(self, *arguments):
        return json.loads(self.cache_command(*arguments, "--json").stdout)

    def cache_command(self, *arguments):
        done = self.wasmedge("cache", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done

    def age(self, artifact, days):
        then = time.time() - days * 86400
        os.utime(artifact, (then, then))

    def test_ls_names_modules_by_their_hash(self):
        module = self.wat(HELLO)
        self.wasmedge(module)
        entry, = self.cache_json("ls")
        digest = hashlib.sha256(module.read_bytes()).hexdigest()
        self.assertEqual((entry["module"], entry["state"], entry["metered"]), (digest, "ready", False))
        self.assertEqual(entry["bytes"], self.artifacts()[0].stat().st_size)
        self.assertIn(digest, self.cache_command("ls").stdout)

    def test_ls_tells_what_is_no_longer_of_use(self):
        self.wasmedge(self.wat(HELLO))
        artifact, = self.artifacts()
        content = artifact.read_bytes()
        build = self.cache_json("stat")["build"].encode()
        for name, changed in (("a", content.replace(build, b"0" * 32, 1)), ("b", content.replace(b"x86_64 0", b"x86_64 f", 1)),
                              ("c", content[:-1]), ("d", b"")):
            (self.cache / (name * 64)).write_bytes(changed)
        states = {entry["key"][0]: entry["state"] for entry in self.cache_json("ls") if entry["key"] != artifact.name}
        self.assertEqual(states, {"a": "other build", "b": "other CPU", "c": "damaged", "d": "damaged"})
        self.assertEqual(self.cache_json("prune", "--unusable")["artifacts"], 4)
        self.assertEqual(self.artifacts(), [artifact])

    def test_stat(self):
        self.wasmedge(self.wat(HELLO))
        size = self.artifacts()[0].stat().st_size
        stat = self.cache_json("stat")
        self.assertEqual((stat["artifacts"], stat["bytes"], stat["ready"], stat["being_compiled"]), (1, size, 1, 0))
        self.assertIn(str(self.cache), self.cache_command("stat").stdout)

    def test_a_cache_that_is_not_there_is_told(self):
        self.check_error(self.wasmedge("cache", "ls"), str(self.cache), "No such file")

    def test_verify_finds_damage_and_removes_it(self):
        self.wasmedge(self.wat(HELLO))
        self.wasmedge(self.wat(EXIT % 1))
        damaged = self.artifacts()[0]
        content = bytearray(damaged.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.unlink()
        damaged.write_bytes(content)
        done = self.wasmedge("cache", "verify")
        self.assertEqual((done.returncode, done.stdout), (1, "2 artifacts, 1 damaged\n"))
        self.assertIn(f"{damaged.name}: ", done.stderr)
        self.assertEqual(self.wasmedge("cache", "verify", "--remove").returncode, 0)
        self.assertEqual(self.cache_command("verify").stdout, "1 artifacts, 0 damaged\n")

    def test_verify_finds_an_artifact_under_another_name(self):
        self.wasmedge(self.wat(HELLO))
        artifact, = self.artifacts()
        artifact.rename(self.cache / ("0" * 64))
        self.assertIn("another module's", self.wasmedge("cache", "verify").stderr)

    def test_prune_takes_what_was_not_used_for_longest(self):
        for status in range(4):
            module = self.wat(EXIT % status, f"{status}.wasm")
            before = set(self.artifacts())
            self.wasmedge(module)
            artifact, = set(self.artifacts()) - before
            self.age(artifact, days=status + 1)
        sizes = [artifact.stat().st_size for artifact in self.artifacts()]
        self.assertEqual(self.cache_json("prune", "--max-age", "40d")["artifacts"], 0)
        self.assertEqual(self.cache_json("prune", "--max-age", "40d", "--max-size", str(sum(sizes) - 1), "--dry-run")["artifacts"], 1)
        self.assertEqual(self.cache_json("prune", "--max-age", "84h")["artifacts"], 1)
        self.assertEqual(self.cache_json("prune", "--max-size", str(max(sizes) * 2))["artifacts"], 1)
        alone = self.without_compiler()
        for status in (0, 1):
            self.assertEqual(self.wasmedge(f"{status}.wasm", program=alone).returncode, status)
        self.assertEqual(self.cache_json("prune", "--all")["artifacts"], 2)
        self.assertEqual(self.artifacts(), [])

    def test_use_counts(self):
        module = self.wat(HELLO)
        self.wasmedge(module)
        self.age(self.artifacts()[0], days=40)
        self.wasmedge(module)
        self.assertEqual(self.cache_json("prune")["artifacts"], 0)

    def test_compiling_evicts_by_the_configuration(self):
        configuration = self.directory / "cache.toml"
        configuration.write_text('max_size = "1KiB"\n')
        self.environment["WASMEDGE_CACHE_CONFIG"] = str(configuration)
        self.wasmedge(self.wat(EXIT % 1))
        old, = self.artifacts()
        self.age(old, days=1)
        self.assertEqual(self.wasmedge(self.wat(EXIT % 2)).stderr, "")
        new, = self.artifacts()
        self.assertNotEqual(old.name, new.name)

    def test_a_wrong_configuration_is_told_and_the_module_runs(self):
        configuration = self.directory / "cache.toml"
        configuration.write_text("max_size = much\n")
        self.environment["WASMEDGE_CACHE_CONFIG"] = str(configuration)
        done = self.wasmedge(self.wat(HELLO))
        self.assertEqual((done.returncode, done.stdout), (0, "hello\n"))
        self.assertIn(f"warning: the cache keeps to no bounds: {configuration}: line 1: character 12", done.stderr)

    def test_warm_files_and_folders(self):
        folder = self.directory / "folder"
        (folder / "deep").mkdir(parents=True)
        first, second, third = (self.wat(EXIT % status, f"{status}.wasm") for status in (1, 2, 3))
        second.rename(folder / "2.wasm")
        third.rename(folder / "deep/no-suffix")
        (folder / "text").write_text("no module")
        (folder / "link").symlink_to("/etc/passwd")
        os.mkfifo(folder / "fifo")
        done = self.cache_command("warm", first, folder)
        self.assertEqual(done.stdout, f"{first}: 1 module\n{folder}: 2 modules\n")
        self.assertEqual(self.wasmedge(folder / "deep/no-suffix", program=self.without_compiler()).returncode, 3)

    def test_warm_tells_what_it_cannot_compile(self):
        (self.directory / "empty").mkdir()
        (self.directory / "bad").mkdir()
        (self.directory / "bad/x.wasm").write_bytes(b"\0asm\1\0\0\0\xff")
        self.check_error(self.wasmedge("cache", "warm", "empty"), "empty has no WebAssembly module")
        done = self.wasmedge("cache", "warm", "bad")
        self.assertIn("bad/x.wasm", done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_usage(self):
        for arguments, complaint in (([], "there are ls, stat"), (["nonsense"], "there are ls, stat"), (["ls", "x"], "x is too much"),
                                     (["ls", "--all"], "unknown option --all"), (["warm"], "which module or image"),
                                     (["prune", "--max-age"], "its value is missing")):
            self.check_error(self.wasmedge("cache", *arguments), complaint, status=2)
        self.check_error(self.wasmedge("cache", "prune", "--max-size", "1XB"), "--max-size: character 2")
        self.assertIn("wasmedge cache ls", self.wasmedge("cache", "--help").stdout)


class Remembered(CommandTest):
    """A module's hash is remembered, and never trusted across a change."""

    def setUp(self):
        super().setUp()
        self.module = self.wat(EXIT % 1)
        self.assertEqual(self.wasmedge(self.module).returncode, 1)
        if not self.is_remembered():
            self.skipTest(f"files are not remembered on the filesystem of {self.directory}")

    def is_remembered(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self.wasmedge(self.module)
            if json.loads(self.wasmedge("cache", "stat", "--json").stdout)["hashes"] == 1:
                return True
            time.sleep(0.2)
        return False

    def test_forged_times_do_not_help(self):
        status = self.module.stat()
        changed = self.wat(EXIT % 2, "other.wasm").read_bytes()
        self.assertEqual(len(changed), status.st_size)
        with open(self.module, "r+b") as file:
            file.write(changed)
        os.utime(self.module, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assertEqual(self.module.stat().st_mtime_ns, status.st_mtime_ns)
        self.assertEqual(self.module.stat().st_ino, status.st_ino)
        self.assertEqual(self.wasmedge(self.module).returncode, 2)

    def test_another_file_in_its_place(self):
        status = self.module.stat()
        other = self.wat(EXIT % 2, "other.wasm")
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.rename(self.module)
        self.assertEqual(self.wasmedge(self.module).returncode, 2)

    def test_a_writer_at_work(self):
        with open(self.module, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            file.close()
            for status in (2, 3, 2, 3):
                changed = self.wat(EXIT % status, "other.wasm").read_bytes()
                memory[:] = changed
                self.assertEqual(self.wasmedge(self.module).returncode, status)

    def test_the_memory_may_be_deleted(self):
        (self.cache / "hashes").unlink()
        self.assertEqual(self.wasmedge(self.module).returncode, 1)


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
