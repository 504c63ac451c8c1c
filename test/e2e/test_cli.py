"""`wasmedge`, without a container: what it prints, and its exit status."""

import os
import pathlib
import signal
import subprocess
import time

import pytest
from lab import guests
from lab.proc import run


@pytest.fixture(scope="session")
def cli(programs, ours_alone, tmp_path_factory):
    """Runs wasmedge with a cache of its own."""
    cache = tmp_path_factory.mktemp("cli-cache")
    cache.chmod(0o700)

    def call(*argv, **options):
        environment = {"WASMEDGE_CACHE_DIR": str(cache), "PATH": "/usr/bin:/bin", "SECRET": "of the host"}
        return run([programs[0] / "wasmedge", *argv], env=environment, check=False, **options)

    call.cache = cache
    return call


def test_hello_of_each_language(cli):
    assert cli(guests.rust(), "a", "b").stdout.startswith("Hello from Rust, compiled to WebAssembly!\nArguments: a b\n")
    assert cli(guests.c("show"), "x").returncode == 7
    assert cli(guests.go("hello"), "y").stdout == "Hello from Go [y] \n"


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_exit_status_is_the_guests(cli, status):
    assert cli(guests.c("probe"), "exit", status).returncode == status


def test_environment_is_what_is_given(cli):
    lines = cli("run", "--env", "A=1", "--env", "B=two words", guests.c("show")).stdout.splitlines()
    assert [line for line in lines if line.startswith("env ")] == ["env A=1", "env B=two words"]


def test_directory(cli, tmp_path):
    (tmp_path / "in").write_text("from the host\n")
    assert cli("run", "--dir", f"{tmp_path}:/data", guests.c("probe"), "read", "/data/in").stdout == "from the host\n"
    assert cli("run", "--dir", f"{tmp_path}:/data", guests.c("probe"), "write", "/data/out", "x").returncode == 0
    assert (tmp_path / "out").read_text() == "x"


def test_read_only_directory(cli, tmp_path):
    done = cli("run", "--dir", f"{tmp_path}:/data:ro", guests.c("probe"), "write", "/data/out", "x")
    assert done.stderr == "/data/out: Read-only file system\n", done
    assert not (tmp_path / "out").exists()


def test_a_directory_cannot_be_left(cli, tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "inner/link").symlink_to("../secret")
    for path in ("/data/../secret", "/data/link", str(tmp_path / "secret"), "/etc/passwd"):
        done = cli("run", "--dir", f"{tmp_path}/inner:/data", guests.c("probe"), "read", path)
        assert done.returncode == 1 and done.stdout == "", (path, done)


def test_trap_names_trap_function_and_offset(cli):
    done = cli(guests.c("probe"), "trap")
    assert done.returncode == 134
    assert "unreachable" in done.stderr and "main" in done.stderr and "offset 0x" in done.stderr, done


def test_artifact_is_made_once(cli):
    module = guests.c("probe")
    cli("compile", module)
    before = {file.name: file.stat().st_mtime_ns for file in cli.cache.iterdir()}
    assert before
    assert cli(module, "exit", "5").returncode == 5
    assert {file.name: file.stat().st_mtime_ns for file in cli.cache.iterdir()} == before


def test_spoiled_artifact_is_not_run(cli):
    module = guests.c("show")
    assert cli(module).returncode == 7
    for file in cli.cache.iterdir():
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0xFF
        file.unlink()
        file.write_bytes(data)
        file.chmod(0o400)
    assert cli(module).returncode == 7


@pytest.mark.parametrize("verb", ["sleep", "spin"])
def test_signal_ends_it(cli, programs, verb):
    environment = {"WASMEDGE_CACHE_DIR": str(cli.cache)}
    argv = [str(programs[0] / "wasmedge"), str(guests.c("probe")), verb, "600"]
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) in (-signal.SIGTERM, 128 + signal.SIGTERM)
        assert time.monotonic() - begin < 1


BAD = {
    "missing file": (lambda tmp: tmp / "missing.wasm", "No such file"),
    "a directory": (lambda tmp: tmp, "not a regular file"),
    "no module": (lambda tmp: pathlib.Path("/etc/passwd"), "not a WebAssembly module"),
    "unknown import": (lambda tmp: guests.wat("unknown_import"), '"moon"."orbit"'),
    "no _start": (lambda tmp: guests.wat("no_start"), '"_start"'),
    "invalid": (lambda tmp: guests.wat("invalid"), "type mismatch: expected i32, found i64"),
}


@pytest.mark.parametrize("file, words", BAD.values(), ids=BAD.keys())
def test_bad_module(cli, tmp_path, file, words):
    done = cli(file(tmp_path))
    assert done.returncode == 1 and done.stdout == "", done
    assert words in done.stderr and str(file(tmp_path)) in done.stderr, done


def test_validate_names_the_offset(cli):
    assert cli("validate", guests.rust(), guests.c("probe"), guests.go("hello")).returncode == 0
    done = cli("validate", guests.wat("invalid"))
    assert done.returncode == 1 and "offset 0x" in done.stderr, done


def test_wrong_command_line(cli):
    assert cli("--nonsense").returncode == 2
    assert cli().returncode == 2


def test_another_user_has_a_cache_of_their_own(programs, ours_alone, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    for folder in (home, home.parent, home.parent.parent):
        folder.chmod(0o755)
    os.chown(home, 1000, 1000)
    module = home / "show.wasm"
    module.write_bytes(guests.c("show").read_bytes())
    argv = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", programs[0] / "wasmedge", module]
    done = run(argv, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, check=False)
    assert done.returncode == 7, done
    assert list((home / ".cache/wasmedge").iterdir())
