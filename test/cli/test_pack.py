import hashlib
import json
import os
import tarfile
import unittest

from command import HELLO, CommandTest

LIBRARY = '(module (func (export "run")))'
# In place of an engine's client: it tells what it was called with.
CLIENT = """#!/bin/sh
echo "${0##*/} $*" >> "$RECORD"
case "$* " in *"$FAIL "*) exit 3;; esac
"""


class Pack(CommandTest):
    def pack(self, *arguments, name="hello.wasm", text=HELLO, **options):
        return self.wasmedge("pack", self.wat(text, name), *arguments, **options)

    def manifest(self, layout):
        entry = json.loads((layout / "index.json").read_text())["manifests"][0]
        return json.loads((layout / "blobs/sha256" / entry["digest"].removeprefix("sha256:")).read_text())

    def test_an_archive_after_the_modules_name(self):
        done = self.pack("-t", "hello")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^hello\.tar: docker\.io/library/hello:latest@sha256:[0-9a-f]{64}\n$")
        with tarfile.open(self.directory / "hello.tar") as archive:
            names = archive.getnames()
            self.assertTrue({"index.json", "oci-layout", "manifest.json"} < set(names))
            for name in names:
                if name.startswith("blobs/sha256/"):
                    content = archive.extractfile(name).read()
                    self.assertEqual(hashlib.sha256(content).hexdigest(), name.removeprefix("blobs/sha256/"))

    def test_a_directory(self):
        self.assertEqual(self.pack("-t", "hello", "-o", "out").returncode, 0)
        self.assertEqual(self.manifest(self.directory / "out")["schemaVersion"], 2)
        again = self.pack("-t", "hello", "-o", "out")
        self.check_error(again, "out is there already")

    def test_the_output_decides_unless_told(self):
        self.assertEqual(self.pack("-t", "a", "-o", "a.bin", "--format=oci-archive").returncode, 0)
        self.assertTrue(tarfile.is_tarfile(self.directory / "a.bin"))
        self.assertEqual(self.pack("-t", "a", "-o", "b.tar", "--format=oci").returncode, 0)
        self.assertTrue((self.directory / "b.tar/oci-layout").exists())
        self.assertEqual(self.pack("-t", "a", "--format=oci").returncode, 0)
        self.assertTrue((self.directory / "hello/oci-layout").exists())

    def test_the_same_input_gives_the_same_bytes(self):
        tree = self.directory / "tree"
        (tree / "sub").mkdir(parents=True)
        for name in ("b", "a", "sub/c"):
            (tree / name).write_text(name)
        sums = []
        for time in (0, 1_700_000_000):
            for path in (tree / "a", tree / "sub", self.directory):
                os.utime(path, (time, time))
            done = self.pack("-t", "x:1", "-o", "x.tar", "--layer", "tree:/data", "--label=b=1", "--label=a=2",
                             env={**self.environment, "TZ": f"UTC-{time % 5}", "LC_ALL": "C" if time else "C.UTF-8"})
            self.assertEqual(done.returncode, 0, done)
            sums.append((done.stdout, hashlib.sha256((self.directory / "x.tar").read_bytes()).hexdigest()))
        self.assertEqual(sums[0], sums[1])

    def test_nothing_else_is_left(self):
        self.pack("-t", "hello")
        self.pack("-t", "hello", "-o", "out", "--layer", "missing:/x")
        self.assertEqual(sorted(p.name for p in self.directory.iterdir() if p.name != "cache"),
                         ["hello.tar", "hello.wasm", "hello.wasm.wat"])

    def test_a_library_is_warned_about(self):
        done = self.pack("-t", "lib", text=LIBRARY, name="lib.wasm")
        self.assertEqual(done.returncode, 0)
        self.assertIn("/lib.wasm#FUNCTION", done.stderr)
        done = self.pack("-t", "lib", "--entrypoint=/lib.wasm#run", text=LIBRARY, name="lib.wasm")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_is_no_module(self):
        for content, says in (
            (b"", "is not a WebAssembly module"),
            (b"(module)", "is WebAssembly text"),
            (b"\x7fELF", "does not begin with"),
            (b"\0asm\1\0\0\0\x01", "malformed module"),
            (b"\0asm\x0d\0\1\0", "component"),
        ):
            with self.subTest(content):
                (self.directory / "bad.wasm").write_bytes(content)
                self.check_error(self.wasmedge("pack", "bad.wasm", "-t", "a"), "bad.wasm", says)
        self.check_error(self.wasmedge("pack", "none.wasm", "-t", "a"), "none.wasm", "No such file")
        self.assertFalse((self.directory / "bad.tar").exists())

    def test_usage(self):
        self.check_error(self.pack(), "-t NAME[:TAG]", "wasmedge pack --help", status=2)
        done = self.wasmedge("pack", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--layer DIR:PATH", done.stdout)

    def test_it_is_another_program(self):
        done = self.wasmedge("pack", "--help", program=self.without_compiler())
        self.check_error(done, "wasmedge-pack", "which makes images")

    def test_a_place_that_is_not_there(self):
        self.check_error(self.pack("-t", "a", "-o", "no/where.tar"), "make a directory in no")


class Load(CommandTest):
    """What the engines' clients are called with; test/e2e has the clients themselves."""

    def load(self, *arguments, clients=("docker", "ctr"), fail="nothing"):
        programs = self.directory / "bin"
        programs.mkdir(exist_ok=True)
        for client in clients:
            (programs / client).write_text(CLIENT)
            (programs / client).chmod(0o755)
        record = self.directory / "record"
        record.write_text("")
        env = {**self.environment, "PATH": f"{programs}:/usr/bin:/bin", "RECORD": str(record), "FAIL": fail}
        module = self.wat(HELLO, "hello.wasm")
        done = self.wasmedge("pack", module, "-t", "hello", *arguments, env=env)
        return done, record.read_text().splitlines()

    def test_the_one_that_is_named(self):
        done, calls = self.load("--load=docker", "-o", "x.tar")
        self.assertEqual((done.returncode, calls), (0, ["docker load --input x.tar"]), done)
        done, calls = self.load("--load=containerd", "-o", "x.tar", "--address=/c.sock", "--namespace", "k8s.io")
        self.assertEqual(calls, ["ctr --address /c.sock --namespace k8s.io image import --all-platforms x.tar"], done)
        done, calls = self.load("--load=docker", "-o", "x.tar", "--address=/d.sock")
        self.assertEqual(calls, ["docker --host unix:///d.sock load --input x.tar"], done)

    def test_the_one_that_is_there(self):
        _, calls = self.load("--load", "-o", "x.tar")
        self.assertEqual(calls, ["docker version", "docker load --input x.tar"])
        _, calls = self.load("--load", "-o", "x.tar", fail="version")
        self.assertEqual(calls, ["docker version", "ctr image import --all-platforms x.tar"])
        _, calls = self.load("--load", "-o", "x.tar", "--namespace=default")
        self.assertEqual(calls, ["ctr --namespace default image import --all-platforms x.tar"])

    def test_nothing_is_written_if_nothing_is_named(self):
        done, calls = self.load("--load=docker")
        self.assertRegex(calls[0], r"^docker load --input /.*/archive$")
        self.assertRegex(done.stdout, r"^docker\.io/library/hello:latest@sha256:[0-9a-f]{64}\n$")
        self.assertEqual(list(self.directory.glob("*.tar")), [])

    def test_failures_are_told(self):
        for engine, word in (("docker", "docker load: exit status 3"), ("containerd", "ctr image import: exit status 3")):
            done, _ = self.load(f"--load={engine}", "-o", "x.tar", fail="x.tar")
            self.check_error(done, word)

    def test_none_is_there(self):
        if os.path.exists("/usr/bin/docker") or os.path.exists("/usr/bin/ctr"):
            self.skipTest("this machine has a docker or ctr in /usr/bin")
        done, _ = self.load("--load=docker", clients=())
        self.check_error(done, "--load=docker: docker is not in PATH")
        done, _ = self.load("--load", clients=())
        self.check_error(done, "neither Docker answers nor is ctr in PATH")


if __name__ == "__main__":
    unittest.main()
