"""Modules with threads in containers: under the container's system call filter, its pids cgroup, and as its pid 1."""

import time

import pytest
from lab.proc import threads, wait_until


@pytest.fixture(autouse=True)
def wasm_alone(ours_alone):
    pass


def test_threads_work_together(client, images):
    for what in ("mutexes", "conditions"):
        done = client.run(images(client, "threads"), what, entrypoint="/threads.wasm")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done


def test_the_example(client, images):
    done = client.run(images(client, "threads"), "4", entrypoint="/mandelbrot.wasm")
    assert done.returncode == 0 and done.stdout.endswith(" points, 4 threads more than the first\n"), done


def test_an_annotation_tells_each_call_on_stderr(client, images):
    image = images(client, "threads")
    done = client.run(image, "4", entrypoint="/mandelbrot.wasm", annotation=["io.wasmedge.wasi.trace=stderr"])
    assert done.returncode == 0 and done.stdout.endswith(" points, 4 threads more than the first\n"), done
    lines = done.stderr.splitlines()
    assert all(line.startswith("wasi: ") for line in lines), done
    assert sum(line.startswith("wasi: thread-spawn(argument=") for line in lines) == 4, done
    assert any(line.startswith("wasi: fd_write(fd=1, ") and " = SUCCESS, size=" in line for line in lines), done


def test_a_bomb_of_threads_is_bounded(client, images):
    done = client.run(images(client, "threads"), "bomb", entrypoint="/threads.wasm")
    assert (done.returncode, done.stdout) == (3, "still here\n"), done


def test_no_more_threads_than_the_pids_cgroup_lets(docker, images):
    """thread-spawn fails, and the guest goes on; when threads have ended there may be new ones."""
    done = docker.run(images(docker, "threads"), "limit", entrypoint="/threads.wasm", pids=20)
    counts = [int(line) for line in done.stdout.split()]
    assert done.returncode == 0 and counts == [19, 19, 19], done


def test_stop_ends_threads_at_once(docker, images):
    image = images(docker, "threads")
    name = "threads-to-stop"
    argv = docker.command(image, "end", "never", "wait", name=name, detach=True, interactive=True, entrypoint="/threads.wasm")
    docker.docker(*argv[1:])
    wait_until(lambda: threads(docker.pid(name)) >= 10, "its threads: eight, one that waits to end them, and the first")
    begin = time.monotonic()
    docker.docker("stop", name)
    took = time.monotonic() - begin
    state = docker.docker.inspect(name)["State"]
    assert took < 1, f"{took:.2f} s"
    assert state["ExitCode"] == 143 and state["Status"] == "exited", state
