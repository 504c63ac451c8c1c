"""A user at a terminal: a program on a pseudo-terminal of its own, typed at and looked at."""

import contextlib
import errno
import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time

from .proc import LabError


class Terminal:
    """argv in a session of its own on a new terminal of `rows` x `columns`; a context manager that ends it."""

    def __init__(self, argv, env=None, rows=24, columns=80):
        self.shown = ""
        self.master, peer = os.openpty()
        self.resize(rows, columns)
        take = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # noqa: E731
        self.process = subprocess.Popen(
            [str(a) for a in argv], env=env, stdin=peer, stdout=peer, stderr=peer, start_new_session=True, preexec_fn=take
        )
        os.close(peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def shows(self, text, timeout=30):
        """Whether `text` is shown in time."""
        deadline = time.monotonic() + timeout
        while text not in self.shown:
            if not self._look(deadline - time.monotonic()):
                return False
        return True

    def see(self, text, timeout=30):
        """Forgets what has been shown up to and with `text`; LabError where it does not come."""
        if not self.shows(text, timeout):
            raise LabError(f"{text!r} was not shown: {self.shown!r}")
        self.shown = self.shown.partition(text)[2]

    def wait(self, timeout=60):
        """The program's status, after its end; what it has shown is in `shown`."""
        deadline = time.monotonic() + timeout
        while self._look(deadline - time.monotonic()):
            pass
        try:
            return self.process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise LabError(f"not ended after {timeout} s: {self.shown!r}") from None

    def _look(self, seconds):
        """False at the terminal's end, or when the time is over."""
        if not select.select([self.master], [], [], max(0, seconds))[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        # Some clients leave it to the user's terminal to begin lines, and some do not.
        self.shown += data.decode(errors="replace").replace("\r", "")
        return bool(data)
