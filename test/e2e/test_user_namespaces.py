"""Containers whose root is nobody's outside: `ctr run --uidmap`."""

import pathlib

import pytest

BASE = 100_000
MAPS = f"0:{BASE}:65536"


def uid_map(pid):
    return pathlib.Path(f"/proc/{pid}/uid_map").read_text().split()


def check_box(client):
    """A module that waits in "box", beside which native programs and modules are executed."""
    assert uid_map(client.pid("box")) == ["0", str(BASE), "65536"]
    sees = "test $(busybox id -u) = 0 && test -c /dev/null && busybox ps | busybox grep -q 'probe\\|wasmedge-init'"
    assert client.exec("box", "/bin/busybox", "sh", "-c", sees).returncode == 0
    assert client.exec("box", "/bin/probe", "exit", "7").returncode == 7


def check_files(client, images, folder, **options):
    """Files that the container's root writes are its own, in the image and, where they may be, in a volume."""
    volume = folder / "volume"
    volume.mkdir()
    volume.chmod(0o777)
    (volume / "in").write_text("from the host\n")
    options["volumes"] = [(volume, "/volume", "rw")]
    image = images(client, "probe")
    assert client.run(image, "read", "/volume/in", entrypoint="/bin/probe", **options).stdout == "from the host\n"
    for path in ("/volume/out", "/private/out"):
        done = client.run(image, "write", path, "mine", entrypoint="/bin/probe", **options)
        assert done.returncode == 0, done
    assert (volume / "out").stat().st_uid == BASE
    (volume / "out").chmod(0o600)
    done = client.run(images(client, "busybox"), "cat", "/volume/out", **options)
    assert done.stdout == "mine", done


def test_ctr(ctr, images, tmp_path):
    if ctr.host.engine.format == 2:
        pytest.skip(f"ctr of {ctr.host.engine} hands options of runc's on with --uidmap, which no other shim takes")
    check_files(ctr, images, tmp_path, maps=MAPS)
    busybox = [("/bin/busybox", "/bin/busybox", "ro")]
    ctr.run(images(ctr, "probe"), "sleep", "1000000", entrypoint="/bin/probe", name="box", detach=True, check=True,
            volumes=busybox, maps=MAPS)  # fmt: skip
    check_box(ctr)
