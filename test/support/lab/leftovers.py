"""What containers left behind in a lab: processes, mounts, cgroups, network namespaces, sockets, files.

Nothing here trusts containerd's or Docker's own lists: each kind is read from where the kernel or the disk has it.
"""

import contextlib
import os
import pathlib

from .proc import is_alive, wait_until

CGROUPS = pathlib.Path("/sys/fs/cgroup")


def find(host):
    """The leftovers of a running Host that has no container any more, a line each."""
    return [
        *(f"process {pid}: {command(pid)}" for pid in processes(host)),
        *(f"mount {point}" for point in mounts(host)),
        *(f"cgroup {folder}" for folder in container_cgroups(host)),
        *(f"file {path}" for path in files(host)),
    ]


def processes(host):
    """Pids that belong to the lab and are none of its daemons: in its mount namespace, in its cgroups, or named after it."""
    namespace = _mount_namespace(host.containerd.pid)
    own = [os.getpid(), host.containerd.pid, *(d.daemon.pid for d in host.daemons.values() if d.daemon)]
    found = []
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if pid not in own and _belongs(pid, host, namespace) and is_alive(pid):
                found.append(pid)
    return found


def _belongs(pid, host, namespace):
    proc = pathlib.Path(f"/proc/{pid}")
    return (
        (namespace and _mount_namespace(pid) == namespace)
        or f"/{host.id}" in (proc / "cgroup").read_text()
        or host.id.encode() in (proc / "cmdline").read_bytes()
    )


def _mount_namespace(pid):
    """The inode of pid's mount namespace; None where it may not be read (a pid 1 with more capabilities) or pid is gone."""
    with contextlib.suppress(PermissionError, FileNotFoundError, ProcessLookupError):
        return os.stat(f"/proc/{pid}/ns/mnt").st_ino
    return None


def command(pid):
    """The command line of a process, for messages."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return "(gone meanwhile)"


def mounts(host):
    """Mount points of containers in the lab's mount namespace: rootfs overlays, shm, network namespaces."""
    daemons_own = {host.home, *(d.home / sub for d in host.daemons.values() for sub in ("data", "exec", "exec/netns"))}
    found = []
    for line in pathlib.Path(f"/proc/{host.containerd.pid}/mountinfo").read_text().splitlines():
        point = pathlib.Path(line.split()[4])
        if (host.home in point.parents or pathlib.Path("/run/netns") in point.parents) and point not in daemons_own:
            # Docker keeps the namespace of its "none" network once made, and one of the default gateway: "default".
            if point.name != "default":
                found.append(point)
    return found


def lab_cgroups(host):
    """Every cgroup whose path holds the lab's id, innermost first."""
    found = []
    for hierarchy in _hierarchies():
        for top in hierarchy.glob(f"{host.id}*"):
            found += [pathlib.Path(folder) for folder, _, _ in os.walk(top, topdown=False)]
    return found


def _hierarchies():
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [folder for folder in CGROUPS.iterdir() if folder.is_dir() and not folder.is_symlink()]


def container_cgroups(host):
    """Cgroups of single containers: below the parent that engines make for a namespace and leave."""
    return [folder for folder in lab_cgroups(host) if not folder.name.startswith(host.id)]


def thaw(host):
    """A paused process does not even die (version 1)."""
    for folder in lab_cgroups(host):
        with contextlib.suppress(OSError):
            (folder / "freezer.state").write_text("THAWED")


def remove_cgroups(host):
    for folder in lab_cgroups(host):
        with contextlib.suppress(FileNotFoundError):
            wait_until(lambda folder=folder: _rmdir(folder), f"removing the cgroup {folder}", timeout=10)


def _rmdir(folder):
    with contextlib.suppress(OSError):
        folder.rmdir()
    return not folder.exists()


def files(host):
    """Bundles, work directories, sockets and container directories that should have gone with their container.

    Not ctr's fifos: whoever made them removes them, and a ctr that was killed, or that finds no task, does not.
    """
    inside = pathlib.Path(f"/proc/{host.containerd.pid}/root")
    places = [
        *host.home.glob("state/io.containerd.runtime.v2.task/*/*"),
        *host.home.glob("root/io.containerd.runtime.v2.task/*/*"),
        *inside.glob("run/containerd/s/*"),
        *host.home.glob("docker-*/data/containers/*"),
        *host.home.glob("docker-*/exec/containerd/*"),
    ]
    return sorted(places)


def is_complaint(line):
    """Whether a line of containerd's log is a warning or an error about a shim, a task or a container."""
    if not any(level in line for level in ("level=warning", "level=error", "level=fatal")):
        return False
    # containerd 1.6 and 1.7 log this at every end of every shim.
    if 'msg="cleaning up after shim disconnected"' in line:
        return False
    return any(word in line for word in ("shim", "task", "cleanup", "cleaning", "runtime", "container"))
