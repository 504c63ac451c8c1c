"""The capability policy: annotations narrow, options are a ceiling, an image has no say, and the log tells."""

import time

import pytest

from lab.client import new_id
from lab.proc import run

PREFIX = "io.wasmedge.wasi."
ALL = ["connect", "127.0.0.1", "1", "udp", "127.0.0.1", "9", "listen", "127.0.0.1", "8080"]
ACCES, AI_FAIL = 2, 80

pytestmark = pytest.mark.usefixtures("ours_alone")


def rules(**settings):
    return [f"{PREFIX}{key}={value}" for key, value in settings.items()]


def answers(done):
    """What the guest `attempts` was told, attempt by attempt: "-" refused by the policy, "+" left to the network.

    That may say CONNREFUSED, or NETUNREACH where the loopback device is down, as in ctr's namespaces."""
    assert done.returncode == 0, done
    errors = [int(line.rsplit(" ", 1)[1]) for line in done.stdout.splitlines()]
    return "".join("-" if error in (ACCES, AI_FAIL) else "+" for error in errors)


def logged(client, start, *words):
    """Lines of containerd's log since `start` that have all of these words; they may take a moment."""
    deadline = time.monotonic() + 10
    while True:
        with open(client.host.log, errors="replace") as log:
            log.seek(start)
            found = [line for line in log if all(word in line for word in words)]
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


@pytest.fixture
def start(where):
    return where.host.log.stat().st_size


def attempts(client, images, *wanted, **options):
    return client.run(images(client, "attempts"), *wanted, entrypoint="/bin/attempts", **options)


def test_default_is_what_the_network_namespace_allows(client, images, start):
    assert answers(attempts(client, images, *ALL)) == "+++"
    line = logged(client, start, "policy: preopens=/:rw", "network=all")
    assert line and "by config.json alone" in line[0], line


@pytest.mark.complaints
def test_no_network(client, images, start):
    done = attempts(client, images, *ALL, annotation=rules(network="none"))
    assert answers(done) == "---"
    assert done.stderr == "", "refusals are the log's, not the guest's"
    assert logged(client, start, "network=none", "policy:")
    assert logged(client, start, "level=warning", "refused: make a socket: annotation io.wasmedge.wasi.network=none")


@pytest.mark.complaints
def test_lists_hold_on_every_route(client, images, start):
    granted = rules(network="connect=127.0.0.0/8:1,listen=127.0.0.1:8080,connect=[::1]:9/udp")
    done = attempts(
        client, images,
        "connect", "127.0.0.1", "1",
        "connect", "::ffff:127.0.0.1", "1",
        "connect", "0.0.0.0", "1",
        "connect", "127.0.0.1", "2",
        "connect", "::ffff:127.0.0.1", "2",
        "connect", "::ffff:10.0.0.1", "1",
        "connect", "10.0.0.1", "1",
        "connect", "::1", "9",
        "udp", "127.0.0.1", "9",
        "udp", "::ffff:10.0.0.1", "1",
        "udp", "10.0.0.1", "1",
        "listen", "127.0.0.1", "8080",
        "listen", "0.0.0.0", "8080",
        "listen", "::", "8080",
        "listen", "127.0.0.1", "8081",
        "name", "localhost", "1",
        annotation=granted,
    )  # fmt: skip
    assert answers(done) == "+++" + 8 * "-" + "+" + 4 * "-"
    lines = logged(client, start, "refused: ")
    assert len(lines) == 10, "a burst of ten, and the others counted"
    assert "refused: connect to 127.0.0.1:2/tcp: annotation io.wasmedge.wasi.network=connect=127" in lines[0]


@pytest.mark.complaints
def test_names_are_granted_and_the_image_cannot_say_what_they_mean(client, images, tmp_path):
    (tmp_path / "hosts").write_text("127.0.0.1 localhost db\n127.0.0.2 other\n")
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    volumes = [(tmp_path / name, f"/etc/{name}", "rw") for name in ("hosts", "resolv.conf")]
    named = rules(network="connect=db:1")
    done = attempts(client, images, "connect", "127.0.0.1", "1", "name", "db", "1", "connect", "127.0.0.1", "1",
               "connect", "127.0.0.1", "2", "name", "other", "1", annotation=named, volumes=volumes)  # fmt: skip
    assert answers(done) == "-++--"
    # The guest cannot change them either, though they are mounted rw.
    image = images(client, "probe")
    done = client.run(image, "write", "/etc/hosts", "x", entrypoint="/bin/probe", annotation=named, volumes=volumes)
    assert "Read-only file system" in done.stderr, done
    if client.kind == "ctr":  # Docker always mounts its own
        done = attempts(client, images, "name", "db", "1", annotation=named)
        assert "/etc/hosts, which tells what names mean, is the image's own" in done.stderr, done


@pytest.mark.complaints
def test_directories(client, images, tmp_path):
    tmp_path.chmod(0o777)
    (tmp_path / "in").write_text("given\n")
    image = images(client, "probe")
    volume = [(tmp_path, "/data", "rw")]

    def probe(*args, preopens):
        return client.run(image, *args, entrypoint="/bin/probe", volumes=volume, annotation=rules(preopens=preopens))

    assert probe("read", "/data/in", preopens="/data:ro").stdout == "given\n"
    assert probe("write", "/data/out", "x", preopens="/data:ro").returncode == 1
    assert probe("read", "/etc/greeting", preopens="/data:rw").returncode == 1
    assert probe("write", "/data/out", "x", preopens="/data:rw,/etc:ro").returncode == 0
    assert probe("read", "/etc/greeting", preopens="/data:rw,/etc:ro").stdout == "from the image\n"
    assert not (tmp_path / "etc").exists()


def test_environment(client, images):
    image = images(client, "probe")
    done = client.run(image, entrypoint="/bin/show", env={"LANG": "C", "SECRET": "1"}, annotation=rules(environment="LANG,FROM_*"))
    assert "LANG=C" in done.stdout and "FROM_IMAGE=yes" in done.stdout, done
    assert "SECRET" not in done.stdout and "PATH" not in done.stdout, done


@pytest.mark.complaints
def test_time_and_fuel(client, images, start):
    image = images(client, "probe")
    done = client.run(image, "sleep", "60", entrypoint="/bin/probe", annotation=rules(time="300ms"), timeout=30)
    assert done.returncode == 134 and "interrupted" in done.stderr, done
    assert logged(client, start, "refused: run on: annotation io.wasmedge.wasi.time=300ms")
    done = client.run(image, entrypoint="/bin/show", annotation=rules(fuel="100"))
    assert done.returncode == 134 and "out of fuel" in done.stderr, done


@pytest.mark.complaints
def test_memory_that_a_module_has_from_the_start(client, images):
    done = client.run(images(client, "probe"), entrypoint="/bin/show", annotation=rules(memory="64KiB"))
    assert done.returncode != 0
    assert "annotation io.wasmedge.wasi.memory=64KiB" in done.stderr, done
    assert "and may have 65536" in done.stderr, done


@pytest.mark.complaints
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("network=connect=db", 'character 11 (the end): expected ":" and a port'),
        ("memory=64MB", 'character 3 (\\"MB\\"): expected a number of bytes'),
        ("preopens=data:rw", "expected an absolute path in the container, such as /data:ro"),
        ("colour=red", "there is no such setting; there are: preopens"),
    ],
)
def test_mistakes(client, images, setting, message):
    done = client.run(images(client, "probe"), entrypoint="/bin/show", annotation=[PREFIX + setting])
    assert done.returncode != 0
    error = done.stderr.replace('\\\\"', '"').replace('\\"', '"')
    assert f"annotation {PREFIX}{setting.split('=')[0]}:" in error, done
    assert message.replace('\\"', '"') in error, done


@pytest.mark.complaints
def test_an_image_cannot_widen_it(client, images, start):
    """It has labels and variables that say `all`, a policy file of its own, and links where directories are granted."""
    image = images(client, "hostile")
    done = client.run(image, *ALL, entrypoint="/bin/attempts", annotation=rules(network="none", memory="4MiB"))
    assert answers(done) == "---"
    line = logged(client, start, "policy:", "network=none", "memory=4 MiB")
    assert line, "labels said network=all"
    done = client.run(image, *ALL, entrypoint="/bin/attempts", annotation=rules(preopens="/link:ro"))
    assert done.returncode != 0 and "with no symbolic link on the way" in done.stderr, done


@pytest.mark.complaints
def test_containerd_options_are_a_ceiling(ctr, images, start, tmp_path):
    if not ctr.takes_options():
        pytest.skip("this ctr has no --runtime-config-path")
    ceiling = tmp_path / "ceiling.toml"
    ceiling.write_text('network = "connect=127.0.0.1:*"\nmemory = "8MiB"\n')
    done = attempts(ctr, images, "connect", "127.0.0.1", "1", "connect", "127.0.0.2", "1", options=ceiling, annotation=rules(network="all"))
    assert answers(done) == "+-"
    assert logged(ctr, start, "memory=8 MiB", f"{ceiling}: memory=8MiB")
    done = attempts(ctr, images, *ALL, options=ceiling, annotation=rules(memory="9MiB"))
    assert done.returncode != 0 and "this is more than the node allows" in done.stderr, done


@pytest.mark.complaints
def test_docker_options_are_a_ceiling(docker, images, start):
    """The runtime "capped" of the lab's daemon.json names a file with network = "none" and memory = "8MiB"."""
    done = attempts(docker, images, *ALL, runtime="capped", annotation=rules(network="all"))
    assert answers(done) == "---"
    assert logged(docker, start, "network=none", "memory=8 MiB", "ceiling.toml: memory=8MiB")
    done = attempts(docker, images, *ALL, runtime="capped", annotation=rules(memory="9MiB"))
    assert done.returncode != 0 and "this is more than the node allows" in done.stderr, done


@pytest.mark.complaints
def test_options_that_docker_drops_are_an_error(docker, images):
    done = attempts(docker, images, *ALL, runtime="lost")
    assert done.returncode != 0 and "the runtime's options have arrived empty" in done.stderr, done


def test_command_explains_it(ctr, images, programs):
    name = new_id()
    ctr.run(images(ctr, "probe"), "sleep", "60", entrypoint="/bin/probe", name=name, detach=True,
            annotation=rules(network="listen=*:8080", environment="PATH"), check=True)  # fmt: skip
    bundle = ctr.host.home / "state/io.containerd.runtime.v2.task" / ctr.host.namespace / name
    done = run([programs[0] / "wasmedge", "policy", bundle / "config.json"], check=True)
    for part in ("directories", "listen=*:8080", f"annotation {PREFIX}network", "FROM_IMAGE: withheld"):
        assert part in done.stdout, done.stdout
