"""What the bench takes from elsewhere: peers out of Debian's newer suites, SQLite's source, npm's Ruby.

Nothing of it is in the tree or installed: it is fetched once into the lab's cache directory (lab/engines.py).
"""

import dataclasses
import pathlib
import re
import shutil
import tempfile

from lab import engines
from lab.proc import LabError, run

@dataclasses.dataclass(frozen=True)
class Package:
    """A Debian package with everything that it depends on, its libc too, unpacked in `root`."""

    root: pathlib.Path
    version: str

    def command(self, program):
        """The argv that runs one of its programs with the loader and the libraries of its own suite."""
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        return [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries), str(self.root / "usr/bin" / program)]


def package(suite, name, *extra):
    """The Package `name` of a suite, together with `extra` packages."""
    marker = engines.CACHE / f"bench-{suite}-{name}.version"
    if not marker.exists():
        simulation = run(
            ["apt-get", "install", "--simulate", "--no-install-recommends", name, *extra], env=engines.private_apt(suite)
        ).stdout
        closure = dict(re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", simulation, re.MULTILINE))
        if name not in closure:
            raise LabError(f"Debian {suite} has no package {name} for this machine")
        engines.unpack(suite, sorted(closure), f"bench-{suite}-{name}")
        marker.write_text(closure[name])
    return Package(engines.CACHE / f"bench-{suite}-{name}", re.sub(r"[-+].*", "", marker.read_text()))


def sqlite():
    """The folder of SQLite's amalgamation, made out of the source package of Debian's sid."""
    folder = engines.CACHE / "bench-sqlite"
    if (folder / "sqlite3.c").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = engines.source("sid", "sqlite3", folder)
    tree = folder / "tree"
    tree.mkdir()
    run(["tar", "-xf", archive, "--strip-components=1", "-C", tree])
    run(["sh", "configure"], cwd=tree, timeout=300)
    run(["make", "sqlite3.c"], cwd=tree, timeout=300)
    for name in ("sqlite3.h", "sqlite3.c"):
        (tree / name).rename(folder / name)
    shutil.rmtree(tree)
    return folder


def ruby():
    """The path of npm's ruby.wasm, 16.6 MB without its standard library."""
    return _npm("ruby", "@ruby/3.4-wasm-wasi", "dist/ruby.wasm")


def wizer():
    """The path of npm's wizer, which has wasmtime inside."""
    return _npm("wizer", "@bytecodealliance/wizer-linux-x64", "wizer")


def _npm(name, package, file):
    """The path of one file of an npm package."""
    if not shutil.which("npm"):
        raise LabError("npm is not on this machine")
    folder = engines.CACHE / f"bench-{name}"
    target = folder / pathlib.PurePath(file).name
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as unpacked:
            run(["npm", "pack", "--silent", package], cwd=unpacked, timeout=300)
            run(["tar", "-xf", next(pathlib.Path(unpacked).glob("*.tgz")), "-C", unpacked])
            (pathlib.Path(unpacked) / "package" / file).rename(target)
    return target
