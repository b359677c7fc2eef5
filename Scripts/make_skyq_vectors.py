#!/usr/bin/env python3
"""Writes Formats/vectors: .skyq files and a manifest that every reader of the format must agree with.

    make_skyq_vectors.py [DIR]      default: ../Formats/vectors beside this script

Written from Formats/skyq.md, with no code of the Swift writer. Run it when the specification gains a rule, then
`read_skyq.py --vectors DIR` as a check. Valid cases are files. An invalid case is a valid file, its size changed and
bytes edited: `edits` is a list of [offset, hex].
Needs Python 3.11, numpy, xxhash, zstandard 0.25.0 (another version may compress to other bytes).
"""

import copy
import hashlib
import json
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xxhash
import zstandard

from read_skyq import spell_values

MAGIC, UNSEALED = b"\x89SKY\r\n\x1a\n", b"\x89SKYPART"
F32, F16, BF16, I8, U8, I32, I64, BOOL = range(1, 9)
AWQ_F16, AWQ_BF16 = 0x0101, 0x0102
CRITICAL, ZSTD = 1, 2


def sha256(data):
    return hashlib.sha256(data).digest()


def xxh3(data):
    return xxhash.xxh3_64_intdigest(bytes(data))


def align_up(value, alignment):
    return -(-value // alignment) * alignment


# A file as Python values. `Image.bytes()` states the truth, but for the fields in `override`: those of the entry or
# superblock by name, `name` for the bytes of the name itself, `plane0` … for what is stated about a plane, `place` and
# `place0` … for where the bytes really lie.


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
        files = sorted((e["type"], n, e) for e, n in zip(sections, names) if e["type"] in (b"META", b"FILE"))
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


def awq(name, encoding, rows, columns, group, seed):
    """Random codes, scales and zeros, packed by loops that spell out §6.2; values by its formula."""
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
    plane0 = bytearray(rows * columns // 2)
    plane2 = bytearray(rows * ((groups + 1) // 2))
    values = np.zeros((rows, columns), np.float32)
    for o in range(rows):
        for i in range(columns):
            block, k, t = i // 32, i % 32, i // group
            plane0[o * columns // 2 + 16 * block + k % 16] |= int(codes[o, i]) << (0 if k < 16 else 4)
            values[o, i] = np.float32(int(codes[o, i]) - int(zeros[o, t])) * wide[o, t]
        for t in range(groups):
            plane2[o * ((groups + 1) // 2) + t // 2] |= int(zeros[o, t]) << (4 * (t % 2))
    return Tensor(name, encoding, [rows, columns], [bytes(plane0), raw.tobytes(), bytes(plane2)], group, values)


def spec_example():
    """The worked example of §6.2."""
    codes = bytes(j | (15 - j) << 4 for j in range(16))
    values = np.array([(j - 8) * 0.5 for j in [*range(16), *reversed(range(16))]], np.float32).reshape(1, 32)
    return Tensor(b"example.weight", AWQ_F16, [1, 32], [codes, b"\x00\x38", b"\x08"], 32, values)


def all_plain():
    special = [0.0, -0.0, 1.5, -3.25, np.inf, -np.inf, np.nan, 1e-41]
    f16 = [0.0, -0.0, 1.5, 65504.0, np.inf, -np.inf, np.nan, 6e-8]
    return [
        plain(b"f32", F32, np.array(special, "<f4").reshape(2, 4)),
        plain(b"f16", F16, np.array(f16, "<f4").reshape(4, 2)),
        plain(b"bf16", BF16, np.array(special, "<f4")),
        plain(b"i8", I8, np.array([-128, -1, 0, 127])),
        plain(b"u8", U8, np.array([0, 1, 254, 255])),
        plain(b"i32", I32, np.array([-2**31, -1, 0, 2**31 - 1])),
        plain(b"i64", I64, np.array([-2**63, -1, 0, 2**63 - 1])),
        plain(b"bool", BOOL, np.array([0, 1, 1])),
    ]


def small_tensors():
    return [plain(b"a.weight", F32, np.arange(6.0).reshape(2, 3)), awq(b"b.weight", AWQ_F16, 2, 96, 32, seed=4)]


CONFIG = b'{"model_type": "skywork_chat"}\n'
PROV = b'{"folded":{},"sources":[],"tool":"make_skyq_vectors.py","version":"1"}'


def raw_sections():
    return [
        Section(b"META", b"meta", b'{"architecture":"qwen2","name":"\xc3\xa4 \\" \\\\ \\u0001\\n"}'),
        Section(b"PROV", b"prov", PROV),
        Section(b"RECP", b"recp", b'{"group_size":128,"ratio":"0.05"}'),
        Section(b"CALB", b"calb", b"[" * 32 + b"]" * 32),
        Section(b"STAT", b"stat", b'{"layers.0":{"loss":"1.5e-06"}}'),
        Section(b"EVAL", b"after image", b"null"),
        Section(b"EVAL", b"text", b"-9007199254740991"),
        Section(b"FILE", b"LICENSE", b""),
        Section(b"FILE", b"config.json", CONFIG),
    ]


def compressed(section, **options):
    frame = zstandard.ZstdCompressor(level=19, **options).compress(section.plain)
    return Section(section.type, section.name, section.plain, section.flags | ZSTD, frame)


def zstd_sections():
    tokenizer = Section(b"FILE", b"tokenizer.json", b'{"vocab": "' + b"abc" * 300 + b'"}')
    return [Section(b"META", b"meta", b"{}"), compressed(tokenizer), Section(b"FILE", b"vocab.txt", b"a\nb\n")]


def front_of_1mib():
    """1,360 empty tensors whose names fill the front to exactly 1 MiB."""
    count = 1360
    budget = (1 << 20) - 4096 - 256 * count
    lengths = [budget // count + (1 if i < budget % count else 0) for i in range(count)]
    return [plain(b"%06d" % i + b"x" * (n - 6), F32, np.zeros((0,))) for i, n in enumerate(lengths)]


def valid_images():
    """name → (image, sections of the specification it covers)"""
    unknown = Section(b"XTRA", b"anything", b"of a later version")
    experiment = Tensor(b"experiment", 0x8001, [2, 3, 4], [b"\x01" * 10, b"", b"\x02" * 5], group=7)
    thousand = [plain(b"t%d" % i, U8, np.full((4 if i % 100 == 0 else 0,), i % 251)) for i in range(1000)]
    utf8 = [plain(name.encode(), U8, np.array([i])) for i, name in enumerate(["\u00e9", "e\u0301", "空", "\U0001f30c"])]
    longest = [plain(b"n" * 512, U8, np.array([1]))]
    return {
        "empty": (Image(), "2 3"),
        "scalar": (Image(tensors=[plain(b"scalar", F32, np.array(-0.75))]), "6"),
        "zero_length_dim": (Image(tensors=[
            plain(b"empty", F16, np.zeros((3, 0, 5))), plain(b"next", U8, np.array([7])),
            awq(b"rows", AWQ_F16, 0, 64, 32, seed=1), awq(b"columns", AWQ_F16, 3, 0, 64, seed=1)]), "2 6 6.2"),
        "plain_encodings": (Image(tensors=all_plain()), "6.1"),
        "awq_g32": (Image(tensors=[awq(b"f16", AWQ_F16, 3, 64, 32, 1), awq(b"bf16", AWQ_BF16, 2, 64, 32, 2)]), "6.2"),
        "awq_g64": (Image(tensors=[awq(b"f16", AWQ_F16, 2, 128, 64, 3), awq(b"bf16", AWQ_BF16, 1, 64, 64, 4)]), "6.2"),
        "awq_g128": (Image(tensors=[
            awq(b"f16", AWQ_F16, 1, 256, 128, 5), awq(b"bf16", AWQ_BF16, 1, 128, 128, 6)]), "6.2"),
        "awq_odd_groups": (Image(tensors=[awq(b"three", AWQ_F16, 2, 384, 128, 7)]), "6.2"),
        "awq_example": (Image(tensors=[spec_example()]), "6.2"),
        "align_64k": (Image(tensors=small_tensors(), align_log2=16), "2 3"),
        "utf8_names": (Image(tensors=utf8), "5"),
        "longest_names": (Image([Section(b"FILE", b"f" * 255, b"x")], longest), "5"),
        "thousand_tensors": (Image(tensors=thousand), "6 8"),
        "sections_raw": (Image(raw_sections(), small_tensors()), "4 7 8"),
        "sections_zstd": (Image(zstd_sections(), small_tensors()), "4"),
        "sections_reversed": (Image(raw_sections()[::-1], small_tensors()[::-1]), "4 8"),
        "future_minor": (Image([unknown, *raw_sections()], small_tensors(), minor=7, reserved=b"later",
                               override=dict(compat=1 << 63)), "1 3 4 8 11"),
        "unknown_encoding": (Image(tensors=[experiment, plain(b"known", U8, np.array([3]))]), "6.1"),
        "front_1mib": (Image(tensors=front_of_1mib()), "2 5"),
    }


# Invalid cases: each changes one thing of a copy of a base image and seals it again, unless the seal is the point.


class Invalid:
    def __init__(self, images, files):
        self.images, self.files, self.cases = images, files, []

    def add(self, name, base, data, sections, open=None, quick=(), full=None):
        case = dict(name=name, file=base + ".skyq", spec=sections.split(), sha256=sha256(data).hex())
        original = self.files[base]
        if len(data) != len(original):
            case["size"] = len(data)
        case["edits"] = difference(original.ljust(len(data), b"\0"), data)
        if not case["edits"]:
            del case["edits"]
        case["open"] = open
        if open is None:
            case["quick"], case["full"] = list(quick), list(quick if full is None else full)
        self.cases.append(case)

    def changed(self, name, base, change, sections, **expected):
        image = copy.deepcopy(self.images[base][0])
        change(image)
        self.add(name, base, image.bytes(), sections, **expected)

    def field(self, case, sections, code, /, base="sections_raw", **override):
        self.changed(case, base, lambda image: image.override.update(override), sections, open=code)

    def section(self, case, sections, code, /, index=0, base="sections_raw", **override):
        self.changed(case, base, lambda image: image.sections[index].override.update(override), sections, open=code)

    def tensor(self, case, sections, code, /, index=0, base="sections_raw", **override):
        self.changed(case, base, lambda image: image.tensors[index].override.update(override), sections, open=code)

    def flip(self, name, base, offset, sections, **expected):
        data = bytearray(self.files[base])
        data[offset] ^= 0x10
        self.add(name, base, bytes(data), sections, **expected)


def difference(old, new):
    """Edits that turn `old` into `new`, runs less than 8 bytes apart merged."""
    runs = []
    for offset in np.flatnonzero(np.frombuffer(old[:len(new)], "u1") != np.frombuffer(new, "u1")):
        if runs and offset - runs[-1][1] < 8:
            runs[-1][1] = int(offset) + 1
        else:
            runs.append([int(offset), int(offset) + 1])
    return [[start, new[start:end].hex()] for start, end in runs]


def add_superblock_cases(v):
    v.field("unsealed", "3 10", "E003", magic=UNSEALED)
    v.field("wrong_magic", "3", "E002", magic=b"GGUF\x03\0\0\0")
    v.field("magic_crlf_to_lf", "3", "E002", magic=b"\x89SKY\n\x1a\n\0")
    v.field("major_0", "3 11", "E004", major=0)
    v.field("major_2", "3 11", "E004", major=2)
    v.field("unknown_incompat_bit", "3 11", "E006", incompat=1 << 40)
    v.field("superblock_size_512", "3", "E007", size=512)
    v.field("section_entry_size_104", "3", "E007", section_size=104)
    v.field("tensor_entry_size_0", "3", "E007", tensor_size=0)
    v.field("file_size_plus_1", "3", "E008", file_size=len(v.files["sections_raw"]) + 1)
    v.field("file_size_max", "3", "E008", file_size=2**64 - 1)
    for align in (0, 11, 17, 63, 64, 255):
        v.field(f"align_log2_{align}", "3", "E009", align_log2=align)
    v.field("section_count_max", "3 9", "E010", section_count=2**32 - 1)
    v.field("tensor_count_max", "3 9", "E010", tensor_count=2**32 - 1)
    v.field("tensor_count_plus_1", "3", "E011", tensor_count=3)
    v.field("sections_at_4097", "3", "E011", sections_at=4097)
    v.field("tensors_at_0", "3", "E011", tensors_at=0)
    v.field("names_at_max", "3", "E011", names_at=2**64 - 1)
    v.field("names_size_wraps", "3", "E011", names_size=2**64 - 4096, front_size=0)
    v.field("front_size_past_end", "3", "E011", front_size=1 << 40)
    v.field("front_past_end_with_names", "3", "E011", names_size=1 << 28, front_size=v.images["sections_raw"][0].names_at
            + (1 << 28))
    v.field("front_size_minus_1", "3", "E011", front_size=v.images["sections_raw"][0].front_size - 1)
    v.field("reserved_gap", "3", "E013", gap=b"\0\0\0\0\0\0\1")
    v.field("reserved_fields", "3", "E013", reserved=b"\1" + bytes(55))
    v.changed("reserved_rest", "sections_raw", lambda i: setattr(i, "reserved", b"\1"), "3", open="E013")
    v.changed("superblock_checksum_zero", "empty", lambda i: setattr(i, "seal_superblock", False), "3", open="E005")
    v.changed("index_digest_zero", "empty", lambda i: setattr(i, "seal_index", False), "3", open="E012")
    v.field("data_offset_next_page", "2 3", "E021", data_offset=v.images["sections_raw"][0].data_offset + 4096)
    v.field("data_offset_max", "2 3", "E021", base="empty", data_offset=2**64 - 4096)
    v.field("data_end_minus_1", "2 3", "E027", data_end=v.images["sections_raw"][0].data_end - 1)
    v.field("parameters_plus_1", "3", "E028", parameters=199)
    v.field("content_id_zero", "8", "E029", content_id=bytes(32))
    v.flip("flip_superblock", "sections_raw", 0x78, "3", open="E005")
    v.flip("flip_section_table", "sections_raw", 4096 + 0x20, "3", open="E012")
    v.flip("flip_tensor_table", "sections_raw", 4096 + 96 * 9 + 0xB0, "3", open="E012")
    v.flip("flip_name", "sections_raw", v.images["sections_raw"][0].names_at, "3", open="E012")


def add_name_cases(v):
    v.tensor("name_empty", "5", "E015", name=b"")
    v.tensor("name_513_bytes", "5", "E015", name=b"n" * 513)
    v.tensor("name_escape_sequence", "5", "E015", name=b"con\x1b[31m")
    v.tensor("name_nul", "5", "E015", name=b"a\0b")
    v.tensor("name_c1_control", "5", "E015", name="a\u0085".encode())
    v.tensor("name_right_to_left_override", "5", "E015", name="a\u202eb".encode())
    v.tensor("name_line_separator", "5", "E015", name="a\u2028b".encode())
    v.tensor("name_invalid_utf8", "5", "E015", name=b"\xc3\x28")
    v.tensor("name_overlong_utf8", "5", "E015", name=b"\xc0\xaf")
    v.tensor("name_surrogate", "5", "E015", name=b"\xed\xa0\x80")
    v.tensor("name_twice", "5", "E016", name=b"b.weight")
    v.tensor("name_offset_0", "5", "E014", index=1, name_offset=0)
    v.tensor("name_length_past_end", "5", "E014", index=1, name_length=65535)
    v.tensor("name_leaves_a_byte", "5", "E014", index=1, name_length=7)
    v.section("section_name_offset_max", "5", "E014", name_offset=2**32 - 1)
    v.section("file_name_parent", "5", "E017", index=8, name=b"../x")
    v.section("file_name_hidden", "5", "E017", index=8, name=b".bashrc")
    v.section("file_name_absolute", "5", "E017", index=8, name=b"/etc/passwd")
    v.section("file_name_256_bytes", "5", "E017", index=8, name=b"f" * 256)
    v.section("file_names_differ_in_case", "5", "E016", index=8, name=b"license")
    v.section("meta_name", "4 5", "E017", name=b"main")
    v.section("section_twice", "5", "E016", index=6, name=b"after image")


def add_section_cases(v):
    v.section("section_flag_bit_2", "4", "E018", flags=4)
    v.section("section_type_lower_case", "4", "E018", base="future_minor", type=b"xtra")
    v.section("unknown_critical_section", "4", "E019", base="future_minor", flags=CRITICAL)
    v.section("section_stored_max", "4", "E020", stored=2**64 - 1)
    v.section("section_size_64mib_plus_1", "4", "E020", flags=ZSTD, size=(64 << 20) + 1)
    v.section("section_raw_size_differs", "4", "E020", size=1)
    v.section("section_reserved", "4", "E013", reserved=b"\1" + bytes(15))
    v.section("section_offset_max", "2 4", "E021", offset=2**64 - 64)
    v.section("sections_overlap", "2 4", "E021", index=1, offset=v.images["sections_raw"][0].front_size)
    v.section("section_over_the_tables", "2 4", "E021", offset=4096)
    v.section("hole_between_sections", "2 4", "E021", index=8, place=8192 - 128)
    v.section("sections_swapped", "2 4", "E021", index=1, place=8192 - 128)


def add_tensor_cases(v):
    huge = 1 << 39
    v.tensor("rank_9", "6", "E022", rank=9)
    v.tensor("rank_255", "6", "E022", rank=255)
    v.tensor("dimension_2_40", "6", "E022", dims=[1 << 40, 0] + [0] * 6)
    v.tensor("dimension_max", "6", "E022", dims=[2**64 - 1, 3] + [0] * 6)
    v.tensor("dimension_beyond_rank", "6", "E022", dims=[2, 3, 1] + [0] * 5)
    v.tensor("product_wraps_to_0", "1 6", "E023", rank=4, dims=[1 << 16] * 4 + [0] * 4, count=0)
    v.tensor("product_wraps_to_6", "1 6", "E023", rank=2, dims=[huge, 1 << 25] + [0] * 6, count=6)
    v.tensor("product_near_size_max", "1 6", "E023", rank=2, dims=[(1 << 32) - 1, (1 << 32) + 1] + [0] * 6,
             count=2**64 - 1)
    v.tensor("product_2_50", "6", "E023", dims=[1 << 25, 1 << 25] + [0] * 6, count=1 << 50)
    v.tensor("zero_hides_huge_product", "6", "E023", rank=4, dims=[huge, huge, 0, huge] + [0] * 4, count=0)
    v.tensor("element_count_plus_1", "6", "E023", count=7)
    v.tensor("group_of_plain", "6 6.1", "E024", group=32)
    v.tensor("awq_group_0", "6.2", "E024", index=1, group=0)
    v.tensor("awq_group_48", "6.2", "E024", index=1, group=48)
    v.tensor("awq_group_does_not_divide", "6.2", "E024", index=1, group=64)
    v.tensor("awq_rank_1", "6.2", "E024", index=1, rank=1, dims=[192] + [0] * 7)
    v.tensor("awq_rank_3", "6.2", "E024", index=1, rank=3, dims=[1, 2, 96] + [0] * 5)
    v.tensor("plane_count_0", "6", "E025", plane_count=0)
    v.tensor("plane_count_2_of_plain", "6 6.1", "E025", plane_count=2)
    v.tensor("plane_count_5", "6", "E025", plane_count=5)
    v.tensor("awq_two_planes", "6.2", "E025", index=1, plane_count=2)
    v.tensor("plane_size_minus_1", "6 6.1", "E025", plane0=(v.images["sections_raw"][0].data_offset, 23, 0))
    v.tensor("plane_size_max", "1 6.1", "E025", plane0=(v.images["sections_raw"][0].data_offset, 2**64 - 1, 0))
    v.tensor("awq_scales_too_small", "6.2", "E025", index=1, plane1=(16384, 10, 0))
    v.tensor("encoding_wider_than_bytes", "6.1", "E025", encoding=I64)
    v.tensor("unknown_encoding_no_plane", "6", "E025", base="unknown_encoding", plane_count=0)
    v.tensor("unknown_encoding_size_wraps", "1 6", "E026", base="unknown_encoding", plane0=(8192, 2**64 - 8192, 0))
    v.tensor("unknown_encoding_5_planes", "6", "E025", base="unknown_encoding", plane_count=5)
    v.tensor("tensor_gap", "6", "E013", gap=b"\0\1")
    v.tensor("tensor_reserved", "6", "E013", reserved=bytes(39) + b"\1")
    v.tensor("plane_offset_max", "2 6", "E026", plane0=(2**64 - 4096, 24, 0))
    v.tensor("plane_unaligned", "2 6", "E026", index=1, place1=16384 + 64)
    v.tensor("planes_overlap", "2 6", "E026", index=1, plane1=(12288, 12, 0))
    v.tensor("hole_between_planes", "2 6", "E026", index=1, place0=16384)
    v.changed("planes_swapped", "awq_example", swap_planes, "2 6", open="E026")


def swap_planes(image):
    image.tensors[0].override = dict(place1=16384, place2=12288)


def add_end_cases(v):
    base = "sections_raw"
    data, image = v.files[base], v.images[base][0]
    sections, tensors = image.layout()[1:]
    borders = {0, 8, 256, 4096, 4096 + 96 * len(sections), image.names_at, image.front_size, image.data_offset, len(data)}
    for entry in sections:
        borders |= {entry["offset"], entry["offset"] + entry["stored"]}
    for entry in tensors:
        borders |= {end for offset, size, _ in entry["planes"][:entry["plane_count"]] for end in (offset, offset + size)}
    for size in sorted({b for border in borders for b in (border - 1, border)} - {-1, len(data)}):
        v.add(f"truncated_to_{size}", base, data[:size], "2 3", open="E001" if size < 4096 else "E008")
    v.add("one_byte_after", base, data + b"\0", "2 3", open="E008")
    v.add("one_page_after", base, data + bytes(4096), "2 3", open="E008")
    v.field("one_page_after_and_stated", "2", "E027", base="empty", file_size=8192)
    case = v.cases.pop()
    v.add(case["name"], "empty", apply(v.files["empty"] + bytes(4096), case["edits"]), "2", open="E027")
    v.add("text", base, b"# a text file of more than 4096 bytes\n" * 120, "3", open="E002")


def apply(data, edits):
    data = bytearray(data)
    for offset, text in edits:
        data[offset:offset + len(text) // 2] = bytes.fromhex(text)
    return bytes(data)


def add_data_cases(v):
    raw, image = "sections_raw", v.images["sections_raw"][0]
    sections, tensors = image.layout()[1:]
    v.flip("flip_section", raw, sections[0]["offset"], "4 9", quick=["E030"])
    v.flip("flip_plane_f32", raw, tensors[0]["planes"][0][0], "6 9", quick=["E033"])
    v.flip("flip_plane_last_byte", raw, image.data_end - 1, "6 9", quick=["E033"])
    v.flip("flip_padding_of_sections", raw, sections[0]["offset"] - 1, "1 2 9", full=["E035"])
    v.flip("flip_padding_before_data", raw, image.data_offset - 1, "1 2 9", full=["E035"])
    v.flip("flip_padding_of_planes", raw, tensors[1]["planes"][0][0] - 1, "1 2 9", full=["E035"])
    v.flip("flip_last_byte", raw, len(v.files[raw]) - 1, "1 2 9", full=["E035"])
    v.section("section_digest", "4 9", None, index=8, sha=bytes(32))
    v.cases[-1].update(quick=["E032"], full=["E032"])
    v.tensor("tensor_digest", "6 9", None, sha=bytes(32))
    v.cases[-1].update(quick=[], full=["E034"])


def add_zstd_cases(v):
    frame = v.images["sections_zstd"][0].sections[1].stored
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(8 << 20))

    def case(name, stored, **override):
        def change(image):
            image.sections[1].stored = stored
            image.sections[1].override.update(override)
        v.changed(name, "sections_zstd", change, "4 9", quick=["E031"])
    plain = v.images["sections_zstd"][0].sections[1].plain
    case("zstd_bomb", bomb)
    case("zstd_bomb_stated_truly_8gib", zstd_frame_claiming(8 << 30))
    case("zstd_window_16mib", zstd_raw_frame(plain, window_descriptor=14 << 3))
    case("zstd_two_frames", frame + frame)
    case("zstd_skippable_frame_first", b"\x50\x2a\x4d\x18\0\0\0\0" + frame)
    case("zstd_trailing_byte", frame + b"\0")
    case("zstd_no_content_size", zstandard.ZstdCompressor(write_content_size=False).compress(plain))
    case("zstd_content_size_differs", zstandard.ZstdCompressor().compress(plain + b"x"))
    case("zstd_cut", frame[:-1])
    case("zstd_not_a_frame", b"plain text")
    case("zstd_empty", b"")


def zstd_frame_claiming(size):
    """A frame whose header states `size` and whose one block repeats a zero byte 64 Ki times (RFC 8878 §3.1.1)."""
    header = b"\x28\xb5\x2f\xfd" + bytes([0xC0, 0x58]) + struct.pack("<Q", size)
    block = struct.pack("<I", (1 << 16) << 3 | 1 << 1 | 1)[:3]
    return header + block + b"\0"


def zstd_raw_frame(content, window_descriptor):
    """A frame of one uncompressed block with a stated window (RFC 8878 §3.1.1.1.2)."""
    header = b"\x28\xb5\x2f\xfd" + bytes([0xC0, window_descriptor]) + struct.pack("<Q", len(content))
    return header + struct.pack("<I", len(content) << 3 | 1)[:3] + content


def add_value_cases(v):
    def plane(name, base, index, at, replacement, sections):
        def change(image):
            raw = bytearray(image.tensors[0].planes[index])
            raw[at:at + len(replacement)] = replacement
            image.tensors[0].planes[index] = bytes(raw)
        v.changed(name, base, change, sections, full=["E036"])
    plane("scale_f16_nan", "awq_g32", 1, 4, b"\x01\x7e", "6.2")
    plane("scale_f16_infinite", "awq_odd_groups", 1, 10, b"\x00\xfc", "6.2")
    plane("unused_zero_nibble", "awq_odd_groups", 2, 3, b"\x10", "6.2")

    def bf16(image):
        image.tensors[1].planes[1] = b"\x80\x7f" + image.tensors[1].planes[1][2:]
    v.changed("scale_bf16_infinite", "awq_g32", bf16, "6.2", full=["E036"])

    def bool_2(image):
        image.tensors[7].planes[0] = b"\0\1\2"
    v.changed("bool_2", "plain_encodings", bool_2, "6.1", full=["E036"])


def add_json_cases(v):
    texts = {
        "white_space": b'{"a": 1}', "unsorted": b'{"b":1,"a":2}', "duplicate_key": b'{"a":1,"a":1}',
        "duplicate_key_escaped": b'{"a":1,"\\u0061":1}', "fraction": b'{"a":1.5}', "exponent": b'{"a":1e3}',
        "too_large_integer": b"9007199254740992", "negative_zero": b"-0", "leading_zero": b"01",
        "escaped_slash": b'"\\/"', "upper_case_escape": b'"\\u001F"', "needless_escape": b'"\\u0041"',
        "invalid_utf8": b'"\xff"', "lone_surrogate": b'"\\ud800"', "nan": b"NaN", "empty": b"", "trailing": b"{}{}",
        "nul_in_key": b'{"\\u0000":1}', "too_deep": b"[" * 33 + b"]" * 33,
    }
    for name, text in texts.items():
        def change(image, text=text):
            image.sections[0].plain = text
        v.changed("json_" + name, "sections_zstd", change, "7 9", full=["E037"])


def describe(tensor):
    entry = dict(name=tensor.name.decode(), encoding=tensor.encoding, shape=tensor.dims, group=tensor.group,
                 sha256=sha256(b"".join(tensor.planes)).hex())
    if tensor.values is not None and tensor.values.size:
        entry["values"] = spell_values(tensor.values)
    return entry


def coverage(cases):
    """A table: for each section of the specification the valid and invalid cases, and the codes they end with."""
    rows = {}
    for case in cases:
        codes = {case["open"]} if case["open"] else {*case["quick"], *case["full"]}
        for section in case["spec"]:
            row = rows.setdefault(section, [0, 0, set()])
            row[1 if codes else 0] += 1
            row[2] |= codes
    order = sorted(rows, key=lambda section: [int(part) for part in section.split(".")])
    lines = [f"| {s} | {rows[s][0]} | {rows[s][1]} | {' '.join(sorted(rows[s][2]))} |" for s in order]
    head = ["| section of skyq.md | valid | invalid | codes |", "|---|---|---|---|"]
    return "\n".join(["# Coverage, written by Scripts/make_skyq_vectors.py", "", *head, *lines, ""])


def main():
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "Formats" / "vectors"
    directory.mkdir(parents=True, exist_ok=True)
    images = valid_images()
    files, cases = {}, []
    for name, (image, sections) in images.items():
        files[name] = image.bytes()
        (directory / f"{name}.skyq").write_bytes(files[name])
        # A thousand tables of empty tensors say nothing more: the content id covers them.
        tensors = image.tensors if len(image.tensors) < 100 else []
        cases.append(dict(name=name, file=f"{name}.skyq", spec=sections.split(), sha256=sha256(files[name]).hex(),
                          open=None, quick=[], full=[], content_id=files[name][0xA0:0xC0].hex(),
                          tensor_count=len(image.tensors), tensors=[describe(t) for t in tensors]))
    invalid = Invalid(images, files)
    for add in (add_superblock_cases, add_name_cases, add_section_cases, add_tensor_cases, add_end_cases,
                add_data_cases, add_zstd_cases, add_value_cases, add_json_cases):
        add(invalid)
    cases += invalid.cases
    assert len({case["name"] for case in cases}) == len(cases), "case names must be unique"
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (directory / "manifest.json").write_text('{"format":"skyq 1.0","cases":[\n' + lines + "\n]}\n")
    (directory / "coverage.md").write_text(coverage(cases))
    print(f"{len(images)} valid, {len(invalid.cases)} invalid cases")


if __name__ == "__main__":
    main()
