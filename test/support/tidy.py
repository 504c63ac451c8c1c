#!/usr/bin/env python3
"""clang-tidy over the whole tree. A file seen clean is not looked at again until what the compiler sees of it changes.

usage: tidy.py BUILD_DIR [FILE…]

The key of a file is its preprocessed text with comments (NOLINT is one), the flags, and the .clang-tidy files that
apply to it. Keys of clean files are empty files in BUILD_DIR/tidy.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIDY = "clang-tidy-19"


def options(command):
    """A compile command's options, without its compiler, output, input and place of the tree."""
    words = iter(shlex.split(command)[1:])
    kept = []
    for word in words:
        if word in ("-o", "-c"):
            next(words)
        else:
            kept.append(word)
    return kept


def configuration(source):
    """The .clang-tidy files from the root to a source's folder."""
    folders = [source.parent, *source.parent.parents]
    files = [folder / ".clang-tidy" for folder in folders[: folders.index(ROOT) + 1]]
    return b"".join(file.read_bytes() for file in files if file.is_file())


def key(source, entry):
    flags = options(entry["command"])
    text = subprocess.run(
        ["clang++-19", "-E", "-P", "-C", "-Wno-everything", *flags, str(source)],
        cwd=entry["directory"], stdout=subprocess.PIPE, check=True,
    ).stdout
    place = [flag.replace(str(ROOT), "") for flag in flags]
    return hashlib.sha256(text + configuration(source) + repr(place).encode()).hexdigest()


def look(source, entry, build):
    """A file's findings, or None where it is clean."""
    stamp = build / "tidy" / key(source, entry)
    if stamp.exists():
        return None
    run = subprocess.run([TIDY, "-p", str(build), "--quiet", str(source)], cwd=ROOT, text=True, capture_output=True)
    if run.returncode == 0:
        stamp.touch()
        return None
    return run.stdout or run.stderr


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    tracked = subprocess.run(["git", "ls-files", "*.cc"], cwd=ROOT, text=True, capture_output=True, check=True).stdout.split()
    asked = sys.argv[2:] or tracked
    entries = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text())}
    (build / "tidy").mkdir(exist_ok=True)
    bad = 0
    # What this build does not compile (fuzz targets, guests) is read as clang-tidy reads it: like a neighbour.
    neighbour = next(iter(entries.values()))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = {pool.submit(look, ROOT / file, entries.get(str(ROOT / file), neighbour), build): file for file in asked}
        for number, done in enumerate(concurrent.futures.as_completed(looks), 1):
            found = done.result()
            print(f"tidy: {number}/{len(looks)} {looks[done]}{': FINDINGS' if found else ''}", flush=True)
            if found:
                bad += 1
                print(found, flush=True)
    print(f"tidy: {bad} files with findings" if bad else "tidy: clean")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
