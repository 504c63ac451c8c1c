"""The engines of the lab: programs out of Debian's packages, unpacked side by side, nothing installed.

The mirror is the one that this machine's own apt sources name. Everything is kept in one cache directory
(WASMEDGE_LAB_CACHE, else /var/cache/wasmedge-lab); delete it to fetch anew.
"""

import dataclasses
import fcntl
import os
import pathlib
import re
import shutil
import sys

from .proc import LabError, run

CACHE = pathlib.Path(os.environ.get("WASMEDGE_LAB_CACHE", "/var/cache/wasmedge-lab"))

# What is unpacked of each suite. runc of a newer suite needs a newer libc than the base system has, so bookworm's
# serves all of them.
SUITES = {
    "bookworm": ["containerd", "runc"],
    "trixie": ["containerd", "docker.io", "docker-cli"],
    "sid": ["containerd", "docker.io", "docker-cli"],
}
BUILDX = ("trixie", ["docker-buildx"])
PROMETHEUS = ("bookworm", ["prometheus"])
TINI = ("trixie", ["tini"])
GO = ("trixie", ["golang-1.24-go", "golang-1.24-src"])


@dataclasses.dataclass(frozen=True)
class Engine:
    """Where the programs of one engine are, in the order of a PATH. `docker` is "" where it cannot use a third-party shim."""

    path: tuple
    containerd: str
    docker: str

    def find(self, program):
        """The full path of one of the engine's programs; None where it has none of that name."""
        return shutil.which(program, path=":".join(map(str, self.path)))

    @property
    def format(self):
        """The version of configuration that this containerd writes by default."""
        return 3 if _numbers(self.containerd) >= (2,) else 2

    def __str__(self):
        return f"containerd {self.containerd}" + (f" + Docker {self.docker}" if self.docker else "")


def say(text):
    print(f"lab: {text}", file=sys.stderr, flush=True)


def engine(suite):
    """Returns the Engine of a suite, fetched and unpacked first where it is not cached yet."""
    root = unpack(suite, SUITES[suite], f"engine-{suite}")
    runc = unpack("bookworm", SUITES["bookworm"], "engine-bookworm")
    return _engine((root / "usr/bin", root / "usr/sbin", runc / "usr/sbin"))


def machine():
    """The Engine of this machine's own programs, or None where a program is missing or too old."""
    path = tuple(os.environ.get("PATH", "").split(":"))
    programs = ("containerd", "containerd-shim-runc-v2", "ctr", "runc", "dockerd", "docker", "docker-proxy")
    if not all(shutil.which(program, path=":".join(path)) for program in programs):
        return None
    found = _engine(path)
    return found if found.docker and _numbers(found.containerd) >= (1, 6) else None


def _engine(path):
    found = Engine(path, "", "")
    docker = _version([found.find("dockerd"), "--version"]) if found.find("dockerd") else ""
    return Engine(path, _version([found.find("containerd"), "--version"]), docker if docker and _numbers(docker) >= (26,) else "")


def _numbers(version):
    """(1, 6, 20) of "1.6.20", which compares as versions do."""
    return tuple(map(int, version.split(".")))


def go():
    """Returns the GOROOT of a Go that knows GOOS=wasip1."""
    root = unpack(*GO, "go")
    return next((root / "usr/lib").glob("go-1.*"))


def buildx():
    """Returns the plugin through which a docker client uses its daemon's newer builder."""
    return next(unpack(*BUILDX, "buildx").rglob("cli-plugins/docker-buildx"))


def promtool():
    """Returns Prometheus' own checker of metrics and rules."""
    return unpack(*PROMETHEUS, "prometheus") / "usr/bin/promtool"


def tini():
    """Returns the program that Debian's Docker puts before a container's own for `docker run --init`."""
    return unpack(*TINI, "tini") / "usr/bin/tini-static"


def unpack(suite, packages, name):
    """Returns the directory that holds `packages` of `suite` unpacked; fetches them at the first call."""
    CACHE.mkdir(parents=True, exist_ok=True, mode=0o755)
    target = CACHE / name
    with open(CACHE / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _fetch(suite, packages, target)
    return target


def _fetch(suite, packages, target):
    say(f"fetching {' '.join(packages)} of Debian {suite} (once; kept in {target})")
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    debs = partial / "debs"
    debs.mkdir(parents=True)
    apt = private_apt(suite)
    run(["apt-get", "download", *packages], env=apt, cwd=debs, timeout=540)
    for deb in sorted(debs.glob("*.deb")):
        say(f"unpacking {deb.name}")
        run(["dpkg", "-x", deb, partial])
    shutil.rmtree(debs)
    partial.rename(target)


def private_apt(suite):
    """Returns an environment whose apt-get sees `suite` of this machine's mirror and touches nothing of the system's."""
    home = CACHE / f"apt-{suite}"
    for folder in ("lists/partial", "cache/archives/partial"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    (home / "status").touch()
    (home / "sources.list").write_text(f"deb [signed-by={_keyring()}] {mirror()} {suite} main\n")
    (home / "apt.conf").write_text(
        f'Dir::State::lists "{home}/lists";\n'
        f'Dir::State::status "{home}/status";\n'
        f'Dir::Cache "{home}/cache";\n'
        f'Dir::Etc::sourcelist "{home}/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
        'APT::Sandbox::User "root";\n'
        'Acquire::Languages "none";\n'
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::Retries "3";\n'
    )
    env = {**os.environ, "APT_CONFIG": str(home / "apt.conf"), "LC_ALL": "C.UTF-8"}
    run(["apt-get", "update", "-q"], env=env, timeout=300)
    return env


def source(suite, package, folder):
    """Downloads a source package of `suite` into `folder`; returns the path of its upstream archive."""
    environment = private_apt(suite)
    home = pathlib.Path(environment["APT_CONFIG"]).parent
    sources = home / "source.list"
    sources.write_text((home / "sources.list").read_text().replace("deb ", "deb-src ", 1))
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::Etc::sourcelist={sources}", "-o", f"Dir::State::lists={lists}"]
    run(["apt-get", *options, "update", "-q"], env=environment, timeout=300)
    run(["apt-get", *options, "source", "--download-only", "-q", package], env=environment, cwd=folder, timeout=300)
    shutil.rmtree(lists)
    return next(folder.glob("*.orig.tar.*[!c]"))


def mirror():
    """The Debian mirror that this machine's own apt sources name for its own release."""
    targets = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(RELEASE) $(CODENAME)", "Created-By: Packages"]
    ).stdout
    for line in targets.splitlines():
        uri, _, rest = line.partition(" ")
        fields = rest.split()
        if len(fields) == 3 and fields[0] == "Debian" and fields[1] == fields[2]:
            return uri.rstrip("/")
    raise LabError("no Debian mirror in this machine's apt sources (apt-get indextargets): run `apt-get update` first")


def _keyring():
    ring = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if not ring.exists():
        raise LabError(f"{ring} is missing: apt-get install debian-archive-keyring")
    return ring


def _version(argv):
    """The first thing that looks like a version in a program's --version."""
    found = re.search(r"\b(\d+\.\d+\.\d+)", run(argv).stdout)
    if not found:
        raise LabError(f"{argv[0]} --version names no version")
    return found.group(1)
