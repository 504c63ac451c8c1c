"""CRI's streams, through containerd's streaming server, as `kubectl attach` and `kubectl port-forward` use them."""

import pytest
from lab.cri import Stream

STDIN, STDOUT, STDERR, ERROR = range(4)


@pytest.fixture
def stream(cri):
    """Opens streams that are closed with the test."""
    opened = []

    def open_stream(url, **query):
        opened.append(Stream(cri, url, **query))
        return opened[-1]

    yield open_stream
    for each in opened:
        each.close()


@pytest.mark.parametrize("handler", ["wasmedge", "runc"])
def test_port_forward(cri, pods, stream, handler):
    pod = pods(handler)
    server = pod.start(cri.busybox, "/bin/sh", "-c", "echo up; nc -l -p 8080 -e /bin/cat")
    pod.saw(server, "up")
    forwarded = stream(cri.PortForward(pod_sandbox_id=pod.id, port=[8080]).url, port=8080)
    forwarded.send(b"over the port\n")
    # Each channel begins with the port's number.
    assert forwarded.receive(0, b"over the port\n") == (8080).to_bytes(2, "little") + b"over the port\n"


@pytest.mark.parametrize("what", ["native", "module"])
def test_attach(cri, pods, stream, what):
    pod = pods()
    image, command = (cri.busybox, ("/bin/cat",)) if what == "native" else (cri.probe, ("/bin/probe", "copy"))
    container = pod.start(image, *command, stdin=True, stdin_once=True)
    url = cri.Attach(container_id=container, stdin=True, stdout=True, stderr=True).url
    attached = stream(url)
    attached.send(b"a line\n")
    if what == "native":
        assert attached.receive(STDOUT, b"a line\n")
    attached.close()  # stdin_once: the end of its input
    assert pod.wait(container).exit_code == 0
    assert pod.saw(container, "a line")


def test_attach_sees_the_end(cri, pods, stream):
    pod = pods()
    container = pod.start(cri.busybox, "/bin/sh", "-c", "read go; echo out; echo err >&2; exit 3", stdin=True)
    attached = stream(cri.Attach(container_id=container, stdin=True, stdout=True, stderr=True).url)
    attached.send(b"go\n")
    got = attached.to_its_end()
    assert (got[STDOUT], got[STDERR]) == (b"out\n", b"err\n")
    assert pod.wait(container).exit_code == 3
