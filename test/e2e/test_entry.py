"""What a container runs: platforms, MODULE#FUNCTION, libraries, artifacts of several modules, handlers' annotations."""

import pytest
from lab import guests
from lab.image import Artifact, Image

PLATFORMS = ["wasi/wasm", "wasi/wasm32", "linux/wasm", "linux/amd64"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ordinary_images_of_any_platform(client, ours_alone, tmp_path, platform):
    if client.kind == "docker" and client.store == "classic" and platform != "linux/amd64":
        pytest.skip("Docker's classic image store takes its own platform alone")
    name = "platform-" + platform.replace("/", "-")
    image = Image(name, platform, files={"/show.wasm": guests.c("show")}, entrypoint=["/show.wasm"])
    client.load(image, image.save(tmp_path / "image.tar"))
    done = client.run(image, "x")
    assert done.returncode == 7, done.stderr
    assert "argv[1]=x\n" in done.stdout


@pytest.fixture
def library(client, ours_alone, tmp_path):
    """An image whose module is a library: start function, _initialize, and functions that say their letter."""
    classic = client.kind == "docker" and client.store == "classic"
    image = Image("library", "linux/amd64" if classic else "wasi/wasm", files={"/lib.wasm": guests.wat("wasi_reactor")},
                  entrypoint=["/lib.wasm#work"])  # fmt: skip
    client.load(image, image.save(tmp_path / "image.tar"))
    return image


def test_a_function_of_a_library(client, library):
    done = client.run(library)
    assert (done.returncode, done.stdout) == (0, "siw"), done.stderr
    done = client.run(library, entrypoint="/lib.wasm#typed")
    assert (done.returncode, done.stdout) == (0, "si1\n"), done.stderr
    done = client.run(library, entrypoint="/lib.wasm#fail")
    assert (done.returncode, done.stdout) == (134, "sif"), done.stderr


@pytest.mark.complaints
def test_a_library_without_a_function_says_what_to_do(client, library):
    done = client.run(library, entrypoint="/lib.wasm")
    assert done.returncode not in (0, 7)
    assert "MODULE#FUNCTION" in done.stderr and 'function "work"' in done.stderr
    done = client.run(library, entrypoint="/lib.wasm#play")
    assert 'no exported function "play"' in done.stderr


@pytest.mark.complaints
def test_annotations_of_other_runtimes(client, images):
    """A module may have them; where the program is none, they are a promise that is not kept."""
    probe, busybox = images(client, "probe"), images(client, "busybox")
    for annotation in ("run.oci.handler=wasm", "module.wasm.image/variant=compat", "module.wasm.image/variant=compat-smart"):
        assert client.run(probe, "exit", "3", annotation=[annotation]).returncode == 3
    assert client.run(busybox, "true", annotation=["module.wasm.image/variant=compat-smart"]).returncode == 0
    done = client.run(busybox, "true", annotation=["run.oci.handler=wasm"])
    assert done.returncode != 0 and "/bin/busybox is a native one" in done.stderr
    done = client.run(probe, "exit", "0", annotation=["run.oci.handler=krun"])
    assert done.returncode != 0 and "only wasm is here" in done.stderr


@pytest.fixture
def two(client, ours_alone, tmp_path):
    """An artifact of two modules, which share no name."""
    if client.kind == "docker" and client.store == "classic":
        pytest.skip("Docker's classic image store takes no artifacts")
    if client.host.engine.containerd.startswith("1.6."):
        pytest.skip("containerd 1.6 cannot unpack an image whose layer is no archive")
    modules = {"show.wasm": guests.c("show").read_bytes(), "lib.wasm": guests.wat("wasi_reactor").read_bytes()}
    made = Artifact("two", modules["show.wasm"], more=modules, entrypoint=["/show.wasm"])
    client.load(made, made.save(tmp_path / "two.tar"))
    return made


def options(client, made):
    """Docker before 28 does not tell containerd which image a container is of."""
    if client.kind == "docker" and int(client.host.engine.docker.split(".")[0]) < 28:
        return {"annotation": [f"io.wasmedge.image={made.name}"]}
    return {}


@pytest.mark.complaints
def test_the_entry_point_chooses_among_modules(client, two):
    done = client.run(two, "x", **options(client, two))
    assert done.returncode == 7 and "argv[1]=x\n" in done.stdout, done.stderr
    done = client.run(two, entrypoint="/lib.wasm#work", **options(client, two))
    assert (done.returncode, done.stdout) == (0, "siw"), done.stderr
    done = client.run(two, entrypoint="/other.wasm", **options(client, two))
    assert done.returncode not in (0, 7)
    assert 'titled "show.wasm", "lib.wasm"' in done.stderr
