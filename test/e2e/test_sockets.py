"""Modules on a network: the servers and clients of deploy/examples on Docker's bridge, published ports, names."""

import concurrent.futures
import time

import pytest
from lab.proc import run
from web import ECHO, fetch, on_host, serve

pytestmark = pytest.mark.usefixtures("ours_alone")

SERVERS = {"c": ["/server.wasm"], "rust": ["/rust.wasm"], "go": ["/go.wasm"]}


@pytest.mark.parametrize("language", SERVERS)
def test_http_server_on_a_published_port(docker, images, language):
    serve(docker, images(docker, "net"), *SERVERS[language], port=["18080:8080"])
    assert fetch(docker, 18080, "/") == "hello\n"
    assert fetch(docker, 18080, "/echo", "some data") == "some data"


@pytest.mark.parametrize("language", SERVERS)
def test_requests_in_flight_in_one_instance(docker, images, language):
    """A handler of 300 ms, four times at once."""
    serve(docker, images(docker, "net"), *SERVERS[language], port=["18080:8080"])
    fetch(docker, 18080, "/")
    script = (
        "import sys, threading, time, urllib.request\n"
        "get = lambda: urllib.request.urlopen(sys.argv[1], timeout=10).read()\n"
        "threads = [threading.Thread(target=get) for _ in range(4)]\n"
        "begin = time.monotonic()\n"
        "[each.start() for each in threads]; [each.join() for each in threads]\n"
        "print(time.monotonic() - begin)\n"
    )
    seconds = float(on_host(docker, script, "http://127.0.0.1:18080/slow").stdout)
    assert 0.3 <= seconds < 0.6


def test_udp_echo(docker, images):
    serve(docker, images(docker, "net"), "/echo.wasm", port=["17000:7000/udp"])
    assert on_host(docker, ECHO, 17000, "a datagram").stdout == "a datagram"


CLIENTS = {
    "c": ("/client.wasm", ["web-server", "8080", "/"]),
    "rust": ("/rust.wasm", ["get", "web-server", "8080", "/"]),
    "go": ("/go.wasm", ["get", "http://web-server:8080/"]),
}


@pytest.mark.parametrize("language", CLIENTS)
def test_outbound_request_by_name(docker, images, network, language):
    """Docker's name server, 127.0.0.11, by the container's /etc/resolv.conf."""
    name = serve(docker, images(docker, "net"), "/server.wasm", port=[], network=network)
    docker.docker("network", "disconnect", network, name)
    docker.docker("network", "connect", "--alias", "web-server", network, name)
    entrypoint, args = CLIENTS[language]
    done = docker.run(images(docker, "net"), *args, entrypoint=entrypoint, network=network, timeout=240)
    assert (done.stdout, done.returncode) == ("hello\n", 0), done.stderr


def test_names_that_cannot_be_resolved(docker, images, network):
    image = images(docker, "net")
    begin = time.monotonic()
    done = docker.run(image, "no-such-host.invalid", "80", "/", entrypoint="/client.wasm", network=network)
    assert done.returncode == 1
    assert "no-such-host.invalid: " in done.stderr
    assert time.monotonic() - begin < 40


def test_hosts_file_comes_first(docker, images):
    """The container's own name stands in /etc/hosts alone: on the default bridge Docker serves no names."""
    name = serve(docker, images(docker, "net"), "/server.wasm", port=[])
    address = docker.docker.inspect(name)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    command = docker.command(images(docker, "net"), "the-server", "8080", "/", entrypoint="/client.wasm", network="bridge")
    command.insert(2, f"--add-host=the-server:{address}")
    done = run(command, env=docker.docker.environment(), check=False)
    assert (done.stdout, done.returncode) == ("hello\n", 0), done.stderr


def test_many_clients_at_once(docker, images):
    serve(docker, images(docker, "net"), "/server.wasm", port=["18080:8080"])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fetch(docker, 18080, "/"), range(24)))
    assert answers == ["hello\n"] * 24
