"""Figures and the lack of memory, as containerd tells them."""

import json
import subprocess

import pytest

from lab.client import new_id
from lab.proc import wait_until

MIB = 1 << 20

# Forks one that eats, says how it ended, and stays.
STARVE_A_CHILD = "/bin/busybox tail /dev/zero; echo child: $?; exec /bin/busybox sleep 1000"


@pytest.fixture
def events(ctr):
    """The events of the lab's containerd from here on, one line each."""
    process = subprocess.Popen(
        ctr.host.ctr_command("events"), env=ctr.host.environment(), stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        yield process.stdout
    finally:
        process.kill()
        process.wait()


def test_oom_of_a_child_is_told_while_the_container_lives(ctr, images, events):
    busybox = images(ctr, "busybox")
    name = new_id()
    ctr.run(busybox, "sh", "-c", STARVE_A_CHILD, name=name, memory=32 * MIB, detach=True, check=True)
    topics = []
    for line in events:
        topics += [word for word in line.split() if word.startswith("/tasks/")]
        if "/tasks/oom" in topics:
            break
    assert topics == ["/tasks/create", "/tasks/start", "/tasks/oom"]
    assert ctr.pid(name) > 0
    assert name in [line.split()[0] for line in ctr.host.ctr("task", "ls").stdout.splitlines() if "RUNNING" in line]


def test_metrics(ctr, images):
    busybox = images(ctr, "busybox")
    name = new_id()
    ctr.run(busybox, "sleep", "1000", name=name, memory=64 * MIB, detach=True, check=True)
    metrics = {}

    def told():
        metrics.update(json.loads(ctr.host.ctr("task", "metrics", "--format", "json", name).stdout))
        return metrics["memory"]

    wait_until(told, "metrics")
    memory = metrics["memory"]
    if "usage" in memory and isinstance(memory["usage"], dict):  # control groups version 1
        assert memory["usage"]["limit"] == 64 * MIB
        assert 0 < memory["usage"]["usage"] <= memory["usage"]["max"]
        # Nanoseconds: a sleeper's start takes more than a microsecond and less than ten seconds.
        assert 10**3 < metrics["cpu"]["usage"]["total"] < 10**10
        assert "memory_oom_control" in metrics
    else:
        assert memory["usage_limit"] == 64 * MIB
        assert 10 < metrics["cpu"]["usage_usec"] < 10**7
    assert metrics["pids"]["current"] == 1
