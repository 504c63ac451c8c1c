"""TLS inside the module, against a server of another container and an authority of the test's own."""

import pytest
from lab import certificates
from lab.proc import wait_until

pytestmark = pytest.mark.usefixtures("ours_alone")

HOST = "secure.test"

SERVER = """import contextlib, socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"/certificates/{sys.argv[1]}.pem", f"/certificates/{sys.argv[1]}.key")
listener = socket.create_server(("", 8443))
print("listening", file=sys.stderr, flush=True)
while True:
    with listener.accept()[0] as plain, contextlib.suppress(OSError):  # a client that refuses hangs up
        with context.wrap_socket(plain, server_side=True) as client:
            client.recv(4096)
            client.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nsecret\\n")
            client.unwrap()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = certificates.make(tmp_path_factory.mktemp("certificates"), HOST)
    folder.chmod(0o755)  # the server's user is not root
    for key in folder.glob("*.key"):
        key.chmod(0o644)
    (folder / "server.py").write_text(SERVER)
    return folder


@pytest.mark.parametrize("certificate, said", certificates.VERDICTS)
def test_https_in_a_container(docker, images, network, folder, certificate, said):
    volumes = [("/usr", "/usr", "ro"), (folder, "/certificates", "ro")]
    docker.run(images(docker, "debian"), f"exec /usr/bin/python3 /certificates/server.py {certificate}", name=HOST, detach=True,
               network=network, volumes=volumes, check=True)  # fmt: skip
    wait_until(lambda: "listening" in docker.docker("logs", HOST).stderr, "the server", 30)
    done = docker.run(images(docker, "https"), HOST, "8443", "/", "/ca.pem", network=network, timeout=240,
                      volumes=[(folder / "ca.pem", "/ca.pem", "ro")])  # fmt: skip
    if said:
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{HOST}: {said}" in done.stderr
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, "secret\n", "")
