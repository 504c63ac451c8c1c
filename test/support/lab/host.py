"""One private containerd, the Docker daemons that use it, and what they leave behind.

Everything lives in one temporary directory and in one mount namespace, in which /run is the lab's own; each Docker
daemon has a network namespace of its own. A containerd or Docker of the machine itself
is neither used nor seen.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid

from . import engines, leftovers
from .proc import Daemon, LabError, is_alive, run, wait_until

# Runs in the new mount namespace: the sockets and fifos that everybody keeps below /run are the lab's own.
SETUP = """set -eu
resolv=$(readlink -f /etc/resolv.conf || true)
if [ -f "$resolv" ]; then cp "$resolv" "$LAB/resolv.conf"; fi
mount -t tmpfs -o mode=755 lab-run /run
if [ -n "$resolv" ] && [ ! -e "$resolv" ] && [ -f "$LAB/resolv.conf" ]; then
  mkdir -p "$(dirname "$resolv")"; cp "$LAB/resolv.conf" "$resolv"
fi
echo nobody:100000:65536 > "$LAB/subid"
for file in /etc/subuid /etc/subgid; do
  if [ -e $file ]; then mount --bind "$LAB/subid" $file; fi
done
exec "$@"
"""

CONFIG = """version = {version}
root = "{home}/root"
state = "{home}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", \
"io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.btrfs", \
"io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", \
"io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs", "io.containerd.tracing.processor.v1.otlp", \
"io.containerd.internal.v1.tracing"]
[debug]
  level = "{level}"
[grpc]
  address = "{home}/c.sock"
[ttrpc]
  address = "{home}/c.sock.ttrpc"
"""


class Host:
    """A containerd of `engine` whose PATH begins with `programs` (directories), and its Docker daemons.

    `artifacts`: a directory that serves as the cache of compiled modules, so that several labs can share one.
    Use as a context manager. stop() ends everything and raises LabError where something had to be killed.
    """

    # The namespaces of its own, as unshare's options, and what is run in them before containerd.
    UNSHARE = ("-m",)
    SETUP = SETUP

    def __init__(self, engine, programs=(), artifacts=None, log_level="info"):
        self.engine = engine
        # Also the name of a containerd namespace and of a cgroup, which tempfile's underscores could not be.
        self.id = f"wasmedge-lab-{uuid.uuid4().hex[:8]}"
        self.home = pathlib.Path("/var/tmp", self.id)
        self.home.mkdir(mode=0o711)
        self.namespace = self.id
        self.programs = [pathlib.Path(p).resolve() for p in programs]
        self.artifacts = pathlib.Path(artifacts or self.home / "artifacts")
        self.log_level = log_level
        self.containerd = None
        self.kept = None  # the namespaces of a containerd that was killed
        self.daemons = {}

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop(verify=False)
            raise

    def __exit__(self, kind, error, trace):
        self.stop(verify=kind is None)

    @property
    def log(self):
        return self.home / "containerd.log"

    @property
    def address(self):
        return self.home / "c.sock"

    def environment(self):
        """The environment of every program of the lab: the engine's programs first, no proxy to Docker's settings."""
        path = [*self.programs, *self.engine.path, "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return {
            "PATH": ":".join(map(str, path)),
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "LAB": str(self.home),
            "WASMEDGE_CACHE_DIR": str(self.artifacts),
        }

    def start(self):
        if os.geteuid() != 0:
            raise LabError("the lab starts containerd and Docker: run it as root (sudo)")
        self.artifacts.mkdir(exist_ok=True, mode=0o700)
        (self.home / "containerd.toml").write_text(self.config())
        self._start_containerd(["unshare", *self.UNSHARE, "--propagation", "private", "sh", "-c", self.SETUP, "lab"])
        return self

    def _start_containerd(self, within):
        argv = [*within, "containerd", "-c", self.home / "containerd.toml"]
        self.containerd = Daemon("containerd", argv, self.log, self.environment())
        self.containerd.wait_ready(lambda: self.ctr("version", check=False, timeout=20).returncode == 0)

    def kill_containerd(self):
        """SIGKILL. Its namespaces stay, with all that it started; until restart_containerd() the lab can do nothing."""
        self.kept = Namespaces(self.containerd.pid, [option.strip("-") for option in self.UNSHARE])
        self.containerd.kill()

    def restart_containerd(self):
        self._start_containerd(self.kept.enter())
        self.kept.close()
        self.kept = None

    def config(self):
        """What containerd is configured with."""
        return CONFIG.format(home=self.home, version=self.engine.format, level=self.log_level)

    def inside(self, *argv):
        """argv as it runs in the lab's mount namespace."""
        return ["nsenter", f"--mount=/proc/{self.containerd.pid}/ns/mnt", "--wdns=/", *map(str, argv)]

    def run(self, *argv, **options):
        """Runs a program in the lab's mount namespace, with the engine's programs in PATH: see proc.run."""
        return run(self.inside(*argv), env=self.environment(), **options)

    def ctr_command(self, *argv):
        """The command line of ctr in this lab's namespace of containerd."""
        return self.inside("ctr", "-a", self.address, "-n", self.namespace, *argv)

    def ctr(self, *argv, **options):
        """Runs ctr: see proc.run."""
        return run(self.ctr_command(*argv), env=self.environment(), **options)

    def docker(self, store="containerd", own_network=True, live_restore=False):
        """The Docker daemon with the image store "containerd" or "classic"; starts it at the first call.

        "remapped" is the classic store, with all containers in user namespaces (userns-remap).

        Without own_network it is in this machine's network namespace, in which it makes no bridge and no rule: for
        builds that download. With live_restore, its containers do not need it.
        """
        if store not in self.daemons:
            self.daemons[store] = Docker(self, store, own_network, live_restore)
            self.daemons[store].start()
        return self.daemons[store]

    def leftovers(self, settle=5, but=()):
        """What tasks left behind in this lab, a line each (see leftovers.py), without the lines in `but`.

        Looks until there is nothing, or settle seconds have passed.
        """
        deadline = time.monotonic() + settle
        while (left := sorted(set(leftovers.find(self)) - set(but))) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left

    def stop(self, verify=True):
        """Ends the daemons, kills whatever is left, removes every file; with verify, LabError if anything was left."""
        left = []
        try:
            for daemon in self.daemons.values():
                daemon.stop()
            if verify and self.containerd:
                left = self.leftovers()
        finally:
            self._kill()
            leftovers.remove_cgroups(self)
            # The mounts go with the namespace's last process, which the kernel may tear down a moment later.
            wait_until(self._remove_files, f"removing {self.home}")
        if left:
            raise LabError("left behind at the end:\n  " + "\n  ".join(left))

    def _kill(self):
        if not self.containerd:
            return
        pids = leftovers.processes(self)
        self.containerd.stop()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        leftovers.thaw(self)
        wait_until(lambda: not any(map(is_alive, pids)), f"the end of {pids}")

    def _remove_files(self):
        shutil.rmtree(self.home, ignore_errors=True)
        return not self.home.exists()


class Namespaces:
    """Namespaces of a process, kept until close(). `kinds`: unshare's letters."""

    OPTIONS = {"m": ("--mount", "mnt"), "n": ("--net", "net")}

    def __init__(self, pid, kinds):
        self.files = {self.OPTIONS[kind][0]: open(f"/proc/{pid}/ns/{self.OPTIONS[kind][1]}") for kind in kinds}

    def enter(self):
        """What comes before a command line that is to run in them."""
        return ["nsenter", "--wdns=/", *(f"{option}=/proc/{os.getpid()}/fd/{file.fileno()}" for option, file in self.files.items())]

    def close(self):
        for file in self.files.values():
            file.close()


class Docker:
    """A dockerd on a Host's containerd: see Host.docker."""

    def __init__(self, host, store, own_network, live_restore):
        self.host = host
        self.store = store
        self.own_network = own_network
        self.live_restore = live_restore
        self.home = host.home / f"docker-{store}"
        self.home.mkdir()
        self.socket = self.home / "d.sock"
        self.daemon = None
        self.kept = None  # the namespaces of a daemon that was killed

    @property
    def log(self):
        return self.home / "dockerd.log"

    @property
    def namespace(self):
        """The containerd namespace of this daemon's containers."""
        return f"{self.host.id}-{self.store}"

    def environment(self):
        return {**self.host.environment(), "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_CONFIG": str(self.home / "cli")}

    def start(self):
        ceiling = self.home / "ceiling.toml"
        ceiling.write_text('network = "none"\nmemory = "8MiB"\n')
        config = self.home / "daemon.json"
        config.write_text(
            json.dumps(
                {
                    "data-root": str(self.home / "data"),
                    "exec-root": str(self.home / "exec"),
                    "pidfile": str(self.home / "dockerd.pid"),
                    "hosts": [f"unix://{self.socket}"],
                    "containerd": str(self.host.address),
                    "containerd-namespace": self.namespace,
                    "cgroup-parent": f"/{self.host.id}",
                    "userland-proxy-path": self.host.engine.find("docker-proxy"),
                    "init-path": str(engines.tini()),
                    # Runtimes of ours with options, which bind whoever uses them by these names. Docker hands on the
                    # file's name, and drops settings that stand there themselves.
                    "runtimes": {
                        name: {"runtimeType": "io.containerd.wasmedge.v1", "options": options}
                        for name, options in {"capped": {"ConfigPath": str(ceiling)}, "lost": {"network": "none"}}.items()
                    },
                    "features": {"containerd-snapshotter": self.store == "containerd"},
                    "live-restore": self.live_restore,
                    **({"userns-remap": "nobody:nogroup"} if self.store == "remapped" else {}),
                    **({} if self.own_network else {"bridge": "none", "iptables": False, "ip6tables": False}),
                }
            )
        )
        network = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "lab"] if self.own_network else []
        self._start_daemon(self.host.inside(*network))

    def _start_daemon(self, within):
        argv = [*within, "dockerd", "--config-file", self.home / "daemon.json"]
        self.daemon = Daemon("dockerd", argv, self.log, self.environment())
        self.daemon.wait_ready(lambda: self("version", check=False, timeout=20).returncode == 0)

    def kill(self):
        """SIGKILL. Its network namespace stays."""
        self.kept = Namespaces(self.daemon.pid, "mn")
        self.daemon.kill()

    def restart(self):
        self._start_daemon(self.kept.enter())
        self.kept.close()
        self.kept = None

    def __call__(self, *argv, **options):
        """Runs the docker client: docker("run", "--rm", …); see proc.run."""
        return run(["docker", *argv], env=self.environment(), **options)

    def popen(self, *argv):
        """The docker client, running, its output piped: a subprocess.Popen."""
        return subprocess.Popen(["docker", *argv], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def inspect(self, container):
        return json.loads(self("inspect", container).stdout)[0]

    def stop(self):
        if self.daemon:
            self.daemon.stop()
