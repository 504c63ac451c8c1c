"""Servers and clients of deploy/examples, through the command; and names, by a name server of the test's own."""

import contextlib
import os
import pathlib
import resource
import socket
import ssl
import subprocess
import sys
import threading
import time

import lab.certificates
import pytest
from lab import guests

HERE = pathlib.Path(__file__).resolve().parent


@contextlib.contextmanager
def serving(wasmedge, module, *args):
    """A server, from its first connection to its end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [str(word) for word in (wasmedge.program, "run", "--", module, *args, port)]
    with subprocess.Popen(argv, env=wasmedge.env, stderr=subprocess.PIPE) as server:
        try:
            assert b"listening" in server.stderr.readline()
            yield port, server
        finally:
            server.kill()


def get(port, path="/"):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("folder, program", [("http-c", "server"), ("http-rust", "http-rust")])
def test_http_server(wasmedge, folder, program):
    with serving(wasmedge, guests.example(folder, program)) as (port, server):
        for _ in range(20):
            assert get(port).endswith(b"\r\n\r\nhello\n")
        assert get(port, "/quit").endswith(b"bye\n")
        assert server.wait(timeout=10) == 0


def test_a_thousand_connections_at_once(wasmedge):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2500:
        pytest.skip(f"RLIMIT_NOFILE's hard limit is {hard}: too few for 1,000 connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2500), hard))
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    try:
        with serving(wasmedge, guests.example("http-c", "server")) as (port, server), contextlib.ExitStack() as stack:
            clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(1000)]
            for _ in range(3):  # all of them stay open, and each is answered each time
                for client in clients:
                    client.sendall(request)
                for client in clients:
                    answer = b""
                    while not answer.endswith(b"hello\n"):
                        answer += client.recv(4096)
            assert len(os.listdir(f"/proc/{server.pid}/fd")) >= 1000
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_peer_that_is_gone_is_an_error_and_no_signal(wasmedge):
    with serving(wasmedge, guests.example("http-c", "server")) as (port, server):
        for _ in range(50):
            client = socket.create_connection(("127.0.0.1", port))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset at close
            client.sendall(b"GET / HTTP/1.1\r\n\r\n" * 8)
            client.close()
        assert get(port).endswith(b"hello\n")
        assert server.poll() is None


@pytest.fixture
def names(wasmedge, tmp_path):
    """Runs the client in a network of its own, where the test's name server (dns.py) answers."""
    if os.geteuid() != 0:
        pytest.skip("needs root: a network and /etc/resolv.conf of its own")

    def run(host, *, hosts="", resolv="nameserver 127.0.0.1\n", behaviour="answer"):
        (tmp_path / "hosts").write_text(hosts)
        (tmp_path / "resolv.conf").write_text(resolv)
        script = (
            f"ip link set lo up && mount --bind {tmp_path}/hosts /etc/hosts && "
            f"mount --bind {tmp_path}/resolv.conf $(readlink -f /etc/resolv.conf) && "
            f'exec {sys.executable} {HERE}/dns.py {behaviour} "$@"'
        )
        client = [wasmedge.program, "run", "--", guests.example("http-c", "client"), host, "80", "/"]
        begin = time.monotonic()
        done = subprocess.run(
            ["unshare", "-m", "-n", "sh", "-c", script, "dns", *map(str, client)],
            env=wasmedge.env, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        return done.stderr, time.monotonic() - begin

    return run


REFUSED = "Connection refused"  # resolved, that is: nobody listens there


def test_the_hosts_file_comes_first(names):
    assert REFUSED in names("here.test", hosts="127.0.0.1 other here.test\n", resolv="", behaviour="silence")[0]


def test_a_name_server_answers(names):
    assert REFUSED in names("four.test")[0]
    assert REFUSED in names("six.test")[0]
    assert REFUSED in names("alias.test")[0]


def test_search_domains(names):
    assert REFUSED in names("four", resolv="search nowhere.test test\nnameserver 127.0.0.1\n")[0]


def test_what_is_not_there_is_told(names):
    assert "nothing.test: no such name" in names("nothing.test")[0]
    assert "empty.test: the name has no address" in names("empty.test")[0]


def test_a_lost_packet_is_asked_for_again(names):
    said, seconds = names("four.test", behaviour="lose-first")
    assert REFUSED in said
    assert seconds < 10


def test_a_server_that_is_silent_is_given_up(names):
    said, seconds = names("four.test", behaviour="silence")
    assert "four.test: no name server answered" in said
    assert 2 < seconds < 32


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return lab.certificates.make(tmp_path_factory.mktemp("certificates"), "localhost")


@pytest.mark.parametrize("certificate, said", lab.certificates.VERDICTS)
def test_https_in_the_guest(wasmedge, certificates, certificate, said):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{certificate}.pem", certificates / f"{certificate}.key")

    def serve(listener):
        with listener, listener.accept()[0] as plain, contextlib.suppress(OSError):  # a client that refuses hangs up
            with context.wrap_socket(plain, server_side=True) as client:
                client.recv(4096)
                client.sendall(b"HTTP/1.0 200 OK\r\n\r\nsecret\n")
                client.unwrap()

    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    try:
        done = wasmedge.run(guests.example("https-c", "https"), "localhost", port, "/", "/c/ca.pem", dirs={"/c": certificates})
    finally:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()  # where the client never came
        thread.join(20)
    if said:
        assert (done.returncode, done.stdout) == (1, b"")
        assert said in done.stderr.decode()
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, b"secret\n", b"")
