#!/usr/bin/env python3
"""Holds read_skyq.py to the conformance vectors, as the Swift tests hold the Swift reader to them.

    check_skyq_vectors.py [DIR]     default: ../Formats/vectors beside this script

Run it after make_skyq_vectors.py. Exit 0 if every case is as its manifest says. Needs what read_skyq.py needs.
"""

import hashlib
import json
import sys
from pathlib import Path

from read_skyq import Refused, Skyq, spell_values


def materialise(directory, case):
    """The bytes of a case: a file, or another case's file with a new size and edits."""
    data = bytearray((directory / case["file"]).read_bytes())
    if "size" in case:
        data = data[:case["size"]] + bytes(max(0, case["size"] - len(data)))
    for offset, text in case.get("edits", []):
        replacement = bytes.fromhex(text)
        data[offset:offset + len(replacement)] = replacement
    return bytes(data)


def check_case(directory, case):
    data = materialise(directory, case)
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
    cases = json.loads((directory / "manifest.json").read_text())["cases"]
    failed = 0
    for case in cases:
        try:
            check_case(directory, case)
        except AssertionError as error:
            failed += 1
            print(f"{case['name']}: {error}")
    print(f"{len(cases)} cases, {failed} failed")
    return failed == 0


def main():
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "Formats" / "vectors"
    sys.exit(0 if check_vectors(directory) else 1)


if __name__ == "__main__":
    main()
