"""Servers in containers on Docker's networks, and who asks them: programs on the Docker host, whose network is the daemon's."""

import json

import pytest
from lab.client import new_id
from lab.proc import run, wait_until

ASK = """import json, sys, urllib.error, urllib.request
data = sys.argv[2].encode() if len(sys.argv) > 2 else None
try:
    answer = urllib.request.urlopen(sys.argv[1], data, timeout=30)
except urllib.error.HTTPError as error:
    answer = error
except (OSError, ConnectionError) as error:
    sys.exit(str(error))
json.dump([answer.status, answer.read().decode()], sys.stdout)
"""

ECHO = """import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
for attempt in range(10):
    s.sendto(sys.argv[2].encode(), ("127.0.0.1", int(sys.argv[1])))
    try:
        sys.stdout.write(s.recv(65536).decode())
        break
    except (TimeoutError, ConnectionRefusedError):
        continue
"""


def on_host(docker, program, *argv, check=True):
    """A Python program on the Docker host."""
    namespace = f"--net=/proc/{docker.docker.daemon.pid}/ns/net"
    return run(["nsenter", namespace, "/usr/bin/python3", "-c", program, *map(str, argv)], check=check, timeout=60)


def ask(docker, port, path, *data):
    """The status and the body of what a published port answers; with data, a POST."""
    return tuple(json.loads(on_host(docker, ASK, f"http://127.0.0.1:{port}{path}", *data).stdout))


def fetch(docker, port, path, *data):
    """The body, of an answer that is good."""
    status, body = ask(docker, port, path, *data)
    assert status == 200, body
    return body


def serve(docker, image, entrypoint, *args, port, **options):
    """A server of the image, running; returns its name once it says that it listens."""
    name = new_id()
    docker.run(image, *args, entrypoint=entrypoint, name=name, detach=True, publish=port, check=True, timeout=240,
               **{"network": "bridge", **options})  # fmt: skip
    wait_until(lambda: "listening" in docker.docker("logs", name).stderr, f"{entrypoint} listening", 30)
    return name


@pytest.fixture
def network(docker):
    """A network of the test's own, on which Docker serves the names of containers."""
    name = f"net-{new_id()}"
    docker.docker("network", "create", name)
    yield name
    docker.remove_all()
    docker.docker("network", "rm", name)
