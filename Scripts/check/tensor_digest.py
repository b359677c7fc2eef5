#!/usr/bin/env python3
"""Prints one SHA-256 over all tensors of a checkpoint directory: name, type, shape and
bytes, in order of their names.

    python3 Scripts/check/tensor_digest.py DIR

However the tensors are spread over shards, equal digests mean equal tensors. Needs the standard library only.
"""
import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import header


def tensors_of(path):
    """(name, type, shape, file, first byte, size) of every tensor of a shard."""
    entries, start = header(path)
    for name, entry in entries.items():
        begin, end = entry["data_offsets"]
        yield name, entry["dtype"], entry["shape"], path, start + begin, end - begin


def digest_of(directory):
    """The digest, in hexadecimal digits."""
    shards = sorted(directory.glob("*.safetensors"))
    if not shards:
        sys.exit(f"tensor_digest.py: {directory}: no safetensors files")
    digest = hashlib.sha256()
    for name, dtype, shape, path, begin, size in sorted(entry for shard in shards for entry in tensors_of(shard)):
        digest.update(f"{name} {dtype} {shape} {size}\n".encode())
        with path.open("rb") as file:
            file.seek(begin)
            while size > 0:
                piece = file.read(min(size, 1 << 24))
                if not piece:
                    sys.exit(f"tensor_digest.py: {path}: ends inside {name}")
                digest.update(piece)
                size -= len(piece)
    return digest.hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: tensor_digest.py DIR")
    print(digest_of(Path(sys.argv[1])))
