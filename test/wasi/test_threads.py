"""wasi-threads: what threads share and have of their own, how many there may be, and how all of them end."""

import itertools
import os
import resource
import subprocess
import time

import pytest
from lab import guests
from lab.proc import threads, wait_until

WAYS = ["spin", "wait", "yield", "read", "sleep", "poll", "fill", "spawn"]
# A sanitizer's threads are many times as heavy, and it needs all of the address space.
SANITIZED = bool(os.environ.get("WASMEDGE_SANITIZE"))


class Started:
    """The guest with a stdin that stays open and empty, so that reading from it blocks."""

    def __init__(self, wasmedge, *args, options=(), module=None, **kwargs):
        argv = [wasmedge.program, "run", *options, "--", module or guests.threads(), *args]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([str(word) for word in argv], stdin=pipe, stdout=pipe, stderr=pipe, env=wasmedge.env, **kwargs)

    def wait(self, timeout=60):
        self.process.stdin.flush()
        try:
            status = self.process.wait(timeout)
            return status, self.process.stdout.read(), self.process.stderr.read()
        finally:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                stream.close()


def run(wasmedge, *args, **kwargs):
    return Started(wasmedge, *args, **kwargs).wait()


@pytest.mark.parametrize("what", ["mutexes", "conditions", "growth"])
def test_threads_work_together(wasmedge, what):
    assert run(wasmedge, what) == (0, b"", b"")


def test_shared_memories_have_any_name_and_globals_are_each_threads_own(wasmedge):
    assert run(wasmedge, module=guests.wat("wasi_thread_memories")) == (9, b"memories ok\n", b"")


def test_a_shared_memory_that_the_module_defines(wasmedge):
    assert run(wasmedge, module=guests.wat("wasi_thread_own_memory")) == (30, b"", b"")


def test_thousands_of_threads_one_after_the_other(wasmedge):
    """What they had is freed: the process may have as much address space as for some 100 at a time, of which the allocator takes half."""
    limit = {} if SANITIZED else {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, ((10 << 30),) * 2)}
    assert run(wasmedge, "many", "500" if SANITIZED else "5000", **limit) == (0, b"", b"")


def test_no_more_than_the_limit(wasmedge):
    if SANITIZED:
        pytest.skip("a thousand threads are too many under a sanitizer")
    assert run(wasmedge, "limit") == (0, b"1024\n" * 3, b"")


def test_no_more_than_the_kernel_gives(wasmedge):
    """Without address space for another stack, thread-spawn fails and the guest goes on."""
    if SANITIZED:
        pytest.skip("a sanitizer needs all of the address space")
    preexec = lambda: resource.setrlimit(resource.RLIMIT_AS, ((10 << 30),) * 2)  # noqa: E731
    status, out, err = run(wasmedge, "limit", preexec_fn=preexec)
    counts = [int(line) for line in out.split()]
    assert (status, err, len(counts)) == (0, b"", 3)
    assert all(5 < count < 400 for count in counts), counts


@pytest.mark.parametrize("how,main", itertools.product(["exit", "trap"], [*WAYS, "finish"]))
def test_one_ends_all(wasmedge, how, main):
    """One thread spins, one waits, one sleeps, … and one, at times the first, ends them."""
    begun = time.monotonic()
    status, out, err = run(wasmedge, "end", how, main)
    assert (status, out) == ((7, b"") if how == "exit" else (134, b""))
    if how == "exit":
        assert err == b""
    else:
        assert err.count(b"trap: ") == 1 and err.startswith(b"trap: unreachable in function $finish"), err
    assert SANITIZED or time.monotonic() - begun < 10


def test_the_first_threads_return_ends_all(wasmedge):
    assert run(wasmedge, "end", "return", "finish") == (0, b"", b"")


def test_a_bomb_of_threads_is_bounded(wasmedge):
    assert run(wasmedge, "bomb") == (3, b"still here\n", b"")


def test_a_time_limit_is_for_all(wasmedge):
    status, out, err = run(wasmedge, "end", "never", "spin", options=["--time-limit", "0.3"])
    assert (status, out) == (134, b"") and err.startswith(b"trap: interrupted") and err.count(b"trap: ") == 1


def test_fuel_is_shared(wasmedge):
    """Threads cannot be used to get more of it; what a thread left over is there for others."""
    assert run(wasmedge, "many", "200", options=["--fuel", "10000000"]) == (0, b"", b"")
    status, _, err = run(wasmedge, "end", "never", "spin", options=["--fuel", "10000000"])
    assert status == 134 and err.startswith(b"trap: out of fuel")


@pytest.mark.parametrize("signal", [15, 2, 1])
def test_a_signal_ends_all(wasmedge, signal):
    started = Started(wasmedge, "end", "never", "wait")
    wait_until(lambda: threads(started.process.pid) >= len(WAYS) + 2, "its threads")
    started.process.send_signal(signal)
    assert started.wait()[0] == -signal


REFUSED = {
    "wasi_thread_wrong_type": 'exported function "wasi_thread_start" has type [i32 i64] -> [], and must have [i32 i32] -> []',
    "wasi_thread_no_start": 'exports no function "wasi_thread_start", where its threads would begin; it exports function "_start"',
    "wasi_thread_no_memory": "has no shared memory",
    "wasi_thread_wrong_import": "incompatible import type: the module imports function \"wasi\".\"thread-spawn\" of type [i64] -> [i32]",
}


@pytest.mark.parametrize("name", REFUSED)
def test_modules_that_could_not_have_threads(wasmedge, name):
    status, out, err = run(wasmedge, module=guests.wat(name))
    assert status == 1 and out == b""
    assert REFUSED[name] in err.decode(), err
