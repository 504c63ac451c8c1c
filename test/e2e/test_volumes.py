"""Bind mounts: `docker run -v host:/data`."""


def test_volume_is_read_and_written(client, images, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "in").write_text("from the host\n")
    image = images(client, "probe")
    volume = [(tmp_path, "/data", "rw")]
    assert client.run(image, "read", "/data/in", entrypoint="/bin/probe", volumes=volume).stdout == "from the host\n"
    done = client.run(image, "write", "/data/out", "from the guest", entrypoint="/bin/probe", volumes=volume)
    assert done.returncode == 0, done
    assert (tmp_path / "out").read_text() == "from the guest"


def test_read_only_volume_is_read_and_not_written(client, images, tmp_path):
    tmp_path.chmod(0o777)
    (tmp_path / "in").write_text("from the host\n")
    image = images(client, "probe")
    volume = [(tmp_path, "/data", "ro")]
    assert client.run(image, "read", "/data/in", entrypoint="/bin/probe", volumes=volume).stdout == "from the host\n"
    done = client.run(image, "write", "/data/out", "x", entrypoint="/bin/probe", volumes=volume)
    assert "/data/out: Read-only file system" in done.stderr, done
    assert done.returncode == 1
    assert not (tmp_path / "out").exists()


def test_volume_over_a_directory_that_the_image_lacks(client, images, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "in").write_text("there\n")
    image = images(client, "probe")
    done = client.run(image, "read", "/made/for/it/in", entrypoint="/bin/probe", volumes=[(tmp_path, "/made/for/it", "ro")])
    assert done.stdout == "there\n", done
