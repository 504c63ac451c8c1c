"""The options of `docker run` and `ctr run` that shape the process."""

import pytest


def lines(done):
    return done.stdout.splitlines()


def test_environment(client, images):
    done = client.run(images(client, "probe"), entrypoint="/bin/show", env={"GREETING": "hello world", "FROM_IMAGE": "no"})
    assert "env GREETING=hello world" in lines(done), done
    assert "env FROM_IMAGE=no" in lines(done)
    assert "env FROM_IMAGE=yes" not in lines(done)


def test_nothing_of_the_host_environment_leaks(client, images):
    done = client.run(images(client, "probe"), entrypoint="/bin/show")
    names = {line[4:].partition("=")[0] for line in lines(done) if line.startswith("env ")}
    assert names <= {"FROM_IMAGE", "PATH", "HOSTNAME", "HOME"}, done


def test_arguments_with_spaces_and_unicode(client, images):
    done = client.run(images(client, "probe"), "", "ä ö", "--flag=*", entrypoint="/bin/show")
    assert lines(done)[:4] == ["argv[0]=/bin/show", "argv[1]=", "argv[2]=ä ö", "argv[3]=--flag=*"], done


def test_entrypoint_is_found_in_path(client, images):
    done = client.run(images(client, "probe"), entrypoint="show")
    assert lines(done)[0] == "argv[0]=show", done
    assert done.returncode == 7


def test_working_directory_is_where_relative_paths_begin(client, images):
    image = images(client, "probe")
    done = client.run(image, "read", "greeting", entrypoint="../bin/probe", workdir="/etc")
    assert done.stdout == "from the image\n", done
    assert done.returncode == 0


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_exit_status(client, images, status):
    assert client.run(images(client, "probe"), "exit", str(status), entrypoint="/bin/probe").returncode == status


def check_rights_of_user_1000(client, image, **options):
    done = client.run(image, "write", "/private/file", "x", entrypoint="/bin/probe", **options)
    assert "/private/file: Permission denied" in done.stderr, done
    assert done.returncode == 1
    done = client.run(image, "write", "/tmp/file", "x", entrypoint="/bin/probe", **options)
    assert done.returncode == 0, done


def test_user_of_the_image_has_no_rights_of_roots(client, images):
    check_rights_of_user_1000(client, images(client, "probe-user"))


# Docker alone: ctr 1.6 has no such option.
def test_user_option(docker, images):
    check_rights_of_user_1000(docker, images(docker, "probe"), user="1000")


def test_user_owns_what_it_writes(client, images, tmp_path):
    tmp_path.chmod(0o777)
    image = images(client, "probe-user")
    done = client.run(image, "write", "/data/file", "x", entrypoint="/bin/probe", volumes=[(tmp_path, "/data", "rw")])
    assert done.returncode == 0, done
    assert (tmp_path / "file").stat().st_uid == 1000


def test_read_only_rootfs(client, images):
    image = images(client, "probe")
    done = client.run(image, "write", "/tmp/file", "x", entrypoint="/bin/probe", read_only=True)
    assert "/tmp/file: Read-only file system" in done.stderr, done
    assert done.returncode == 1


def test_rootfs_is_writable_without_read_only(client, images):
    done = client.run(images(client, "probe"), "write", "/tmp/file", "abc", entrypoint="/bin/probe")
    assert done.stdout == "wrote 3 bytes to /tmp/file\n", done
