"""The machine has no more of something: a call fails with the reason, leaves nothing, and the server goes on.

Calls to the shim one by one (test/support/lab/shim.py), each failing where strace has the kernel fail it.
"""

import contextlib
import errno
import os
import pathlib
import resource
import shutil
import signal
import time

import pytest
from lab import guests, leftovers
from lab.proc import is_alive, wait_until
from lab.shim import Bundle, Node, Refused, Tracer, descriptors
from test_server_killed import SLEEP, some

pytestmark = pytest.mark.usefixtures("faults")

# What a system call says where the machine has no more.
SHORT_OF = {
    "openat": "EMFILE",
    "openat2": "EMFILE",
    "socketpair": "EMFILE",
    "pipe2": "EMFILE",
    "fcntl": "EMFILE",
    "pidfd_open": "EMFILE",
    "epoll_ctl": "ENOSPC",
    "clone3": "EAGAIN",
    "clone": "EAGAIN",
    "vfork": "EAGAIN",
    "mkdir": "ENOSPC",
    "mkdirat": "ENOSPC",
    "write": "ENOSPC",
    "rename": "ENOSPC",
    "mmap": "ENOMEM",
    "brk": "ENOMEM",
    "sendmsg": "ENOBUFS",
}


@pytest.fixture(scope="module")
def node(programs):
    with Node(programs) as node:
        node.add("probe", guests.c("probe"))
        yield node


@pytest.fixture
def pod(node):
    """A pod whose server lives through the whole test."""
    pause = Bundle(node, *SLEEP, group="scarce").start()
    pause.call("Create", **pause.create())
    pause.call("Start")
    yield pause
    pause.call("Kill", signal=signal.SIGKILL)
    pause.call("Wait")
    pause.call("Delete")
    pause.call("Shutdown")
    pause.remove()
    assert node.leftovers() == []


def create(bundle):
    return bundle.call("Create", **bundle.create())


def execute(bundle):
    bundle.call("Exec", **bundle.exec("e", *SLEEP))
    return bundle.call("Start", exec_id="e")


def traced(pod, call, prepare, inject=None, log="/dev/null"):
    """A call on a new container of the pod, with strace: (the refusal or None, the Tracer)."""
    bundle = Bundle(pod.node, *SLEEP, group=pod.group, stdio=True).start()
    prepare(bundle)
    tracer = Tracer(pod.server, inject, log)
    refused = None
    try:
        call(bundle)
    except Refused as refusal:
        refused = refusal
    tracer.stop()
    # Whatever was made of it can be removed in the ordinary way.
    with contextlib.suppress(Refused):
        bundle.call("Kill", signal=signal.SIGKILL)
        bundle.call("Wait")
    with contextlib.suppress(Refused):
        bundle.call("Delete")
    bundle.remove()
    return refused, tracer


@pytest.mark.parametrize("what", ["create", "exec"])
def test_each_thing_that_the_kernel_may_refuse(pod, what, long, tmp_path):
    def begin(bundle):
        create(bundle)
        bundle.call("Start")

    call, prepare = (create, lambda _: None) if what == "create" else (execute, begin)
    refused, tracer = traced(pod, call, prepare, log=tmp_path / "trace")
    assert refused is None
    rest = pod.node.leftovers(settle=0)
    points = [point for point in tracer.points() if point.name in SHORT_OF]
    assert len(points) > 10
    before = descriptors(pod.server)
    refusals = 0
    for point in points if long else some(points, 14):
        error = SHORT_OF[point.name]
        refused, _ = traced(pod, call, prepare, f"{point.name}:error={error}:when={point.nth}")
        assert is_alive(pod.server), f"{error} of {point} ended the server"
        assert pod.node.leftovers(but=rest) == [], f"after {error} of {point}"
        if refused:
            refusals += 1
            reason = os.strerror(getattr(errno, error))
            assert reason in refused.text or "out of memory" in refused.text, f"{error} of {point}: {refused}"
    assert refusals > 0
    wait_until(lambda: descriptors(pod.server) <= before, f"{before} descriptors as before: {descriptors(pod.server)}", timeout=10)
    refused, _ = traced(pod, call, prepare)
    assert refused is None, "the server is not what it was"


def test_no_descriptors_left(pod):
    """A limit so low that nothing can be made, then a higher one, and so on, until it can."""
    limits = resource.prlimit(pod.server, resource.RLIMIT_NOFILE)
    bundle = Bundle(pod.node, *SLEEP, group=pod.group, stdio=True).start()
    used = descriptors(pod.server)
    refusals = []
    for more in range(200):
        resource.prlimit(pod.server, resource.RLIMIT_NOFILE, (used + more, limits[1]))
        try:
            create(bundle)
            break
        except Refused as refused:
            refusals.append(refused.text)
    resource.prlimit(pod.server, resource.RLIMIT_NOFILE, limits)
    assert len(refusals) > 3
    assert [text for text in refusals if "Too many open files" not in text] == []
    bundle.call("Delete")
    bundle.remove()


@pytest.fixture
def full_group(node):
    """A cgroup that no process may be added to by fork(2)."""
    groups = [folder for folder in leftovers._hierarchies() if (folder / "cgroup.procs").exists()]
    pids = [folder for folder in groups if "pids" in folder.name.split(",") or folder == leftovers.CGROUPS]
    if not pids:
        pytest.skip("this machine has no pids controller")
    group = pids[0] / f"{node.id}-full"
    group.mkdir()
    if not (group / "pids.max").exists():
        group.rmdir()
        pytest.skip("the pids controller is not for this machine's root group")
    yield group
    leftovers._rmdir(group)


def test_no_processes_left(pod, full_group):
    home = next(line.split(":")[2] for line in pathlib.Path(f"/proc/{pod.server}/cgroup").read_text().splitlines() if "pids" in line)
    (full_group / "pids.max").write_text("1")
    (full_group / "cgroup.procs").write_text(str(pod.server))
    bundle = Bundle(pod.node, *SLEEP, group=pod.group)
    bundle.connect(f"unix://{(pod.path / 'address').read_text().removeprefix('unix://')}")
    with pytest.raises(Refused) as refused:
        create(bundle)
    assert "Resource temporarily unavailable" in refused.value.text, refused.value
    (full_group.parent / home.strip("/") / "cgroup.procs").write_text(str(pod.server))
    create(bundle)
    bundle.call("Delete")
    bundle.remove()


def test_a_container_with_too_little_memory(pod):
    bundle = Bundle(pod.node, "/bin/probe", "exit", "0", group=pod.group, resources={"memory": {"limit": 32 * 1024}}).start()
    with pytest.raises(Refused) as refused:
        create(bundle)
    assert "for lack of memory: raise the container's limit" in refused.value.text, refused.value
    bundle.remove()


def test_a_full_pipe(pod):
    """Nobody reads the container's output: it waits, and can be killed and deleted all the same."""
    bundle = Bundle(pod.node, "/bin/probe", "spew", "1", group=pod.group, stdio=True).start()
    pid = create(bundle).pid
    bundle.call("Start")
    wait_until(lambda: pathlib.Path(f"/proc/{pid}/wchan").read_text().startswith("anon_pipe_write")
               or "pipe" in pathlib.Path(f"/proc/{pid}/stack").read_text(), "a full pipe")  # fmt: skip
    began = time.monotonic()
    bundle.call("Kill", signal=signal.SIGKILL)
    assert bundle.call("Wait").exit_status == 137
    bundle.call("Delete")
    assert time.monotonic() - began < 10
    bundle.remove()


@pytest.fixture
def compiler(programs, tmp_path):
    """A node whose compiler is started by a script: compiler(its words) makes one."""
    nodes = []

    def make(script):
        for program in pathlib.Path(programs[0]).iterdir():
            shutil.copy(program, tmp_path / program.name)
        (tmp_path / "wasmedge-compiler").write_text(f"#!/bin/sh\n{script}\n")
        nodes.append(Node([tmp_path]).start())
        nodes[0].add("probe", guests.c("probe"))
        return nodes[0]

    yield make
    for node in nodes:
        node.stop()


@pytest.mark.parametrize("what,reason", [("--cpu-limit 1", "1 s of CPU time"), ("--time-limit 1", "1 s")])
def test_a_compiler_that_needs_too_much(compiler, programs, what, reason):
    node = compiler(f'exec {programs[0]}/wasmedge-compiler {what} "$@"')
    node.add("large", guests.go("hello"))
    bundle = Bundle(node, "/bin/large").start()
    with pytest.raises(Refused) as refused:
        create(bundle)
    assert reason in refused.value.text and "/bin/large" in refused.value.text, refused.value
    bundle.call("Shutdown")
    bundle.remove()


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("whose,reason", [("its own", "the compiler died"), ("its child's", "ran out of memory")])
def test_a_compiler_that_is_killed(node, pod, whose, reason):
    """By somebody, or by the kernel for lack of memory, in the middle."""
    (node.image / "bin/large").write_bytes(guests.go("hello").read_bytes() + b"\0\x06\x05large")
    bundle = Bundle(node, "/bin/large", group=pod.group).start()
    stream = bundle.connection.begin("Create", **bundle.create())
    # It compiles in a child of its own, which takes a moment to be there.
    pairs = wait_until(
        lambda: [(pid, children(pid)) for pid in children(pod.server) if "compiler" in leftovers.command(pid) and children(pid)],
        "the compiler",
    )
    compiler, (child,) = pairs[0]
    os.kill(compiler if whose == "its own" else child, signal.SIGKILL)
    with pytest.raises(Refused) as refused:
        bundle.connection.result(stream)
    assert reason in refused.value.text, refused.value
    bundle.remove()
    again = Bundle(node, "/bin/probe", "exit", "5", group=pod.group).start()
    assert again.run() == 5
    again.remove()


def test_torn_artifact(node, pod):
    """It is compiled anew."""
    def life():
        bundle = Bundle(node, "/bin/probe", "exit", "5", group=pod.group).start()
        status = bundle.run()
        bundle.remove()
        return status

    assert life() == 5
    artifacts = [file for file in node.artifacts.rglob("*") if file.is_file() and file.stat().st_size > 4096]
    assert artifacts
    for artifact in artifacts:
        os.truncate(artifact, artifact.stat().st_size // 2)
    assert life() == 5
