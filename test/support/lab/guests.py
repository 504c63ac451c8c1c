"""Builds the guests that tests run, out of test/support/guests and deploy/examples, with Debian's toolchains.

Each is built once for its source and command, and kept in the lab's cache directory.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil

from . import engines
from .proc import run

TREE = pathlib.Path(__file__).resolve().parents[3]
SOURCES = TREE / "test/support/guests"


def c(name, *flags):
    """A C program as a WASI module."""
    command = ["clang-14", "--target=wasm32-wasi", "-O2", *flags, "-Wl,--strip-debug", "-o", "{out}", "{source}"]
    return _build(SOURCES / f"{name}.c", ".wasm", command)


def threads(source=SOURCES / "wasi_threads.c"):
    """A C program without a C library, with shared memory and the example's threads.h."""
    flags = ["-O2", "-nostdlib", "-ffreestanding", "-matomics", "-mbulk-memory", "-mthread-model", "posix"]
    flags += ["-ftls-model=local-exec", "-Wl,--shared-memory,--import-memory,--max-memory=268435456", f"-I{TREE}"]
    library = TREE / "deploy/examples/threads/threads.h"
    return _build(source, ".wasm", ["clang-14", "--target=wasm32", *flags, "-o", "{out}", "{source}"], also=[library])


def cxx(name):
    """A C++ program as a WASI module; Debian's libc++ for Wasm has no exceptions."""
    flags = ["-O2", "-std=c++20", "-fno-exceptions", "-Wl,--strip-debug"]
    return _build(SOURCES / f"{name}.cc", ".wasm", ["clang++-14", "--target=wasm32-wasi", *flags, "-o", "{out}", "{source}"])


def native(name):
    """The same C program as a static native one."""
    return _build(SOURCES / f"{name}.c", "", ["gcc", "-static", "-O2", "-o", "{out}", "{source}"])


def wat(name):
    """A module in text form, assembled without validation."""
    return _build(SOURCES / f"{name}.wat", ".wasm", ["wat2wasm", "--no-check", "--enable-threads", "--enable-multi-memory", "-o", "{out}", "{source}"])


def rust(source=TREE / "deploy/examples/hello-rust/src/main.rs"):
    """A Rust program of one file as a WASI module; Debian's rustc, whatever else is in PATH."""
    # Debian's standard library for Wasm is what rustc finds below its own sysroot.
    command = ["/usr/bin/rustc", "--edition=2021", "--target=wasm32-wasi", "-Copt-level=2", "-Cstrip=symbols"]
    return _build(source, ".wasm", [*command, "-o", "{out}", "{source}"])


def go(name):
    """A Go program as a WASI module, with a Go out of the lab's engines."""
    root = engines.go()
    env = {
        "PATH": f"{root}/bin:/usr/bin:/bin",
        "HOME": str(engines.CACHE),
        "GOROOT": str(root),
        "GOCACHE": str(engines.CACHE / "go-build"),
        "GOOS": "wasip1",
        "GOARCH": "wasm",
        "GOFLAGS": "-trimpath",
        "GOTOOLCHAIN": "local",
    }
    return _build(SOURCES / f"{name}.go", ".wasm", ["go", "build", "-o", "{out}", "{source}"], env)


def bearssl():
    """The folder of BearSSL's source, Debian's, fetched once."""
    folder = engines.CACHE / "bearssl"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree = folder / "tree"
        if not tree.exists():
            archive = engines.source("bookworm", "bearssl", folder)
            partial = folder / "tree.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            run(["tar", "-xf", archive, "--strip-components=1", "-C", partial])
            partial.rename(tree)
    return tree


def example(folder, program):
    """A module of deploy/examples/FOLDER, made as its users make it: by its script `build`."""
    place = TREE / "deploy/examples" / folder
    shared = [TREE / "deploy/examples" / each for each in ("posix-sockets", "http-rust")]  # what others are built with
    sources = sorted(path for each in (place, *shared) for path in each.rglob("*") if path.is_file())
    identity = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    env = dict(os.environ)
    if (place / "go.mod").exists():
        root = engines.go()
        env |= {
            "PATH": f"{root}/bin:/usr/bin:/bin",
            "GOROOT": str(root),
            "GOCACHE": str(engines.CACHE / "go-build"),
            "GOTOOLCHAIN": "local",
            "HOME": str(engines.CACHE),
        }
    if "BEARSSL" in (place / "build").read_text():
        env["BEARSSL"] = str(bearssl())
    out = engines.CACHE / "guests" / f"{folder}-{identity}"
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out.with_name(out.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            partial = out.with_name(out.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            run([place / "build", partial], env=env, timeout=300)
            partial.rename(out)
    return out / f"{program}.wasm"


def _build(source, suffix, command, env=None, also=()):
    source = pathlib.Path(source)
    content = b"".join(path.read_bytes() for path in (source, *also))
    identity = hashlib.sha256(content + "\0".join(command).encode()).hexdigest()[:16]
    out = engines.CACHE / "guests" / f"{source.stem}-{identity}{suffix}"
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out.with_name(out.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            partial = out.with_name(out.name + ".partial")
            argv = [word.format(out=partial, source=source) for word in command]
            run(argv, env=env or dict(os.environ), timeout=300)
            partial.rename(out)
    return out
