"""Terminals: `docker run -it`, `ctr run --tty`, and the same of exec, typed at as a user would."""

import pytest
from lab.proc import wait_until

pytestmark = pytest.mark.usefixtures("ours_alone")

PROMPT = "/ # "


def test_a_shell(client, images):
    with client.terminal(images(client, "busybox"), "sh", rows=31, columns=117) as user:
        user.see(PROMPT)
        user.type("/bin/busybox tty; /bin/busybox stty size\n")
        user.see("/dev/pts/0\n31 117\n")
        user.type("exit 5\n")
        assert user.wait() == 5


def test_a_new_size_reaches_the_program(client, images):
    with client.terminal(images(client, "busybox"), "sh") as user:
        user.see(PROMPT)
        user.type("until [ \"$(/bin/busybox stty size)\" = '40 100' ]; do /bin/busybox sleep 0.1; done; echo res''ized\n")

        def resized():  # once more, if ctr does not listen yet
            user.resize(41, 100)
            user.resize(40, 100)
            return user.shows("resized\n", 0.5)

        wait_until(resized, "the new size to reach the program")
        user.type("exit\n")
        user.wait()


def test_ctrl_c_ends_what_runs_in_the_foreground(client, images):
    with client.terminal(images(client, "busybox"), "sh") as user:
        user.see(PROMPT)
        user.type("/bin/busybox sh -c 'echo wai\"\"ting; exec /bin/busybox sleep 1000'\n")
        user.see("waiting\n")
        user.type("\x03")
        user.see(PROMPT)
        user.type("echo $?; exit\n")
        user.see("130\n")
        user.wait()


def test_a_module_sees_that_it_is_one(client, images):
    with client.terminal(images(client, "probe"), "terminals", entrypoint="/bin/probe") as user:
        user.see("0 terminal\n1 terminal\n2 terminal\n")
        assert user.wait() == 0


def test_ctrl_c_ends_a_module(client, images):
    with client.terminal(images(client, "probe"), "sleep", "1000", entrypoint="/bin/probe") as user:
        user.see("ready\n")
        user.type("\x03")
        assert user.wait() == 130


def test_a_module_reads_what_is_typed(client, images):
    with client.terminal(images(client, "probe"), "copy", entrypoint="/bin/probe") as user:
        user.type("a line\n")
        user.see("a line\na line\n")  # the echo, and the copy
        user.type("\x04")
        user.see("7 bytes\n")
        assert user.wait() == 0


def test_all_output_arrives(client, images):
    with client.terminal(images(client, "busybox"), "seq", "1", "60000") as user:
        assert user.wait() == 0
        assert user.shown.split("\n")[:-1] == [str(number) for number in range(1, 60001)]


@pytest.mark.parametrize("image, entrypoint, shell", [("busybox", None, "sh"), ("probe", "/bin/probe", None)])
def test_exec(client, images, image, entrypoint, shell):
    args = ("sleep", "1000") if image == "busybox" else ("sleep", "1000000")
    client.run(images(client, image), *args, name="box", detach=True, check=True, entrypoint=entrypoint)
    if shell:
        with client.exec_terminal("box", "/bin/busybox", "sh") as user:
            user.see(PROMPT)
            user.type("/bin/busybox tty; exit 4\n")
            user.see("/dev/pts/0\n")
            assert user.wait() == 4
    else:
        with client.exec_terminal("box", "/bin/probe", "terminals") as user:
            user.see("0 terminal\n1 terminal\n2 terminal\n")
            assert user.wait() == 0


def test_detach_and_attach_again(docker, images):
    with docker.terminal(images(docker, "busybox"), "sh", name="box") as user:
        user.see(PROMPT)
        user.type("NAME=kept\n\x10\x11")  # Ctrl-P Ctrl-Q
        assert user.wait() == 0
    with docker.attach_terminal("box") as user:
        user.type("echo is $NAME\n")
        user.see("is kept\n")
        user.type("exit 3\n")
        assert user.wait() == 3
