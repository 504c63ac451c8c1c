"""A Go program, compiled by a Go of Debian's newer suites, which the lab unpacks (once, about 300 MB)."""

import pytest
from lab import guests
from lab.proc import LabError


@pytest.fixture(scope="session")
def module():
    try:
        return guests.go("wasi_files")
    except LabError as error:
        pytest.skip(f"no Go that knows GOOS=wasip1 to be had here: {error}")


def test_go_library(wasmedge, openat2, module, tree):
    dirs, env = {"/data": tree / "data"}, {"GREETING": "hi"}
    done = wasmedge.run(module, "x", "y z", dirs=dirs, env=env, stdin=b"line\n" * 1000, openat2=openat2)
    assert done.stdout.decode().splitlines() == ["args [x y z] hi", "lines 1000", "go ok"], done.stderr.decode()
    assert done.returncode == 5
