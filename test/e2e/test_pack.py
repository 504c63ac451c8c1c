"""`wasmedge pack`: what it makes is loaded, pushed, pulled and run by the engines, and read by other tools."""

import dataclasses
import json

import pytest
from lab import guests
from lab.proc import run
from lab.registry import Registry


@dataclasses.dataclass
class Packed:
    """An image by its name, as the clients take it."""

    name: str
    platform: str
    reference: str = ""
    entrypoint: list = dataclasses.field(default_factory=lambda: ["/show.wasm"])
    cmd: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self.reference = self.reference or f"docker.io/library/{self.name}:latest"


@pytest.fixture(scope="session")
def show(programs, ours_alone, tmp_path_factory):
    """A module of that name in a folder of its own."""
    module = tmp_path_factory.mktemp("pack") / "show.wasm"
    module.write_bytes(guests.c("show").read_bytes())
    return module


@pytest.fixture(scope="session")
def pack(programs, show):
    """Runs `wasmedge pack show.wasm …`."""
    return lambda *argv, **options: run([programs[0] / "wasmedge", "pack", show, *argv], **options)


def load_options(client):
    """How the image gets to the client's engine, and the environment that this takes."""
    if client.kind == "docker":
        return ["--load=docker"], client.docker.environment()
    host = client.host
    return ["--load=containerd", "--address", host.address, "--namespace", host.namespace], host.environment()


def is_classic(client):
    return client.kind == "docker" and client.store == "classic"


def test_an_image_is_loaded_and_runs(client, pack, tmp_path):
    (tmp_path / "tree/sub").mkdir(parents=True)
    (tmp_path / "tree/sub/file").write_text("from a layer\n")
    (tmp_path / "probe.wasm").write_bytes(guests.c("probe").read_bytes())
    image = Packed("packed", "linux/amd64" if is_classic(client) else "wasi/wasm")
    where, env = load_options(client)
    said = pack(
        "-t", image.name, "--platform", image.platform, "--cmd=one", "--cmd=two", "--env=A=b c", "--workdir=/opt",
        "--layer", f"{tmp_path}/tree:/opt", "--layer", f"{tmp_path}/probe.wasm:/probe.wasm", *where, env=env,
    ).stdout  # fmt: skip
    assert f"{image.reference}@sha256:" in said
    image.cmd = ["one", "two"]
    done = client.run(image)
    assert done.returncode == 7, done.stderr
    assert "argv[1]=one\nargv[2]=two\n" in done.stdout and "env A=b c\n" in done.stdout
    # ctr has no option for one word in the entry point's place but the whole command line.
    done = client.run(image, "read", "sub/file", entrypoint="/probe.wasm")
    assert (done.returncode, done.stdout) == (0, "from a layer\n"), done.stderr


@pytest.fixture
def artifacts(where):
    if is_classic(where):
        pytest.skip("Docker's classic image store takes no artifacts")
    if where.host.engine.containerd.startswith("1.6."):
        pytest.skip("containerd 1.6 cannot unpack an image whose layer is no archive")


def tells_no_image(client):
    """Docker before 28 does not tell containerd which image a container is of."""
    return client.kind == "docker" and int(client.host.engine.docker.split(".")[0]) < 28


def test_an_artifact_is_loaded_and_runs(client, pack, artifacts, tmp_path):
    """With a data layer, which the engine unpacks into the rootfs."""
    (tmp_path / "file").write_text("from a layer\n")
    image = Packed("packed-artifact", "wasip1/wasm")
    where, env = load_options(client)
    pack("-t", image.name, "--artifact", "--config-type=oci", "--layer", f"{tmp_path}/file:/data/file", *where, env=env)
    options = {"annotation": [f"io.wasmedge.image={image.name}"]} if tells_no_image(client) else {}
    done = client.run(image, "x", **options)
    assert done.returncode == 7, done.stderr
    assert "argv[1]=x\n" in done.stdout


def test_an_artifact_with_the_config_of_the_cncf(docker, pack, artifacts):
    """ctr refuses its config; Docker wants a command, since it has none."""
    image = Packed("packed-cncf", "wasip1/wasm")
    where, env = load_options(docker)
    pack("-t", image.name, "--artifact", *where, env=env)
    options = {"annotation": [f"io.wasmedge.image={image.name}"]} if tells_no_image(docker) else {}
    done = docker.run(image, "/show.wasm", "x", **options)
    assert done.returncode == 7, done.stderr
    assert "argv[1]=x\n" in done.stdout


@pytest.fixture(scope="session")
def packed(pack, tmp_path_factory):
    """Archives of each form: form -> path. The native platform is for engines that take no other."""
    folder = tmp_path_factory.mktemp("packed")
    forms = {"image": [], "amd64": ["--platform=linux/amd64"], "artifact": ["--artifact"], "artifact-oci": ["--artifact", "--config-type=oci"]}
    for form, options in forms.items():
        pack("-t", f"packed-{form}:1", "-o", folder / f"{form}.tar", *options)
    return {form: folder / f"{form}.tar" for form in forms}


@pytest.mark.parametrize("form", ["image", "artifact", "artifact-oci"])
def test_skopeo_reads_and_copies_it(packed, tmp_path, form):
    source = f"oci-archive:{packed[form]}:1"
    raw = json.loads(run(["skopeo", "inspect", "--raw", source]).stdout)
    run(["skopeo", "--insecure-policy", "copy", source, f"oci:{tmp_path}/copy:1"])
    copied = json.loads(run(["skopeo", "inspect", "--raw", f"oci:{tmp_path}/copy:1"]).stdout)
    assert copied == raw
    kind = raw["layers"][0]["mediaType"]
    assert kind == ("application/vnd.oci.image.layer.v1.tar+gzip" if form == "image" else "application/wasm")


def test_umoci_unpacks_it(pack, show, tmp_path):
    """Into a bundle for the platforms that it knows, into a rootfs for any."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_text("text")
    for name, platform in (("any", "wasi/wasm"), ("native", "linux/amd64")):
        layout, target = tmp_path / name, tmp_path / f"{name}-unpacked"
        pack("-t", "packed:1", "-o", layout, "--platform", platform, "--layer", f"{tmp_path}/tree:/data")
        run(["umoci", *(["raw"] if name == "any" else []), "unpack", "--image", f"{layout}:1", target])
        rootfs = target if name == "any" else target / "rootfs"
        assert (rootfs / "show.wasm").read_bytes() == show.read_bytes()
        assert (rootfs / "data/file").read_text() == "text"
    config = json.loads((tmp_path / "native-unpacked/config.json").read_text())
    assert config["process"]["args"] == ["/show.wasm"]


def test_docker_pulls_it_from_a_registry(docker, packed, tmp_path):
    form = "amd64" if is_classic(docker) else "image"
    platform = "linux/amd64" if is_classic(docker) else "wasi/wasm"
    with Registry(docker.docker.daemon.pid, tmp_path / "registry") as registry:
        name = registry.push(packed[form], "packed:1")
        docker.docker("pull", "--platform", platform, name, timeout=60)
    done = docker.run(Packed(name, platform), "x")
    assert done.returncode == 7, done.stderr
    assert "argv[1]=x\n" in done.stdout


@pytest.mark.parametrize("form", ["image", "amd64", "artifact-oci"])
def test_cri_pulls_it_from_a_registry(cri, pods, packed, tmp_path, form):
    if form == "artifact-oci" and cri.host.engine.containerd.startswith("1.6."):
        pytest.skip("containerd 1.6 cannot unpack an image whose layer is no archive")
    with Registry(cri.host.containerd.pid, tmp_path / "registry") as registry:
        name = registry.push(packed[form], f"{form}:1")
        cri.PullImage(image={"image": name})
    pod = pods()
    status, _ = pod.run(Packed(name, "", reference=name), args=["x"])
    assert status.exit_code == 7
    pod.saw(status.id, "argv[1]=x\n")
