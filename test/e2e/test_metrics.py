"""`wasmedge metrics`: what the containers of a node did, as Prometheus reads it."""

import os
import pathlib
import re
import signal

import pytest
from lab import engines
from lab.proc import run, wait_until

pytestmark = pytest.mark.usefixtures("ours_alone")

engine = pytest.mark.where(("bookworm", "ctr"), ("sid", "ctr"), ("sid", "docker"))


@pytest.fixture
def figures(where):
    """Reads them: series -> value."""

    def read():
        text = where.host.run("wasmedge", "metrics").stdout
        return {series: float(value) for series, value in re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", text, re.M)}

    return read


def grown(figures, before, **expected):
    """Waits until the series have grown so much, no more and no less; they are counted once the call is answered."""
    names = {
        "created": 'wasmedge_creates_total{result="ok"}',
        "failed": 'wasmedge_creates_total{result="failed"}',
        "wasm": 'wasmedge_starts_total{program="wasm"}',
        "native": 'wasmedge_starts_total{program="native"}',
        "success": 'wasmedge_exits_total{outcome="success"}',
        "failure": 'wasmedge_exits_total{outcome="failure"}',
        "trap": 'wasmedge_exits_total{outcome="trap"}',
        "not_found": 'wasmedge_create_failures_total{phase="find",error="not_found"}',
        "execs": 'wasmedge_execs_total{result="ok"}',
        "create_times": "wasmedge_create_seconds_count",
        "start_times": "wasmedge_start_seconds_count",
        "servers": "wasmedge_servers_total",
    }

    def growth():
        now = figures()
        return {key: now.get(name, 0) - before.get(name, 0) for key, name in names.items()}

    wanted = {key: expected.get(key, 0) for key in names}
    try:
        wait_until(lambda: growth() == wanted, "the figures", timeout=20)
    finally:
        assert growth() == wanted


@engine
@pytest.mark.complaints
def test_containers_are_counted(client, images, figures):
    before = figures()
    probe = images(client, "probe")
    client.run(probe, "exit", "0", entrypoint="/bin/probe", check=True)
    client.run(probe, "exit", "3", entrypoint="/bin/probe")
    client.run(probe, "trap", entrypoint="/bin/probe")
    client.run(images(client, "busybox"), check=True)
    client.run(probe, entrypoint="/missing.wasm")
    grown(figures, before, created=4, failed=1, wasm=3, native=1, success=2, failure=1, trap=1, not_found=1,
          create_times=4, start_times=4, servers=5)  # fmt: skip
    now = figures()
    lookups = sum(now[f'wasmedge_cache_lookups_total{{result="{each}"}}'] for each in ("hit", "miss"))
    assert lookups >= sum(before[f'wasmedge_cache_lookups_total{{result="{each}"}}'] for each in ("hit", "miss")) + 3
    assert now["wasmedge_create_seconds_sum"] > before["wasmedge_create_seconds_sum"]


@engine
def test_prometheus_reads_it(client, images, tmp_path):
    """By promtool, whose linter also judges names, units and types."""
    client.run(images(client, "probe"), "exit", "0", entrypoint="/bin/probe", check=True)
    output = tmp_path / "wasmedge.prom"
    client.host.run("wasmedge", "metrics", "--output", output)
    text = output.read_text()
    assert output.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["wasmedge.prom"]
    done = run([engines.promtool(), "check", "metrics"], input=text)
    assert (done.stdout, done.stderr) == ("", ""), done


def parent(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.complaints
@pytest.mark.where(("sid", "ctr"))
def test_killed_servers_take_nothing_along(client, images, figures):
    before = figures()
    for _ in range(3):
        client.run(images(client, "probe"), "sleep", "100000", name="box", detach=True, entrypoint="/bin/probe", check=True)
        wait_until(lambda: figures()["wasmedge_start_seconds_count"] > before["wasmedge_start_seconds_count"], "a start")
        os.kill(parent(client.pid("box")), signal.SIGKILL)
        wait_until(lambda: not client.host.leftovers(settle=0), "the clean-up")
        client.remove_all()
    now = figures()
    assert now["wasmedge_servers_total"] - before["wasmedge_servers_total"] == 3
