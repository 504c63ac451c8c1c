"""SIGKILL of the shim's server before, in and after each call in each state: containerd's `delete` leaves nothing.

No containerd here: the test is the client, so that it decides when what happens (test/support/lab/shim.py).
"""

import os
import random
import signal
import subprocess

import pytest
from lab import guests, leftovers
from lab.proc import is_alive, run, wait_until
from lab.shim import Bundle, Gone, Node, Refused, Tracer, descriptors

pytestmark = pytest.mark.usefixtures("faults")

SLEEP = ("/bin/busybox", "sleep", "1000")
STATES = ("absent", "created", "running", "paused", "stopped")
KILLED = 128 + signal.SIGKILL


@pytest.fixture(scope="module")
def node(programs):
    with Node(programs) as node:
        node.add("probe", guests.c("probe"))
        # The module is compiled here and not in the middle of a call.
        warm = Bundle(node, "/bin/probe", "exit", "0").start()
        assert warm.run() == 0
        warm.remove()
        assert node.leftovers() == []
        yield node


def bring(bundle, state):
    """A container in a state; where it lives, with a process executed in it, and one that waits for its start."""
    bundle.start()
    if state == "absent":
        return bundle
    bundle.call("Create", **bundle.create())
    if state == "created":
        return bundle
    bundle.call("Start")
    for exec_id in ("runs", "waits"):
        bundle.call("Exec", **bundle.exec(exec_id, *SLEEP))
    bundle.call("Start", exec_id="runs")
    if state == "paused":
        bundle.call("Pause")
    if state == "stopped":
        bundle.call("Kill", signal=signal.SIGKILL)
        bundle.call("Wait")
    return bundle


def requests(bundle):
    """One of each call, by a name: (method, fields)."""
    return {
        "Create": ("Create", bundle.create()),
        "Start": ("Start", {}),
        "Start an exec": ("Start", {"exec_id": "waits"}),
        "State": ("State", {}),
        "Wait": ("Wait", {}),
        "Kill": ("Kill", {"signal": signal.SIGTERM}),
        "Kill -9 all": ("Kill", {"signal": signal.SIGKILL, "all": True}),
        "Kill an exec": ("Kill", {"signal": signal.SIGKILL, "exec_id": "runs"}),
        "Delete": ("Delete", {}),
        "Delete an exec": ("Delete", {"exec_id": "waits"}),
        "Exec": ("Exec", bundle.exec("another", *SLEEP)),
        "Pids": ("Pids", {}),
        "CloseIO": ("CloseIO", {"stdin": True}),
        "ResizePty": ("ResizePty", {"width": 80, "height": 24}),
        "Stats": ("Stats", {}),
        "Pause": ("Pause", {}),
        "Resume": ("Resume", {}),
        "Connect": ("Connect", {}),
        "Shutdown": ("Shutdown", {}),
    }


CALLS = tuple(
    "Create|Start|Start an exec|State|Wait|Kill|Kill -9 all|Kill an exec|Delete|Delete an exec|Exec|Pids|CloseIO|ResizePty|"
    "Stats|Pause|Resume|Connect|Shutdown".split("|")
)
# Those that change nothing.
LOOKS = ("State", "Wait", "Pids", "CloseIO", "ResizePty", "Stats", "Connect")


def nothing_is_left(bundle):
    """As containerd does after the death of a shim. The exit is told as 137; the container's name is free again."""
    deleted = bundle.delete()
    assert deleted.exit_status == KILLED and deleted.exited_at.seconds > 0
    assert bundle.delete().exit_status == KILLED, "and again"
    told = bundle.node.events.of(bundle.id)
    assert [topic for topic in told if topic == "create"] == told[:1], told
    assert "exit" not in told or told.index("exit") > told.index("create")
    bundle.remove()
    assert bundle.node.leftovers(settle=10) == [], "left behind"


def answer(bundle, stream):
    try:
        return bundle.connection.result(stream)
    except Refused as refused:
        return refused


@pytest.mark.parametrize("guest", ["native", "wasm"])
@pytest.mark.parametrize("state", STATES)
def test_before_and_after_each_call(node, state, guest, long):
    args = SLEEP if guest == "native" else ("/bin/probe", "sleep", "1000")
    # What the guest is makes a difference to what lives, not to what the calls do.
    calls = CALLS if guest == "native" or long else ("Kill", "Delete", "Pause")
    for call in calls:
        if call in LOOKS and state != "running" and not long:
            continue
        for moment in ("before", "after"):
            bundle = bring(Bundle(node, *args), state)
            method, fields = requests(bundle)[call]
            if moment == "before":
                os.kill(bundle.server, signal.SIGSTOP)
            stream = bundle.connection.begin(method, **({"id": bundle.id} | fields))
            waits = call == "Wait" and state in ("created", "running", "paused")
            if moment == "after" and not waits:
                answer(bundle, stream)
            shut_down = call == "Shutdown" and state == "absent" and moment == "after"
            if not shut_down:
                bundle.kill_server()
            if moment == "before" or waits:
                with pytest.raises(Gone):
                    bundle.connection.result(stream)
            nothing_is_left(bundle)


# Where each call that changes something is swept from its first system call to its last.
SWEEPS = [
    ("absent", "Create"),
    ("created", "Start"),
    ("created", "Delete"),
    ("running", "Exec"),
    ("running", "Start an exec"),
    ("running", "Kill -9 all"),
    ("running", "Pause"),
    ("paused", "Resume"),
    ("stopped", "Delete"),
]


def points_of(node, state, call, folder):
    """The system calls that the server makes for a call, after the arrival of the request."""
    bundle = bring(Bundle(node, *SLEEP), state)
    method, fields = requests(bundle)[call]
    tracer = Tracer(bundle.server, log=folder / "trace")
    bundle.call(method, **fields)
    tracer.stop()
    bundle.kill_server()
    nothing_is_left(bundle)
    return tracer.points()


def some(points, most):
    """At most so many, spread evenly, the last among them."""
    step = max(1, -(-len(points) // most))
    return points[::-1][::step][::-1]


@pytest.mark.parametrize("state,call", SWEEPS, ids=[f"{call} when {state}".replace(" ", "-") for state, call in SWEEPS])
def test_in_each_call(node, state, call, long, tmp_path):
    points = points_of(node, state, call, tmp_path)
    killed = 0
    for point in points if long else some(points, 5):
        bundle = bring(Bundle(node, *SLEEP), state)
        method, fields = requests(bundle)[call]
        tracer = Tracer(bundle.server, f"{point.name}:signal=SIGKILL:when={point.nth}")
        stream = bundle.connection.begin(method, **({"id": bundle.id} | fields))
        try:
            answer(bundle, stream)
        except Gone:
            killed += 1
        tracer.stop()
        bundle.kill_server()
        nothing_is_left(bundle)
    # Not every run makes the very same calls, above all at its end.
    assert killed > 0, f"none of {', '.join(map(str, points))} was come by"


def test_while_it_compiles(node):
    """The compiler ends by itself and fills the cache: whoever tries again finds the artifact, or its lock."""
    module = guests.c("probe").read_bytes() + b"\0\x05\x04cold"
    (node.image / "bin/cold").write_bytes(module)
    bundle = Bundle(node, "/bin/cold", "exit", "0").start()
    stream = bundle.connection.begin("Create", **bundle.create())

    def compilers():
        return [pid for pid in leftovers.processes(node) if "wasmedge-compiler" in leftovers.command(pid)]

    wait_until(compilers, "the compiler")
    bundle.kill_server()
    with pytest.raises(Gone):
        bundle.connection.result(stream)
    assert bundle.delete().exit_status == KILLED
    bundle.remove()
    wait_until(lambda: not compilers(), "the compiler's end", timeout=120)
    assert node.leftovers() == []
    again = Bundle(node, "/bin/cold", "exit", "0").start()
    assert again.run() == 0
    again.remove()


def test_a_pods_server_takes_all_its_containers_along(node):
    pod = [Bundle(node, *SLEEP, group="pod") for _ in range(3)]
    for bundle in pod:
        bundle.start()
        bundle.call("Create", **bundle.create())
        bundle.call("Start")
    assert len({bundle.server for bundle in pod}) == 1
    pod[0].kill_server()
    for bundle in pod:
        assert bundle.delete().exit_status == KILLED
        bundle.remove()
    assert node.leftovers() == []


def test_another_server_takes_the_dead_ones_place(node):
    first = bring(Bundle(node, *SLEEP, group="pod"), "running")
    first.kill_server()
    second = Bundle(node, *SLEEP, group="pod").start()
    assert second.server != first.server
    assert first.delete().exit_status == KILLED
    # The socket that the first one's `address` names is the second one's now.
    second.connection.close()
    second.start()
    second.call("Create", **second.create())
    second.call("Delete")
    second.call("Shutdown")
    first.remove()
    second.remove()
    assert node.leftovers() == []


def test_starts_that_are_killed(node):
    """Many `start` at once for one pod, half of them killed at some system call: the others have one server."""
    for nth in (1, 2, 3):
        pod = [Bundle(node, *SLEEP, group=f"race-{nth}") for _ in range(6)]
        started = []
        for number, bundle in enumerate(pod):
            argv = node.command(bundle, "start")
            if number % 2 == 0:
                # Of the shim alone: nsenter makes none of these calls.
                call = ("flock", "bind", "listen", "clone3", "vfork", "rename")[(nth + number) % 6]
                at = argv.index(node.shim.__fspath__())
                kill = ["strace", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when=1"]
                argv = [*argv[:at], *kill, *argv[at:]]
            process = subprocess.Popen(argv, env=node.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            started.append(process)
        answers = [process.communicate(timeout=60)[0] for process in started]
        addresses = {answer for number, answer in enumerate(answers) if number % 2}
        assert len(addresses) == 1 and addresses != {""}, answers
        living = [bundle for number, bundle in enumerate(pod) if number % 2]
        for bundle in living:
            bundle.connect(*addresses)
            bundle.call("Create", **bundle.create())
        assert len({bundle.server for bundle in living}) == 1
        for bundle in living:
            bundle.call("Delete")
        living[0].call("Shutdown")
        for bundle in pod:
            bundle.remove()
    # A server that nobody came to waits for some seconds.
    assert node.leftovers(settle=30) == []


def test_what_nobody_asks_for_any_more(node):
    """A server that nobody connects to ends by itself, but not before containerd has been told all."""
    lonely = Bundle(node, *SLEEP)
    run(node.command(lonely, "start"), env=node.environment())
    told = bring(Bundle(node, *SLEEP), "created")
    wait_until(lambda: node.events.of(told.id) == ["create"], "the first event")
    node.events.stop()
    told.call("Delete")
    told.connection.close()
    shims = leftovers.processes(node)
    assert told.server in shims and len(shims) == 2
    wait_until(lambda: leftovers.processes(node) == [told.server], "the end of the server that nobody came to", timeout=60)
    node.events.start()
    wait_until(lambda: node.events.of(told.id) == ["create", "exit", "delete"], "the other events", timeout=20)
    told.remove()
    lonely.remove()
    assert node.leftovers(settle=40) == []


def test_events_of_an_outage(node):
    """All of them, once containerd is back, in their order."""
    bundle = bring(Bundle(node, *SLEEP), "created")
    wait_until(lambda: node.events.of(bundle.id) == ["create"], "the first event")
    node.events.stop()
    bundle.call("Start")
    bundle.call("Exec", **bundle.exec("e", *SLEEP))
    bundle.call("Start", exec_id="e")
    bundle.call("Pause")
    bundle.call("Resume")
    bundle.call("Kill", signal=signal.SIGKILL, exec_id="e")
    bundle.call("Wait", exec_id="e")
    bundle.call("Kill", signal=signal.SIGKILL)
    bundle.call("Wait")
    bundle.call("Delete")
    assert node.events.of(bundle.id) == ["create"]
    node.events.start()
    whole = "create start exec-added exec-started paused resumed exit exit delete".split()
    wait_until(lambda: node.events.of(bundle.id) == whole, f"{whole}: {node.events.of(bundle.id)}")
    exits = [message.id for topic, _, message in node.events.received if topic == "/tasks/exit" and message.container_id == bundle.id]
    assert exits == ["e", bundle.id]
    bundle.call("Shutdown")
    bundle.remove()
    assert node.leftovers() == []


def test_delete_kills_nobody_by_a_number(node):
    """A bundle of long ago: its pid is another's by now, its cgroup has gone."""
    bundle = bring(Bundle(node, *SLEEP), "running")
    bundle.kill_server()
    bundle.delete()
    (bundle.path / "init.pid").write_text(str(os.getpid()))
    (bundle.path / "cgroup").write_text(f"/{node.id}/gone")
    deleted = bundle.delete()
    assert (deleted.pid, deleted.exit_status) == (os.getpid(), KILLED)
    assert is_alive(os.getpid())
    bundle.remove()
    assert node.leftovers() == []


def test_calls_in_random_order(node, long):
    """On the real thing what test/unit/task/random_calls does with a fake machine: states by chance."""
    for seed in range(200 if long else 5):
        choose = random.Random(seed).choice
        group = f"random-{seed}"
        bundles = [Bundle(node, *SLEEP, group=group).start() for _ in range(3)]
        for _ in range(60):
            bundle = choose(bundles)
            method, fields = requests(bundle)[choose([call for call in CALLS if call not in ("Wait", "Shutdown")])]
            if method == "Exec":
                fields = bundle.exec(choose(["runs", "waits"]), *SLEEP)
            answer(bundle, bundle.connection.begin(method, **({"id": bundle.id} | fields)))
        for bundle in bundles:
            for method, fields in (("Kill", {"signal": signal.SIGKILL}), ("Wait", {}), ("Delete", {})):
                answer(bundle, bundle.connection.begin(method, id=bundle.id, **fields))
            with pytest.raises(Refused):
                bundle.call("State")
        assert descriptors(bundles[0].server) < 30, f"seed {seed}"
        bundles[0].call("Shutdown")
        for bundle in bundles:
            wait_until(lambda: in_order(node.events.of(bundle.id)), f"seed {seed}: {node.events.of(bundle.id)}")  # noqa: B023
            bundle.remove()
        assert node.leftovers() == [], f"seed {seed}"


def in_order(told):
    """Whether these are whole lives: each begins with create and ends with exit and delete."""
    lives = " ".join(told).split(" delete")
    ordered = all(life.split()[:1] == ["create"] and life.split()[-1] == "exit" for life in lives[:-1])
    return ordered and lives[-1] == ""
