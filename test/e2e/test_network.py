"""The default bridge: the container's network namespace has the address that Docker gave it."""

from lab.client import new_id
from lab.proc import run


def test_namespace_has_the_address(docker, images):
    name = new_id()
    docker.run(images(docker, "probe"), "sleep", "600", entrypoint="/bin/probe", name=name, detach=True, network="bridge", check=True)
    state = docker.docker.inspect(name)
    address = state["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    assert address.startswith("172."), state["NetworkSettings"]
    addresses = run(["nsenter", f"--net=/proc/{state['State']['Pid']}/ns/net", "ip", "-o", "-4", "addr", "show", "eth0"]).stdout
    assert f"inet {address}/" in addresses


def test_no_network(docker, images):
    name = new_id()
    docker.run(images(docker, "probe"), "sleep", "600", entrypoint="/bin/probe", name=name, detach=True, network="none", check=True)
    pid = docker.docker.inspect(name)["State"]["Pid"]
    links = run(["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-o", "link"]).stdout
    assert [line.split()[1] for line in links.splitlines()] == ["lo:"], links
