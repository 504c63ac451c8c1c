"""Many containers, one after another and at once; afterwards nothing of them is there (the client fixture looks)."""

import concurrent.futures

SEQUENCE = 200
AT_ONCE = 20


def test_many_in_sequence(client, images):
    image = images(client, "probe")
    # The classic store differs in how the rootfs is mounted only: a tenth will do.
    count = SEQUENCE // 10 if client.kind == "docker" and client.store == "classic" else SEQUENCE
    statuses = [client.run(image, "exit", str(i % 8), entrypoint="/bin/probe").returncode for i in range(count)]
    assert statuses == [i % 8 for i in range(count)]


def test_20_at_once(client, images):
    image = images(client, "probe")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [pool.submit(client.run, image, "spew", "1", entrypoint="/bin/probe", text=False) for _ in range(AT_ONCE)]
    done = [run.result() for run in runs]
    assert [each.returncode for each in done] == [0] * AT_ONCE, [each.stderr for each in done if each.returncode]
    if client.kind == "docker":
        assert {len(each.stdout) for each in done} == {1 << 20}


def test_20_sleepers_at_once_are_all_removed(docker, images):
    image = images(docker, "probe")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [
            pool.submit(docker.run, image, "sleep", "600", entrypoint="/bin/probe", detach=True) for _ in range(AT_ONCE)
        ]
    names = [run.result().stdout.strip() for run in runs]
    assert len(docker.docker("ps", "-q").stdout.split()) == AT_ONCE
    docker.docker("rm", "-f", *names, timeout=60)
    assert docker.docker("ps", "-aq").stdout == ""
