"""The cache of compiled modules, as a node's containers share it."""

import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from conftest import TREE
from lab import engines, guests, leftovers
from lab.client import Ctr, new_id
from lab.host import Host
from lab.image import Artifact, Image
from lab.proc import run, wait_until

pytestmark = pytest.mark.usefixtures("ours_alone")

COMPILING, COMPILED, MEANWHILE = "compiling /", "compiled in ", "compiled meanwhile by another in "


def unique(module):
    """A module that nobody has compiled: the same with a custom section of its own."""
    section = b"\x04cold" + new_id().encode()
    return module.read_bytes() + bytes([0, len(section)]) + section


class Node:
    """A containerd with a cache of its own."""

    def __init__(self, host, folder):
        self.host = host
        self.folder = folder
        self.client = Ctr(host, "io.containerd.wasmedge.v1")

    def load(self, module, name=None, files=None, **fields):
        image = Image(name or new_id(), "wasi/wasm", files={"/x.wasm": module, **(files or {})}, entrypoint=["/x.wasm"], **fields)
        self.client.load(image, image.save(self.folder / f"{image.name}.tar"))
        return image

    def count(self, words):
        return self.host.log.read_text(errors="replace").count(words)

    def counts(self):
        return tuple(map(self.count, (COMPILING, COMPILED, MEANWHILE)))

    def wasmedge(self, *argv, **options):
        """`wasmedge` as root on this node."""
        return self.host.run("wasmedge", *argv, **options)

    def stat(self):
        return json.loads(self.wasmedge("cache", "stat", "--json").stdout)


@pytest.fixture(scope="module")
def node(programs, tmp_path_factory, ours_alone):
    with Host(engines.engine("trixie"), programs) as host:
        yield Node(host, tmp_path_factory.mktemp("node"))


def test_one_module_in_ten_images_is_compiled_once(node):
    module = unique(guests.c("show"))
    before = node.counts()
    for number in range(10):
        assert node.client.run(node.load(module, files={"/number": str(number).encode()})).returncode == 7
    assert node.counts() == (before[0] + 1, before[1] + 1, before[2])


def test_an_image_that_is_pulled_again_costs_nothing(node):
    image = node.load(unique(guests.c("show")))
    assert node.client.run(image).returncode == 7
    before = node.counts()
    node.host.ctr("image", "rm", "--sync", image.reference)
    node.client.load(image, node.folder / f"{image.name}.tar")
    assert node.client.run(image).returncode == 7
    assert node.counts() == before


def test_fifty_cold_containers_at_once_compile_once(node):
    image = node.load(unique(guests.c("probe")))
    before = node.counts()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        runs = [pool.submit(node.client.run, image, "exit", "5", timeout=300) for _ in range(50)]
    assert [each.result().returncode for each in runs] == [5] * 50
    compiling, compiled, meanwhile = (after - old for after, old in zip(node.counts(), before))
    assert compiled == 1
    assert compiling == 1 + meanwhile


def test_a_module_in_a_rootfs_is_hashed_once(node):
    image = node.load(unique(guests.c("show")))
    known = node.stat()["hashes"]

    def is_known():
        assert node.client.run(image).returncode == 7
        return node.stat()["hashes"] == known + 1

    wait_until(is_known, "the memory of a file that has settled", timeout=30)
    # Another container of the image has another overlay, and the same file below it.
    assert node.client.run(image).returncode == 7
    assert node.stat()["hashes"] == known + 1


def test_a_module_that_its_container_has_changed_is_another_one(node):
    """Its image's file is known; what lies over it is not taken for it."""
    image = node.load(guests.c("show").read_bytes(), files={"/other.wasm": guests.c("probe")})
    wait_until(lambda: node.client.run(image).returncode == 7 and node.stat()["hashes"] > 0, "the memory", timeout=30)
    name = new_id()
    # The guest overwrites the module that it was started from with another one, in place; then that is executed.
    node.client.run(image, "sleep", "600", entrypoint="/other.wasm", name=name, detach=True, check=True)
    root = pathlib.Path(f"/proc/{node.client.pid(name)}/root")
    (root / "x.wasm").write_bytes((root / "other.wasm").read_bytes())
    assert node.client.exec(name, "/x.wasm", "exit", "3").returncode == 3
    node.client.remove_all()


def compilers(host):
    return [pid for pid in leftovers.processes(host) if "wasmedge-compiler" in leftovers.command(pid)]


def test_a_compiler_that_is_killed_leaves_nothing_in_the_way(node):
    """kill -9 of the compiler, then of the shim too, in the middle of it; the third start finds the way free."""
    image = node.load(unique(guests.go("hello")))
    for kill_shim in (False, True):
        process = node.client.popen(image)
        wait_until(lambda: compilers(node.host), "the compiler", timeout=60)
        shims = [pid for pid in leftovers.processes(node.host) if "containerd-shim" in leftovers.command(pid)]
        for pid in (shims if kill_shim else []) + compilers(node.host):
            os.kill(pid, signal.SIGKILL)
        out, error = process.communicate(timeout=60)
        assert process.returncode != 0, out
        assert kill_shim or "the compiler died before it had compiled" in error, error
        wait_until(lambda: not compilers(node.host), "the compilers' end", timeout=60)
    node.client.remove_all()
    assert node.stat()["being_compiled"] <= 1  # half a file, of nobody
    done = node.client.run(image, timeout=300)
    assert (done.returncode, done.stdout) == (0, "Hello from Go [] \n"), done
    assert node.stat()["being_compiled"] == 0
    node.wasmedge("cache", "verify")


def test_an_artifact_that_is_torn_is_made_again_and_told_once(node):
    image = node.load(unique(guests.c("show")))
    known = set(node.host.artifacts.iterdir())
    assert node.client.run(image).returncode == 7
    [artifact] = (file for file in set(node.host.artifacts.iterdir()) - known if len(file.name) == 64)
    content = artifact.read_bytes()
    artifact.unlink()
    artifact.write_bytes(content[: len(content) // 2])
    assert node.wasmedge("cache", "verify", check=False).returncode == 1
    told = node.count("the cached artifact cannot be used")
    assert [node.client.run(image).returncode for _ in range(3)] == [7] * 3
    assert node.count("the cached artifact cannot be used") == told + 1
    assert artifact.read_bytes() == content


def test_artifacts_are_roots_alone(node):
    """Neither an image nor a guest can read the node's artifacts or supply any."""
    module = unique(guests.c("probe"))
    assert node.client.run(node.load(unique(guests.c("show")))).returncode == 7
    [artifact, *_] = (file for file in node.host.artifacts.iterdir() if len(file.name) == 64)
    for file in (node.host.artifacts, artifact):
        status = file.stat()
        assert (status.st_uid, status.st_mode & 0o377) == (0, 0o300 if file.is_dir() else 0), file
    # An image that brings a cache of its own, with an artifact under every name that there is.
    planted = {f"/var/cache/wasmedge/{file.name}": b"planted" for file in node.host.artifacts.iterdir()}
    image = node.load(module, files=planted, env={"WASMEDGE_CACHE_DIR": "/var/cache/wasmedge"}, user="1000")
    before = node.counts()
    assert node.client.run(image, "exit", "4").returncode == 4
    assert node.counts()[1] == before[1] + 1
    # A container that is even given the directory.
    volume = [(node.host.artifacts, "/stolen", "rw")]
    for argv in (("read", f"/stolen/{artifact.name}"), ("write", "/stolen/" + "0" * 64, "x")):
        done = node.client.run(image, *argv, volumes=volume)
        assert done.returncode == 1 and "ermission denied" in done.stderr, done
    # A user of the machine.
    done = node.host.run("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "cat", artifact, check=False)
    assert "Permission denied" in done.stderr


@pytest.fixture(params=["full", "read-only"])
def narrow(request, programs, tmp_path_factory):
    """A node whose cache takes nothing."""
    cache = tmp_path_factory.mktemp("narrow")
    run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=0700", "narrow", cache])
    try:
        if request.param == "read-only":
            run(["mount", "-o", "remount,ro", cache])
        with Host(engines.engine("trixie"), programs, cache) as host:
            yield Node(host, tmp_path_factory.mktemp("node"))
    finally:
        run(["umount", cache])


def test_a_cache_that_takes_nothing_costs_one_warning(narrow):
    image = narrow.load(guests.c("show").read_bytes())
    for number in (1, 2):
        assert narrow.client.run(image).returncode == 7
        complaints = [line for line in narrow.host.log.read_text().splitlines() if leftovers.is_complaint(line)]
        assert len(complaints) == number, complaints
        assert "is compiled but not cached, and will be compiled again next time" in complaints[-1]


def test_a_full_disk_gives_up_what_was_not_used_for_longest(programs, tmp_path_factory):
    """The cache's filesystem has room for about three artifacts, and the bounds are far above."""
    cache = tmp_path_factory.mktemp("small")
    cache.chmod(0o700)
    environment = {"WASMEDGE_CACHE_DIR": str(cache), "PATH": "/usr/bin:/bin"}
    module = cache.parent / "small.wasm"

    def compile_another():
        module.write_bytes(unique(guests.c("show")))
        return run([programs[0] / "wasmedge", module], env=environment, check=False)

    compile_another()
    size = max(file.stat().st_size for file in cache.iterdir() if len(file.name) == 64)
    run(["mount", "-t", "tmpfs", "-o", f"size={size * 7 // 2},mode=0700", "small", cache])
    try:
        for number in range(6):
            done = compile_another()
            assert (done.returncode, done.stderr) == (7, ""), number
            for file in cache.iterdir():  # not just now
                os.utime(file, (time.time() - 3600, time.time() - 3600))
        artifacts = [file for file in cache.iterdir() if len(file.name) == 64]
        assert len(artifacts) in (2, 3)
        assert run([programs[0] / "wasmedge", "cache", "verify"], env=environment).stdout == f"{len(artifacts)} artifacts, 0 damaged\n"
    finally:
        run(["umount", cache])


@pytest.mark.parametrize("form", ["image", "artifact"])
def test_an_image_is_warmed_before_its_first_start(node, form):
    module = unique(guests.c("show"))
    if form == "image":
        image = node.load(module)
    else:
        image = Artifact(new_id(), module, entrypoint=["/x.wasm"])
        node.client.load(image, image.save(node.folder / f"{image.name}.tar"))
    done = node.wasmedge("cache", "warm", "--address", node.host.address, "--namespace", node.host.namespace, image.reference)
    assert done.stdout.startswith(f"{image.reference}: ")
    before = node.counts()
    assert node.client.run(image).returncode == 7
    assert node.counts() == before


def test_an_image_that_is_not_there_cannot_be_warmed(node):
    done = node.wasmedge("cache", "warm", "--address", node.host.address, "docker.io/library/none:latest", check=False)
    assert done.returncode == 1 and "image docker.io/library/none:latest of containerd's namespace default" in done.stderr, done


def test_images_are_warmed_as_they_are_pulled(node):
    """deploy/warm-pulled-images, which wasmedge-warm.service runs."""
    argv = node.host.inside(TREE / "deploy/warm-pulled-images", node.host.address)
    said = node.folder / "warm.log"
    with open(said, "w") as log, subprocess.Popen(argv, env=node.host.environment(), stdout=log, stderr=log, start_new_session=True) as hook:
        try:
            listeners = lambda: [pid for pid in leftovers.processes(node.host) if leftovers.command(pid).endswith(" events")]  # noqa: E731
            wait_until(listeners, "ctr events", 30)
            image = node.load(unique(guests.c("show")))
            # A listener that has started need not have subscribed yet: the name is given again until it is heard.
            def heard():
                node.host.ctr("image", "tag", "--force", image.reference, image.reference + "-again")
                return f"{image.reference}" in said.read_text()

            wait_until(heard, "the image to be warmed", 120, interval=1)
            assert re.search(r": \d+ modules?\n", said.read_text())
        finally:
            os.killpg(hook.pid, signal.SIGKILL)
    before = node.counts()
    assert node.client.run(image).returncode == 7
    assert node.counts() == before
