#!/usr/bin/env python3
"""Writes Formats/vectors: .skyq files and a manifest that every reader of the format must agree with.

    Scripts/golden/skyq_vectors.py [DIR]      default: Formats/vectors

Written from Formats/skyq.md, with no code of the Swift writer. Run it when the specification gains a rule,
then Scripts/check/skyq_vectors.py. Valid cases are files. An invalid case is a valid file, its size changed
and bytes edited: `edits` is a list of [offset, hex]. Needs Python 3.11, numpy, libxxhash, libzstd (another
version of it may compress to other bytes).
"""

import copy
import json
import struct
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from skyq.codecs import compress
from skyq.image import AWQ_F16, CRITICAL, I64, UNSEALED, ZSTD, sha256
from skyq.reader import spell_values
from skyq.vectors import VECTORS
from skyq_border_cases import add_border_cases
from skyq_valid_images import valid_images


# Invalid cases: each changes one thing of a copy of a base image and seals it again,
# unless the seal is the point.


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

    def section(self, case, sections, code, /, index=0, base="sections_raw", quick=(), full=None, **override):
        self.changed(case, base, lambda image: image.sections[index].override.update(override), sections, open=code,
                     quick=quick, full=full)

    def tensors(self, case, sections, code, names):
        def rename(image):
            for tensor, name in zip(image.tensors, names):
                tensor.override["name"] = name
        self.changed(case, "plain_encodings", rename, sections, open=code)

    def tensor(self, case, sections, code, /, index=0, base="sections_raw", quick=(), full=None, **override):
        self.changed(case, base, lambda image: image.tensors[index].override.update(override), sections, open=code,
                     quick=quick, full=full)

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
    v.field("front_past_end_with_names", "3", "E011", names_size=1 << 28,
            front_size=v.images["sections_raw"][0].names_at + (1 << 28))
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
    v.tensors("name_twice_then_control", "5 9", "E016", [b"f32", b"f32", b"a\0b"])
    v.tensors("name_control_then_twice", "5 9", "E015", [b"a\0b", b"f16", b"f16"])
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
    v.tensor("awq_u8_group_48", "6.3", "E024", base="awq_u8", group=48)
    v.tensor("awq_u8_sizes_of_four_bits", "6.3", "E025", base="awq_u8", encoding=AWQ_F16)
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
    borders = {0, 8, 256, 4096, 4096 + 96 * len(sections), image.names_at, image.front_size, image.data_offset}
    regions = [(entry["offset"], entry["stored"]) for entry in sections]
    regions += [(offset, size) for entry in tensors for offset, size, _ in entry["planes"][:entry["plane_count"]]]
    borders |= {len(data)}.union(*({offset, offset + size} for offset, size in regions))
    for size in sorted({b for border in borders for b in (border - 1, border)} - {-1, len(data)}):
        v.add(f"truncated_to_{size}", base, data[:size], "2 3", open="E001" if size < 4096 else "E008")
    v.add("one_byte_after", base, data + b"\0", "2 3", open="E008")
    v.add("one_page_after", base, data + bytes(4096), "2 3", open="E008")
    stated = copy.deepcopy(v.images["empty"][0])
    stated.override = dict(file_size=8192)
    v.add("one_page_after_and_stated", "empty", stated.bytes() + bytes(4096), "2", open="E027")
    v.add("text", base, b"# a text file of more than 4096 bytes\n" * 120, "3", open="E002")


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
    v.section("section_digest", "4 9", None, index=8, quick=["E032"], sha=bytes(32))
    v.tensor("tensor_digest", "6 9", None, full=["E034"], sha=bytes(32))


def add_zstd_cases(v):
    frame = v.images["sections_zstd"][0].sections[1].stored
    bomb = compress(bytes(8 << 20), level=19)

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
    case("zstd_no_content_size", compress(plain, states_size=False))
    case("zstd_content_size_differs", compress(plain + b"x"))
    case("zstd_cut", frame[:-1])
    case("zstd_not_a_frame", b"plain text")
    case("zstd_empty", b"")


def zstd_frame_claiming(size):
    """A frame whose header states `size` and whose one block repeats a zero byte
    64 Ki times (RFC 8878 §3.1.1)."""
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
    plane("scale_of_eight_bits_infinite", "awq_u8", 1, 2, b"\x00\x7c", "6.3")
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
    """A table: for each section of the specification the valid and invalid cases,
    and the codes they end with."""
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
    return "\n".join(["# Coverage, written by Scripts/golden/skyq_vectors.py", "", *head, *lines, ""])


def main():
    if sys.argv[1:] and sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else VECTORS
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
                add_data_cases, add_zstd_cases, add_value_cases, add_json_cases,
                add_border_cases):
        add(invalid)
    cases += invalid.cases
    assert len({case["name"] for case in cases}) == len(cases), "case names must be unique"
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (directory / "manifest.json").write_text('{"format":"skyq 1.0","cases":[\n' + lines + "\n]}\n")
    (directory / "coverage.md").write_text(coverage(cases))
    print(f"{len(images)} valid, {len(invalid.cases)} invalid cases")


if __name__ == "__main__":
    main()
