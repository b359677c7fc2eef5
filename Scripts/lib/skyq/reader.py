"""Reads a .skyq file with Python, written from Formats/skyq.md alone: a second
implementation to check ours against.

Needs Python 3.11, numpy, libxxhash, libzstd.
"""

import hashlib
import json
import re
import struct

import numpy as np

from skyq.codecs import FrameError, frame_length, xxh3
from skyq.codecs import decompress as decompress_frame

MAGIC = b"\x89SKY\r\n\x1a\n"
UNSEALED = b"\x89SKYPART"
MIB = 1 << 20
FIXED_NAMES = {b"META": "meta", b"PROV": "prov", b"RECP": "recp", b"CALB": "calb", b"STAT": "stat"}
KNOWN_TYPES = [*FIXED_NAMES, b"EVAL", b"FILE"]
PLAIN = {1: ("f32", 4), 2: ("f16", 2), 3: ("bf16", 2), 4: ("i8", 1), 5: ("u8", 1), 6: ("i32", 4), 7: ("i64", 8),
         8: ("bool", 1)}
AWQ = {0x0101: "awq_u4 f16", 0x0102: "awq_u4 bf16", 0x0103: "awq_u8 f16"}
EIGHT_BITS = 0x0103
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Refused(Exception):
    """A file breaks a rule; `code` says which."""

    def __init__(self, code, what=""):
        super().__init__(f"{what} [{code}]")
        self.code = code


def require(condition, code, what=""):
    if not condition:
        raise Refused(code, what)


def align_up(value, alignment):
    return -(-value // alignment) * alignment


def sha256(data):
    return hashlib.sha256(data).digest()


class Skyq:
    """A file's bytes, checked as on opening (§9)."""

    def __init__(self, data):
        self.data = data
        self.read_superblock()
        self.read_tables()
        self.read_names()
        self.place_sections()
        self.place_tensors()
        require(sum(t["count"] for t in self.tensors) == self.parameters, "E028")
        require(self.compute_content_id() == self.content_id, "E029")

    def read_superblock(self):
        data = self.data
        require(len(data) >= 4096, "E001")
        require(data[:8] in (MAGIC, UNSEALED), "E002")
        require(data[:8] == MAGIC, "E003")
        self.major, self.minor = struct.unpack_from("<HH", data, 8)
        require(self.major == 1, "E004")
        require(struct.unpack_from("<Q", data, 0xF8)[0] == xxh3(data[:0xF8]), "E005")
        (size, incompat, self.compat, file_size, section_offset, self.section_count, section_size, tensor_offset,
         self.tensor_count, tensor_size, self.names_offset, self.names_size, self.front_size, self.data_offset,
         self.data_end, self.align_log2) = struct.unpack_from("<IQQQQIIQIIQQQQQB", data, 0x0C)
        self.parameters, self.index_digest, self.content_id = struct.unpack_from("<Q32s32s", data, 0x78)
        require(incompat == 0, "E006")
        require((size, section_size, tensor_size) == (256, 96, 256), "E007")
        require(file_size == len(data), "E008")
        require(12 <= self.align_log2 <= 16, "E009")
        require(self.section_count <= 4096 and self.tensor_count <= 1 << 20, "E010")
        tensors_at = 4096 + 96 * self.section_count
        names_at = tensors_at + 256 * self.tensor_count
        require((section_offset, tensor_offset, self.names_offset) == (4096, tensors_at, names_at), "E011")
        require(self.front_size == names_at + self.names_size <= min(512 * MIB, len(data)), "E011")
        self.alignment = 1 << self.align_log2

    def read_tables(self):
        data = self.data
        require(sha256(data[4096:self.front_size]) == self.index_digest, "E012")
        reserved = [data[0x71:0x78], data[0xC0:0xF8], data[0x100:0x1000]]
        self.sections, self.tensors = [], []
        for at in range(4096, 4096 + 96 * self.section_count, 96):
            fields = struct.unpack_from("<4sIQQQ32sIIQ16s", data, at)
            keys = ["type", "flags", "offset", "stored", "size", "sha", "name_offset", "name_length", "xxh3"]
            self.sections.append(dict(zip(keys, fields)))
            reserved.append(fields[9])
        for at in range(self.names_offset - 256 * self.tensor_count, self.names_offset, 256):
            fields = struct.unpack_from("<IHHBB2sI8Q12Q32sQ40s", data, at)
            keys = ["name_offset", "name_length", "encoding", "rank", "plane_count"]
            tensor = dict(zip(keys, fields), group=fields[6], dims=fields[7:15], sha=fields[27], stated=fields[28])
            tensor["planes"] = [fields[15 + 3 * i:18 + 3 * i] for i in range(4)]
            self.tensors.append(tensor)
            reserved += [fields[5], fields[29]]
        require(self.minor > 0 or not any(map(any, reserved)), "E013")

    def read_names(self):
        names = self.data[self.names_offset:self.front_size]
        end, seen = 0, set()
        for entry in self.sections + self.tensors:
            require(entry["name_offset"] == end and end + entry["name_length"] <= len(names), "E014")
            raw = names[end:end + entry["name_length"]]
            end += len(raw)
            try:
                entry["name"] = raw.decode("utf-8")
            except UnicodeDecodeError:
                raise Refused("E015", "UTF-8") from None
            require(1 <= len(raw) <= 512 and not FORBIDDEN.search(entry["name"]), "E015", ascii(entry["name"]))
            kind = entry.get("type")
            key = (kind, raw.lower() if kind == b"FILE" else raw)
            require(key not in seen, "E016", entry["name"])
            seen.add(key)
            if kind is not None:
                self.check_section(entry)
        require(end == len(names), "E014")

    @staticmethod
    def check_section(entry):
        kind, name = entry["type"], entry["name"]
        require(FIXED_NAMES.get(kind, name) == name, "E017")
        require(kind != b"FILE" or re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}", name), "E017")
        require(re.fullmatch(rb"[A-Z0-9]{4}", kind) and entry["flags"] & ~3 == 0, "E018")
        require(kind in KNOWN_TYPES or not entry["flags"] & 1, "E019")
        require(entry["stored"] <= 64 * MIB and entry["size"] <= 64 * MIB, "E020")
        require(entry["flags"] & 2 or entry["stored"] == entry["size"], "E020")

    def place_sections(self):
        end = self.front_size
        for entry in self.sections:
            require(entry["offset"] == align_up(end, 64), "E021")
            end = entry["offset"] + entry["stored"]
        require(self.data_offset == align_up(end, self.alignment) <= len(self.data), "E021")

    def place_tensors(self):
        end = self.data_offset
        for tensor in self.tensors:
            dims = tensor["dims"][:tensor["rank"]]
            require(tensor["rank"] <= 8 and max(dims, default=0) < 1 << 40, "E022")
            require(not any(tensor["dims"][tensor["rank"]:]), "E022")
            product = 1
            for dim in dims:
                product *= dim or 1
            require(product < 1 << 50, "E023")
            tensor["shape"], tensor["count"] = list(dims), 0 if 0 in dims else product
            require(tensor["count"] == tensor["stated"], "E023")
            expected = self.plane_sizes(tensor)
            used = tensor["planes"][:tensor["plane_count"]]
            require(1 <= len(used) == tensor["plane_count"], "E025")
            require(not any(map(any, tensor["planes"][len(used):])), "E025")
            require(expected is None or [size for _, size, _ in used] == expected, "E025")
            for offset, size, _ in used:
                require(offset == align_up(end, self.alignment), "E026")
                end = offset + size
            tensor["planes"] = used
        require(self.data_end == end and len(self.data) == align_up(end, self.alignment), "E027")

    @staticmethod
    def plane_sizes(tensor):
        encoding, group, shape = tensor["encoding"], tensor["group"], tensor["shape"]
        if encoding in PLAIN:
            require(group == 0, "E024")
            return [tensor["count"] * PLAIN[encoding][1]]
        if encoding not in AWQ:
            return None
        require(len(shape) == 2 and group in (32, 64, 128) and shape[1] % group == 0, "E024")
        groups = shape[1] // group
        if encoding == EIGHT_BITS:
            return [shape[0] * shape[1], shape[0] * groups * 2, shape[0] * groups]
        return [shape[0] * shape[1] // 2, shape[0] * groups * 2, shape[0] * ((groups + 1) // 2)]

    def compute_content_id(self):
        files = [s for s in self.sections if s["type"] in (b"META", b"FILE")]
        text = b"SKYQ-CONTENT" + struct.pack("<HII", self.major, len(files), len(self.tensors))
        for s in sorted(files, key=lambda s: (s["type"], s["name"].encode())):
            name = s["name"].encode()
            text += struct.pack("<B4sH", 1, s["type"], len(name)) + name + struct.pack("<Q", s["size"]) + s["sha"]
        for t in sorted(self.tensors, key=lambda t: t["name"].encode()):
            name = t["name"].encode()
            text += struct.pack("<BH", 2, len(name)) + name
            text += struct.pack(f"<HIB{t['rank']}Q", t["encoding"], t["group"], t["rank"], *t["shape"]) + t["sha"]
        return sha256(text)

    # Data

    def section_bytes(self, section):
        stored = self.data[section["offset"]:section["offset"] + section["stored"]]
        require(xxh3(stored) == section["xxh3"], "E030", section["name"])
        plain = decompress(stored, section["size"]) if section["flags"] & 2 else stored
        require(sha256(plain) == section["sha"], "E032", section["name"])
        return plain

    def plane_bytes(self, tensor):
        return [self.data[offset:offset + size] for offset, size, _ in tensor["planes"]]

    def values(self, tensor):
        """The values as numpy: floats of every kind as float32, others in their own type."""
        encoding, planes = tensor["encoding"], self.plane_bytes(tensor)
        if encoding in AWQ:
            return decode_awq(planes, tensor["shape"], tensor["group"], encoding)
        require(encoding in PLAIN, "E038", tensor["name"])
        if encoding == 3:
            return widen_bf16(planes[0]).reshape(tensor["shape"])
        kind = {1: "<f4", 2: "<f2", 4: "i1", 5: "u1", 6: "<i4", 7: "<i8", 8: "u1"}[encoding]
        values = np.frombuffer(planes[0], kind).reshape(tensor["shape"])
        return values.astype(np.float32) if encoding == 2 else values

    def check(self, full):
        """Codes of all problems of the data: one for each section and tensor at most, then the padding."""
        codes = [self.problem(self.check_section_data, s, full) for s in self.sections]
        codes += [self.problem(self.check_tensor, t, full) for t in self.tensors]
        if full and self.has_dirty_padding():
            codes.append("E035")
        return [code for code in codes if code]

    @staticmethod
    def problem(check, item, full):
        try:
            check(item, full)
        except Refused as refused:
            return refused.code
        return None

    def check_section_data(self, section, full):
        plain = self.section_bytes(section)
        if full and section["type"] in KNOWN_TYPES and section["type"] != b"FILE":
            value = check_canonical_json(plain)
            require(section["type"] not in (b"META", b"PROV") or isinstance(value, dict), "E037", "not an object")

    def check_tensor(self, tensor, full):
        planes = self.plane_bytes(tensor)
        for plane, (_, _, stated) in zip(planes, tensor["planes"]):
            require(xxh3(plane) == stated, "E033", tensor["name"])
        if not full:
            return
        require(sha256(b"".join(planes)) == tensor["sha"], "E034", tensor["name"])
        if tensor["encoding"] == 8:
            require(max(planes[0], default=0) <= 1, "E036")
        if tensor["encoding"] in AWQ:
            exponent = 0x7F80 if tensor["encoding"] == 0x0102 else 0x7C00
            require(not np.any(np.frombuffer(planes[1], "<u2") & exponent == exponent), "E036")
            groups = tensor["shape"][1] // tensor["group"]
            if groups % 2 and tensor["encoding"] != EIGHT_BITS:
                last = np.frombuffer(planes[2], "u1").reshape(tensor["shape"][0], -1)[:, -1]
                require(not np.any(last >> 4), "E036")

    def has_dirty_padding(self):
        regions = [(0, self.front_size)] + [(s["offset"], s["stored"]) for s in self.sections]
        regions += [(offset, size) for t in self.tensors for offset, size, _ in t["planes"]] + [(len(self.data), 0)]
        ends = [offset + size for offset, size in regions]
        starts = [offset for offset, _ in regions]
        return any(any(self.data[end:start]) for end, start in zip(ends, starts[1:]))


def widen_bf16(raw):
    return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)


def unpack_awq(planes, shape, group, encoding=0x0101):
    """Codes [out, in] and zeros [out, groups] of §6.2 and §6.3, as integers."""
    rows, columns = shape
    groups = columns // group
    if encoding == EIGHT_BITS:
        return tuple(np.frombuffer(planes[i], "u1").reshape(rows, width) for i, width in ((0, columns), (2, groups)))
    blocks = np.frombuffer(planes[0], "u1").reshape(rows, columns // 32, 1, 16)
    codes = np.concatenate([blocks & 15, blocks >> 4], axis=2).reshape(rows, columns)
    packed = np.frombuffer(planes[2], "u1").reshape(rows, (groups + 1) // 2, 1)
    return codes, np.concatenate([packed & 15, packed >> 4], axis=2).reshape(rows, -1)[:, :groups]


def decode_awq(planes, shape, group, encoding):
    """§6.2 and §6.3: W[o][i] = float32(q - z) * float32(s)."""
    codes, zeros = (part.astype(np.int32) for part in unpack_awq(planes, shape, group, encoding))
    scales = widen_bf16(planes[1]) if encoding == 0x0102 else np.frombuffer(planes[1], "<f2").astype(np.float32)
    difference = codes - np.repeat(zeros, group, axis=1)
    with np.errstate(over="ignore"):  # to infinity, as §6.2 allows
        return difference.astype(np.float32) * np.repeat(scales.reshape(zeros.shape), group, axis=1)


def decompress(stored, size):
    """Exactly one zstd frame that states `size` (RFC 8878), E031 otherwise."""
    require(stored[:4] == b"\x28\xb5\x2f\xfd" and len(stored) > 4, "E031")
    require(stored[4] & 3 == 0, "E031", "a dictionary")
    require(stored[4] & 8 == 0, "E031", "the reserved bit")
    is_single_segment, position, window = stored[4] & 32 != 0, 5, size
    if not is_single_segment:
        require(len(stored) > position, "E031")
        exponent, mantissa = stored[position] >> 3, stored[position] & 7
        window = (1 << (10 + exponent)) // 8 * (8 + mantissa)
        position += 1
    width = (1 if is_single_segment else 0, 2, 4, 8)[stored[4] >> 6]
    require(width > 0 and len(stored) >= position + width, "E031", "no content size")
    stated = int.from_bytes(stored[position:position + width], "little") + (256 if width == 2 else 0)
    require(stated == size and window <= 8 * MIB, "E031")
    try:
        require(frame_length(stored) == len(stored), "E031", "more than one frame")
        plain = decompress_frame(stored, size)
    except FrameError as error:
        raise Refused("E031", str(error)) from None
    require(len(plain) == size, "E031")
    return plain


def check_canonical_json(raw):
    def integer(literal):
        require(abs(int(literal)) < 1 << 53 and literal != "-0", "E037", literal)
        return int(literal)

    def refuse(literal):
        raise Refused("E037", literal)

    def depth(value):
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if items is None else 1 + max(map(depth, items), default=0)

    def spell(value):
        if isinstance(value, dict):
            require(not any("\0" in key for key in value), "E037", "U+0000 in a key")
            members = sorted(value.items(), key=lambda member: member[0].encode())
            return "{" + ",".join(spell(k) + ":" + spell(v) for k, v in members) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(spell, value)) + "]"
        # json escapes U+007F and U+2028 as themselves when ensure_ascii is off, as §7 wants.
        return json.dumps(value, ensure_ascii=False)

    try:
        value = json.loads(raw.decode("utf-8"), parse_int=integer, parse_float=refuse, parse_constant=refuse)
        spelt = spell(value).encode("utf-8")
    except (ValueError, RecursionError):
        raise Refused("E037") from None
    require(depth(value) <= 32 and spelt == raw, "E037")
    return value


def hexadecimal_float(value):
    """As C's %a with as few digits as possible: 0x1.8p+1."""
    text = float(value).hex()
    return re.sub(r"\.?0*p", "p", text) if "." in text else text


def spell_values(values):
    flat = values.reshape(-1)
    if flat.dtype == np.float32:
        return [hexadecimal_float(v) for v in flat]
    return [int(v) for v in flat]
