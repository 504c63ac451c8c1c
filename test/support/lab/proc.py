"""Running programs and waiting for conditions: the two things that every other file here does."""

import os
import shlex
import signal
import subprocess
import time


class LabError(Exception):
    """Something of the lab itself (not of the code under test) failed; the text says what and where to look."""


def run(argv, *, check=True, timeout=120, input=None, env=None, cwd=None, text=True):
    """Runs argv to its end and returns the CompletedProcess with stdout and stderr captured.

    With check, a status other than 0 is a LabError that shows the command, the status and both outputs.
    Time is in seconds; a command that takes longer is killed with its whole process group.
    """
    argv = [str(a) for a in argv]
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        cwd=cwd,
        text=text,
        errors="replace" if text else None,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(input, timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise LabError(f"not finished after {timeout} s: {shlex.join(argv)}\nstdout: {out}\nstderr: {err}") from None
    done = subprocess.CompletedProcess(argv, process.returncode, out, err)
    if check and done.returncode != 0:
        raise LabError(f"status {done.returncode}: {shlex.join(argv)}\nstdout: {out}\nstderr: {err}")
    return done


def wait_until(condition, what, timeout=30, interval=0.02):
    """Polls condition() until it is true and returns its value; a LabError that names `what` after timeout seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout} s in vain for {what}")
        time.sleep(interval)


def threads(pid):
    """How many threads a process has."""
    return len(os.listdir(f"/proc/{pid}/task"))


def is_alive(pid):
    """True while pid exists and is no zombie (pid 1 may reap late, so that kill -0 alone would lie)."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Daemon:
    """A daemon of the lab in a session of its own, its output in a log file.

    The process group is what gets killed at the end, so that nothing that the daemon forked by itself stays.
    """

    def __init__(self, name, argv, log, env=None):
        self.name = name
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, start_new_session=True
            )

    @property
    def pid(self):
        return self.process.pid

    def tail(self, lines=25):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def wait_ready(self, ready, timeout=60):
        """Polls ready() until it is true; a LabError with the log's end where the daemon dies or the time is over."""

        def check():
            if self.process.poll() is not None:
                raise LabError(f"{self.name} ended with status {self.process.returncode}; {self.log}:\n{self.tail()}")
            return ready()

        try:
            wait_until(check, f"{self.name} to be ready", timeout)
        except LabError as error:
            raise LabError(f"{error}\nThe end of {self.log}:\n{self.tail()}") from None

    def kill(self):
        """SIGKILL to it alone; returns when it is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=30):
        """SIGTERM, SIGKILL after timeout seconds; then kills what is left of the process group."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
