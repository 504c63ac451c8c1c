"""Every example of deploy/examples as its README says: ./build, docker build, docker run, by those very lines."""

import pathlib
import re
import shlex
import shutil

import pytest
from conftest import TREE
from lab import engines, guests
from lab.proc import run, wait_until
from web import ECHO, ask, on_host

pytestmark = pytest.mark.usefixtures("ours_alone")

EXAMPLES = sorted(path.parent.name for path in (TREE / "deploy/examples").glob("*/Dockerfile"))


def commands(example, verb):
    """The lines of its README that begin with `docker VERB` and are about its own image."""
    text = (TREE / "deploy/examples" / example / "README.md").read_text()
    lines = [shlex.split(line) for line in re.findall(rf"^docker {verb} .*$", text, re.MULTILINE)]
    return [line for line in lines if "--platform=wasi/wasm" in line]


def says(words):
    """Of a program that ends: words of its output."""
    return lambda docker, done: words in done.stdout + done.stderr or pytest.fail(f"{done}")


def serves(path, status=200):
    """Of a server in the background that has published port 8080."""

    def check(docker, done):
        assert done.returncode == 0, done.stderr
        container = done.stdout.strip()
        wait_until(lambda: "listening" in docker.docker("logs", container).stderr, "listening", 30)
        assert ask(docker, 8080, path)[0] == status

    return check


def echoes(docker, done):
    assert done.returncode == 0, done.stderr
    assert on_host(docker, ECHO, 7000, "a datagram").stdout == "a datagram"


# What comes of the first `docker run` of each. Nothing here has a way to example.com, or a database: those have tests of
# their own.
OUTCOMES = {
    "hello-rust": says("Nice to meet you, you."),
    "threads": says("8 threads more than the first"),
    "http-c": serves("/"),
    "http-rust": serves("/"),
    "http-go": serves("/"),
    "udp-echo": echoes,
    "https-c": says("https: example.com: "),
    "orders": serves("/init", status=503),
}


def test_no_example_is_left_out():
    assert sorted(OUTCOMES) == EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES)
def test_by_the_lines_of_its_readme(docker, tmp_path, example):
    if docker.store == "classic":
        pytest.skip("the classic image store knows no platform wasi/wasm")
    module = re.search(r"(\w[\w-]*)\.wasm", (TREE / "deploy/examples" / example / "Dockerfile").read_text())[1]
    built = guests.example(example, module).parent
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    shutil.copy(TREE / "deploy/examples" / example / "Dockerfile", tmp_path)
    environment = docker.docker.environment()
    plugin = pathlib.Path(environment["DOCKER_CONFIG"]) / "cli-plugins/docker-buildx"  # the older builder refuses wasi/wasm
    if not plugin.exists():
        plugin.parent.mkdir(parents=True)
        plugin.symlink_to(engines.buildx())
    [build] = commands(example, "build")
    run(build, env=environment, cwd=tmp_path, timeout=240)
    start = commands(example, "run")[0]
    network = next((word.partition("=")[2] for word in start if word.startswith("--network=")), None)
    try:
        if network:
            docker.docker("network", "create", network)
        OUTCOMES[example](docker, run(start, env=environment, check=False, timeout=240))
    finally:
        docker.remove_all()
        if network:
            docker.docker("network", "rm", network)
