#!/usr/bin/env python3
"""Writes DIR/large.safetensors, 10^6 tensors in a header of 90 MB, and DIR/large.skyq, 2^20 tensors: the
largest that are read. One byte a tensor; the .skyq file is sparse.

Usage: Scripts/make/large_headers.py DIR
Written from Formats/skyq.md. Needs libxxhash, libzstd.
"""
import hashlib
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import write_sparse
from skyq.codecs import xxh3

SUPERBLOCK, ALIGNMENT, U8 = 4096, 4096, 5


def safetensors(path, count):
    entry = '"layers.%d.experts.%d.weight":{"dtype":"U8","shape":[1],"data_offsets":[%d,%d]}'
    header = ("{" + ",".join(entry % (i // 1000, i % 1000, i, i + 1) for i in range(count)) + "}").encode()
    write_sparse(path, header, count)


def skyq(path, count):
    """A file without sections. Field by field as Formats/skyq.md §3, §6 and §8 list them."""
    names = [b"layers.%d.experts.%d.weight" % (i // 1000, i % 1000) for i in range(count)]
    tables = SUPERBLOCK + 256 * count
    front = tables + sum(map(len, names))
    data = -(-front // ALIGNMENT) * ALIGNMENT
    plane_xxh3, digest = xxh3(b"\0"), hashlib.sha256(b"\0").digest()
    records, position = [], 0
    for index, name in enumerate(names):
        record = struct.pack("<IHHBBHI", position, len(name), U8, 1, 1, 0, 0) + struct.pack("<Q", 1).ljust(64, b"\0")
        record += struct.pack("<QQQ", data + ALIGNMENT * index, 1, plane_xxh3).ljust(96, b"\0")
        records.append((record + digest + struct.pack("<Q", 1)).ljust(256, b"\0"))
        position += len(name)
    index = b"".join(records) + b"".join(names)
    content = hashlib.sha256(b"SKYQ-CONTENT" + struct.pack("<HII", 1, 0, count))
    for name in sorted(names):
        content.update(struct.pack("<BH", 2, len(name)) + name + struct.pack("<HIBQ", U8, 0, 1, 1) + digest)
    size, end = data + ALIGNMENT * count, data + ALIGNMENT * (count - 1) + 1
    fields = b"\x89SKY\r\n\x1a\n" + struct.pack("<HHIQQQ", 1, 0, 256, 0, 0, size)
    fields += struct.pack("<QIIQII", SUPERBLOCK, 0, 96, SUPERBLOCK, count, 256)
    fields += struct.pack("<QQQQQ", tables, front - tables, front, data, end)
    fields += struct.pack("<B7xQ", 12, count) + hashlib.sha256(index).digest() + content.digest()
    fields = fields.ljust(0xF8, b"\0")
    with open(path, "wb") as file:
        file.write((fields + struct.pack("<Q", xxh3(fields))).ljust(SUPERBLOCK, b"\0"))
        file.write(index)
        file.truncate(size)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    safetensors(directory / "large.safetensors", 1_000_000)
    skyq(directory / "large.skyq", 1 << 20)


if __name__ == "__main__":
    main()
