"""A .skyq file as Python values, written from Formats/skyq.md: what
golden/skyq_vectors.py builds its cases from.

Every field can be overridden, and digests are computed after that, so that a file can break one rule and no
other. Needs Python 3.11, numpy, libxxhash.
"""

import hashlib
import struct
from dataclasses import dataclass, field

import numpy as np

from skyq.codecs import xxh3

MAGIC, UNSEALED = b"\x89SKY\r\n\x1a\n", b"\x89SKYPART"
F32, F16, BF16, I8, U8, I32, I64, BOOL = range(1, 9)
AWQ_F16, AWQ_BF16, AWQ_U8 = 0x0101, 0x0102, 0x0103
CRITICAL, ZSTD = 1, 2


def sha256(data):
    return hashlib.sha256(data).digest()


def align_up(value, alignment):
    return -(-value // alignment) * alignment


# A file as Python values. `Image.bytes()` states the truth, but for the fields in `override`: those of the
# entry or superblock by name, `name` for the bytes of the name itself, `plane0` … for what is stated about a
# plane, `place` and `place0` … for where the bytes really lie.


@dataclass
class Section:
    type: bytes
    name: bytes
    plain: bytes
    flags: int = 0
    stored: bytes | None = None
    override: dict = field(default_factory=dict)


@dataclass
class Tensor:
    name: bytes
    encoding: int
    dims: list
    planes: list
    group: int = 0
    values: np.ndarray | None = None
    override: dict = field(default_factory=dict)


@dataclass
class Image:
    sections: list = field(default_factory=list)
    tensors: list = field(default_factory=list)
    align_log2: int = 12
    minor: int = 0
    reserved: bytes = b""
    override: dict = field(default_factory=dict)
    seal_index: bool = True
    seal_superblock: bool = True

    def layout(self):
        """Places everything; returns the file, with zeros for superblock and tables, and the entries."""
        alignment = 1 << self.align_log2
        names = b"".join(item.override.get("name", item.name) for item in self.sections + self.tensors)
        self.names_at = 4096 + 96 * len(self.sections) + 256 * len(self.tensors)
        self.front_size = end = self.names_at + len(names)
        content = bytearray(end)
        section_entries, tensor_entries, name_offset = [], [], 0
        for s in self.sections:
            stored = s.plain if s.stored is None else s.stored
            offset = s.override.get("place", align_up(end, 64))
            content += bytes(max(0, offset + len(stored) - len(content)))
            content[offset:offset + len(stored)] = stored
            end = offset + len(stored)
            name = s.override.get("name", s.name)
            entry = dict(type=s.type, flags=s.flags, offset=offset, stored=len(stored), size=len(s.plain),
                         sha=sha256(s.plain), name_offset=name_offset, name_length=len(name), xxh3=xxh3(stored),
                         reserved=bytes(16))
            section_entries.append(entry | {k: v for k, v in s.override.items() if k in entry})
            name_offset += len(name)
        self.data_offset = end = align_up(end, alignment)
        content += bytes(end - len(content))
        for t in self.tensors:
            planes = []
            for index, plane in enumerate(t.planes):
                offset = t.override.get(f"place{index}", align_up(end, alignment))
                content += bytes(max(0, offset + len(plane) - len(content)))
                content[offset:offset + len(plane)] = plane
                end = offset + len(plane)
                planes.append(t.override.get(f"plane{index}", (offset, len(plane), xxh3(plane))))
            name = t.override.get("name", t.name)
            count = int(np.prod(t.dims, dtype=object)) if t.dims else 1
            entry = dict(name_offset=name_offset, name_length=len(name), encoding=t.encoding, rank=len(t.dims),
                         plane_count=len(planes), gap=bytes(2), group=t.group, dims=t.dims + [0] * (8 - len(t.dims)),
                         planes=planes + [(0, 0, 0)] * (4 - len(planes)), sha=sha256(b"".join(t.planes)), count=count,
                         reserved=bytes(40))
            tensor_entries.append(entry | {k: v for k, v in t.override.items() if k in entry})
            name_offset += len(name)
        self.data_end = len(content)
        content += bytes(align_up(len(content), alignment) - len(content))
        content[self.names_at:self.front_size] = names
        return content, section_entries, tensor_entries

    def content_id(self, sections, tensors):
        names = [item.override.get("name", item.name) for item in self.sections + self.tensors]
        files = sorted(((e["type"], n, e) for e, n in zip(sections, names) if e["type"] in (b"META", b"FILE")),
                       key=lambda file: file[:2])
        text = b"SKYQ-CONTENT" + struct.pack("<HII", 1, len(files), len(tensors))
        for kind, name, e in files:
            text += struct.pack("<B4sH", 1, kind, len(name)) + name + struct.pack("<Q", e["size"]) + e["sha"]
        named = sorted(zip(names[len(sections):], tensors), key=lambda pair: pair[0])
        for name, e in named:
            text += struct.pack("<BH", 2, len(name)) + name + struct.pack("<HIB", e["encoding"], e["group"], e["rank"])
            text += struct.pack(f"<{min(e['rank'], 8)}Q", *e["dims"][:e["rank"]]) + e["sha"]
        return sha256(text)

    def bytes(self):
        content, sections, tensors = self.layout()
        at = 4096
        for e in sections:
            struct.pack_into("<4sIQQQ32sIIQ16s", content, at, *e.values())
            at += 96
        for e in tensors:
            planes = [number for plane in e["planes"] for number in plane]
            struct.pack_into("<IHHBB2sI8Q12Q32sQ40s", content, at, e["name_offset"], e["name_length"], e["encoding"],
                             e["rank"], e["plane_count"], e["gap"], e["group"], *e["dims"], *planes, e["sha"],
                             e["count"], e["reserved"])
            at += 256
        index_digest = sha256(content[4096:self.front_size]) if self.seal_index else bytes(32)
        fields = dict(magic=MAGIC, major=1, minor=self.minor, size=256, incompat=0, compat=0, file_size=len(content),
                      sections_at=4096, section_count=len(sections), section_size=96,
                      tensors_at=4096 + 96 * len(sections), tensor_count=len(tensors), tensor_size=256,
                      names_at=self.names_at, names_size=self.front_size - self.names_at, front_size=self.front_size,
                      data_offset=self.data_offset, data_end=self.data_end, align_log2=self.align_log2, gap=bytes(7),
                      parameters=sum(e["count"] for e in tensors) % 2**64, index_digest=index_digest,
                      content_id=self.content_id(sections, tensors), reserved=bytes(56)) | self.override
        struct.pack_into("<8sHHIQQQQIIQIIQQQQQB7sQ32s32s56s", content, 0, *fields.values())
        content[0x100:0x100 + len(self.reserved)] = self.reserved
        struct.pack_into("<Q", content, 0xF8, xxh3(content[:0xF8]) if self.seal_superblock else 0)
        return bytes(content)


# Tensors with values


def plain(name, encoding, values):
    """A tensor of a plain encoding from a numpy array of its values (float32 for bf16)."""
    if encoding == BF16:
        raw = (values.astype("<f4").view("<u4") >> 16).astype("<u2")
        shown = (raw.astype("<u4") << 16).view("<f4")
    else:
        kind = {F32: "<f4", F16: "<f2", I8: "i1", U8: "u1", I32: "<i4", I64: "<i8", BOOL: "u1"}[encoding]
        raw = values.astype(kind)
        shown = raw.astype("<f4") if encoding == F16 else raw
    return Tensor(name, encoding, list(values.shape), [raw.tobytes()], values=shown)


def awq(name, encoding, rows, columns, group, seed, raw_scales=None):
    """Random codes, zeros and (unless given as bits) scales, packed by loops that spell out §6.2;
    values by its formula."""
    random = np.random.default_rng(seed)
    groups = columns // group
    codes = random.integers(0, 16, (rows, columns))
    zeros = random.integers(0, 16, (rows, groups))
    scales = random.uniform(0.001, 0.1, (rows, groups)).astype(np.float32)
    if encoding == AWQ_F16:
        raw = scales.astype("<f2")
        wide = raw.astype(np.float32)
    else:
        raw = (scales.view("<u4") >> 16).astype("<u2")
        wide = (raw.astype("<u4") << 16).view("<f4")
    if raw_scales is not None:
        raw = np.array(raw_scales, "<u2").reshape(rows, groups)
        wide = raw.view("<f2").astype(np.float32) if encoding == AWQ_F16 else (raw.astype("<u4") << 16).view("<f4")
    plane0 = bytearray(rows * columns // 2)
    plane2 = bytearray(rows * ((groups + 1) // 2))
    values = np.zeros((rows, columns), np.float32)
    for o in range(rows):
        for i in range(columns):
            block, k, t = i // 32, i % 32, i // group
            plane0[o * columns // 2 + 16 * block + k % 16] |= int(codes[o, i]) << (0 if k < 16 else 4)
            with np.errstate(over="ignore"):  # to infinity, as §6.2 allows
                values[o, i] = np.float32(int(codes[o, i]) - int(zeros[o, t])) * wide[o, t]
        for t in range(groups):
            plane2[o * ((groups + 1) // 2) + t // 2] |= int(zeros[o, t]) << (4 * (t % 2))
    return Tensor(name, encoding, [rows, columns], [bytes(plane0), raw.tobytes(), bytes(plane2)], group, values)


def awq_u8(name, rows, columns, group, seed):
    """Random codes, zeros and scales as §6.3 lays them out; values by its formula. Some groups are symmetric."""
    random = np.random.default_rng(seed)
    groups = columns // group
    codes = random.integers(0, 256, (rows, columns)).astype("u1")
    zeros = random.integers(0, 256, (rows, groups)).astype("u1")
    zeros[::2] = 128
    raw = random.uniform(0.001, 0.1, (rows, groups)).astype("<f2")
    values = np.zeros((rows, columns), np.float32)
    for o in range(rows):
        for i in range(columns):
            t = i // group
            values[o, i] = np.float32(int(codes[o, i]) - int(zeros[o, t])) * np.float32(raw[o, t])
    planes = [codes.tobytes(), raw.tobytes(), zeros.tobytes()]
    return Tensor(name, AWQ_U8, [rows, columns], planes, group, values)


def spec_example():
    """The worked example of §6.2."""
    codes = bytes(j | (15 - j) << 4 for j in range(16))
    values = np.array([(j - 8) * 0.5 for j in [*range(16), *reversed(range(16))]], np.float32).reshape(1, 32)
    return Tensor(b"example.weight", AWQ_F16, [1, 32], [codes, b"\x00\x38", b"\x08"], 32, values)
