"""The official WASI test suite's programs for preview 1: WebAssembly/wasi-testsuite, in C, AssemblyScript and Rust."""

import json
import os
import pathlib
import shutil
import tarfile

import pytest

ARCHIVE = "wasi-testsuite.tar.xz"
HOW = "WASMEDGE_TESTDATA is not set. To have the suite: test/wasi/fetch DIRECTORY; export WASMEDGE_TESTDATA=DIRECTORY"


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    """The directory that holds the programs, one folder a language."""
    if not os.environ.get("WASMEDGE_TESTDATA"):
        pytest.skip(HOW)
    archive = pathlib.Path(os.environ["WASMEDGE_TESTDATA"]) / ARCHIVE
    assert archive.is_file(), f"{archive} does not exist: make it with test/wasi/fetch {archive.parent}"
    where = tmp_path_factory.mktemp("suite")
    with tarfile.open(archive) as packed:
        packed.extractall(where)
    return where


def names():
    """The programs in the archive, for a test of each; one test that says why where there is none."""
    archive = pathlib.Path(os.environ.get("WASMEDGE_TESTDATA") or "/nonexistent") / ARCHIVE
    if not archive.is_file():
        return ["not fetched"]
    with tarfile.open(archive) as packed:
        return sorted(name for name in packed.getnames() if name.endswith(".wasm"))


@pytest.mark.parametrize("name", names())
def test_program(suite, wasmedge, openat2, name, tmp_path):
    module = suite / name
    description = module.with_suffix(".json")
    expected = json.loads(description.read_text()) if description.exists() else {}
    given = {directory: directory for directory in expected.get("dirs", [])}
    if "root" in expected:
        given["/"] = expected["root"]
    dirs = {}
    for guest, directory in given.items():
        dirs[guest] = tmp_path / directory
        if (module.parent / directory).is_dir():  # the suite does not keep empty ones
            # The program may change it: a fresh copy each time.
            shutil.copytree(module.parent / directory, dirs[guest])
        else:
            dirs[guest].mkdir()
    done = wasmedge.run(module, *expected.get("args", []), dirs=dirs, env=expected.get("env", {}), openat2=openat2)
    assert done.returncode == expected.get("exit_code", 0), done.stderr.decode()
    if "stdout" in expected:
        assert done.stdout.decode() == expected["stdout"]


def test_it_is_the_whole_suite(suite):
    """A suite that lost programs would pass too."""
    assert len(list(suite.rglob("*.wasm"))) >= 26
