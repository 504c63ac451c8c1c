"""A program of each language prints its greeting."""

import platform


def test_rust(client, images, ours_alone):
    done = client.run(images(client, "hello-rust"))
    assert done.stdout.startswith("Hello from Rust, compiled to WebAssembly!\n"), done
    assert done.stderr == ""
    assert done.returncode == 0


def test_rust_sees_arguments_environment_and_root(client, images, ours_alone):
    image = images(client, "hello-rust")
    done = client.run(image, "a", "b c", env={"NAME": "Ada"})
    assert "Arguments: a b c\n" in done.stdout, done
    assert "Nice to meet you, Ada.\n" in done.stdout
    assert "hello.wasm" in done.stdout.splitlines()[-1]


def test_c_prints_and_returns_7(client, images):
    done = client.run(images(client, "probe"), "one", "two words", entrypoint="/bin/show")
    assert done.stdout.startswith("argv[0]=/bin/show\nargv[1]=one\nargv[2]=two words\n"), done
    assert "env FROM_IMAGE=yes\n" in done.stdout
    assert done.returncode == 7


def test_go(client, images, ours_alone):
    # Go's runtime is large: the first start, which compiles it, takes seconds, and many of them on a busy machine.
    done = client.run(images(client, "hello-go"), "x", env={"GREETING": "hi"}, timeout=300)
    assert done.stdout == "Hello from Go [x] hi\n", done
    assert done.returncode == 0


def test_busybox_natively(client, images):
    done = client.run(images(client, "busybox"), "uname", "-m")
    assert done.stdout.strip() == platform.machine(), done
    assert done.returncode == 0


def test_script_natively(client, images):
    done = client.run(images(client, "busybox"), "arg", entrypoint="/bin/script")
    assert done.stdout == "script arg\n", done
