"""Standard input to its end, output whole."""

import functools
import hashlib

from lab.client import new_id

MIB = 1 << 20


@functools.cache
def spew(mebibytes):
    """What the guest's `spew` writes."""
    state, block = 1, bytearray()
    for _ in range(mebibytes * MIB):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        block.append(state >> 24)
    return bytes(block)


def test_stdin_piece_by_piece_to_its_end(client, images):
    # Held open until the guest has answered: ctr forgets to close a stdin that ends before the task has started.
    process = client.popen(images(client, "probe"), "copy", entrypoint="/bin/probe")
    process.stdin.write("hi\n")
    process.stdin.flush()
    assert process.stdout.readline() == "hi\n"
    out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("", "3 bytes\n", 0)


def test_echo_into_docker_run(docker, images):
    done = docker.run(images(docker, "probe"), "copy", entrypoint="/bin/probe", stdin="hi\n")
    assert done.stdout == "hi\n", done
    assert done.stderr == "3 bytes\n"
    assert done.returncode == 0


def test_stdin_of_a_mebibyte(docker, images):
    data = spew(1)
    done = docker.run(images(docker, "probe"), "copy", entrypoint="/bin/probe", stdin=data, text=False)
    assert hashlib.sha256(done.stdout).hexdigest() == hashlib.sha256(data).hexdigest()
    assert done.stderr == b"1048576 bytes\n"


# Docker alone: ctr 1.7 and 2.1 close their end of the fifo when the task has ended, read to its end or not.
def test_stdout_of_10_mebibytes_arrives_whole(docker, images):
    done = docker.run(images(docker, "probe"), "spew", "10", entrypoint="/bin/probe", text=False)
    assert len(done.stdout) == 10 * MIB, done.stderr
    assert hashlib.sha256(done.stdout).hexdigest() == hashlib.sha256(spew(10)).hexdigest()
    assert done.returncode == 0


def test_reader_that_dies_and_another_that_comes(ctr, images):
    name = new_id()
    argument = {"name": name, "entrypoint": "/bin/probe"}
    with ctr.popen(images(ctr, "probe"), "copy", **argument) as first:
        first.stdin.write("one\n")
        first.stdin.flush()
        assert first.stdout.readline() == "one\n"
        first.kill()
    with ctr.attach(name) as second:
        second.stdin.write("two\n")
        second.stdin.flush()
        assert second.stdout.readline() == "two\n"
        ctr.host.ctr("task", "kill", "-s", "SIGKILL", name)
        assert second.wait(timeout=30) == 137


def test_stderr_is_kept_apart(client, images):
    done = client.run(images(client, "probe"), "nonsense", entrypoint="/bin/probe")
    assert done.stdout == ""
    assert done.stderr == "probe: unknown verb 'nonsense'\n", done
    assert done.returncode == 64
