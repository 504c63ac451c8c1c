"""Output that goes to a program or a file instead of a fifo: `ctr run --log-uri`."""

import pathlib

import pytest
from lab.client import new_id
from lab.proc import wait_until

from test_stdio import spew


@pytest.fixture
def run(ctr, images):
    """Runs the probe in the background with this logger; returns the container's name."""

    def run(uri, *args, name=None):
        name = name or new_id()
        ctr.run(images(ctr, "probe"), *args, name=name, entrypoint="/bin/probe", detach=True, log_uri=uri, check=True)
        return name

    return run


@pytest.fixture
def program(tmp_path):
    """A logger in shell."""

    def program(body):
        path = tmp_path / "logger"
        path.write_text(f"#!/bin/sh\ncd {tmp_path}\n{body}\n")
        path.chmod(0o755)
        return path

    return program


def stop(ctr, name):
    """Waits for the container's end and deletes its task: then its logger has ended, too."""
    wait_until(lambda: f"{name} " not in status(ctr, "RUNNING"), f"{name}'s end", timeout=60)
    ctr.host.ctr("task", "rm", name)


def status(ctr, state):
    return "\n".join(line for line in ctr.host.ctr("task", "ls").stdout.splitlines() if state in line)


def test_file_takes_both_streams_and_grows_from_run_to_run(ctr, run, tmp_path):
    log = tmp_path / "new/folder/box.log"
    for _ in range(2):
        stop(ctr, run(f"file://{log}", "nonsense"))
    assert log.read_text() == 2 * "probe: unknown verb 'nonsense'\n"
    stop(ctr, run(f"file://{log}", "spew", "10"))
    assert log.read_bytes()[62:] == spew(10)


def test_program_gets_arguments_streams_and_names(ctr, run, program, tmp_path):
    logger = program('echo "$*" "$CONTAINER_NAMESPACE" > told; echo $CONTAINER_ID >> told; exec 5>&-; cat <&3 > out; cat <&4 > err')
    name = run(f"binary://{logger}?--to=a+place", "nonsense")
    stop(ctr, name)
    words, identity = (tmp_path / "told").read_text().splitlines()
    assert words.startswith("--to a place ") and identity == name
    assert (tmp_path / "out").read_text() == ""
    assert (tmp_path / "err").read_text() == "probe: unknown verb 'nonsense'\n"


def test_nothing_is_lost_to_a_logger_that_does_not_read_and_nothing_is_hoarded(ctr, run, program, tmp_path):
    go = tmp_path / "go"
    name = run(f"binary-v2://{program(f'echo >&5; while ! [ -e {go} ]; do sleep 0.05; done; cat <&3 > out')}", "spew", "10")
    pid = ctr.pid(name)
    # The guest fills the pipe, and then it waits.
    wait_until(lambda: "pipe" in pathlib.Path(f"/proc/{pid}/wchan").read_text(), "the guest to wait for its reader", timeout=30)
    assert f"{name} " in status(ctr, "RUNNING")
    parent = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    resident = pathlib.Path(f"/proc/{parent}/status").read_text().partition("VmRSS:")[2].split()[0]
    assert int(resident) < 8 * 1024, "KiB in the shim"
    go.touch()
    stop(ctr, name)
    assert (tmp_path / "out").read_bytes() == spew(10)


def test_delete_waits_until_the_logger_has_ended(ctr, run, program, tmp_path):
    stop(ctr, run(f"binary://{program('exec 5>&-; cat <&3 > out; sleep 1; echo end >> out')}", "exit", "0"))
    assert (tmp_path / "out").read_text() == "end\n"


@pytest.mark.complaints
def test_logger_that_dies_first_says_so_and_the_guest_gets_epipe(ctr, run, program):
    name = run(f"binary://{program('exec 5>&-; read line <&3; exit 9')}", "spew", "10")
    stop(ctr, name)
    assert "ended with status 9" in ctr.host.log.read_text()


@pytest.mark.complaints
def test_logger_that_cannot_start_is_named(ctr, images, program):
    for uri, fault in {
        "binary:///none": "cannot run the logger /none: No such file or directory",
        "binary-v2://" + str(program("exit 7")): "ended with status 7 before it was ready",
        "file:///proc/log": "/proc/log",
    }.items():
        done = ctr.run(images(ctr, "probe"), "exit", "0", entrypoint="/bin/probe", detach=True, name=new_id(), log_uri=uri)
        assert done.returncode != 0 and fault in done.stderr, done
        assert ctr.host.ctr("task", "ls", "-q").stdout == ""


def test_null_takes_it_all(ctr, images):
    name = new_id()
    ctr.run(images(ctr, "probe"), "spew", "10", name=name, entrypoint="/bin/probe", detach=True, null_io=True, check=True)
    stop(ctr, name)


def test_docker_logs_has_all_of_it(docker, images):
    name = new_id()
    docker.run(images(docker, "busybox"), "seq", "200000", name=name, detach=True, check=True)
    docker.docker("wait", name)
    logs = docker.docker("logs", name).stdout
    assert logs == "".join(f"{n}\n" for n in range(1, 200001))
