"""Programs of our own, as the toolchains make them: what they do, print and return, and what stays out of their reach."""

import subprocess

import pytest
from lab import guests


def test_c_files(wasmedge, openat2, tree):
    done = wasmedge.run(guests.c("wasi_files"), dirs={"/data": tree / "data", "/ro": tree / "ro"}, ro=["/ro"], openat2=openat2)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"files ok\n", b"")
    assert (tree / "data/lines").read_text().splitlines()[-1] == "line 19999"


def test_preview1_paths(wasmedge, openat2, tree):
    done = wasmedge.run(guests.c("wasi_paths"), "dir", dirs={"dir": tree / "data"}, openat2=openat2)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"paths ok\n", b"")


def test_preview1_fds(wasmedge, openat2, tree):
    done = wasmedge.run(guests.c("wasi_fds"), dirs={"dir": tree / "data"}, openat2=openat2)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"fds ok\n", b"")


def test_preview1_events(wasmedge, openat2, tree, tmp_path_factory):
    given, stdin = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("stdin") / "file"
    stdin.write_text("hello")
    with open(stdin) as file:
        done = wasmedge.run(guests.c("wasi_events"), dirs={"dir": given}, stdin=file, openat2=openat2)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"events ok\n", b"")
    assert not list(given.iterdir())


@pytest.mark.parametrize("raised, host", [(6, 6), (9, 9), (15, 15), (11, 11), (29, 30)])
def test_a_raised_signal_ends_the_guest(wasmedge, raised, host):
    done = wasmedge.run(guests.c("wasi_events"), str(raised))
    assert (done.returncode, done.stdout, done.stderr) == (128 + host, b"", b"")


def test_kernel_file_systems_are_not_reached_through_the_root(wasmedge, openat2):
    # Who can write to /proc/self/mem is out of the sandbox. probe's words are the test's.
    for path in ("/proc/self/mem", "/proc/self/status", "/proc/1/environ", "/sys/kernel/mm", "/proc", "/sys"):
        done = wasmedge.run(guests.c("wasi_open"), path, dirs={"/": "/"}, openat2=openat2)
        assert (done.returncode, done.stdout) == (0, b"2\n"), (path, done)
    done = wasmedge.run(guests.c("wasi_open"), "/dev/null", "/usr", dirs={"/": "/"}, openat2=openat2)
    assert done.stdout == b"0\n0\n"


def test_calls_are_traced_if_asked_for(wasmedge, tree):
    module = guests.c("wasi_open")
    done = wasmedge.run(module, "/d/none", "/d/up", dirs={"/d": tree / "data"}, options=["--trace=wasi"])
    assert (done.returncode, done.stdout) == (0, b"44\n63\n")
    lines = done.stderr.decode().splitlines()
    assert all(line.startswith("wasi: ") for line in lines)
    assert any('path_open(fd=3, lookup=1, path="none", ' in line and line.endswith(" = NOENT") for line in lines)
    assert any('path="up"' in line and line.endswith(" = PERM") for line in lines)
    assert any(line.startswith("wasi: fd_write(fd=1, iovecs=0x") and " = SUCCESS, size=" in line for line in lines)


def test_c_process(wasmedge):
    done = wasmedge.run(guests.c("wasi_process"), stdin=b"a line\n")
    assert (done.returncode, done.stdout, done.stderr) == (42, b"read: a line\ngoodbye\n", b"")


def test_arguments_and_environment_are_what_was_given(wasmedge):
    arguments = ["", "two words", "ünï", "--dir", "*"]
    module = guests.c("show")
    done = wasmedge.run(module, *arguments, env={"A": "1", "EMPTY": "", "MULTI": "a\nb=c"})
    expected = [f"argv[0]={module}"] + [f"argv[{i}]={word}" for i, word in enumerate(arguments, 1)]
    expected += ["env A=1", "env EMPTY=", "env MULTI=a\nb=c"]
    assert done.stdout.decode() == "\n".join(expected) + "\n"
    assert done.returncode == 7


def test_stdin_is_read_to_its_end_and_output_arrives_whole(wasmedge):
    data = bytes(i * 7 % 251 for i in range(3 << 20))
    done = wasmedge.run(guests.c("probe"), "copy", stdin=data)
    assert done.stdout == data
    done = wasmedge.run(guests.c("probe"), "spew", "10")
    assert done.stdout == subprocess.run([guests.native("probe"), "spew", "10"], stdout=subprocess.PIPE, check=True).stdout
    assert len(done.stdout) == 10 << 20


def test_c_vectors(wasmedge):
    done = wasmedge.run(guests.c("vectors", "-O3", "-msimd128"))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"vectors ok\n", b"")


def test_cxx_library(wasmedge, openat2, tree):
    module = guests.cxx("wasi_streams")
    done = wasmedge.run(module, "1", "2", "39", dirs={"/data": tree / "data"}, stdin=b"b a b", openat2=openat2)
    assert done.stdout == b"constructed\na 1\nb 2\nsum 42\nstreams ok\ndestroyed\n"
    assert done.returncode == 0


def test_rust_library(wasmedge, openat2, tree):
    module = guests.rust(guests.SOURCES / "wasi_files.rs")
    dirs, env = {"/data": tree / "data"}, {"GREETING": "hi"}
    done = wasmedge.run(module, "x", "y z", dirs=dirs, env=env, stdin=b"line\n" * 1000, openat2=openat2)
    assert done.stdout.decode().splitlines() == [
        'args ["x", "y z"]',
        'GREETING Some("hi") NONE None',
        "stdin 5000 bytes, 1000 lines",
        "rust ok",
    ]
    assert (done.returncode, done.stderr) == (9, b"to stderr\n")


def test_the_older_module_has_its_own_layouts(wasmedge, tree):
    done = wasmedge.run(guests.wat("wasi_unstable"), dirs={"/data": tree / "data"})
    assert (done.returncode, done.stderr) == (3, b"")
    assert (tree / "data/old").read_bytes() == b"abX"


def test_bad_pointers_are_errors_of_the_call(wasmedge):
    assert wasmedge.run(guests.wat("wasi_bad_pointers")).returncode == 4 * 21


def test_a_stack_that_ends_in_the_host_is_a_trap(wasmedge):
    done = wasmedge.run(guests.wat("wasi_deep"))
    assert (done.returncode, done.stdout) == (134, b"")
    assert b"call stack exhausted" in done.stderr


def test_a_broken_pipe_ends_the_guest_as_it_ends_a_program(wasmedge):
    argv = [str(wasmedge.program), str(guests.c("probe")), "spew", "10"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=wasmedge.env) as process:
        assert len(process.stdout.read(10)) == 10
        process.stdout.close()
        assert process.wait(timeout=30) != 0


def test_nothing_runs_before_run_and_a_reactor_runs_what_is_named(wasmedge, tmp_path):
    module = guests.wat("wasi_reactor")
    done = wasmedge.probe(module, ["work"], tmp_path)
    assert (done.returncode, done.stdout) == (0, b"prepared\nsiw")
    done = wasmedge.probe(module, ["fail"], tmp_path)
    assert (done.returncode, done.stdout) == (134, b"prepared\nsif")
    assert b"unreachable" in done.stderr
    done = wasmedge.probe(module, ["typed"], tmp_path)
    assert (done.returncode, done.stdout) == (0, b"prepared\nsi1\n")


@pytest.mark.parametrize(
    "name, said",
    [
        ("no_start", ['no exported function "_start"', 'the module exports memory "memory", function "run"']),
        ("unknown_import", ['"moon"."orbit"', "[i32] -> [i32]", "which the host does not provide"]),
        ("wasi_wrong_type", ['"wasi_snapshot_preview1"."fd_close"', "[i64] -> [i32]", "[i32] -> [i32]"]),
        ("wasi_no_memory", ['memory exported as "memory"', 'it exports memory "mem"']),
    ],
)
def test_what_cannot_be_run_is_told(wasmedge, name, said):
    done = wasmedge.run(guests.wat(name))
    assert (done.returncode, done.stdout) == (1, b"")
    for words in said:
        assert words in done.stderr.decode()
