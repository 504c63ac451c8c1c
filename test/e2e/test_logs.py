"""The shim's lines in containerd's log: each whole, whose it is, in which phase; and who chooses how much is told."""

import re

import pytest
from lab.proc import wait_until

pytestmark = pytest.mark.usefixtures("ours_alone")

LINE = re.compile(r'time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z" level=(?P<level>debug|info|warning|error)(?P<fields>( [a-z_]+=([\w./@^+-]+|"([^"\\]|\\.)*"))+)')
FIELD = re.compile(r' ([a-z_]+)=("(?:[^"\\]|\\.)*"|[^ "]+)')


@pytest.fixture
def lines(where):
    """The shim's lines since the test's begin, each as its fields; one that cannot be read as such fails the test."""
    start = where.host.log.stat().st_size

    def read():
        with open(where.host.log, errors="replace") as log:
            log.seek(start)
            found = []
            for line in log.read().split("\n"):
                if "runtime=io.containerd.wasmedge.v1" not in line:
                    continue
                match = LINE.fullmatch(line)
                assert match, line
                found.append({"level": match["level"], **{key: value.strip('"') for key, value in FIELD.findall(match["fields"])}})
            return found

    return read


def until(lines, what, **fields):
    """The lines once one of them has these fields."""
    has = lambda line: all(line.get(key) == value for key, value in fields.items())  # noqa: E731
    wait_until(lambda: any(map(has, lines())), what)
    return lines()


def test_each_line_says_whose_it_is_and_in_which_phase(client, images, lines):
    client.run(images(client, "probe"), "exit", "3", entrypoint="/bin/probe", check=False)
    told = until(lines, "its end", phase="run", msg="ended with status 3")
    assert len({line["id"] for line in told}) == 1 and {"create", "policy", "run"} <= {line["phase"] for line in told}
    assert {line["namespace"] for line in told} == {client.host.namespace if client.kind == "ctr" else client.docker.namespace}
    assert "debug" not in {line["level"] for line in told}


def test_debug_by_annotation_for_this_container_alone(client, images, lines):
    probe = images(client, "probe")
    client.run(probe, "exit", "0", entrypoint="/bin/probe", check=True, annotation=["io.wasmedge.log=debug"])
    told = until(lines, "its removal", level="debug", phase="delete")
    debug = [line for line in told if line["level"] == "debug"]
    assert {"cgroup", "launch", "create", "start", "delete"} <= {line["phase"] for line in debug}
    took = next(line["msg"] for line in debug if line["msg"].startswith("took: "))
    assert "find " in took and "link " in took and " ms" in took
    own = debug[0]["id"]
    client.run(probe, "exit", "4", entrypoint="/bin/probe")
    told = until(lines, "its end", msg="ended with status 4")
    assert {line["id"] for line in told if line["level"] == "debug"} == {own}


def test_an_image_does_not_choose(client, images, lines):
    client.run(images(client, "hostile"), entrypoint="/bin/attempts", check=True)
    told = until(lines, "its end", msg="ended with status 0")
    assert "debug" not in {line["level"] for line in told}


@pytest.mark.complaints
@pytest.mark.where(("sid", "ctr"), ("sid", "docker"))
def test_hostile_text_forges_nothing(client, images, lines):
    forged = '/x\n"\\\ttime="2020-01-01T00:00:00.000000000Z" level=error msg="forged" runtime=io.containerd.wasmedge.v1\x1b[31m\u202e'
    client.run(images(client, "probe"), entrypoint=forged)
    told = until(lines, "the failure", level="error")
    assert not [line for line in told if line["msg"] == "forged"]
    error = next(line for line in told if line["level"] == "error")
    assert error["phase"] == "find" and "\\n" in error["msg"] and "\\x1b" in error["msg"]
