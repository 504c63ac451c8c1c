"""What a user reads when a container cannot be created: the step that failed, on what, why, and what to do."""

import shutil
import time
import uuid

import pytest
from lab import guests
from lab.image import Image

pytestmark = pytest.mark.complaints

BADSPEC = "io.containerd.badspec.v1"

# A jq program that spoils config.json -> the step, and words of the message and of the hint.
FAULTS = {
    "a volume's source is missing": (
        '.mounts += [{"destination": "/data", "type": "bind", "source": "/no/such", "options": ["rbind"]}]',
        ["step mount: mount /no/such at /data", "no such file or directory", "hint: make the source"],
    ),
    "a limit without a controller": (
        '.linux.resources.hugepageLimits = [{"pageSize": "64KB", "limit": 1}]',
        ["step cgroup: ", "hugepageLimits", "hint: "],
    ),
    "a path of a control group that leads out": ('.linux.cgroupsPath = "/a/../../b"', ["step cgroup: ", "linux.cgroupsPath", "hint: "]),
    "a namespace that has gone": (
        '.linux.namespaces |= map(if .type == "ipc" then .path = "/proc/0/ns/ipc" else . end)',
        ["step launch: ", "/proc/0/ns/ipc", "no such file or directory", "hint: "],
    ),
    "an unknown field": ('.linux.namespaces[0].type = "moon"', ["step config: ", "linux.namespaces[0].type", "hint: the engine writes"]),
    "an annotation with a wrong value": (
        '.annotations["io.wasmedge.wasi.memory"] = "much"',
        ["step policy: ", "io.wasmedge.wasi.memory", "hint: correct the setting"],
    ),
    "a level that there is not": ('.annotations["io.wasmedge.log"] = "loud"', ["step config: ", "io.wasmedge.log", '"loud"', "debug"]),
    "an unknown action of seccomp": (
        '.linux.seccomp = {"defaultAction": "SCMP_ACT_MOON"}',
        ["step seccomp: ", "SCMP_ACT_MOON", "hint: correct the profile"],
    ),
    "a sysctl of the host": ('.linux.sysctl = {"kernel.moon": "1"}', ["step sandbox: ", "kernel.moon", "hint: change the option"]),
    "a hook that fails": (
        '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "echo no moon >&2; exit 3"]}]',
        ["step hooks: ", "hooks.createRuntime[0]", "status 3", "no moon", "hint: "],
    ),
    "an entry point that is missing": ('.process.args = ["/missing.wasm"]', ["step find: ", "/missing.wasm", "not found", "hint: name a program"]),
    "a user that there cannot be": (".process.user.uid = 4294967295", ["step user: ", "process.user.uid", "4294967295 is no id", "hint: "]),
}


@pytest.fixture
def spoil(spoiler):
    yield spoiler.write_text
    spoiler.unlink(missing_ok=True)


def check(client, images, spoil, faults):
    for name, (program, words) in faults.items():
        spoil(program)
        done = client.run(images(client, "probe"), "exit", "0", entrypoint="/bin/probe", runtime=BADSPEC)
        assert done.returncode != 0, (name, done)
        for word in words:
            assert word.lower() in done.stderr.lower(), f"{name}: '{word}' is not in: {done.stderr}"


def test_step_object_reason_hint(ctr, images, ours_alone, spoil):
    check(ctr, images, spoil, FAULTS)


def test_docker_passes_it_on(docker, images, ours_alone, spoil):
    check(docker, images, spoil, {name: FAULTS[name] for name in list(FAULTS)[:1]})


# What stands in the compiler's place -> words of the message.
COMPILERS = {
    "missing": (None, ["step compile: ", "wasmedge-compiler", "no such file or directory", "hint: install wasmedge-compiler"]),
    "killed": ("#!/bin/sh\nkill -9 $$\n", ["step compile: ", "/new.wasm", "was it killed", "hint: ", "dmesg"]),
    "not ours": ("#!/bin/sh\nexit 1\n", ["step compile: ", "/new.wasm", "hint: "]),
}


def image_of_a_new_module(client, folder):
    """An image whose module nobody has compiled yet: with a custom section of its own."""
    name = uuid.uuid4().bytes
    module = guests.wat("no_start").read_bytes() + bytes([0, 1 + len(name), len(name)]) + name
    image = Image("new", "wasi/wasm", files={"/new.wasm": module}, entrypoint=["/new.wasm"])
    client.load(image, image.save(folder / "new.tar"))
    return image


@pytest.mark.where(("sid", "ctr"))
@pytest.mark.parametrize("compiler, words", COMPILERS.values(), ids=COMPILERS.keys())
def test_compiler(client, ours_alone, programs, tmp_path, compiler, words):
    folder = tmp_path / "bin"
    shutil.copytree(programs[0], folder)
    (folder / "wasmedge-compiler").unlink()
    if compiler:
        (folder / "wasmedge-compiler").write_text(compiler)
        (folder / "wasmedge-compiler").chmod(0o755)
    image = image_of_a_new_module(client, tmp_path)
    done = client.run(image, runtime=folder / "containerd-shim-wasmedge-v1")
    assert done.returncode != 0, done
    for word in words:
        assert word.lower() in done.stderr.lower(), f"'{word}' is not in: {done.stderr}"


@pytest.mark.where(("sid", "ctr"))
def test_the_log_has_it_too(client, images, ours_alone, spoil):
    spoil(FAULTS["an unknown action of seccomp"][0])
    start = client.host.log.stat().st_size
    client.run(images(client, "probe"), "exit", "0", entrypoint="/bin/probe", runtime=BADSPEC, name="box")
    deadline = time.monotonic() + 20
    found = []
    while not found and time.monotonic() < deadline:
        with open(client.host.log, errors="replace") as log:
            log.seek(start)
            found = [line for line in log if "level=error" in line and "Create failed" in line]
        time.sleep(0.05)
    assert " id=box " in found[0] and " phase=seccomp " in found[0], found
