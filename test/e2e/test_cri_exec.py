"""ExecSync, Exec over WebSockets, probes: what kubelet, `kubectl exec` and critest do in containers that run."""

import json

import grpc
import pytest
from lab.cri import Stream

_STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
HANDLERS = pytest.mark.parametrize("handler", ["wasmedge", "runc"])

# (context of the container, command, does it succeed, what it writes): critest asks by ExecSync.
EXECUTED = {
    "status and streams": ({}, ["sh", "-c", "echo out; echo err >&2; exit 5"], 5, "out\n", "err\n"),
    "user": ({"run_as_user": {"value": 1001}}, ["id", "-u"], 0, "1001\n", ""),
    "groups": ({"supplemental_groups": [1234]}, ["id", "-G"], 0, "0 1234\n", ""),
    "seccomp default": ({"seccomp": {"profile_type": 0}}, ["grep", "Seccomp:", "/proc/self/status"], 0, "Seccomp:\t2\n", ""),
    "seccomp unconfined": ({"seccomp": {"profile_type": 1}}, ["grep", "Seccomp:", "/proc/self/status"], 0, "Seccomp:\t0\n", ""),
    "no capability": ({}, ["ip", "link", "set", "lo", "down"], 2, "", "ip: SIOCSIFFLAGS: Operation not permitted\n"),
    "capability": ({"capabilities": {"add_capabilities": ["NET_ADMIN"]}}, ["ip", "link", "set", "lo", "up"], 0, "", ""),
    "read-only path": ({"readonly_paths": ["/tmp"]}, ["touch", "/tmp/x"], 1, "", "touch: /tmp/x: Read-only file system\n"),
    "no_new_privs": ({"no_new_privs": True}, ["grep", "NoNewPrivs", "/proc/self/status"], 0, "NoNewPrivs:\t1\n", ""),
    "pid 1": ({}, ["cat", "/proc/1/comm"], 0, "sleep\n", ""),
}


@HANDLERS
def test_exec_sync(cri, pods, handler):
    pod = pods(handler, linux={"security_context": {"privileged": True}})
    wrong = []
    for name, (context, command, *expected) in EXECUTED.items():
        container = pod.start(cri.busybox, "/bin/sleep", "1000", context=context)
        done = cri.ExecSync(container_id=container, cmd=command, timeout=20)
        got = [done.exit_code, done.stdout.decode(), done.stderr.decode()]
        if got != expected:
            wrong.append(f"{name}: {got}, not {expected}")
    assert wrong == []


@HANDLERS
def test_exec_sync_ends_with_its_time(cri, pods, handler):
    pod = pods(handler)
    container = pod.start(cri.busybox, "/bin/sleep", "1000")
    with pytest.raises(grpc.RpcError) as error:
        cri.ExecSync(container_id=container, cmd=["sleep", "100"], timeout=1)
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error.value.details()
    assert pod.status(container).state == cri.api.CONTAINER_RUNNING


@HANDLERS
def test_a_program_that_is_not_there(cri, pods, handler):
    container = pods(handler).start(cri.busybox, "/bin/sleep", "1000")
    with pytest.raises(grpc.RpcError) as error:
        cri.ExecSync(container_id=container, cmd=["/bin/none"], timeout=10)
    assert "/bin/none" in error.value.details()


def open_exec(cri, container, *command, **options):
    return Stream(cri, cri.Exec(container_id=container, cmd=list(command), **options).url)


@HANDLERS
def test_exec_streams(cri, pods, handler):
    container = pods(handler).start(cri.busybox, "/bin/sleep", "1000")
    stream = open_exec(cri, container, "sh", "-c", "read go; echo out; echo err >&2; exit 4", stdin=True, stdout=True, stderr=True)
    stream.send(b"go\n")
    got = stream.to_its_end()
    assert (got[STDOUT], got[STDERR]) == (b"out\n", b"err\n")
    assert {"reason": "ExitCode", "message": "4"} in json.loads(got[ERROR])["details"]["causes"]


def test_exec_of_a_native_program_beside_a_module(cri, pods):
    """Its own /proc, /sys, /dev, and the pod's /dev/shm."""
    pod = pods()
    native = pod.start(cri.busybox, "/bin/sleep", "1000")
    busybox = [{"container_path": "/bin/busybox", "host_path": "/bin/busybox", "readonly": True}]
    module = pod.start(cri.probe, "/bin/probe", "sleep", "1000", mounts=busybox)
    look = "busybox ps | busybox grep -c probe; test -c /dev/null && test -d /sys/class/net && echo mine > /dev/shm/file; echo done"
    done = cri.ExecSync(container_id=module, cmd=["/bin/busybox", "sh", "-c", look], timeout=20)
    assert (done.stdout.decode().split()[1:], done.exit_code) == (["done"], 0), done
    done = cri.ExecSync(container_id=native, cmd=["cat", "/dev/shm/file"], timeout=20)
    assert done.stdout == b"mine\n", done


def test_exec_of_a_module(cri, pods):
    """A module of the rootfs beside the container's own."""
    pod = pods()
    container = pod.start(cri.probe, "/bin/probe", "sleep", "1000")
    done = cri.ExecSync(container_id=container, cmd=["/bin/show", "a"], timeout=20)
    assert done.exit_code == 7
    assert done.stdout.decode().startswith("argv[0]=/bin/show\nargv[1]=a\n")


def test_exec_on_a_terminal(cri, pods):
    container = pods().start(cri.busybox, "/bin/sleep", "1000")
    stream = open_exec(cri, container, "sh", "-c", "busybox tty; read go; busybox stty size; exit 4", stdin=True, stdout=True, tty=True)
    stream.receive(STDOUT, b"/dev/pts/0\r\n")
    stream.send(b'{"Width": 99, "Height": 33}', RESIZE)
    stream.send(b"go\n")
    got = stream.to_its_end()
    assert got[STDOUT].endswith(b"go\r\n33 99\r\n"), got
    assert {"reason": "ExitCode", "message": "4"} in json.loads(got[ERROR])["details"]["causes"]


@HANDLERS
def test_a_container_with_a_terminal(cri, pods, handler):
    pod = pods(handler)
    container = pod.start(cri.busybox, "/bin/sh", "-c", "busybox tty; read go; echo got $go; exit 3", stdin=True, tty=True)
    attached = Stream(cri, cri.Attach(container_id=container, stdin=True, stdout=True, tty=True).url)
    attached.send(b"it\n")
    attached.receive(STDOUT, b"got it\r\n")
    attached.close()
    assert pod.wait(container).exit_code == 3
    assert pod.saw(container, "/dev/pts/0")
