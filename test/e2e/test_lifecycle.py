"""A detached container: what is said of it while it lives, and how it ends."""

import os
import pathlib
import time

import pytest
from lab.client import new_id
from lab.proc import is_alive, wait_until


def start(client, image, *args, **options):
    """A detached container; returns its name once the guest has begun."""
    name = new_id()
    client.run(image, *args, name=name, entrypoint="/bin/probe", detach=True, check=True, **options)
    return name


def ready(docker, name):
    wait_until(lambda: "ready" in docker.docker("logs", name).stdout, f"the guest in {name}")


@pytest.fixture
def sleeper(docker, images):
    name = start(docker, images(docker, "probe"), "sleep", "600")
    ready(docker, name)
    return name


def test_pid_is_the_real_one(client, images):
    name = start(client, images(client, "probe"), "sleep", "600")
    pid = client.pid(name)
    for namespace in ("mnt", "pid", "net", "ipc", "uts"):
        assert os.readlink(f"/proc/{pid}/ns/{namespace}") != os.readlink(f"/proc/self/ns/{namespace}"), namespace
    assert os.readlink(f"/proc/{pid}/ns/mnt") != os.readlink(f"/proc/{client.host.containerd.pid}/ns/mnt")
    assert "NSpid:\t" in (status := pathlib.Path(f"/proc/{pid}/status").read_text())
    assert status.split("NSpid:\t")[1].split("\n")[0].split()[-1] == "1"


def test_is_in_its_cgroup(client, images):
    name = start(client, images(client, "probe"), "sleep", "600")
    groups = pathlib.Path(f"/proc/{client.pid(name)}/cgroup").read_text().splitlines()
    # Version 1's controllers where there are any; else version 2's one hierarchy.
    version1 = [line.split(":")[2] for line in groups if line.split(":")[1] in ("memory", "pids", "cpu", "freezer")]
    limited = version1 or [line.split(":")[2] for line in groups]
    assert limited and all(f"/{client.host.id}" in path for path in limited), groups


def test_ctr_kill_with_sigterm_ends_it_at_once(ctr, images, ours_alone):
    name = start(ctr, images(ctr, "probe"), "sleep", "600")
    pid = ctr.pid(name)
    ctr.host.ctr("task", "kill", "-s", "SIGTERM", name)
    wait_until(lambda: not is_alive(pid), f"the end of {pid}", timeout=1)
    wait_until(lambda: "STOPPED" in ctr.host.ctr("task", "ls").stdout, "containerd to see it", timeout=5)
    done = ctr.host.ctr("task", "rm", name, check=False)
    assert "143" in done.stdout + done.stderr, done


def test_ctr_metrics(ctr, images):
    name = start(ctr, images(ctr, "probe"), "sleep", "600")
    metrics = ctr.host.ctr("task", "metrics", name).stdout
    assert "memory" in metrics and "pids.current" in metrics, metrics
    # cgroup v1 and v2 call it by different names.
    used = [line.split()[1] for line in metrics.splitlines() if line.startswith(("memory.usage_in_bytes", "memory.usage"))]
    assert int(used[0]) > 0, metrics


def test_ctr_task_ps_lists_the_pid(ctr, images):
    name = start(ctr, images(ctr, "probe"), "sleep", "600")
    assert str(ctr.pid(name)) in ctr.host.ctr("task", "ps", name).stdout


def test_logs(docker, sleeper):
    assert docker.docker("logs", sleeper).stdout == "ready\n"


def test_ps(docker, sleeper):
    line = docker.docker("ps", "--format", "{{.Names}} {{.Status}}", "--filter", f"name={sleeper}").stdout
    assert line.startswith(f"{sleeper} Up "), line


def test_inspect(docker, sleeper, runtime):
    state = docker.docker.inspect(sleeper)["State"]
    assert state["Status"] == "running" and state["Running"] and not state["OOMKilled"]
    assert is_alive(state["Pid"])
    assert docker.docker.inspect(sleeper)["HostConfig"]["Runtime"] == runtime


@pytest.mark.parametrize("verb", ["sleep", "spin"])
def test_stop_takes_less_than_a_second(docker, images, verb, ours_alone):
    name = start(docker, images(docker, "probe"), verb, "600")
    ready(docker, name)
    begin = time.monotonic()
    docker.docker("stop", name)
    took = time.monotonic() - begin
    state = docker.docker.inspect(name)["State"]
    assert took < 1, f"{took:.2f} s"
    assert state["ExitCode"] == 143 and state["Status"] == "exited"


def test_kill(docker, sleeper):
    docker.docker("kill", sleeper)
    wait_until(lambda: docker.docker.inspect(sleeper)["State"]["Status"] == "exited", "its end", timeout=5)
    assert docker.docker.inspect(sleeper)["State"]["ExitCode"] == 137


def test_kill_with_a_signal(docker, sleeper, ours_alone):
    docker.docker("kill", "-s", "INT", sleeper)
    wait_until(lambda: docker.docker.inspect(sleeper)["State"]["Status"] == "exited", "its end", timeout=5)
    assert docker.docker.inspect(sleeper)["State"]["ExitCode"] == 130


def test_wait_returns_the_status(docker, images):
    name = start(docker, images(docker, "probe"), "exit", "42")
    assert docker.docker("wait", name).stdout == "42\n"


def test_wait_for_a_running_container(docker, sleeper):
    waiter = docker.docker.popen("wait", sleeper)
    docker.docker("kill", sleeper)
    out, _ = waiter.communicate(timeout=10)
    assert out == "137\n"


def test_remove(docker, sleeper):
    refused = docker.docker("rm", sleeper, check=False)
    assert refused.returncode != 0 and "running" in refused.stderr, refused
    docker.docker("rm", "-f", sleeper)
    assert docker.docker("ps", "-aq", "--filter", f"name={sleeper}").stdout == ""


def cpu_ticks(pid):
    """What a process has used of CPUs, its children apart."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_pause_and_unpause(docker, images):
    name = start(docker, images(docker, "probe"), "spin", "600")
    ready(docker, name)
    pid = docker.pid(name)
    docker.docker("pause", name)
    assert docker.docker.inspect(name)["State"]["Status"] == "paused"
    before = cpu_ticks(pid)
    time.sleep(0.3)  # what is asserted is that nothing happens
    assert cpu_ticks(pid) == before
    docker.docker("unpause", name)
    assert docker.docker.inspect(name)["State"]["Status"] == "running"
    wait_until(lambda: cpu_ticks(pid) > before, "the guest to go on", timeout=5)


def test_a_paused_container_can_be_removed(docker, sleeper):
    pid = docker.pid(sleeper)
    docker.docker("pause", sleeper)
    docker.docker("rm", "-f", sleeper)
    assert not is_alive(pid)


def test_ctr_pause_and_resume(ctr, images):
    name = start(ctr, images(ctr, "probe"), "sleep", "600")
    ctr.host.ctr("task", "pause", name)
    assert "PAUSED" in ctr.host.ctr("task", "ls").stdout
    refused = ctr.host.ctr("task", "pause", name, check=False)
    assert refused.returncode != 0, refused
    ctr.host.ctr("task", "resume", name)
    assert "RUNNING" in ctr.host.ctr("task", "ls").stdout
    ctr.host.ctr("task", "pause", name)
    ctr.host.ctr("task", "kill", "-s", "SIGKILL", name)
    wait_until(lambda: "STOPPED" in ctr.host.ctr("task", "ls").stdout, "its end while paused", timeout=5)


def test_update(docker, images):
    name = start(docker, images(docker, "probe"), "sleep", "600", memory="64m")
    docker.docker("update", "--memory", "48m", "--memory-swap", "48m", "--pids-limit", "17", name)
    stats = docker.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", name, timeout=30).stdout
    assert stats.split()[-1] == "48MiB", stats
    groups = pathlib.Path(f"/proc/{docker.pid(name)}/cgroup").read_text().splitlines()
    paths = {kind: path for line in groups for kinds, path in [line.split(":", 2)[1:]] for kind in kinds.split(",")}
    folder = f"/sys/fs/cgroup/pids{paths['pids']}" if "pids" in paths else f"/sys/fs/cgroup{paths['']}"
    assert pathlib.Path(folder, "pids.max").read_text() == "17\n"


def test_start_again_after_the_end(docker, images):
    name = start(docker, images(docker, "probe"), "exit", "3")
    assert docker.docker("wait", name).stdout == "3\n"
    assert docker.docker("start", "-a", name, check=False).returncode == 3


def test_stats(docker, sleeper):
    stats = docker.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}} {{.PIDs}}", sleeper, timeout=30).stdout
    name, used, _, limit, pids = stats.split()
    assert name == sleeper and pids == "1", stats
    assert used not in ("0B", "--") and limit not in ("0B", "--"), stats


def test_out_of_memory(docker, images):
    name = start(docker, images(docker, "probe"), "grow", "512", memory="64m")
    assert docker.docker("wait", name, timeout=60).stdout == "137\n"
    wait_until(lambda: docker.docker.inspect(name)["State"]["OOMKilled"], "Docker to hear of it", timeout=5)


def test_memory_below_the_limit(docker, images):
    done = docker.run(images(docker, "probe"), "grow", "32", entrypoint="/bin/probe", memory="64m")
    assert done.stdout == "grew to 32 MiB\n", done


def test_ctr_memory_limit(ctr, images):
    done = ctr.run(images(ctr, "probe"), "grow", "512", entrypoint="/bin/probe", memory=64 << 20)
    assert done.returncode == 137, done


def test_trap_ends_with_134_and_says_where(client, images, ours_alone):
    done = client.run(images(client, "probe"), "trap", entrypoint="/bin/probe")
    assert done.returncode == 134, done
    assert "unreachable" in done.stderr and "main" in done.stderr, done
