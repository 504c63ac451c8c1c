"""What every end-to-end test gets: an engine that runs (started once a session), a client, images, a clean end."""

import dataclasses
import os
import pathlib
import sys

import pytest

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "test/support"))

from lab import engines, guests, leftovers  # noqa: E402
from lab.client import Ctr, Docker  # noqa: E402
from lab.host import Host  # noqa: E402
from lab.image import Image  # noqa: E402

pytest_plugins = ["pods", "web"]

OURS = "io.containerd.wasmedge.v1"

# (suite, client): containerd 1.6's Docker is too old to use a third-party shim.
CTR = [(suite, "ctr") for suite in ("bookworm", "trixie", "sid")]
DOCKER = [(suite, "docker") for suite in ("trixie", "sid")]
CLASSIC = [(suite, "classic") for suite in ("trixie", "sid")]


def pytest_addoption(parser):
    parser.addoption("--runtime", default=OURS, help="with io.containerd.runc.v2, native guests: checks the lab itself")
    parser.addoption("--faults", action="store_true", help="the tests that kill and starve the shim, too: some minutes")
    parser.addoption("--long", action="store_true", help="faults at every point and in numbers: see test/fault")
    parser.addoption("--prefix", help="where `cmake --install` put the programs under test (default: $WASMEDGE_PREFIX)")


def pytest_configure(config):
    config.addinivalue_line("markers", "complaints: containerd's log may well hold warnings and errors about this")
    config.addinivalue_line("markers", "where((suite, client), …): on these alone, where one engine tells as much as all")
    config.addinivalue_line("markers", "settle(seconds): how long the test's remains may take to go")


def pytest_report_header(config):
    return [f"{suite}: {engines.engine(suite)}" for suite in engines.SUITES] + [f"runtime: {config.getoption('runtime')}"]


def pytest_generate_tests(metafunc):
    """Each fixture name stands for a set of clients, so that all tests of one engine run together."""
    sets = {"client": CTR + DOCKER + CLASSIC, "ctr": CTR, "docker": DOCKER + CLASSIC}
    marker = metafunc.definition.get_closest_marker("where")
    for name in set(sets) & set(metafunc.fixturenames):
        pairs = marker.args if marker else sets[name]
        metafunc.parametrize("where", pairs, ids=["-".join(pair) for pair in pairs], scope="session", indirect=True)


@pytest.fixture(scope="session")
def runtime(pytestconfig):
    return pytestconfig.getoption("runtime")


@pytest.fixture(scope="session")
def long(pytestconfig):
    """Whether there is time."""
    return pytestconfig.getoption("long")


@pytest.fixture(scope="session")
def faults(pytestconfig, long):
    """For what takes minutes, and a machine that does nothing else."""
    if not long and not pytestconfig.getoption("faults"):
        pytest.skip("takes minutes: run it by --faults (test/fault)")


@pytest.fixture(scope="session")
def ours_alone(runtime):
    """For what runc cannot do: run WebAssembly, or end a pid 1 that has no handler for the signal."""
    if runtime != OURS:
        pytest.skip(f"{runtime} cannot do this: this run checks the lab")


@pytest.fixture(scope="session")
def programs(pytestconfig, runtime):
    """Directories that containerd finds the shim in."""
    prefix = pytestconfig.getoption("prefix") or os.environ.get("WASMEDGE_PREFIX")
    if runtime != OURS and not prefix:
        return []
    if not prefix:
        pytest.exit("no programs to test: --prefix DIR or WASMEDGE_PREFIX=DIR, where `cmake --install` put them", 2)
    shim = pathlib.Path(prefix) / "bin/containerd-shim-wasmedge-v1"
    if not shim.exists():
        pytest.exit(f"{shim} is missing: cmake --install build/release --prefix {prefix}", 2)
    return [shim.parent]


# A shim that spoils config.json between containerd's writing it and our shim's reading it: what it does to it is the jq
# program in the file beside it, where there is one.
SPOILER = """#!/bin/sh
if [ -f "{program}" ]; then
  spoiled=$(jq -f "{program}" config.json) && printf %s "$spoiled" > config.json
fi
exec "{shim}" "$@"
"""


@pytest.fixture(scope="session")
def spoiler(programs, tmp_path_factory):
    """The file that a jq program goes into; the shim of runtime io.containerd.badspec.v1 applies it."""
    folder = tmp_path_factory.mktemp("badspec")
    program = folder / "program.jq"
    if programs:
        shim = folder / "containerd-shim-badspec-v1"
        shim.write_text(SPOILER.format(program=program, shim=programs[0] / "containerd-shim-wasmedge-v1"))
        shim.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def hosts(programs, spoiler, tmp_path_factory):
    """Starts an engine at its first use; they share one cache of compiled modules, as on a node."""
    artifacts = tmp_path_factory.mktemp("artifacts")
    running = {}

    def get(suite):
        if suite not in running:
            running[suite] = Host(engines.engine(suite), [*programs, spoiler.parent], artifacts).start()
        return running[suite]

    yield get
    errors = []
    for host in running.values():
        try:
            host.stop()
        except Exception as error:
            errors.append(f"{host.engine}: {error}")
    assert not errors, "\n".join(errors)


@pytest.fixture(scope="session")
def where(request, hosts, runtime):
    suite, kind = request.param
    host = hosts(suite)
    if kind == "ctr":
        return Ctr(host, runtime)
    return Docker(host, "classic" if kind == "classic" else "containerd", runtime)


@pytest.fixture
def client(where, runtime, request):
    """A client with which the test leaves nothing behind, whatever its outcome; warnings about our shim fail it too."""
    log = where.host.log
    start = log.stat().st_size
    before = where.host.leftovers(settle=0)  # of a test that failed for it
    yield where
    where.remove_all()
    settle = request.node.get_closest_marker("settle")
    assert where.host.leftovers(settle.args[0] if settle else 5, but=before) == []
    if runtime == OURS and not request.node.get_closest_marker("complaints"):
        with open(log, errors="replace") as lines:
            lines.seek(start)
            assert [line for line in lines if leftovers.is_complaint(line)] == []


ctr = docker = client


@pytest.fixture(scope="session")
def images(tmp_path_factory, runtime):
    """Builds and loads each image once a client: images(client, "probe") is ready to run."""
    folder = tmp_path_factory.mktemp("images")
    loaded = set()

    def get(client, name):
        # The classic store knows no wasi/wasm: there a module sits in an image of the machine's own platform.
        classic = client.kind == "docker" and client.store == "classic"
        wasm = runtime == OURS and name != "busybox" and not classic
        image = RECIPES[name]("wasi/wasm" if wasm else "linux/amd64", runtime == OURS)
        if (client, name) not in loaded:
            client.load(image, image.save(folder / f"{name}.tar"))
            loaded.add((client, name))
        return image

    return get


def _guest(name, as_wasm):
    return guests.c(name) if as_wasm else guests.native(name)


def _probe(platform, as_wasm):
    """The two C programs, with some surroundings to look at."""
    return Image(
        "probe",
        platform,
        files={
            "/bin/probe": _guest("probe", as_wasm),
            "/bin/show": _guest("show", as_wasm),
            "/etc/greeting": b"from the image\n",
        },
        directories={"/data": 0o777, "/tmp": 0o1777, "/private": 0o700},
        entrypoint=["/bin/probe"],
        env={"FROM_IMAGE": "yes", "PATH": "/usr/bin:/bin"},
    )


def _probe_user(platform, as_wasm):
    """The same, for a user who is not root."""
    return dataclasses.replace(_probe(platform, as_wasm), name="probe-user", user="1000")


def _rust(platform, as_wasm):
    return Image("hello-rust", platform, files={"/hello.wasm": guests.rust()}, entrypoint=["/hello.wasm"])


def _threads(platform, as_wasm):
    """Threads; there is no native build of it."""
    files = {"/threads.wasm": guests.threads(), "/mandelbrot.wasm": guests.threads(TREE / "deploy/examples/threads/mandelbrot.c")}
    return Image("threads", platform, files=files, entrypoint=["/threads.wasm"])


def _go(platform, as_wasm):
    return Image("hello-go", platform, files={"/hello.wasm": guests.go("hello")}, entrypoint=["/hello.wasm"])


def _net(platform, as_wasm):
    """Servers and clients of deploy/examples; nothing else is in the image: no libc, no /etc."""
    files = {
        "/server.wasm": guests.example("http-c", "server"),
        "/client.wasm": guests.example("http-c", "client"),
        "/echo.wasm": guests.example("udp-echo", "echo"),
        "/rust.wasm": guests.example("http-rust", "http-rust"),
        "/go.wasm": guests.example("http-go", "http-go"),
    }
    return Image("net", platform, files=files, entrypoint=["/server.wasm"])


def _orders(platform, as_wasm):
    return Image("orders", platform, files={"/orders.wasm": guests.example("orders", "orders")}, entrypoint=["/orders.wasm"])


def _https(platform, as_wasm):
    return Image("https-c", platform, files={"/https.wasm": guests.example("https-c", "https")}, entrypoint=["/https.wasm"])


def _debian(platform, as_wasm):
    """A native image whose programs are this machine's, once /usr is mounted: for Debian's servers."""
    return Image(
        "debian",
        "linux/amd64",
        files={"/etc/passwd": b"database:x:1000:1000::/data:/bin/sh\n", "/etc/group": b"database:x:1000:\n"},
        directories={"/data": 0o777, "/tmp": 0o1777, "/usr": 0o755},
        links={each: f"usr/{each}" for each in ("bin", "sbin", "lib", "lib64")},
        user="1000",
        entrypoint=["/bin/sh", "-euc"],
    )


def _busybox(platform, as_wasm):
    return Image(
        "busybox",
        platform,
        files={"/bin/busybox": "/bin/busybox", "/bin/script": b"#!/bin/busybox sh\necho script $1\n"},
        entrypoint=["/bin/busybox"],
        cmd=["echo", "hello from busybox"],
    )


def _bad(platform, as_wasm):
    """Files that cannot be run, each for another reason."""
    good = guests.c("show").read_bytes()
    return Image(
        "bad",
        platform,
        files={
            "/text": b"this is neither\n",
            "/empty": b"",
            "/truncated.wasm": good[: len(good) // 2],
            # A section id that does not exist, right after the header.
            "/corrupt.wasm": good[:8] + b"\x7f" + good[9:],
            "/invalid.wasm": guests.wat("invalid"),
            "/unknown_import.wasm": guests.wat("unknown_import"),
            "/no_start.wasm": guests.wat("no_start"),
        },
        directories={"/folder": 0o755},
        entrypoint=["/text"],
    )


def _attempts(platform, as_wasm):
    return Image("attempts", platform, files={"/bin/attempts": guests.c("attempts")}, entrypoint=["/bin/attempts"])


def _hostile(platform, as_wasm):
    """One that would like to have more than it is given."""
    wishes = {f"io.wasmedge.wasi.{key}": value for key, value in {"network": "all", "memory": "1GiB", "preopens": "/:rw"}.items()}
    return dataclasses.replace(
        _attempts(platform, as_wasm),
        name="hostile",
        files={"/bin/attempts": guests.c("attempts"), "/etc/wasmedge/policy.toml": b'network = "all"\n'},
        labels={**wishes, "run.oci.handler": "wasm", "io.kubernetes.cri.container-type": "sandbox"},
        env={**wishes, "WASMEDGE_POLICY": "/etc/wasmedge/policy.toml", "WASMEDGE_PLUGIN_PATH": "/bin"},
        links={"/link": "/"},
    )


RECIPES = {
    "probe": _probe,
    "probe-user": _probe_user,
    "hello-rust": _rust,
    "hello-go": _go,
    "net": _net,
    "orders": _orders,
    "https": _https,
    "debian": _debian,
    "threads": _threads,
    "attempts": _attempts,
    "hostile": _hostile,
    "busybox": _busybox,
    "bad": _bad,
}
