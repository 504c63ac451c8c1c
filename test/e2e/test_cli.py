"""`wasmedge` as installed, with programs out of real toolchains (test/cli has the details)."""

import os
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
