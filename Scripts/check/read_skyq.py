#!/usr/bin/env python3
"""Reads a .skyq file with Python, by the second implementation of Formats/skyq.md.

    Scripts/check/read_skyq.py FILE               list header, sections and tensors, after the full check
    Scripts/check/read_skyq.py FILE --dump NAME   print the values of a tensor as hexadecimal floats

Exit 0 if all is well, 1 if a check fails. Needs Python 3.11, numpy, libxxhash, libzstd.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from skyq.reader import AWQ, PLAIN, Refused, Skyq, spell_values


def show(path, dump):
    file = Skyq(path.read_bytes())
    problems = file.check(full=True)
    if dump is not None:
        tensor = next(t for t in file.tensors if t["name"] == dump)
        print(*spell_values(file.values(tensor)), sep="\n")
    else:
        print(f"skyq {file.major}.{file.minor}  content {file.content_id.hex()}  parameters {file.parameters}")
        for s in file.sections:
            print(f"{s['type'].decode()}  {s['size']:>12}  {ascii(s['name'])}")
        for t in file.tensors:
            encoding = PLAIN.get(t["encoding"], (AWQ.get(t["encoding"], hex(t["encoding"])),))[0]
            print(f"{encoding:<12} {t['shape']} {ascii(t['name'])}")
    print(*problems, file=sys.stderr)
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--dump", metavar="NAME")
    arguments = parser.parse_args()
    try:
        fine = show(arguments.file, arguments.dump)
    except Refused as refused:
        print(f"{arguments.file}: {refused}", file=sys.stderr)
        fine = False
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
