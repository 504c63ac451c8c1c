#!/usr/bin/env python3
"""Holds the dependency law: which folder may include which (README.md, "How the tree hangs together")."""

import pathlib
import re
import sys

# Longest prefix wins. "std" stands for anything outside the project.
LAW = {
    "runtime/base": {"runtime/base"},
    "runtime/wasm": {"runtime/base", "runtime/wasm"},
    "runtime/run": {"runtime/base", "runtime/wasm", "runtime/run"},
    "runtime/wasi": {"runtime/base", "runtime/wasm", "runtime/run", "runtime/wasi"},
    "runtime/cache": {"runtime/base", "runtime/run", "runtime/cache"},
    "runtime/compile": {"runtime/base", "runtime/wasm", "runtime/run", "runtime/cache", "runtime/compile"},
    "runtime/cli": {"runtime/base", "runtime/wasm", "runtime/run", "runtime/wasi", "runtime/cache", "runtime/cli"},
    "oci": {"runtime/base", "oci"},
    "proto": set(),
    "shim/rpc": {"runtime/base", "proto", "shim/rpc"},
    "shim/policy": {"runtime/base", "runtime/wasi", "oci", "shim/policy"},
    "shim/metrics": {"runtime/base", "oci", "shim/metrics"},
    "shim/doctor": {"runtime/base", "runtime/cache", "oci", "shim/policy", "shim/doctor"},
    "shim/task": {"runtime/base", "runtime/cache", "oci", "proto", "shim/rpc", "shim/policy", "shim/metrics", "shim/doctor", "shim/init/protocol.h", "shim/task"},
    "shim/image": {"runtime/base", "runtime/cache", "oci", "proto", "shim/image"},
    "shim/pack": {"runtime/base", "runtime/wasm", "oci", "shim/pack"},
    "shim/init": {"runtime/base", "runtime/run", "runtime/wasi", "runtime/cache", "oci", "shim/policy", "shim/init"},
}
# Outside libraries that only one part may use.
ONLY = {
    "llvm": {"runtime/compile"},
    "boost/asio": {"shim/rpc", "shim/task"},
    "google/protobuf": {"proto", "shim/rpc", "shim/task"},
    "nlohmann": {"oci", "shim/doctor"},
    "archive.h": {"oci"},
    "toml++": {"shim/doctor"},
    "grpc": {"shim/image"},
    "seccomp.h": {"oci", "runtime/compile"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')
FOLDERS = ("runtime/", "oci/", "proto/", "shim/")


def owner(path):
    best = [folder for folder in LAW if path == folder or path.startswith(folder + "/")]
    return max(best, key=len) if best else None


def allowed(include, law):
    return any(include == entry or include.startswith(entry + "/") for entry in law)


def violations(root):
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix not in (".cc", ".h") or not name.startswith(FOLDERS):
            continue
        folder = owner(name)
        if folder is None:
            yield f"{name}: in no folder that the law knows"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            include = match.group(1)
            if include.startswith(FOLDERS) and not allowed(include, LAW[folder]):
                yield f"{name}:{number}: {folder} must not include {include}"
            for library, users in ONLY.items():
                if include.startswith(library) and folder not in users:
                    yield f"{name}:{number}: only {', '.join(sorted(users))} may include {include}"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    found = list(violations(root))
    print("\n".join(found) if found else "law: held")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
