"""The shim without a containerd: its commands, its calls one by one, and the events that it sends, as containerd has them.

What containerd does around a call is left to the test, and so is the moment at which something dies.
"""

import contextlib
import dataclasses
import hashlib
import importlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid

from . import engines
from .host import Host
from .proc import Daemon, LabError, is_alive, run, wait_until

TREE = pathlib.Path(__file__).resolve().parents[3]
SERVICE = "containerd.task.v2.Task"
HEADER = struct.Struct(">IIBB")  # length, stream, type, flags
REQUEST, RESPONSE = 1, 2


def _messages():
    """The messages of proto/, made by protoc: a module each."""
    files = sorted((TREE / "proto").glob("*.proto"))
    version = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    out = engines.CACHE / f"shim-python-{version}"
    if not out.exists():
        partial = engines.CACHE / f"shim-python.{uuid.uuid4().hex[:8]}"
        partial.mkdir(parents=True)
        run(["protoc", "-I", TREE, f"--python_out={partial}", *files])
        with contextlib.suppress(OSError):  # another run was faster
            partial.rename(out)
    sys.path.insert(0, str(out))
    return tuple(importlib.import_module(f"proto.{name}_pb2") for name in ("common", "task", "events", "ttrpc"))


common, task, events, ttrpc = None, None, None, None


def _load_messages():
    global common, task, events, ttrpc
    if task is None:
        common, task, events, ttrpc = _messages()


class Gone(Exception):
    """The connection has ended: the server died."""


@dataclasses.dataclass
class Refused(Exception):
    """The answer is an error: its code and its text."""

    code: int
    text: str

    def __str__(self):
        return f"status {self.code}: {self.text}"


class Frames:
    """One end of a ttrpc connection."""

    def __init__(self, connected):
        self.socket = connected

    def send(self, stream, kind, data):
        self.socket.sendall(HEADER.pack(len(data), stream, kind, 0) + data)

    def receive(self):
        """(stream, type, data), or None at the connection's end."""
        header = self._exactly(HEADER.size)
        if header is None:
            return None
        length, stream, kind, _flags = HEADER.unpack(header)
        data = self._exactly(length)
        return None if data is None else (stream, kind, data)

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionError:
                return None
            if not more:
                return None
            data += more
        return data

    def close(self):
        self.socket.close()


# A call's request and response, by their names in proto/task.proto.
CALLS = {
    "Create": ("CreateRequest", "CreateResponse"),
    "Start": ("ProcessRequest", "StartResponse"),
    "State": ("ProcessRequest", "StateResponse"),
    "Wait": ("ProcessRequest", "WaitResponse"),
    "Kill": ("KillRequest", "Empty"),
    "Delete": ("ProcessRequest", "DeleteResponse"),
    "Exec": ("ExecRequest", "Empty"),
    "Pids": ("ContainerRequest", "PidsResponse"),
    "CloseIO": ("CloseIORequest", "Empty"),
    "ResizePty": ("ResizePtyRequest", "Empty"),
    "Stats": ("ContainerRequest", "StatsResponse"),
    "Pause": ("ContainerRequest", "Empty"),
    "Resume": ("ContainerRequest", "Empty"),
    "Update": ("UpdateRequest", "Empty"),
    "Connect": ("ContainerRequest", "ConnectResponse"),
    "Shutdown": ("ShutdownRequest", "Empty"),
}


class Connection:
    """containerd's side of a connection to a shim's server: one call after the other, or several begun at once."""

    def __init__(self, path, timeout=60):
        connected = socket.socket(socket.AF_UNIX)
        connected.settimeout(timeout)
        connected.connect(str(path))
        self.frames = Frames(connected)
        self.next = 1
        self.answers = {}
        self.methods = {}

    def begin(self, method, **fields):
        """Sends a request; result() has its answer."""
        message = getattr(task, CALLS[method][0])(**fields)
        request = ttrpc.Request(service=SERVICE, method=method, payload=message.SerializeToString())
        stream, self.next = self.next, self.next + 2
        self.methods[stream] = method
        try:
            self.frames.send(stream, REQUEST, request.SerializeToString())
        except ConnectionError:
            raise Gone(method) from None
        return stream

    def result(self, stream):
        """The response; Refused, or Gone where the server died first."""
        while stream not in self.answers:
            frame = self.frames.receive()
            if frame is None:
                raise Gone(self.methods[stream])
            answered, _kind, data = frame
            self.answers[answered] = ttrpc.Response.FromString(data)
        answer = self.answers.pop(stream)
        if answer.status.code:
            raise Refused(answer.status.code, answer.status.message)
        response = CALLS[self.methods.pop(stream)][1]
        return getattr(common if response == "Empty" else task, response).FromString(answer.payload)

    def call(self, method, **fields):
        """A call to its end: see result()."""
        return self.result(self.begin(method, **fields))

    def close(self):
        self.frames.close()


class Events:
    """containerd's service of events: takes what shims send, in the order it comes. stop() and start(): an outage."""

    def __init__(self, path):
        self.path = path
        self.received = []  # (topic, container id, message)
        self.listening = None
        self.open = []
        self.start()

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.path))
        self.listening.listen(128)
        threading.Thread(target=self._accept, args=(self.listening,), daemon=True).start()

    def stop(self):
        for each in (self.listening, *self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self.open = []

    def _accept(self, listening):
        with contextlib.suppress(OSError):
            while True:
                connected, _ = listening.accept()
                self.open.append(connected)
                threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected):
        frames = Frames(connected)
        with contextlib.suppress(OSError):
            while frame := frames.receive():
                stream, _kind, data = frame
                request = ttrpc.Request.FromString(data)
                envelope = events.ForwardRequest.FromString(request.payload).envelope
                message = getattr(events, envelope.event.type_url.rpartition(".")[2]).FromString(envelope.event.value)
                self.received.append((envelope.topic, message.container_id, message))
                frames.send(stream, RESPONSE, ttrpc.Response().SerializeToString())
        connected.close()

    def of(self, container):
        """The topics of a container's events, without `/tasks/`."""
        return [topic.rpartition("/")[2] for topic, of, _ in self.received if of == container]


class Node(Host):
    """A mount namespace in which shims run, and the service of events: what is there of a node without containerd."""

    def __init__(self, programs):
        _load_messages()
        super().__init__(None, programs)
        self.shim = self.programs[0] / "containerd-shim-wasmedge-v1"
        self.events = None
        self.image = self.home / "image"
        self.bundles = self.home / "state/io.containerd.runtime.v2.task" / self.namespace

    def environment(self):
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LAB": str(self.home),
            "WASMEDGE_CACHE_DIR": str(self.artifacts),
            "TTRPC_ADDRESS": str(self.home / "events.sock"),
        }

    def start(self):
        self.artifacts.mkdir(exist_ok=True, mode=0o700)
        self.bundles.mkdir(parents=True)
        for folder in ("bin", "proc", "sys", "dev", "tmp"):
            (self.image / folder).mkdir(parents=True)
        shutil.copy("/bin/busybox", self.image / "bin/busybox")
        self.events = Events(self.home / "events.sock")
        # Stands for containerd: it has the namespace, and is nobody's parent.
        self.containerd = Daemon(
            "the node",
            ["unshare", "-m", "--propagation", "private", "sh", "-c", self.SETUP, "lab", "sh", "-c", "echo up; exec sleep infinity"],
            self.log,
            self.environment(),
        )
        self.containerd.wait_ready(lambda: "up" in self.containerd.tail())
        return self

    def stop(self, verify=True):
        if self.events:
            self.events.stop()
        super().stop(verify)

    def add(self, name, program):
        """Puts a program into the image's /bin."""
        shutil.copy(program, self.image / "bin" / name)

    def inside_at(self, folder, *argv):
        return ["nsenter", f"--mount=/proc/{self.containerd.pid}/ns/mnt", f"--wdns={folder}", *map(str, argv)]

    def command(self, bundle, *words):
        """The command line of the shim as containerd writes it, in a bundle."""
        identity = ("-namespace", self.namespace, "-address", self.home / "c.sock", "-publish-binary", "/bin/true", "-id", bundle.id)
        return self.inside_at(bundle.path, self.shim, *identity, *words)

    def at(self, path):
        """A path of the node's mount namespace as this process can use it."""
        return f"/proc/{self.containerd.pid}/root{path}"


class Bundle:
    """A container's bundle, and what containerd does in it. `args`: the container's command line."""

    def __init__(self, node, *args, group=None, resources=None, stdio=False):
        self.node = node
        self.id = f"t{uuid.uuid4().hex[:12]}"
        self.path = node.bundles / self.id
        (self.path / "rootfs").mkdir(parents=True)
        os.mkfifo(self.path / "log")
        self.fifos = {}
        if stdio:
            for stream in ("stdin", "stdout", "stderr"):
                os.mkfifo(self.path / stream)
                self.fifos[stream] = str(self.path / stream)
        self.group = group
        self.config = self._config(args, resources or {})
        self.write()
        self.connection = None
        self.server = None

    def _config(self, args, resources):
        def special(kind, where, *options):
            return {"destination": where, "type": kind, "source": kind, "options": ["nosuid", *options]}

        return {
            "ociVersion": "1.0.2",
            "root": {"path": "rootfs", "readonly": True},
            "process": {"args": list(args), "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}, "capabilities": {}},
            "mounts": [special("proc", "/proc"), special("tmpfs", "/dev", "mode=755"), special("tmpfs", "/tmp")],
            "annotations": {"io.kubernetes.cri.sandbox-id": self.group} if self.group else {},
            "linux": {
                "cgroupsPath": f"/{self.node.id}/{self.id}",
                "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")],
                "resources": resources,
            },
        }

    def write(self):
        (self.path / "config.json").write_text(json.dumps(self.config))

    def start(self):
        """The command `start`, and a connection to the server that it names."""
        address = run(self.node.command(self, "start"), env=self.node.environment()).stdout
        return self.connect(address)

    def connect(self, address):
        if not address.startswith("unix://"):
            raise LabError(f"start said {address!r}")
        self.connection = Connection(self.node.at(address.removeprefix("unix://")))
        self.server = self.connection.call("Connect", id=self.id).shim_pid
        return self

    def rootfs(self):
        return [common.Mount(type="bind", source=str(self.node.image), options=["rbind", "ro"])]

    def create(self):
        """Fields of Create."""
        return {"id": self.id, "bundle": str(self.path), "rootfs": self.rootfs(), **self.fifos}

    def exec(self, exec_id, *args):
        """Fields of Exec."""
        spec = common.Any(
            type_url="types.containerd.io/opencontainers/runtime-spec/1/Process",
            value=json.dumps({"args": list(args), "cwd": "/", "env": ["PATH=/bin"]}).encode(),
        )
        return {"id": self.id, "exec_id": exec_id, "spec": spec}

    def call(self, method, **fields):
        return self.connection.call(method, **({"id": self.id} | fields))

    def kill_server(self):
        """SIGKILL; returns when it is gone."""
        os.kill(self.server, signal.SIGKILL)
        wait_until(lambda: not is_alive(self.server), "the server's end")

    def delete(self):
        """The command `delete`, as after the server's death: its DeleteResponse. What it says on stderr is an error."""
        done = run(self.node.command(self, "-bundle", self.path, "delete"), env=self.node.environment(), text=False)
        if done.stderr:
            raise LabError(f"delete said: {done.stderr.decode(errors='replace')}")
        return task.DeleteResponse.FromString(done.stdout)

    def remove(self):
        """As containerd does at last."""
        if self.connection:
            self.connection.close()
        shutil.rmtree(self.path)

    def run(self):
        """A whole life: Create, Start, Wait, Delete, Shutdown. Returns the status that Delete told."""
        self.call("Create", **self.create())
        waiting = self.connection.begin("Wait", id=self.id)
        self.call("Start")
        self.connection.result(waiting)
        status = self.call("Delete").exit_status
        self.call("Shutdown")
        return status


@dataclasses.dataclass(frozen=True)
class Point:
    """The nth time from its beginning on that something calls this system call."""

    name: str
    nth: int

    def __str__(self):
        return f"{self.name}#{self.nth}"


class Tracer:
    """strace(1) on a server, from the constructor's return on. `inject`: what it does there, as its option has it."""

    def __init__(self, pid, inject=None, log="/dev/null"):
        self.log = log
        argv = ["strace", "-p", str(pid), "-o", str(log), "-e", "signal=none"]
        if inject:
            argv += ["-e", f"trace={inject.partition(':')[0]}", "-e", f"inject={inject}"]
        self.process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
        said = self.process.stderr.readline()
        if "attached" not in said:
            self.process.kill()
            raise LabError(f"strace: {said}{self.process.stderr.read()}")

    def stop(self):
        """Detaches; returns when the server is its own again."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)

    def points(self):
        """After stop(): the system calls that were begun while it looked, in their order."""
        seen = {}
        found = []
        for line in pathlib.Path(self.log).read_text().splitlines():
            name = line.partition("(")[0]
            if not name.isidentifier():
                continue
            seen[name] = seen.get(name, 0) + 1
            found.append(Point(name, seen[name]))
        return found


def descriptors(pid):
    """How many descriptors a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory(pid):
    """Bytes of memory that a process has to itself and that are resident."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise LabError(f"process {pid} has no memory")


def settle(condition, seconds=10):
    """Whether a condition comes true within the time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return value
