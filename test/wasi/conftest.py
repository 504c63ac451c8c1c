"""What the WASI tests get: the wasmedge command, with a cache of its own, and a directory tree to give to guests."""

import ctypes
import os
import pathlib
import subprocess
import sys

import pytest

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "test/support"))


def pytest_addoption(parser):
    parser.addoption("--programs", required=True, help="the directory with wasmedge and wasmedge-compiler")
    parser.addoption("--probe", required=True, help="the command_probe program")
    parser.addoption("--scratch", required=True, help="a directory of the build for caches")


def pytest_configure(config):
    # Only root can use the lab's own place for what is built and unpacked.
    if os.geteuid() != 0:
        os.environ.setdefault("WASMEDGE_LAB_CACHE", str(pathlib.Path(config.getoption("scratch")) / "lab"))


def pytest_sessionfinish(session, exitstatus):
    """Nothing but skipped tests is what ctest should call skipped: status 77."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter.stats.get("skipped") and not reporter.stats.get("passed"):
        session.exitstatus = 77


class _Filter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_uint16), ("filter", ctypes.POINTER(_Filter))]


def deny_openat2():
    """From here on, openat2(2) answers ENOSYS in this process and its children, as on an old kernel."""
    libc = ctypes.CDLL(None, use_errno=True)
    load_number, jump_equal, give = 0x20, 0x15, 0x06
    errno, allow, openat2, enosys = 0x00050000, 0x7FFF0000, 437, 38
    steps = [(load_number, 0, 0, 0), (jump_equal, 0, 1, openat2), (give, 0, 0, errno | enosys), (give, 0, 0, allow)]
    filters = (_Filter * len(steps))(*[_Filter(*step) for step in steps])
    program = _Program(len(steps), filters)
    no_new_privs, set_seccomp, mode_filter = 38, 22, 2
    if libc.prctl(no_new_privs, 1, 0, 0, 0) or libc.prctl(set_seccomp, mode_filter, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), "seccomp")


class Wasmedge:
    """Runs modules through the command. `dirs` maps guest path to host path, `ro` names those given read-only."""

    def __init__(self, programs, probe, cache):
        self.program = pathlib.Path(programs) / "wasmedge"
        self.probe_program = probe
        self.env = {**os.environ, "WASMEDGE_CACHE_DIR": str(cache), "HOST_ONLY": "must not reach guests"}

    def run(self, module, *args, dirs={}, ro=(), env={}, stdin=b"", openat2=True, cwd=None, options=()):
        options = list(options)
        for guest, host in dirs.items():
            options += ["--dir", f"{host}:{guest}" + (":ro" if guest in ro else "")]
        for key, value in env.items():
            options += ["--env", f"{key}={value}"]
        return self._start([self.program, "run", *options, "--", module, *args], stdin, openat2, cwd)

    def probe(self, module, function, scratch):
        """The same module through the library: as a reactor, `function` of it."""
        artifact = scratch / (pathlib.Path(module).stem + ".artifact")
        compiled = self._start([self.program, "compile", "-o", artifact, module])
        assert compiled.returncode == 0, compiled.stderr
        return self._start([self.probe_program, artifact, *function])

    def _start(self, argv, stdin=b"", openat2=True, cwd=None):
        return subprocess.run(
            [str(word) for word in argv],
            **({"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.env,
            cwd=cwd,
            timeout=300,
            preexec_fn=None if openat2 else deny_openat2,
        )


@pytest.fixture(scope="session")
def wasmedge(pytestconfig):
    cache = pathlib.Path(pytestconfig.getoption("scratch")) / "cache"
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Wasmedge(pytestconfig.getoption("programs"), pytestconfig.getoption("probe"), cache)


@pytest.fixture(params=["openat2", "walk"])
def openat2(request):
    """Paths are resolved by the kernel, and once more by our own walk, as where openat2 is missing."""
    return request.param == "openat2"


@pytest.fixture
def tree(tmp_path):
    """data and ro to give to a guest, a secret beside them, and in data links that try to lead there."""
    for name in ("data", "ro"):
        (tmp_path / name).mkdir()
    (tmp_path / "secret").write_text("outside")
    (tmp_path / "ro/file").write_text("read me")
    (tmp_path / "data/up").symlink_to("..")
    (tmp_path / "data/to-secret").symlink_to("../secret")
    (tmp_path / "data/to-etc").symlink_to("/etc")
    before = {path: path.lstat().st_mtime_ns for path in (tmp_path / "ro", tmp_path / "ro/file", tmp_path / "secret")}
    yield tmp_path
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".artifact") == ["data", "ro", "secret"]
    assert {path: path.lstat().st_mtime_ns for path in before} == before, "a read-only or outside file was changed"
