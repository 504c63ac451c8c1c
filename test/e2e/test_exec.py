"""`docker exec` and `ctr task exec`: further processes in a container that runs."""

import pathlib
import signal
import subprocess

import pytest
from lab.proc import wait_until

pytestmark = pytest.mark.usefixtures("ours_alone")

SHELL = "/bin/busybox"


def start(client, images, image, *args, **options):
    client.run(images(client, image), *args, name="box", detach=True, check=True, **options)
    return client


def sleeper(client, images):
    """A native container that runs until it is killed."""
    return start(client, images, "busybox", "sleep", "1000")


def module(client, images, **options):
    """A container whose module waits."""
    return start(client, images, "probe", "sleep", "1000000", entrypoint="/bin/probe", **options)


def test_exit_status_of_a_native_program(client, images):
    assert sleeper(client, images).exec("box", SHELL, "sh", "-c", "exit 42").returncode == 42


def test_the_containers_own_module_with_other_arguments(client, images):
    assert module(client, images).exec("box", "/bin/probe", "exit", "7").returncode == 7


# Output through Docker alone: ctr 1.7 and 2.1 drop what is still in the fifo when a process has ended.
def test_stdout_and_stderr(docker, images):
    done = sleeper(docker, images).exec("box", SHELL, "sh", "-c", "echo to stdout; echo to stderr >&2")
    assert (done.stdout, done.stderr, done.returncode) == ("to stdout\n", "to stderr\n", 0)


def test_is_in_the_containers_namespaces_and_cgroup(docker, images):
    box = sleeper(docker, images)
    look = "for n in mnt pid net ipc uts; do busybox readlink /proc/$0/ns/$n; done; busybox cat /proc/$0/cgroup"
    first, own = (box.exec("box", SHELL, "sh", "-c", look, pid, check=True).stdout for pid in ("1", "self"))
    assert first == own != ""


# Docker alone: ctr forgets an stdin that ends before the process's start.
def test_stdin_to_its_end(docker, images):
    done = sleeper(docker, images).exec("box", SHELL, "cat", stdin="some\ninput\n")
    assert (done.stdout, done.returncode) == ("some\ninput\n", 0), done


def test_another_module_of_the_image(docker, images):
    done = module(docker, images).exec("box", "/bin/show", "one", "two")
    assert done.stdout.splitlines()[:3] == ["argv[0]=/bin/show", "argv[1]=one", "argv[2]=two"], done
    assert done.returncode == 7


@pytest.mark.complaints
def test_where_there_is_no_such_program_the_error_says_what_would_work(client, images):
    done = module(client, images).exec("box", "sh")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "no such file or directory" in said, done
    assert "a WebAssembly module such as its own, /bin/probe, with other arguments" in said, done


def test_user_environment_and_working_directory(docker, images):
    box = sleeper(docker, images)
    script = "/bin/busybox id -u; pwd; echo $GREETING"
    done = box.exec("box", SHELL, "sh", "-c", script, user="1000", env={"GREETING": "hi"}, workdir="/bin")
    assert done.stdout == "1000\n/bin\nhi\n", done


def test_ends_with_the_container(docker, images):
    box = sleeper(docker, images)
    process = box.exec_popen("box", SHELL, "sh", "-c", "echo up; exec /bin/busybox sleep 1000")
    assert process.stdout.readline() == "up\n"
    box.docker("kill", "box")
    process.communicate(timeout=30)
    assert process.returncode == 137


def test_in_a_container_that_is_paused_is_refused(docker, images):
    box = sleeper(docker, images)
    box.docker("pause", "box")
    done = box.exec("box", SHELL, "true")
    assert done.returncode != 0
    assert "paused" in done.stderr, done
    box.docker("unpause", "box")
    assert box.exec("box", SHELL, "true").returncode == 0


@pytest.mark.complaints
def test_in_a_container_that_has_ended(client, images):
    client.run(images(client, "busybox"), "true", name="box", detach=True, check=True)
    assert client.exec("box", SHELL, "true").returncode != 0


# What Docker's users and scripts know: 127 for a command that is not there, 126 for one that cannot be executed.
@pytest.mark.complaints
@pytest.mark.parametrize("command, status", {"/none": 127, "none": 127, "/bin": 126, "/etc/hosts": 126}.items())
def test_dockers_exit_status_of_a_command_that_cannot_run(docker, images, command, status):
    for image in ("busybox", "probe"):
        assert docker.run(images(docker, image), entrypoint=command).returncode == status
    # Docker 26 answers any exec that fails by 126.
    expected = 126 if docker.docker("version", "--format", "{{.Server.Version}}").stdout.startswith("26.") else status
    assert sleeper(docker, images).exec("box", command).returncode == expected


def mount_points(pid):
    return {line.split()[4] for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()}


# Its own /proc, /sys and /dev, masked as any container's; the module has nothing of them, and nothing is left.
def test_a_native_program_beside_a_module_sees_the_kernels_filesystems(client, images):
    module(client, images, volumes=[(SHELL, SHELL, "ro")])
    before = mount_points(client.pid("box"))
    for look in (
        "busybox ps | busybox grep -q probe",
        "echo x > /dev/null && test -c /dev/urandom -a -d /dev/shm",
        "busybox grep -q lo: /proc/net/dev && test -d /sys/class/net",
        "! echo 1 2>/dev/null > /proc/sys/vm/swappiness",
    ):
        assert client.exec("box", SHELL, "sh", "-c", look).returncode == 0, look
    assert mount_points(client.pid("box")) == before
    assert not any(name in point for point in before for name in ("/proc", "/sys", "/dev"))
    assert client.exec("box", "/bin/probe", "read", "/proc/self/status").returncode != 0


@pytest.fixture
def more(ctr, images):
    """A process of id "more" in a container that runs."""
    sleeper(ctr, images)
    argv = ctr.host.ctr_command("task", "exec", "--exec-id", "more", "box", SHELL, "sleep", "2000")
    with subprocess.Popen(argv, env=ctr.host.environment(), stdin=subprocess.PIPE, start_new_session=True) as process:
        wait_until(lambda: "more" in processes(ctr), "its process", timeout=10)
        yield process
        process.kill()


def processes(ctr):
    """Pids, and the exec ids that the shim tells as details."""
    return ctr.host.ctr("task", "ps", "box").stdout


def test_its_process_is_listed_and_ends_by_its_signal(ctr, more):
    ctr.host.ctr("task", "kill", "-s", "SIGTERM", "--exec-id", "more", "box")
    assert more.wait(timeout=30) == 143
    assert "more" not in processes(ctr)
    assert len(processes(ctr).splitlines()) == 2


def test_kill_all_ends_it_too(ctr, more):
    ctr.host.ctr("task", "kill", "--all", "-s", "SIGUSR1", "box")
    assert more.wait(timeout=30) == 128 + signal.SIGUSR1


def test_policy_holds_for_an_executed_module(docker, images):
    start(docker, images, "probe", "sleep", "1000000", entrypoint="/bin/probe", annotation=["io.wasmedge.wasi.preopens=/data:rw"])
    assert docker.exec("box", "/bin/probe", "write", "/data/file", "mine").returncode == 0
    done = docker.exec("box", "/bin/probe", "read", "/etc/greeting")
    assert done.stdout == "" and done.returncode != 0, done
