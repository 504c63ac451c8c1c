"""The programs of the bench: C sources, built natively and as modules, each build kept in the lab's cache directory."""

import dataclasses
import fcntl
import hashlib
import pathlib
import re
import shutil

import fetch
from lab import engines
from lab.proc import LabError, run

FOLDER = pathlib.Path(__file__).resolve().parent / "programs"
# No fused multiply-add: WebAssembly has none, and the outputs are compared bit by bit.
NATIVE = ["clang-19", "-w", "-O3", "-ffp-contract=off"]
WASM = ["clang-19", "-w", "--target=wasm32-wasi", "-O3", "-mbulk-memory"]


def kept(identity, make):
    """The path that make(path) made for this identity (a list of strings), at this call or at an earlier one."""
    digest = hashlib.sha256("\0".join(map(str, identity)).encode()).hexdigest()[:20]
    target = engines.CACHE / "bench-build" / digest
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.with_name(f".{digest}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            partial = target.with_name(f"{digest}.partial")
            if partial.is_dir():
                shutil.rmtree(partial)
            make(partial)
            partial.rename(target)
    return target


def digest(path):
    """A file's sha256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclasses.dataclass(frozen=True)
class Program:
    """A C program of the suite. Comments in its source tell what it needs: `// flags: -msimd128`, `// needs: sqlite`."""

    source: pathlib.Path

    @property
    def name(self):
        return self.source.stem

    def _note(self, kind):
        found = re.search(rf"^// {kind}: (.*)$", self.source.read_text(), re.MULTILINE)
        return found.group(1).split() if found else []

    def _includes(self):
        return ["-I", fetch.sqlite()] if "sqlite" in self._note("needs") else []

    def _build(self, command):
        identity = [digest(self.source), digest(FOLDER / "bench.h"), *command]
        return kept(identity, lambda out: run([*command, "-o", out], timeout=300))

    def native(self):
        return self._build([*NATIVE, *self._includes(), self.source, "-lm"])

    def wasm(self):
        """The module: Debian's wasi-libc, which clang-14's runtime library for Wasm belongs to; clang-19 has none."""
        builtins = run(["clang-14", "--target=wasm32-wasi", "-print-libgcc-file-name"]).stdout.strip()
        libraries = ["-nodefaultlibs", "-lc", builtins, "-Wl,--strip-debug", "-Wl,-z,stack-size=1048576"]
        return self._build([*WASM, *self._note("flags"), *self._includes(), self.source, *libraries])


def suite(names):
    """The programs of these names, or all of them; `nothing` is none of them (startup() is)."""
    found = [Program(path) for path in sorted(FOLDER.glob("*.c")) if path.stem != "nothing"]
    if unknown := set(names) - {program.name for program in found}:
        known = " ".join(program.name for program in found)
        raise LabError(f"no such program: {' '.join(sorted(unknown))}; there are {known}")
    return [program for program in found if not names or program.name in names]


def startup():
    """The program that does nothing: its time is what every run of a contestant costs before the program's first line."""
    return Program(FOLDER / "nothing.c")
