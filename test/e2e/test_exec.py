"""`docker exec` and `ctr task exec`: further processes in a container that runs."""

import pytest

pytestmark = pytest.mark.usefixtures("ours_alone")

SHELL = "/bin/busybox"


@pytest.fixture
def sleeper(client, images):
    """A native container that runs until it is killed."""
    return start(client, images, "busybox", "sleep", "1000")


@pytest.fixture
def module(client, images):
    """A container whose module waits for what nobody sends."""
    return start(client, images, "probe", "sleep", "1000000", entrypoint="/bin/probe")


def start(client, images, image, *args, **options):
    client.run(images(client, image), *args, name="box", detach=True, check=True, **options)
    return client


def test_a_native_program(sleeper):
    done = sleeper.exec("box", SHELL, "sh", "-c", "echo to stdout; echo to stderr >&2; exit 42")
    assert (done.stdout, done.stderr, done.returncode) == ("to stdout\n", "to stderr\n", 42)


def test_is_in_the_containers_namespaces_and_cgroup(sleeper):
    look = "for n in mnt pid net ipc uts; do busybox readlink /proc/$0/ns/$n; done; busybox cat /proc/$0/cgroup"
    first, own = (sleeper.exec("box", SHELL, "sh", "-c", look, pid, check=True).stdout for pid in ("1", "self"))
    assert first == own != ""


# Docker alone: ctr forgets an stdin that ends before the process's start.
def test_stdin_to_its_end(docker, images):
    done = start(docker, images, "busybox", "sleep", "1000").exec("box", SHELL, "cat", stdin="some\ninput\n")
    assert (done.stdout, done.returncode) == ("some\ninput\n", 0), done


def test_the_containers_own_module_with_other_arguments(module):
    done = module.exec("box", "/bin/probe", "exit", "7")
    assert done.returncode == 7, done


def test_another_module_of_the_image(module):
    done = module.exec("box", "/bin/show", "one", "two")
    assert done.stdout.splitlines()[:3] == ["argv[0]=/bin/show", "argv[1]=one", "argv[2]=two"], done
    assert done.returncode == 7


@pytest.mark.complaints
def test_where_there_is_no_such_program_the_error_says_what_would_work(module):
    done = module.exec("box", "sh")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "no such file or directory" in said, done
    assert "a WebAssembly module such as its own, /bin/probe, with other arguments" in said, done


def test_user_environment_and_working_directory(docker, images):
    box = start(docker, images, "busybox", "sleep", "1000")
    script = "/bin/busybox id -u; pwd; echo $GREETING"
    done = box.exec("box", SHELL, "sh", "-c", script, user="1000", env={"GREETING": "hi"}, workdir="/bin")
    assert done.stdout == "1000\n/bin\nhi\n", done


def test_ends_with_the_container(docker, images):
    box = start(docker, images, "busybox", "sleep", "1000")
    process = box.exec_popen("box", SHELL, "sh", "-c", "echo up; exec /bin/busybox sleep 1000")
    assert process.stdout.readline() == "up\n"
    box.docker("kill", "box")
    process.communicate(timeout=30)
    assert process.returncode == 137


def test_in_a_container_that_is_paused_is_refused(docker, images):
    box = start(docker, images, "busybox", "sleep", "1000")
    box.docker("pause", "box")
    done = box.exec("box", SHELL, "true")
    assert done.returncode != 0
    assert "paused" in done.stderr, done
    box.docker("unpause", "box")
    assert box.exec("box", SHELL, "true").returncode == 0


def test_in_a_container_that_has_ended(client, images):
    client.run(images(client, "busybox"), "true", name="box", detach=True, check=True)
    assert client.exec("box", SHELL, "true").returncode != 0
