"""Kubernetes' way in: containerd's CRI plugin, spoken to as kubelet and critest do. Native programs and modules alike."""

import concurrent.futures
import json
import os
import pathlib
import subprocess

import grpc
import pytest
from lab import leftovers
from lab.proc import wait_until

OURS = "wasmedge"
POD, NODE = 0, 2  # NamespaceMode

RUN = ("/bin/sh", "-c")


def test_the_life_of_a_pod(cri, pods):
    pod = pods(labels={"app": "one"})
    status = cri.PodSandboxStatus(pod_sandbox_id=pod.id).status
    assert status.state == cri.api.SANDBOX_READY
    assert status.network.ip.startswith("10.88.")
    assert [item.id for item in cri.ListPodSandbox(filter={"label_selector": {"app": "one"}}).items] == [pod.id]
    container = pod.create(cri.busybox, *RUN, "exit 7")
    assert pod.status(container).state == cri.api.CONTAINER_CREATED
    cri.StartContainer(container_id=container)
    ended = pod.wait(container)
    assert (ended.exit_code, ended.reason) == (7, "Error")
    assert [item.id for item in cri.ListContainers(filter={"pod_sandbox_id": pod.id}).containers] == [container]
    for _ in range(2):  # critest: a second time is no error
        cri.StopContainer(container_id=container, timeout=1)
    for _ in range(2):
        cri.RemoveContainer(container_id=container)
    for _ in range(2):
        cri.StopPodSandbox(pod_sandbox_id=pod.id)
    assert cri.PodSandboxStatus(pod_sandbox_id=pod.id).status.state == cri.api.SANDBOX_NOTREADY


@pytest.mark.parametrize("handler", [OURS, "runc"])
def test_started_container_runs_until_it_is_stopped(cri, pods, handler):
    """With runc too: it shows that the lab is right."""
    pod = pods(handler)
    container = pod.start(cri.busybox)
    assert pod.status(container).state == cri.api.CONTAINER_RUNNING
    cri.StopContainer(container_id=container, timeout=0)
    assert pod.status(container).exit_code == 137


def test_a_module_beside_native_programs(cri, pod):
    sidecar = pod.start(cri.busybox, *RUN, "echo up; exec sleep 1000")
    status, log = pod.run(cri.probe, "/bin/show", args=["a b"], envs=[{"key": "K", "value": b"v"}])
    assert status.exit_code == 7
    pod.saw(status.id, "env K=v")
    assert pod.log(status.id, "stdout").startswith("argv[0]=/bin/show\nargv[1]=a b\n")
    status, _ = pod.run(cri.probe, "/bin/probe", args=["trap"])
    assert status.exit_code == 134
    pod.saw(status.id, "unreachable")
    assert pod.status(sidecar).state == cri.api.CONTAINER_RUNNING
    servers = {
        line.split()[0] for line in subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout.splitlines()
        if "containerd-shim-wasmedge-v1" in line and pod.id in line
    }  # fmt: skip
    assert len(servers) == 1, "one server a pod"


def test_fifty_containers_in_a_pod(cri, pod):
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        containers = list(pool.map(lambda n: pod.start(cri.probe if n % 2 else cri.busybox, *(
            ("/bin/probe", "sleep", "1000") if n % 2 else ("/bin/sleep", "1000"))), range(50)))  # fmt: skip
        assert all(pod.status(each).state == cri.api.CONTAINER_RUNNING for each in containers)
        assert len(cri.ListContainerStats(filter={"pod_sandbox_id": pod.id}).stats) == 50
        list(pool.map(lambda each: cri.StopContainer(container_id=each, timeout=0), containers))
    assert {pod.status(each).state for each in containers} == {cri.api.CONTAINER_EXITED}


def namespace(pid, name):
    return os.readlink(f"/proc/{pid}/ns/{name}")


def test_what_containers_of_a_pod_share(cri, pods):
    pod = pods()
    native = cri.pid(pod.start(cri.busybox))
    module = cri.pid(pod.start(cri.probe, "/bin/probe", "sleep", "1000"))
    pause = cri.pid(pod.id)
    for name in ("net", "ipc", "uts"):
        assert namespace(native, name) == namespace(module, name) == namespace(pause, name), name
    for name in ("pid", "mnt"):
        assert len({namespace(pid, name) for pid in (native, module, pause)}) == 3, name


def test_shared_process_namespace(cri, pods):
    options = {"namespace_options": {"pid": POD}}
    pod = pods(linux={"security_context": options})
    context = {"namespace_options": {"pid": POD}}
    module = cri.pid(pod.start(cri.probe, "/bin/probe", "sleep", "1000", context=context))
    native = pod.start(cri.busybox, *RUN, "cat /proc/1/cmdline; echo; exec sleep 1000", context=context)
    assert pod.saw(native, "/pause")
    assert namespace(module, "pid") == namespace(cri.pid(native), "pid") == namespace(cri.pid(pod.id), "pid")
    cri.StopContainer(container_id=native, timeout=0)
    assert leftovers.is_alive(module), "the others live on"


def test_namespaces_of_the_node(cri, pods):
    names = {"network": NODE, "pid": NODE, "ipc": NODE}
    pod = pods(linux={"security_context": {"namespace_options": names}})
    for image, command in ((cri.busybox, ("/bin/sleep", "1000")), (cri.probe, ("/bin/probe", "sleep", "1000"))):
        pid = cri.pid(pod.start(image, *command, context={"namespace_options": names}))
        for name in ("net", "pid", "ipc"):
            assert namespace(pid, name) == namespace(cri.host.containerd.pid, name), name


def capability(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return line.split()[1:]
    raise LookupError(name)


# (context of the container, shell, what it writes): one pod for all.
CONTEXTS = {
    "RunAsUser and RunAsGroup": ({"run_as_user": {"value": 1001}, "run_as_group": {"value": 1002}}, "echo $(id -u):$(id -g)", "1001:1002"),
    "SupplementalGroups": ({"supplemental_groups": [1234, 5678]}, "id -G", "0 1234 5678"),
    "ReadonlyRootfs": ({"readonly_rootfs": True}, "touch /new", "touch: /new: Read-only file system"),
    "rootfs writable": ({}, "touch /new && echo found", "found"),
    "NoNewPrivs": ({"no_new_privs": True}, "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1"),
    "privileges": ({}, "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t0"),
    "MaskedPaths": ({"masked_paths": ["/bin/busybox.none", "/etc"]}, "ls /etc | grep -c . ", "0"),
    "ReadonlyPaths": ({"readonly_paths": ["/tmp"]}, "touch /tmp/test", "touch: /tmp/test: Read-only file system"),
    "Privileged": ({"privileged": True}, "mount -t tmpfs t /tmp && grep Seccomp: /proc/self/status", "Seccomp:\t0"),
    "not Privileged": ({}, "ip link set lo down", "ip: SIOCSIFFLAGS: Operation not permitted"),
    "AddCapabilities": ({"capabilities": {"add_capabilities": ["NET_ADMIN"]}}, "ip link set lo down && echo down", "down"),
    "DropCapabilities": ({"capabilities": {"drop_capabilities": ["ALL"]}}, "grep CapEff /proc/self/status", "CapEff:\t0000000000000000"),
    "seccomp unconfined": ({"seccomp": {"profile_type": 1}}, "grep Seccomp: /proc/self/status", "Seccomp:\t0"),
    "seccomp default": ({"seccomp": {"profile_type": 0}}, "grep Seccomp: /proc/self/status", "Seccomp:\t2"),
    "seccomp localhost": (
        {"seccomp": {"profile_type": 2, "localhost_ref": "DENY"}},
        "chmod 400 /tmp",
        "chmod: /tmp: Operation not permitted",
    ),
}


def test_security_contexts(cri, pods):
    """As critest has them, side by side; under runc the same commands say the same."""
    profile = cri.host.home / "deny-chmod.json"
    rules = [{"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO"}]
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}))
    wrong = []
    privileged = {"security_context": {"privileged": True}}
    for handler in (OURS, "runc"):
        pod = pods(handler, linux=privileged)
        running = {}
        for name, (context, command, expected) in CONTEXTS.items():
            context = json.loads(json.dumps(context).replace("DENY", str(profile)))
            running[name] = pod.start(cri.busybox, *RUN, command, context=context)
        for name, container in running.items():
            pod.wait(container)
            expected = CONTEXTS[name][2]
            log = pod.log(container)
            if not log.splitlines() or not log.splitlines()[-1].startswith(expected):
                wrong.append(f"{handler}: {name}: {log!r}, not {expected!r}")
    assert wrong == []


def test_modules_have_users_and_rights_too(cri, pod):
    context = {"run_as_user": {"value": 1001}, "run_as_group": {"value": 1002}, "supplemental_groups": [1234]}
    pid = cri.pid(pod.start(cri.probe, "/bin/probe", "sleep", "1000", context=context))
    assert capability(pid, "Uid:") == ["1001"] * 4
    assert capability(pid, "Gid:") == ["1002"] * 4
    assert capability(pid, "Groups:") == ["1002", "1234"] or capability(pid, "Groups:") == ["1234"]
    status, _ = pod.run(cri.probe, "/bin/probe", args=["write", "/file", "x"], context={"readonly_rootfs": True})
    assert status.exit_code == 1
    pod.saw(status.id, "/file: Read-only file system")


def test_a_group_without_a_user_is_refused(cri, pod):
    with pytest.raises(grpc.RpcError):
        pod.create(cri.busybox, context={"run_as_group": {"value": 1002}})


def test_names_and_sysctls(cri, pods):
    dns = {"servers": ["10.10.10.10"], "searches": ["lab.test"], "options": ["ndots:3"]}
    sysctls = {"kernel.shm_rmid_forced": "1", "net.ipv4.ip_local_port_range": "1024 65000"}
    pod = pods(hostname="the-host", dns_config=dns, linux={"sysctls": sysctls})
    show = "hostname; cat /etc/resolv.conf /proc/sys/kernel/shm_rmid_forced /proc/sys/net/ipv4/ip_local_port_range"
    status, _ = pod.run(cri.busybox, *RUN, show)
    log = pod.saw(status.id, "65000")
    lines = log.splitlines()
    assert lines[0] == "the-host"
    assert lines[1:4] == ["search lab.test", "nameserver 10.10.10.10", "options ndots:3"]
    assert lines[4:] == ["1", "1024\t65000"]
    status, _ = pod.run(cri.probe, "/bin/probe", args=["read", "/etc/resolv.conf"])
    assert "nameserver 10.10.10.10" in pod.saw(status.id, "options")


@pytest.mark.parametrize("handler", [OURS, "runc"])
def test_volumes_and_their_propagation(cri, pods, handler):
    """A mount of the node appears in a container that asked for it, one of a container on the node that asked for that."""
    volume = cri.host.home / f"volume-{handler}"
    (volume / "inner").mkdir(parents=True, exist_ok=True)
    (volume / "greeting").write_text("hello\n")
    cri.host.run("mount", "--bind", volume, volume)
    cri.host.run("mount", "--make-rshared", volume)
    try:
        pod = pods(linux={"security_context": {"privileged": True}})
        other = pods(handler, linux={"security_context": {"privileged": True}})

        def mount(propagation, **options):
            return [{"container_path": "/volume", "host_path": str(volume), "propagation": propagation, **options}]

        status, _ = pod.run(cri.probe, "/bin/probe", args=["read", "/volume/greeting"], mounts=mount(0))
        assert pod.saw(status.id, "hello")
        status, _ = pod.run(cri.probe, "/bin/probe", args=["write", "/volume/x", "y"], mounts=mount(0, readonly=True))
        assert status.exit_code == 1
        wait = "until [ -e /volume/go ]; do sleep 0.05; done; ls /volume/inner; echo end"
        private, slave = (pod.start(cri.busybox, *RUN, wait, mounts=mount(kind)) for kind in (0, 1))
        cri.host.run("mount", "-t", "tmpfs", "lab", volume / "inner")
        cri.host.run("touch", volume / "inner/seen", volume / "go")
        assert pod.saw(private, "end") == "end\n"
        assert pod.saw(slave, "end") == "seen\nend\n"
        cri.host.run("umount", volume / "inner")
        shared = other.start(cri.busybox, *RUN, "mount -t tmpfs lab /volume/inner && echo done && exec sleep 1000",
                             mounts=mount(2), context={"privileged": True})  # fmt: skip
        other.saw(shared, "done")
        cri.host.run("umount", volume / "inner")  # it is there
    finally:
        cri.host.run("umount", "-R", volume)


def test_logs_go_on_after_they_are_reopened(cri, pod):
    container = pod.start(cri.busybox, *RUN, "echo one; echo two >&2; until [ -e /tmp/go ]; do sleep 0.05; done; echo three")
    pod.saw(container, "one")
    pod.saw(container, "two")
    assert (pod.log(container, "stdout"), pod.log(container, "stderr")) == ("one\n", "two\n")
    path = pathlib.Path(pod.status(container).log_path)
    path.rename(path.with_suffix(".old"))
    cri.ReopenContainerLog(container_id=container)
    assert path.exists()
    pathlib.Path(f"/proc/{cri.pid(container)}/root/tmp/go").touch()
    pod.wait(container)
    assert pod.saw(container, "three") == "three\n"


def test_stats_and_update(cri, pod):
    limits = {"memory_limit_in_bytes": 64 << 20, "cpu_shares": 512}
    for image, command in ((cri.busybox, ("/bin/sleep", "1000")), (cri.probe, ("/bin/probe", "sleep", "1000"))):
        container = pod.start(image, *command, resources=limits)
        stats = cri.ContainerStats(container_id=container).stats
        assert stats.attributes.id == container
        assert 0 < stats.memory.working_set_bytes.value < 64 << 20
        assert 0 < stats.cpu.usage_core_nano_seconds.value < 10**10
        cri.UpdateContainerResources(container_id=container, linux={"memory_limit_in_bytes": 96 << 20, "cpu_shares": 256})
        group = next(line.split(":")[2].strip() for line in open(f"/proc/{cri.pid(container)}/cgroup") if ":memory:" in line)
        assert pathlib.Path(f"/sys/fs/cgroup/memory{group}/memory.limit_in_bytes").read_text() == f"{96 << 20}\n"
    sandbox = cri.PodSandboxStats(pod_sandbox_id=pod.id).stats
    assert len(sandbox.linux.containers) == 2
    assert sandbox.linux.memory.working_set_bytes.value > 0
    assert sandbox.linux.cpu.usage_core_nano_seconds.value > 0


def test_out_of_memory_is_said(cri, pod):
    command = ("/bin/sh", "-c", "a=0123456789; while :; do a=$a$a; done")
    status, _ = pod.run(cri.busybox, *command, resources={"memory_limit_in_bytes": 16 << 20, "memory_swap_limit_in_bytes": 16 << 20})
    assert status.exit_code == 137
    wait_until(lambda: pod.status(status.id).reason == "OOMKilled", "the reason OOMKilled")


def test_graceful_end(cri, pod):
    """SIGTERM, time to end, SIGKILL: a native program with a handler, one without, and a module."""
    graceful = pod.start(cri.busybox, *RUN, "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done")
    stubborn = pod.start(cri.busybox, *RUN, "trap '' TERM; echo ready; while :; do sleep 0.05; done")
    module = pod.start(cri.probe, "/bin/probe", "sleep", "1000")
    for container in (graceful, stubborn, module):
        pod.saw(container, "ready")
        cri.StopContainer(container_id=container, timeout=1 if container == stubborn else 20)
    assert [pod.status(each).exit_code for each in (graceful, stubborn, module)] == [3, 137, 143]
    assert pod.saw(graceful, "bye")


@pytest.mark.parametrize("handler", [OURS, "runc"])
def test_a_hook_before_the_end(cri, pods, handler):
    """preStop as kubelet runs it: its time counts, SIGTERM comes after it."""
    wait = "trap 'cat /tmp/stopping; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    pod = pods(handler)
    container = pod.start(cri.busybox, *RUN, wait)
    pod.saw(container, "ready")
    hook = cri.ExecSync(container_id=container, cmd=["sh", "-c", "echo drained > /tmp/stopping"], timeout=20)
    assert hook.exit_code == 0
    cri.StopContainer(container_id=container, timeout=20)
    assert pod.status(container).exit_code == 3
    assert pod.saw(container, "drained")


def group_of(cri, container, controller):
    """The directory of a container's control group of version 1."""
    for line in open(f"/proc/{cri.pid(container)}/cgroup"):
        _, controllers, path = line.strip().split(":", 2)
        if controller in controllers.split(","):
            return pathlib.Path(f"/sys/fs/cgroup/{controller}{path}")
    pytest.skip(f"there is no hierarchy of version 1 with {controller}")


@pytest.mark.parametrize("handler", [OURS, "runc"])
def test_resize_in_place(cri, pods, handler):
    """As kubelet does it: more, less, and less than is in use, which is refused or held by the kernel at once."""
    pod = pods(handler)
    limits = {"memory_limit_in_bytes": 64 << 20, "cpu_period": 100_000, "cpu_quota": 50_000, "cpu_shares": 512}
    container = pod.start(cri.busybox, resources=limits)
    pid = cri.pid(container)
    memory, cpu = group_of(cri, container, "memory"), group_of(cri, container, "cpu")
    for mebibytes, quota in ((128, 100_000), (32, 20_000), (256, 150_000)):
        limits = {"memory_limit_in_bytes": mebibytes << 20, "cpu_period": 100_000, "cpu_quota": quota, "cpu_shares": 2 * mebibytes}
        cri.UpdateContainerResources(container_id=container, linux=limits)
        assert (memory / "memory.limit_in_bytes").read_text() == f"{mebibytes << 20}\n"
        assert (cpu / "cpu.cfs_quota_us").read_text() == f"{quota}\n"
        assert (cpu / "cpu.shares").read_text() == f"{2 * mebibytes}\n"
        assert pod.status(container).resources.linux.memory_limit_in_bytes in (0, mebibytes << 20)
    assert cri.pid(container) == pid and pod.status(container).state == cri.api.CONTAINER_RUNNING


def test_many_pods_at_once(cri, pods):
    """A Deployment that comes, and goes again."""
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        made = list(pool.map(lambda _: pods(), range(10)))
        modules = list(pool.map(lambda pod: pod.start(cri.probe, "/bin/probe", "sleep", "1000"), made))
        assert {pod.status(each).state for pod, each in zip(made, modules)} == {cri.api.CONTAINER_RUNNING}
        list(pool.map(lambda pod: cri.StopPodSandbox(pod_sandbox_id=pod.id), made))
    assert {pod.status(each).state for pod, each in zip(made, modules)} == {cri.api.CONTAINER_EXITED}


def test_a_pod_that_is_stopped_ends_its_containers(cri, pod):
    containers = [pod.start(cri.busybox), pod.start(cri.probe, "/bin/probe", "sleep", "1000")]
    cri.StopPodSandbox(pod_sandbox_id=pod.id)
    assert {pod.status(each).state for each in containers} == {cri.api.CONTAINER_EXITED}


def test_network_of_a_pod(cri, pod):
    pod.start(cri.busybox, *RUN, "while :; do echo hello | nc -l -p 8080; done")
    address = cri.PodSandboxStatus(pod_sandbox_id=pod.id).status.network.ip
    fetch = ["nsenter", f"--net=/proc/{cri.host.containerd.pid}/ns/net", "busybox", "nc", "-w", "2", address, "8080"]
    said = lambda: subprocess.run(fetch, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout  # noqa: E731
    assert wait_until(said, "the server in the pod") == "hello\n"


def test_errors_name_what_is_wrong(cri, pod):
    container = pod.create(cri.busybox, "/bin/none")
    with pytest.raises(grpc.RpcError) as error:
        cri.StartContainer(container_id=container)
    assert "/bin/none" in error.value.details()
    assert pod.status(container).state == cri.api.CONTAINER_EXITED
    assert pod.status(container).reason == "StartError"
