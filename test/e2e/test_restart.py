"""containerd and Docker are killed and start again, under load: nobody's container notices.

Each test has engines of its own, since it kills them.
"""

import concurrent.futures
import threading

import pytest
from conftest import DOCKER
from lab import engines, guests
from lab.client import Ctr, Docker, new_id
from lab.cri import Cri, CriHost, Pod
from lab.host import Host
from lab.image import Image
from lab.proc import LabError, is_alive, wait_until
from pods import BUSYBOX

pytestmark = pytest.mark.usefixtures("faults")

# Prints a line every now and then, for ever.
TICK = "i=0; while true; do echo tick $i; i=$((i+1)); /bin/busybox usleep 20000; done"
# Ends by itself, with status 7, when the file is there.
UNTIL = "while [ ! -e /flags/go ]; do /bin/busybox usleep 20000; done; echo gone; exit 7"


class Load:
    """Containers that come and go, one after another, in some threads, until stop(); those that fail are counted."""

    def __init__(self, run, threads=4):
        self.run = run
        self.stopping = threading.Event()
        self.done = 0
        self.failed = 0
        self.pool = concurrent.futures.ThreadPoolExecutor(threads)
        self.futures = [self.pool.submit(self._work) for _ in range(threads)]

    def _work(self):
        while not self.stopping.is_set():
            try:
                ok = self.run().returncode == 0
            except LabError:  # not to its end
                ok = False
            if ok:
                self.done += 1
            else:
                self.failed += 1

    def at_work(self):
        wait_until(lambda: self.done >= 3, "the load to be at work")

    def stop(self):
        self.stopping.set()
        self.pool.shutdown(wait=True)
        for future in self.futures:
            future.result()


@pytest.fixture
def flags(tmp_path):
    """A directory of which containers see files come."""
    folder = tmp_path / "flags"
    folder.mkdir()
    return folder


@pytest.fixture(params=engines.SUITES)
def host(request, programs, tmp_path):
    with Host(engines.engine(request.param), programs, tmp_path, log_level="trace") as host:
        yield host


def forwarded(host, since, topic):
    """How many events of a topic this containerd was sent, by its log from `since` on."""
    text = host.log.read_text(errors="replace")[since:]
    return sum(1 for line in text.splitlines() if 'msg="event forwarded"' in line and f"topic={topic}" in line)


def test_ctr(host, runtime, flags, tmp_path):
    client = Ctr(host, runtime)
    image = Image("busybox", "linux/amd64", files={"/bin/busybox": "/bin/busybox"}, links={"/bin/sh": "busybox"})
    probe = Image("probe", "wasi/wasm", files={"/probe": guests.c("probe")}, entrypoint=["/probe"])
    for each in (image, probe):
        client.load(each, each.save(tmp_path / f"{each.name}.tar"))
    volume = [(flags, "/flags", "ro")]
    names = {}

    def start(kind, image, *args, **options):
        names[kind] = new_id()
        client.run(image, *args, name=names[kind], detach=True, check=True, **options)

    log = tmp_path / "ticks"
    start("ticks", image, "/bin/sh", "-c", TICK, log_uri=f"file://{log}")
    start("ends", image, "/bin/sh", "-c", UNTIL, volumes=volume)
    start("wasm", probe, "sleep", "1000")
    start("paused", probe, "sleep", "1000")
    host.ctr("task", "pause", names["paused"])
    host.ctr("task", "exec", "--detach", "--exec-id", "beside", names["ticks"], "/bin/busybox", "sleep", "1000")
    pids = {kind: client.pid(name) for kind, name in names.items()}
    load = Load(lambda: client.run(probe, "exit", "0"))
    try:
        load.at_work()
        host.kill_containerd()
        since = host.log.stat().st_size
        (flags / "go").touch()
        wait_until(lambda: not is_alive(pids["ends"]), "an end that containerd does not see")
        ticks = log.stat().st_size
        wait_until(lambda: log.stat().st_size > ticks, "the log to go on without containerd")
        host.restart_containerd()
        done = load.done
        wait_until(lambda: load.done > done, "the load to go on")
    finally:
        load.stop()

    tasks = {line.split()[0]: line.split()[1:] for line in host.ctr("task", "ls").stdout.splitlines()[1:]}
    expected = {"ticks": "RUNNING", "ends": "STOPPED", "wasm": "RUNNING", "paused": "PAUSED"}
    assert {kind: tasks.get(name) for kind, name in names.items()} == {
        kind: [str(pids[kind]), state] for kind, state in expected.items()
    }
    wait_until(lambda: forwarded(host, since, "/tasks/exit"), "the exit to be told to the new containerd", timeout=10)
    assert "beside" in host.ctr("task", "ps", names["ticks"]).stdout
    ticks = log.stat().st_size
    wait_until(lambda: log.stat().st_size > ticks, "the log to go on")
    numbers = [int(line.split()[1]) for line in log.read_text().splitlines()[:-1]]
    assert numbers == list(range(len(numbers))), "a line is lost"
    # Each can be handled as ever, and the exit that nobody saw has its status.
    host.ctr("task", "resume", names["paused"])
    removed = host.ctr("task", "rm", names["ends"], check=False)
    assert "7" in removed.stdout + removed.stderr, removed
    for kind in ("ticks", "wasm", "paused"):
        host.ctr("task", "kill", "-s", "SIGKILL", names[kind])
        wait_until(lambda kind=kind: not is_alive(pids[kind]), f"the end of {kind}")
    client.remove_all()
    assert host.leftovers(settle=20) == []


@pytest.mark.parametrize("suite,kind", DOCKER)
def test_docker(suite, kind, programs, runtime, flags, tmp_path):
    """live-restore: first Docker alone goes, then containerd as well."""
    with Host(engines.engine(suite), programs, tmp_path) as host:
        docker = host.docker("containerd", live_restore=True)
        client = Docker(host, "containerd", runtime)
        image = Image("busybox", "linux/amd64", files={"/bin/busybox": "/bin/busybox"}, links={"/bin/sh": "busybox"}, cmd=["sh"])
        probe = Image("probe", "wasi/wasm", files={"/probe": guests.c("probe")}, entrypoint=["/probe"])
        for each in (image, probe):
            client.load(each, each.save(tmp_path / f"{each.name}.tar"))
        for containerd_too in (False, True):
            names = {kind: new_id() for kind in ("ticks", "ends", "wasm")}
            client.run(image, "sh", "-c", TICK, name=names["ticks"], detach=True, check=True)
            client.run(image, "sh", "-c", UNTIL, name=names["ends"], detach=True, check=True, volumes=[(flags, "/flags", "ro")])
            client.run(probe, "sleep", "1000", name=names["wasm"], detach=True, check=True)
            pids = {kind: client.pid(name) for kind, name in names.items()}
            load = Load(lambda: client.run(probe, "exit", "0"), threads=2)
            try:
                load.at_work()
                docker.kill()
                if containerd_too:
                    host.kill_containerd()
                (flags / "go").touch()
                wait_until(lambda: not is_alive(pids["ends"]), "an end that Docker does not see")  # noqa: B023
                if containerd_too:
                    host.restart_containerd()
                docker.restart()
                done = load.done
                wait_until(lambda: load.done > done, "the load to go on")  # noqa: B023
            finally:
                load.stop()
            (flags / "go").unlink()
            states = {kind: docker.inspect(name)["State"] for kind, name in names.items()}
            assert {kind: (state["Status"], state["Pid"]) for kind, state in states.items()} == {
                "ticks": ("running", pids["ticks"]),
                "ends": ("exited", 0),
                "wasm": ("running", pids["wasm"]),
            }
            assert states["ends"]["ExitCode"] == 7
            lines = docker("logs", names["ticks"]).stdout.splitlines()
            wait_until(lambda: len(docker("logs", names["ticks"]).stdout.splitlines()) > len(lines), "the log to go on")  # noqa: B023
            docker("kill", names["wasm"])
            assert docker("wait", names["wasm"]).stdout == "137\n"
            client.remove_all()
            # Docker's own notes on containers that it was making when it died stay, with any runtime.
            wait_until(lambda: [left for left in host.leftovers(settle=0) if f"{docker.home}/" not in left] == [], "a clean end")


@pytest.mark.parametrize("suite", engines.SUITES)
def test_pods(suite, programs, long, flags, tmp_path):
    """Pods are loaded again, each with its containers; 100 of them in the long run."""
    count = 100 if long else 8
    with CriHost(engines.engine(suite), programs, tmp_path) as host:
        cri = Cri(host)
        wait_until(cri.ready, "CRI and its network to be ready")
        images = [
            Image("pause", "linux/amd64", files={"/pause": guests.native("pause")}, entrypoint=["/pause"]),
            BUSYBOX,
            Image("probe", "linux/amd64", files={"/bin/probe": guests.c("probe")}, entrypoint=["/bin/probe"]),
        ]
        for image in images:
            host.ctr("image", "import", image.save(host.home / f"{image.name}.tar"))
        wait_until(lambda: len(cri.ListImages().images) == 3, "CRI to know the images")
        mounts = [{"container_path": "/flags", "host_path": str(flags), "readonly": True}]

        def make(number):
            pod = Pod(cri, "wasmedge")
            if number == 0:
                return pod, pod.start(BUSYBOX, "/bin/sh", "-c", TICK)
            if number == 1:
                return pod, pod.start(BUSYBOX, "/bin/sh", "-c", UNTIL, mounts=mounts)
            return pod, pod.start(images[2], "/bin/probe", "sleep", "1000")

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            made = list(pool.map(make, range(count)))
        pids = [cri.pid(container) for _, container in made[:4]]
        host.kill_containerd()
        (flags / "go").touch()
        wait_until(lambda: not is_alive(pids[1]), "an end that containerd does not see")
        host.restart_containerd()
        cri = Cri(host)
        wait_until(cri.ready, "CRI to be ready again")
        assert {item.state for item in cri.ListPodSandbox().items} == {cri.api.SANDBOX_READY}
        states = {item.id: item.state for item in cri.ListContainers().containers}
        expected = {container: cri.api.CONTAINER_RUNNING for _, container in made}
        expected[made[1][1]] = cri.api.CONTAINER_EXITED
        assert states == expected
        for pod, _ in made:
            pod.cri = cri
        assert made[1][0].status(made[1][1]).exit_code == 7
        assert [cri.pid(container) for _, container in made[2:4]] == pids[2:4]
        ticks, container = made[0]
        before = ticks.log(container)
        ticks.saw(container, f"tick {len(before.splitlines()) + 10}\n")
        for pod, _ in made:
            pod.remove()
        assert host.leftovers(settle=20) == []
