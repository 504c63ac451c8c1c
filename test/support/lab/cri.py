"""A containerd whose CRI plugin is on, and the client that speaks to it as kubelet does.

The messages come from Kubernetes' own api.proto in Debian's golang-k8s-cri-api-dev, compiled at the first use.
"""

import contextlib
import ctypes
import importlib
import json
import os
import re
import socket
import sys
import urllib.parse
import uuid

import grpc
import websocket
from google.protobuf import message_factory

from . import engines
from .host import Host
from .proc import LabError, run, wait_until

PAUSE = "docker.io/library/pause:latest"
CNI = "/usr/lib/cni"
CLONE_NEWNET = 0x40000000

# What differs between containerd's two formats: where the tables are, and how the sandbox image and CNI are named.
V2 = 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "{pause}"'
V3 = """version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "{pause}"
[plugins.'io.containerd.grpc.v1.cri']
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
[plugins.'io.containerd.cri.v1.runtime']"""
CONFIG = """{head}
  restrict_oom_score_adj = true
{stream}
  [{table}.cni]
    {bin}
    conf_dir = "{home}/cni"
  [{table}.containerd]
    default_runtime_name = "wasmedge"
  [{table}.containerd.runtimes.wasmedge]
    runtime_type = "io.containerd.wasmedge.v1"
    pod_annotations = ["io.wasmedge.*"]
  [{table}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""
STREAM = '  stream_server_address = "127.0.0.1"\n  stream_server_port = "0"'


class CriHost(Host):
    """A Host whose containerd serves CRI, in a network namespace of its own, with CNI's bridge in it."""

    UNSHARE = ("-m", "-n")
    SETUP = "ip link set lo up\n" + Host.SETUP

    def config(self):
        newer = self.engine.format == 3
        table = "plugins.'io.containerd.cri.v1.runtime'" if newer else 'plugins."io.containerd.grpc.v1.cri"'
        base = re.sub(r'"io\.containerd\.(grpc\.v1\.cri|cri\.v1\.\w+|internal\.v1\.opt|nri\.v1\.nri)", ?', "", super().config())
        own = CONFIG.format(
            head=(V3 if newer else V2).format(pause=PAUSE),
            stream="" if newer else STREAM,
            bin=f'bin_dirs = ["{CNI}"]' if newer else f'bin_dir = "{CNI}"',
            table=table,
            home=self.home,
        )
        # The base's own `version` and top-level keys come first, its tables and ours after it.
        return base + own.partition("\n")[2]

    def start(self):
        conf = self.home / "cni"
        conf.mkdir()
        network = {
            "cniVersion": "0.4.0",
            "name": "lab",
            "plugins": [
                {
                    "type": "bridge",
                    "bridge": "lab0",
                    "isGateway": True,
                    "ipam": {
                        "type": "host-local",
                        "dataDir": str(self.home / "ipam"),
                        "ranges": [[{"subnet": "10.88.0.0/16"}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                }
            ],
        }
        (conf / "10-lab.conflist").write_text(json.dumps(network))
        self.namespace = "k8s.io"
        return super().start()


def _messages():
    """The module of CRI's messages, made by protoc out of Debian's api.proto."""
    tree = engines.unpack("sid", ["golang-k8s-cri-api-dev"], "cri-api")
    source = tree / "usr/share/gocode/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto"
    out = engines.CACHE / "cri-python"
    if not (out / "api_pb2.py").exists():
        partial = engines.CACHE / f"cri-python.{uuid.uuid4().hex[:8]}"
        partial.mkdir()
        # An option about logs alone, which protoc of Debian 12 does not know yet.
        (partial / "api.proto").write_text(re.sub(r"\s*\[\s*debug_redact = true\s*\]", "", source.read_text()))
        run(["protoc", "-I", partial, f"--python_out={partial}", partial / "api.proto"])
        with contextlib.suppress(OSError):  # another run was faster
            partial.rename(out)
    sys.path.insert(0, str(out))
    return importlib.import_module("api_pb2")


class Cri:
    """CRI's calls: cri.RunPodSandbox(config={…}) builds the request out of dicts and returns the response."""

    def __init__(self, host):
        self.host = host
        self.api = _messages()
        self.channel = grpc.insecure_channel(f"unix:{host.address}")
        self.methods = {}
        for service in self.api.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                self.methods[method.name] = (f"/{service.full_name}/{method.name}", method)

    def __getattr__(self, name):
        if name not in self.__dict__.get("methods", {}):
            raise AttributeError(name)
        path, method = self.methods[name]
        request = message_factory.MessageFactory().GetPrototype(method.input_type)
        response = message_factory.MessageFactory().GetPrototype(method.output_type)
        call = self.channel.unary_unary(path, request.SerializeToString, response.FromString)
        return lambda **fields: call(request(**fields), timeout=60)

    def ready(self):
        try:
            conditions = self.Status().status.conditions
        except grpc.RpcError:
            return False
        return bool(conditions) and all(condition.status for condition in conditions)

    def remove_all(self):
        for pod in self.ListPodSandbox().items:
            with contextlib.suppress(grpc.RpcError):
                self.StopPodSandbox(pod_sandbox_id=pod.id)
            with contextlib.suppress(grpc.RpcError):
                self.RemovePodSandbox(pod_sandbox_id=pod.id)

    def pid(self, container):
        """The pid of a container's or pod's first process."""
        for line in self.host.ctr("task", "ls").stdout.splitlines()[1:]:
            task, pid, _status = line.split()
            if task == container:
                return int(pid)
        raise LabError(f"containerd knows no task {container}")

    def connect(self, port):
        """A TCP connection to 127.0.0.1 in containerd's network namespace, where its streaming server is."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as own, open(f"/proc/{self.host.containerd.pid}/ns/net") as lab:
            if libc.setns(lab.fileno(), CLONE_NEWNET) != 0:
                raise LabError(f"setns: {os.strerror(ctypes.get_errno())}")
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=20)
            finally:
                if libc.setns(own.fileno(), CLONE_NEWNET) != 0:
                    raise LabError(f"setns back: {os.strerror(ctypes.get_errno())}")


class Stream:
    """One of CRI's streams over a WebSocket, as kubelet makes it: frames of a channel's number and its bytes."""

    def __init__(self, cri, url, **query):
        parts = urllib.parse.urlsplit(url)
        extra = "?" + urllib.parse.urlencode(query) if query else ""
        self.socket = websocket.create_connection(
            f"ws://{parts.netloc}{parts.path}{extra}",
            socket=cri.connect(parts.port),
            subprotocols=["v4.channel.k8s.io"],
            timeout=20,
        )
        self.got = {}

    def send(self, data, channel=0):
        self.socket.send_binary(bytes([channel]) + data)

    def receive(self, channel, text):
        """What has come on a channel, once that holds `text`; LabError if the stream ends before."""
        while text not in self.got.get(channel, b""):
            if not self._more():
                raise LabError(f"the stream ended, without {text!r} in channel {channel}: {self.got}")
        return self.got[channel]

    def to_its_end(self):
        """All that comes until the other side closes: channel -> bytes."""
        while self._more():
            pass
        return self.got

    def _more(self):
        try:
            frame = self.socket.recv()
        except websocket.WebSocketConnectionClosedException:
            return False
        if not frame:
            return False
        self.got[frame[0]] = self.got.get(frame[0], b"") + frame[1:]
        return True

    def close(self):
        self.socket.close()


# As kubelet does where a pod says nothing: a process namespace for each container.
ALONE = {"namespace_options": {"pid": 1}}


class Pod:
    """A pod made with Cri: the options are fields of PodSandboxConfig."""

    def __init__(self, cri, handler, **options):
        self.cri = cri
        name = f"pod-{uuid.uuid4().hex[:8]}"
        self.logs = cri.host.home / "logs" / name
        self.logs.mkdir(parents=True)
        linux = {"cgroup_parent": f"/{cri.host.id}", **options.pop("linux", {})}
        linux["security_context"] = {**ALONE, **linux.get("security_context", {})}
        self.config = {
            "metadata": {"name": name, "uid": name, "namespace": "default"},
            "log_directory": str(self.logs),
            "linux": linux,
            **options,
        }
        self.id = cri.RunPodSandbox(config=self.config, runtime_handler=handler).pod_sandbox_id

    def create(self, image, *command, context=None, resources=None, **options):
        """CreateContainer; context and resources: the fields of LinuxContainerConfig. Returns its id."""
        name = options.pop("name", None) or f"c-{uuid.uuid4().hex[:8]}"
        linux = {"security_context": {**ALONE, **(context or {})}}
        if resources:
            linux["resources"] = resources
        config = {
            "metadata": {"name": name},
            "image": {"image": image.reference},
            "command": list(command),
            "log_path": f"{name}.log",
            "linux": linux,
            **options,
        }
        made = self.cri.CreateContainer(pod_sandbox_id=self.id, config=config, sandbox_config=self.config)
        return made.container_id

    def start(self, image, *command, **options):
        container = self.create(image, *command, **options)
        self.cri.StartContainer(container_id=container)
        return container

    def status(self, container):
        return self.cri.ContainerStatus(container_id=container).status

    def wait(self, container):
        """The status of a container that has ended."""
        wait_until(lambda: self.status(container).state == self.cri.api.CONTAINER_EXITED, f"the end of {container}")
        return self.status(container)

    def run(self, image, *command, **options):
        """A container from its start to its end: (status, what it wrote to stdout and stderr)."""
        container = self.start(image, *command, **options)
        status = self.wait(container)
        # CRI closes the log a moment after it knows of the end.
        return status, self.log(container)

    def log(self, container, stream=None):
        """The text that a container logged, without CRI's marks: time, stream, P for a part of a line or F."""
        text = ""
        with open(self.status(container).log_path) as lines:
            for line in lines:
                _time, which, tag, content = line.rstrip("\n").split(" ", 3)
                if stream in (None, which):
                    text += content + ("\n" if tag == "F" else "")
        return text

    def saw(self, container, text, timeout=10):
        """Waits until the container has logged a text."""
        wait_until(lambda: text in self.log(container), f"{text!r} in the log of {container}", timeout)
        return self.log(container)

    def remove(self):
        self.cri.StopPodSandbox(pod_sandbox_id=self.id)
        self.cri.RemovePodSandbox(pod_sandbox_id=self.id)
