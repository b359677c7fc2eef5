#!/usr/bin/env python3
"""Reads FILE.skyq with the second reader, Scripts/lib/skyq, and again through `skyquant
extract`: every value must be the same.

    skyquant inspect FILE.skyq --tensors '*' --json | Scripts/check/compare_tensors.py FILE.skyq SKYQUANT

SKYQUANT is the program. Exit 0 if both list the same tensors with the same values, bit for bit.
Needs numpy, libxxhash, libzstd.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import tensors
from skyq.reader import Skyq, widen_bf16


def extracted(program, path, names):
    """Name to values of a safetensors file that `program extract` writes, as float32."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "tensors.safetensors"
        options = [word for name in names for word in ("--tensor", name)]
        subprocess.run([program, "extract", path, *options, "--out", out, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        return {name: floats(data, entry["dtype"]) for name, entry, data in tensors(out)}


def floats(raw, dtype):
    if dtype == "BF16":
        return widen_bf16(raw)
    return np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[dtype]).astype(np.float32)


def main(path, program):
    listed = [tensor["name"] for tensor in json.load(sys.stdin)["tensors"]]
    file = Skyq(Path(path).read_bytes())
    if file.check(full=True):
        sys.exit(f"{path}: refused: {file.check(full=True)}")
    ours = {tensor["name"]: tensor for tensor in file.tensors}
    if sorted(ours) != sorted(listed) or not listed:
        sys.exit(f"{path}: {len(ours)} tensors here, {len(listed)} in skyquant's list")
    theirs = extracted(program, path, listed)
    different = [name for name, tensor in ours.items()
                 if np.asarray(file.values(tensor), np.float32).tobytes() != theirs[name].tobytes()]
    print(f"{Path(path).name}: {len(ours)} tensors, {sum(v.size for v in theirs.values())} values, {len(different)} tensors differ")
    if different:
        sys.exit(f"the first is {different[0]}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
