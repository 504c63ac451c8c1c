"""Who runs the programs: the native compiler, ours, and every peer that this machine can have."""

import functools
import pathlib
import re
import shutil

import fetch
import programs
from lab.proc import LabError, run
from measure import measure

HERE = pathlib.Path(__file__).resolve().parent


class Refused(Exception):
    """A contestant cannot run a program; the text is a few words for the table, `detail` what it said itself."""

    def __init__(self, text, detail=""):
        super().__init__(text)
        self.detail = detail


def compiled(argv, environment=None, timeout=600):
    """The Cost of a compiler that must succeed."""
    cost = measure(argv, environment, timeout)
    if cost is None:
        raise Refused(f"> {timeout} s")
    if cost.status != 0:
        said = (cost.error + cost.out).strip()
        raise Refused("not supported" if "not supported" in said else "failed", said[-500:] or f"status {cost.status}")
    return cost


class Native:
    """clang-19: what everything is a ratio to."""

    name = "native"

    def command(self, program):
        return [program.native()], {}


class Ours:
    """`wasmedge` with the artifact in its cache."""

    name = "ours"

    def __init__(self, prefix, cache):
        self.program = prefix / "bin/wasmedge"
        self.environment = {"WASMEDGE_CACHE_DIR": str(cache)}
        if not self.program.exists():
            raise LabError(f"{self.program} does not exist: build it, or name a prefix that has bin/wasmedge by --prefix")

    def command(self, program):
        module = program.wasm()
        compiled([self.program, "compile", module], self.environment)
        return [self.program, module], self.environment

    def compile(self, module, folder, timeout):
        """The Cost of one cold compilation, and the artifact's size in bytes."""
        environment = {"WASMEDGE_CACHE_DIR": str(folder)}
        cost = compiled([self.program, "compile", module], environment, timeout)
        return cost, sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


class WasmEdge:
    """Debian's WasmEdge, its ahead-of-time compiler at the highest level."""

    def __init__(self, suite):
        self.package = fetch.package(suite, "wasmedge")
        self.name = f"WasmEdge {self.package.version}"

    def command(self, program):
        module = program.wasm()
        argv = self._compiler(module)
        artifact = programs.kept([programs.digest(module), self.name, "O3"], lambda out: compiled([*argv, out]))
        return self._run(artifact), {}

    def _run(self, artifact):
        # It tells an artifact from a module by its content; 0.17 runs one as native code only when told to.
        return [*self.package.command("wasmedge"), "run", *self._mode(), artifact]

    def _mode(self):
        known = run([*self.package.command("wasmedge"), "run", "--help"]).stdout
        return [flag for flag in ("--run-mode=aot",) if flag.partition("=")[0] in known]

    def _compiler(self, module):
        return [*self.package.command("wasmedge"), "compile", "--optimize", "3", module]

    def compile(self, module, folder, timeout):
        artifact = folder / "artifact.wasm"
        cost = compiled([*self._compiler(module), artifact], None, timeout)
        return cost, artifact.stat().st_size


class Wasm2c:
    """wabt's wasm2c and the native compiler, with guard pages; the host functions are wasm2c_host.c."""

    def __init__(self):
        self.package = fetch.package("sid", "wabt", "libsimde-dev")
        self.name = f"wasm2c {self.package.version}"

    def command(self, program):
        module, host = program.wasm(), HERE / "wasm2c_host.c"
        identity = [programs.digest(module), programs.digest(host), self.name, *programs.NATIVE]
        return [programs.kept(identity, functools.partial(self._build, module, host)) / "program"], {}

    def _build(self, module, host, folder):
        folder.mkdir()
        compiled([*self.package.command("wasm2c"), "--module-name=guest", "-o", folder / "guest.c", module])
        runtime = self.package.root / "usr/share/wabt/wasm2c"
        # The base system's headers and wabt's own; not those of its suite's libc.
        (folder / "include").mkdir()
        for name in ("wasm-rt.h", "wasm-rt-exceptions.h", "simde"):
            (folder / "include" / name).symlink_to(self.package.root / "usr/include" / name)
        sources = [folder / "guest.c", runtime / "wasm-rt-impl.c", runtime / "wasm-rt-mem-impl.c", host]
        includes = [f"-I{path}" for path in (folder, folder / "include", runtime)]
        compiled([*programs.NATIVE, *includes, *sources, "-o", folder / "program", "-lm", "-lpthread"])
        for leftover in ("guest.c", "guest.h"):
            (folder / leftover).unlink()
        shutil.rmtree(folder / "include")


class Node:
    """V8's optimising compiler, ahead of the run: node_host.mjs tells the time of the run alone."""

    def __init__(self):
        if not shutil.which("node"):
            raise LabError("node is not on this machine")
        self.name = "node " + run(["node", "--version"]).stdout.strip().lstrip("v")

    def command(self, program):
        flags = ["--no-warnings", "--no-liftoff", "--no-wasm-lazy-compilation", "--no-wasm-dynamic-tiering"]
        return ["node", *flags, HERE / "node_host.mjs", program.wasm()], {}


class Cranelift:
    """wasmtime's compiler inside npm's wizer, which compiles and runs at once; the baseline runs a function that does nothing."""

    def __init__(self):
        self.wizer = fetch.wizer()
        wasmtime = re.search(rb"wasmtime-(\d+\.\d+)\.\d+/", self.wizer.read_bytes())
        self.name = "Cranelift " + (wasmtime.group(1).decode() if wasmtime else "?")

    def command(self, program):
        return self._run(program, "_start"), {}

    def baseline(self, program):
        return self._run(program, "nothing"), {}

    def _run(self, program, function):
        return [self.wizer, "--allow-wasi", "-f", function, program.wasm(), "-o", "/dev/null"]


def peers():
    """Peers that are here, and for each absent one its name and the reason."""
    here, absent = [], []
    makers = {
        "wasm2c": Wasm2c,
        "WasmEdge of trixie": lambda: WasmEdge("trixie"),
        "WasmEdge of sid": lambda: WasmEdge("sid"),
        "Cranelift": Cranelift,
        "node": Node,
    }
    for name, make in makers.items():
        try:
            here.append(make())
        except LabError as error:
            absent.append((name, str(error).splitlines()[0]))
    return here, absent
