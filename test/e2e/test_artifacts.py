"""OCI Wasm artifacts: images whose layer is the module, and no filesystem."""


import pytest
from lab import guests
from lab.image import Artifact


@pytest.fixture
def artifact(where, tmp_path):
    """artifact(name) is loaded and ready to run."""
    client = where
    if client.kind == "docker" and client.store == "classic":
        pytest.skip("Docker's classic image store takes no artifacts")
    if client.host.engine.containerd.startswith("1.6."):
        pytest.skip("containerd 1.6 cannot unpack an image whose layer is no archive")

    def make(name, config_type=Artifact.IMAGE_CONFIG, module=None, **fields):
        made = Artifact(name, module or guests.c("show").read_bytes(), config_type=config_type, **fields)
        client.load(made, made.save(tmp_path / f"{name}.tar"))
        return made

    return make


def options(client, made):
    """Docker before 28 does not tell containerd which image a container is of."""
    if client.kind == "docker" and int(client.host.engine.docker.split(".")[0]) < 28:
        return {"annotation": [f"io.wasmedge.image={made.name}"]}
    return {}


def test_artifact_runs(client, artifact, ours_alone):
    made = artifact("artifact", entrypoint=["/hello.wasm"], module=guests.rust().read_bytes())
    done = client.run(made, **options(client, made))
    assert done.returncode == 0, done.stderr
    assert "Hello" in done.stdout


def test_arguments_reach_the_module(client, artifact, ours_alone):
    made = artifact("artifact-args", entrypoint=["/show.wasm"])
    done = client.run(made, "one", "two", **options(client, made))
    assert done.returncode == 7, done.stderr
    assert "one" in done.stdout and "two" in done.stdout


def test_config_of_the_artifact_specification(docker, ours_alone, tmp_path, artifact):
    """ctr refuses an image config that is not Docker's or OCI's; the engines themselves do not."""
    made = artifact("artifact-cncf", Artifact.WASM_CONFIG)
    done = docker.run(made, "/show.wasm", "one", **options(docker, made))
    assert done.returncode == 7, done.stderr
    assert "one" in done.stdout


@pytest.mark.complaints
def test_a_layer_that_is_no_module(client, artifact, ours_alone):
    made = artifact("artifact-text", entrypoint=["/text.wasm"], module=b"this is neither\n")
    done = client.run(made, **options(client, made))
    assert done.returncode not in (0, 7)
    assert "neither a WebAssembly module nor a native program" in done.stderr
