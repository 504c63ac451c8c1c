"""Runs a command to its end and tells what it cost."""

import dataclasses
import os
import select
import signal
import tempfile
import time


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a command cost with all the processes that it waited for; seconds, and KiB of the largest of them."""

    cpu: float
    wall: float
    peak: int
    status: int
    out: str
    error: str


def measure(argv, environment=None, timeout=600):
    """The Cost of argv; None where it was still running after `timeout` seconds, and was killed with its process group."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, error.fileno(), 2),
        ]
        argv = [str(word) for word in argv]
        begin = time.perf_counter()
        pid = os.posix_spawnp(argv[0], argv, {**os.environ, **(environment or {})}, file_actions=actions, setsid=True)
        done = False
        try:
            done = _wait(pid, timeout)
        finally:
            if not done:
                os.killpg(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - begin
        if not done:
            return None
        out.seek(0)
        error.seek(0)
        return Cost(
            usage.ru_utime + usage.ru_stime,
            wall,
            usage.ru_maxrss,
            os.waitstatus_to_exitcode(status),
            out.read().decode(errors="replace"),
            error.read().decode(errors="replace"),
        )


def _wait(pid, timeout):
    """True once pid has ended; False after timeout seconds."""
    watched = os.pidfd_open(pid)
    try:
        return bool(select.select([watched], [], [], timeout)[0])
    finally:
        os.close(watched)
