"""wasmedge-compiler by itself: its limits, its end, its replies."""

import array
import os
import signal
import socket
import subprocess
import time
import unittest
from pathlib import Path

from command import BIN, HELLO, SANITIZED, CommandTest

INVALID_ARGUMENT, RESOURCE_EXHAUSTED, COMPILED = 1, 6, 128  # an error: 1 + ErrorCode


def leb128(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def section(number, content):
    return bytes([number]) + leb128(len(content)) + content


def bomb(functions=40, length=150_000):
    """Valid, small for what it costs: each function is one endless expression."""
    step = b"\x20\x00\x42\x0d\x7e\x7c"  # local.get 0; i64.const 13; i64.mul; i64.add
    body = b"\x00" + b"\x20\x00" + step * (length // len(step)) + b"\x0b"
    code = leb128(functions) + (leb128(len(body)) + body) * functions
    return (b"\0asm\1\0\0\0" + section(1, b"\x01\x60\x01\x7e\x01\x7e") +
            section(3, leb128(functions) + bytes(functions)) + section(10, code))


class Compiler(CommandTest):
    def start(self, module, *options):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(ours.close)
        with open(module, "rb") as file:
            arguments = [BIN / "wasmedge-compiler", "--name", "x.wasm", "--module-fd", str(file.fileno()),
                         "--reply-fd", str(theirs.fileno()), *options]
            process = subprocess.Popen(arguments, pass_fds=(file.fileno(), theirs.fileno()), env=self.environment)
        theirs.close()
        ours.settimeout(300)
        return process, ours

    def reply(self, started):
        """Status, text, and the artifact's fd if there is one."""
        process, connection = started
        data, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4))
        process.wait(timeout=60)
        artifact = None
        for _, _, content in control:
            artifact = array.array("i", content)[0]
            self.addCleanup(os.close, artifact)
        return data[0] if data else None, data[1:].decode(), artifact

    def write(self, content):
        path = self.directory / "module.wasm"
        path.write_bytes(content)
        return path

    def check_exceeds(self, limit, *options, module=None):
        begun = time.monotonic()
        path = self.write(module or bomb())
        status, text, artifact = self.reply(self.start(path, "--cache", self.cache, *options))
        self.assertEqual((status, text, artifact),
                         (RESOURCE_EXHAUSTED, f"compiling x.wasm exceeded the limit of {limit}", None))
        self.assertEqual(self.artifacts(), [])
        return time.monotonic() - begun

    def test_replies_with_the_artifact(self):
        status, text, artifact = self.reply(self.start(self.wat(HELLO), "--cache", self.cache))
        self.assertEqual((status, text), (COMPILED, ""))
        published, = self.artifacts()
        self.assertTrue(os.path.sameopenfile(artifact, os.open(published, os.O_RDONLY)))

    def test_without_a_cache_it_is_a_sealed_file_in_memory(self):
        status, text, artifact = self.reply(self.start(self.wat(HELLO)))
        self.assertEqual((status, text), (COMPILED, ""))
        self.assertIn("/memfd:artifact", os.readlink(f"/proc/self/fd/{artifact}"))
        with self.assertRaises(PermissionError):
            os.pwrite(artifact, b"x", 0)
        with self.assertRaises(PermissionError):
            os.ftruncate(artifact, 0)

    def test_position_of_the_modules_file_does_not_matter(self):
        path = self.wat(HELLO)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with open(path, "rb") as file, ours, theirs:
            os.lseek(file.fileno(), 20, os.SEEK_SET)
            subprocess.run([BIN / "wasmedge-compiler", "--name", "x", "--module-fd", str(file.fileno()),
                            "--reply-fd", str(theirs.fileno())], pass_fds=(file.fileno(), theirs.fileno()), check=True)
            self.assertEqual(ours.recv(1), bytes([COMPILED]))

    def test_refuses_a_directory_as_module(self):
        fd = os.open(self.directory, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            done = subprocess.run([BIN / "wasmedge-compiler", "--name", "x", "--module-fd", str(fd),
                                   "--reply-fd", str(theirs.fileno())], pass_fds=(fd, theirs.fileno()))
            self.assertEqual(done.returncode, 1)
            self.assertEqual(ours.recv(1000), bytes([INVALID_ARGUMENT]) + b"x is not a regular file")

    def test_limit_of_memory(self):
        if SANITIZED:
            self.skipTest("a sanitizer's runtime needs more memory than any limit")
        # Half a GiB of it is the stack.
        self.check_exceeds("640 MiB memory", "--memory-limit", "640", module=bomb(1, 6_000_000))

    def test_limit_of_cpu_time(self):
        self.assertLess(self.check_exceeds("1 s of CPU time", "--cpu-limit", "1"), 60)

    def test_limit_of_time(self):
        self.assertLess(self.check_exceeds("1 s", "--time-limit", "1"), 60)

    def wait_for_child(self, process):
        for _ in range(1000):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            if children:
                return int(children[0])
            time.sleep(0.01)
        self.fail("the compiler started no child")

    def wait_for_end(self, pid):
        for _ in range(1000):
            try:
                if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                    return
            except (FileNotFoundError, ProcessLookupError):
                return
            time.sleep(0.01)
        self.fail("the child outlived the compiler")

    def test_killed_it_leaves_no_child_and_a_usable_cache(self):
        started = self.start(self.write(bomb()), "--cache", self.cache)
        child = self.wait_for_child(started[0])
        started[0].kill()
        self.assertEqual(self.reply(started)[0], None)
        self.wait_for_end(child)
        status, text, _ = self.reply(self.start(self.wat(HELLO), "--cache", self.cache))
        self.assertEqual((status, text), (COMPILED, ""))
        self.assertEqual([len(file.name) for file in self.artifacts()], [64])

    def test_its_child_killed_is_told(self):
        started = self.start(self.write(bomb()))
        os.kill(self.wait_for_child(started[0]), signal.SIGKILL)
        status, text, _ = self.reply(started)
        self.assertEqual(status, RESOURCE_EXHAUSTED)
        self.assertIn("ran out of memory", text)

    def test_client_that_went_away_does_not_matter(self):
        process, connection = self.start(self.wat(HELLO), "--cache", self.cache)
        connection.close()
        process.wait(timeout=300)
        self.assertEqual(len(self.artifacts()), 1)

    def test_client_of_another_build_is_warned(self):
        options = ["--cache", self.cache, "--client-build", "0" * 32]
        status, text, _ = self.reply(self.start(self.wat(HELLO), *options))
        self.assertEqual(status, COMPILED)
        self.assertIn("is of another build", text)

    def test_usage(self):
        compiler = BIN / "wasmedge-compiler"
        for arguments, complaint in (([], "are required"), (["--cache"], "--cache"), (["--nonsense", "1"], "unknown option"),
                                     (["--module-fd", "x"], "--module-fd x"), (["--memory-limit", "0"], "--memory-limit 0"),
                                     (["--cpu-limit", "99999999999"], "--cpu-limit")):
            done = self.wasmedge(*arguments, program=compiler)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(complaint, done.stderr)
            self.assertIn("Try wasmedge-compiler --help.", done.stderr)
        self.assertIn("usage: wasmedge-compiler", self.wasmedge("--help", program=compiler).stdout)
        self.assertEqual(self.wasmedge("--version", program=compiler).returncode, 0)


if __name__ == "__main__":
    unittest.main()
