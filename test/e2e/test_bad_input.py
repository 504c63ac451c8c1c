"""Bad input: the error that a user gets says what is wrong, with what, and where."""

import pytest

pytestmark = pytest.mark.complaints

BADSPEC = "io.containerd.badspec.v1"

# Entry point -> what the message must hold.
ENTRIES = {
    "no such entry point": ("/missing.wasm", ["/missing.wasm", "not found"]),
    "not found in PATH": ("missing", ["missing", "not found", "/usr/bin"]),
    "a directory": ("/folder", ["/folder", "directory"]),
    "neither wasm nor native": ("/text", ["/text", "neither a WebAssembly module nor a native program", "74 68 69 73"]),
    "empty": ("/empty", ["/empty", "empty"]),
    "truncated": ("/truncated.wasm", ["/truncated.wasm", "offset"]),
    "corrupt": ("/corrupt.wasm", ["/corrupt.wasm", "offset", "section"]),
    "invalid": ("/invalid.wasm", ["/invalid.wasm", "offset", "type mismatch"]),
    "unknown import": ("/unknown_import.wasm", ["unknown import", "moon", "orbit"]),
    "no _start": ("/no_start.wasm", ["_start"]),
}


@pytest.mark.parametrize("entry, words", ENTRIES.values(), ids=ENTRIES.keys())
def test_entry_point(client, images, ours_alone, entry, words):
    done = client.run(images(client, "bad"), entrypoint=entry)
    assert done.returncode not in (0, 134), done
    assert done.stdout == ""
    for word in words:
        assert word.lower() in done.stderr.lower(), f"'{word}' is not in: {done.stderr}"


# A jq program that spoils config.json between containerd's writing and the shim's reading -> what the message must hold.
SPECS = {
    "no process": ("del(.process)", ["config.json", "process"]),
    "no args": ("del(.process.args)", ["config.json", "process.args"]),
    "args is a string": ('.process.args = "/bin/show"', ["config.json", "process.args", "array"]),
    "cwd is a number": (".process.cwd = 7", ["config.json", "process.cwd", "string"]),
    "no root": ("del(.root)", ["config.json", "root"]),
    "root.path is a list": (".root.path = []", ["config.json", "root.path", "string"]),
    "unknown namespace": ('.linux.namespaces[0].type = "moon"', ["config.json", "linux.namespaces[0].type", "moon"]),
    "mount without destination": ("del(.mounts[0].destination)", ["config.json", "mounts[0].destination"]),
    "memory limit is a string": (
        '.linux.resources.memory.limit = "64m"',
        ["config.json", "linux.resources.memory.limit"],
    ),
    "no JSON": ("empty", ["config.json"]),
}


@pytest.mark.parametrize("program, words", SPECS.values(), ids=SPECS.keys())
def test_config_json(client, images, ours_alone, spoiled, program, words):
    spoiled.write_text(program)
    done = client.run(images(client, "probe"), "exit", "0", entrypoint="/bin/probe", runtime=BADSPEC)
    assert done.returncode != 0, done
    for word in words:
        assert word in done.stderr, f"'{word}' is not in: {done.stderr}"


@pytest.fixture
def spoiled(spoiler):
    yield spoiler
    spoiler.unlink(missing_ok=True)


def test_after_bad_input_good_input_runs(client, images):
    assert client.run(images(client, "probe"), "exit", "0", entrypoint="/bin/probe").returncode == 0
