#!/usr/bin/env python3
"""Holds the second reader, Scripts/lib/skyq, to the conformance vectors, as the Swift tests
hold the Swift reader to them.

    Scripts/check/skyq_vectors.py [DIR]     default: Formats/vectors

Run it after Scripts/golden/skyq_vectors.py. Exit 0 if every case is as its manifest says.
Needs numpy, libxxhash, libzstd.
"""

import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from skyq.reader import Refused, Skyq, spell_values
from skyq.vectors import VECTORS, cases, materialise


def check_case(directory, case):
    data = materialise(case, directory)
    assert hashlib.sha256(data).hexdigest() == case["sha256"], "sha256 of the case's bytes"
    try:
        file = Skyq(data)
    except Refused as refused:
        assert refused.code == case["open"], f"opening: {refused.code}, expected {case['open']}"
        return
    assert case["open"] is None, f"opened, expected {case['open']}"
    for level in ("quick", "full"):
        codes = file.check(full=level == "full")
        assert codes == case[level], f"{level} check: {codes}, expected {case[level]}"
    if "content_id" in case:
        assert file.content_id.hex() == case["content_id"], "content_id"
    for tensor, expected in zip(file.tensors, case.get("tensors", []), strict=False):
        assert tensor["name"] == expected["name"] and tensor["shape"] == expected["shape"], "tensor table"
        if "values" in expected:
            assert spell_values(file.values(tensor)) == expected["values"], f"values of {tensor['name']}"


def check_vectors(directory):
    all_cases, failed = cases(directory), 0
    for case in all_cases:
        try:
            check_case(directory, case)
        except AssertionError as error:
            failed += 1
            print(f"{case['name']}: {error}")
    print(f"{len(all_cases)} cases, {failed} failed")
    return failed == 0


def main():
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else VECTORS
    sys.exit(0 if check_vectors(directory) else 1)


if __name__ == "__main__":
    main()
