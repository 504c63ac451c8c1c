"""The fixtures of the tests by CRI: a containerd a suite with three images, and pods that go with their test."""

import pytest
from lab import engines, guests
from lab.cri import Cri, CriHost, Pod
from lab.image import Image
from lab.proc import wait_until

BUSYBOX = Image("busybox", "linux/amd64", files={"/bin/busybox": "/bin/busybox"}, links={f"/bin/{tool}": "busybox" for tool in (
    "sh", "sleep", "echo", "cat", "id", "touch", "ls", "mount", "hostname", "grep", "nc", "chmod", "ip", "readlink", "kill", "ps"
)}, directories={"/tmp": 0o1777, "/etc": 0o755}, env={"PATH": "/bin"}, entrypoint=["/bin/sleep"], cmd=["1000"])  # fmt: skip


@pytest.fixture(scope="session", params=engines.SUITES)
def cri(request, programs, tmp_path_factory):
    """A CRI client of one containerd with a pause image, busybox and a module."""
    with CriHost(engines.engine(request.param), programs, tmp_path_factory.mktemp("artifacts")) as host:
        client = Cri(host)
        wait_until(client.ready, "CRI and its network to be ready")
        module = {"/bin/probe": guests.c("probe"), "/bin/show": guests.c("show")}
        images = [
            Image("pause", "linux/amd64", files={"/pause": guests.native("pause")}, entrypoint=["/pause"]),
            BUSYBOX,
            Image("probe", "linux/amd64", files=module, entrypoint=["/bin/probe"], directories={"/tmp": 0o1777}),
        ]
        for image in images:
            host.ctr("image", "import", image.save(host.home / f"{image.name}.tar"))
        client.busybox, client.probe = images[1:]
        wait_until(lambda: len(client.ListImages().images) == 3, "CRI to know the images")
        yield client
        client.remove_all()


@pytest.fixture
def pods(cri):
    """Makes pods: pods(**fields of PodSandboxConfig). They go with the test, and nothing of them stays."""
    made = []

    def make(handler="wasmedge", **options):
        made.append(Pod(cri, handler, **options))
        return made[-1]

    yield make
    for pod in made:
        pod.remove()
    assert cri.host.leftovers() == []


@pytest.fixture
def pod(pods):
    return pods()
