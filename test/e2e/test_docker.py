"""Docker's other options and verbs, as its users know them."""

import dataclasses
import json
import pathlib
import time

import pytest
from lab.proc import wait_until

# A native program in a module's container, where a test wants one.
BUSYBOX = ("-v", "/bin/busybox:/bin/busybox:ro")
FOREVER = ("sleep", "1000000")


@pytest.fixture
def run(docker, images, runtime):
    """docker run -d of the probe: run(name, *arguments of the probe, flags=…)."""
    image = images(docker, "probe")

    def start(name, *args, flags=(), detach=True):
        platform = [f"--platform={image.platform}"] if docker.store == "containerd" else []
        options = ["--runtime", runtime, *platform, "--network=none", "--name", name, *flags]
        return docker.docker("run", *(["-d"] if detach else []), *options, image.name, *args, check=detach)

    return start


def state(docker, name):
    return docker.docker.inspect(name)["State"]


def namespace(pid, kind):
    return pathlib.Path(f"/proc/{pid}/ns/{kind}").readlink()


def ready(docker, name):
    wait_until(lambda: "ready" in docker.docker("logs", name).stdout, f"the guest in {name}")


def test_top_lists_the_processes(docker, run):
    run("box", *FOREVER, flags=BUSYBOX)
    assert str(docker.pid("box")) in docker.docker("top", "box").stdout
    process = docker.exec_popen("box", "/bin/busybox", "sh", "-c", "echo up; exec busybox sleep 1000")
    assert process.stdout.readline() == "up\n"
    assert "busybox sleep 1000" in docker.docker("top", "box", "-o", "pid,args").stdout
    docker.docker("rm", "-f", "box")
    process.communicate(timeout=30)


def test_cp_to_and_from_a_container_that_runs_and_one_that_does_not(docker, run, tmp_path):
    (tmp_path / "in").write_text("copied\n")
    run("box", *FOREVER)
    docker.docker("cp", tmp_path / "in", "box:/data/in")
    assert docker.exec("box", "/bin/probe", "read", "/data/in").stdout == "copied\n"
    docker.exec("box", "/bin/probe", "write", "/data/out", "back", check=True)
    docker.docker("kill", "box")
    docker.docker("wait", "box")
    docker.docker("cp", "box:/data/out", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "back"
    assert {"A /data/in", "A /data/out"} <= set(docker.docker("diff", "box").stdout.splitlines())


def test_restart(docker, run):
    run("box", *FOREVER)
    ready(docker, "box")
    before = docker.pid("box")
    docker.docker("restart", "box")
    assert docker.pid("box") != before and state(docker, "box")["Running"]
    assert docker.docker("logs", "box").stdout.startswith("ready\n")


def test_restart_policy(docker, run):
    run("box", "exit", "3", flags=["--restart=on-failure:2"])
    wait_until(lambda: docker.docker.inspect("box")["RestartCount"] == 2 and state(docker, "box")["Status"] == "exited", "two restarts")
    assert state(docker, "box")["ExitCode"] == 3


def test_namespaces_of_another_container(docker, run):
    run("first", *FOREVER, flags=["--ipc=shareable"])
    run("second", *FOREVER, flags=["--pid=container:first", "--ipc=container:first"])
    first, second = docker.pid("first"), docker.pid("second")
    for kind in ("pid", "ipc"):
        assert namespace(first, kind) == namespace(second, kind), kind
    docker.docker("rm", "-f", "second")
    assert state(docker, "first")["Running"]


def test_the_network_of_another_container(docker, run, runtime, images):
    run("first", *FOREVER)
    image = images(docker, "probe")
    platform = [f"--platform={image.platform}"] if docker.store == "containerd" else []
    docker.docker("run", "-d", "--runtime", runtime, *platform, "--network=container:first", "--name", "second", image.name, *FOREVER)
    assert namespace(docker.pid("first"), "net") == namespace(docker.pid("second"), "net")


def test_the_nodes_namespaces(docker, run):
    run("box", *FOREVER, flags=["--pid=host", "--ipc=host", "--uts=host"])
    daemon = docker.docker.daemon.pid
    for kind in ("pid", "ipc", "uts"):
        assert namespace(docker.pid("box"), kind) == namespace(daemon, kind), kind


@pytest.mark.complaints  # the last check may meet the container's end
def test_health_of_a_module_by_a_module(docker, images, run, tmp_path, runtime):
    """HEALTHCHECK CMD in the image."""
    image = images(docker, "probe")
    check = {"Test": ["CMD", "/bin/probe", "read", "/data/healthy"], "Interval": 100_000_000, "Retries": 1}
    healthy = dataclasses.replace(image, name="healthy", healthcheck=check)
    docker.load(healthy, healthy.save(tmp_path / "healthy.tar"))
    platform = [f"--platform={image.platform}"] if docker.store == "containerd" else []
    docker.docker("run", "-d", "--runtime", runtime, *platform, "--network=none", "--name", "box", "healthy", *FOREVER)
    wait_until(lambda: state(docker, "box")["Health"]["Status"] == "unhealthy", "Docker to see that it is not well")
    assert "/data/healthy" in state(docker, "box")["Health"]["Log"][-1]["Output"]
    docker.exec("box", "/bin/probe", "write", "/data/healthy", "yes", check=True)
    wait_until(lambda: state(docker, "box")["Health"]["Status"] == "healthy", "Docker to see that it is well")


@pytest.mark.complaints
def test_health_by_a_native_program(docker, run):
    """Its /proc is its own: the module has none."""
    flags = [*BUSYBOX, "-v", "/bin/busybox:/bin/sh:ro", "--health-cmd=busybox test -d /proc/1", "--health-interval=100ms"]
    run("box", *FOREVER, flags=flags)
    wait_until(lambda: state(docker, "box")["Health"]["Status"] == "healthy", "Docker to see that it is well")


def test_init(docker, run):
    """--init puts a program of Docker's before the module, which needs none: it ends at a signal."""
    run("box", *FOREVER, flags=["--init"])
    ready(docker, "box")
    docker.docker("stop", "box")
    assert state(docker, "box")["ExitCode"] == 143


def test_commit_and_export(docker, run, runtime):
    run("box", "write", "/data/file", "kept")
    docker.docker("wait", "box")
    docker.docker("commit", "box", "committed")
    platform = ["--platform=wasi/wasm"] if docker.store == "containerd" and runtime != "io.containerd.runc.v2" else []
    done = docker.docker("run", "--rm", "--runtime", runtime, *platform, "--network=none", "committed", "read", "/data/file")
    assert done.stdout == "kept"


def test_limits_are_in_force_and_seen(docker, run):
    run("box", *FOREVER, flags=["--cpus=0.5", "--memory=64m", "--ulimit=nofile=123:456", "--oom-score-adj=700"])
    pid = docker.pid("box")
    assert pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text() == "700\n"
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    assert next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3:5] == ["123", "456"]
    docker.docker("update", "--cpus=0.25", "box")
    groups = pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    path = next(line.split(":", 2)[2] for line in groups if "cpu" in line.split(":")[1].split(","))
    quota = pathlib.Path(f"/sys/fs/cgroup/cpu{path}/cpu.cfs_quota_us")
    assert quota.read_text() == "25000\n"


def test_events_are_all_told(docker, run):
    run("box", "exit", "5")
    docker.docker("wait", "box")
    which = f"--filter=container={docker.docker.inspect('box')['Id']}"
    events = docker.docker("events", "--since=10m", f"--until={int(time.time()) + 2}", which, "--format={{json .}}").stdout
    told = [json.loads(line) for line in events.splitlines()]
    assert [each["Action"] for each in told][:3] == ["create", "start", "die"]
    assert told[2]["Actor"]["Attributes"]["exitCode"] == "5"
