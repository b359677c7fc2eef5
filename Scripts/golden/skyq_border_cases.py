"""Cases at the borders of the rules: the first value past a limit and the last before
it, and pairs of broken rules.

Used by skyq_vectors.py; `v` is its collection of invalid cases.
"""

import struct

from skyq.codecs import compress
from skyq.image import CRITICAL, UNSEALED, ZSTD


def add_border_cases(v):
    add_limit_cases(v)
    add_forbidden_names(v)
    add_frame_cases(v)
    add_json_border_cases(v)
    add_order_cases(v)


def add_limit_cases(v):
    image = v.images["sections_raw"][0]
    for count in (4096, 4097):
        v.field(f"section_count_{count}", "3 9", "E011" if count == 4096 else "E010", section_count=count)
    for count in (1 << 20, (1 << 20) + 1):
        v.field(f"tensor_count_{count}", "3 9", "E011" if count == 1 << 20 else "E010", tensor_count=count)
    beyond = (64 << 20) + 1
    v.section("section_stored_64mib_plus_1", "4", "E020", stored=beyond, size=beyond)
    v.section("compressed_section_stored_64mib_plus_1", "4", "E020", flags=ZSTD, stored=beyond, size=1)
    v.section("section_stored_64mib", "2 4", "E021", stored=beyond - 1, size=beyond - 1)

    def stated_past_end(image):
        at = image.layout()[1][8]["offset"]
        image.sections[8].override.update(stored=1 << 20, size=1 << 20)
        image.override.update(data_offset=-(-(at + (1 << 20)) // 4096) * 4096)
    v.changed("section_past_the_end", "sections_raw", stated_past_end, "2 3", open="E021")
    largest, half = (1 << 40) - 1, 1 << 25
    v.tensor("dimension_2_40_minus_1", "6", "E025", rank=1, dims=[largest] + [0] * 7, count=largest)
    v.tensor("product_2_50_minus_2_25", "6", "E025", dims=[half, half - 1] + [0] * 6, count=half * (half - 1))
    v.tensor("awq_group_16", "6.2", "E024", index=1, group=16)
    v.tensor("awq_group_96_of_one_row", "6.2", "E024", index=1, group=96)
    v.tensor("awq_group_256", "6.2", "E024", base="awq_g128", group=256)
    v.tensor("awq_sizes_of_another_group", "6.2", "E025", base="awq_g128", group=64)
    v.tensor("unused_plane_not_zero", "6", "E025",
             planes=[image.layout()[2][0]["planes"][0], (0, 0, 0), (0, 0, 0), (0, 0, 1)])
    v.tensor("shape_of_another_product", "6", "E023", dims=[2, 2] + [0] * 6)
    v.tensor("zero_hides_2_50", "6", "E023", rank=3, dims=[half, half, 0] + [0] * 5, count=0)
    offset = image.layout()[1][0]["offset"]
    v.section("section_unaligned", "2 4", "E021", offset=offset + 1)
    v.section("prov_name", "4 5", "E017", index=1, name=b"PROV")
    v.section("critical_flag_of_unknown_type_of_minor_0", "4", "E019", type=b"META"[::-1], flags=CRITICAL, name=b"x")
    v.section("section_type_not_ascii", "4", "E018", base="future_minor", type=b"\xffABC")
    v.flip("flip_unknown_section", "future_minor", v.images["future_minor"][0].layout()[1][0]["offset"], "4 9",
           quick=["E030"])
    v.section("unknown_section_digest", "4 9", None, base="future_minor", quick=["E032"], sha=bytes(32))
    v.tensor("unknown_encoding_digest", "6.1 9", None, base="unknown_encoding", full=["E034"], sha=bytes(32))
    v.flip("flip_zeros_of_last_tensor", "awq_g32", v.images["awq_g32"][0].layout()[2][1]["planes"][2][0], "6 9",
           quick=["E033"])


def add_forbidden_names(v):
    for point in (0x1F, 0x7F, 0x9F, 0x61C, 0x200E, 0x200F, 0x2029, 0x202A, 0x2066, 0x2069):
        v.tensor(f"name_u{point:04x}", "5", "E015", name=chr(point).encode())
    v.tensor("name_above_u10ffff", "5", "E015", name=b"\xf4\x90\x80\x80")
    v.tensor("name_cut_utf8", "5", "E015", name=b"\xe2\x82")
    v.section("section_name_control", "5", "E015", index=5, name=b"a\nb")
    v.section("section_name_513_bytes", "5", "E015", index=5, name=b"n" * 513)


def add_frame_cases(v):
    plain = v.images["sections_zstd"][0].sections[1].plain

    def case(name, stored, content=plain):
        def change(image):
            image.sections[1].plain, image.sections[1].stored = content, stored
        v.changed(name, "sections_zstd", change, "4 9", quick=["E031"])
    raw_block = struct.pack("<I", len(plain) << 3 | 1)[:3] + plain
    size = struct.pack("<Q", len(plain))
    case("zstd_dictionary_id_zero", b"\x28\xb5\x2f\xfd\xe1\0" + size + raw_block)
    case("zstd_reserved_bit", b"\x28\xb5\x2f\xfd\xe8" + size + raw_block)
    case("zstd_window_8mib_and_an_eighth", b"\x28\xb5\x2f\xfd\xc0" + bytes([13 << 3 | 1]) + size + raw_block)
    frame = v.images["sections_zstd"][0].sections[1].stored
    case("zstd_skippable_frame_after", frame + b"\x50\x2a\x4d\x18\0\0\0\0")  # ZSTD_decompress alone takes
    case("zstd_empty_frame_after", frame + b"\x28\xb5\x2f\xfd\x20\0\1\0\0")  # both
    case("zstd_header_cut", b"\x28\xb5\x2f\xfd")
    checked = bytearray(compress(plain, has_checksum=True))
    checked[-1] ^= 1
    case("zstd_wrong_checksum", bytes(checked))
    large = bytes((8 << 20) + 1)
    repeat = b"".join(struct.pack("<I", n << 3 | 1 << 1 | last)[:3] + b"\0"
                      for n, last in [(1 << 17, 0)] * 64 + [(1, 1)])
    case("zstd_single_segment_above_8mib", b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", len(large)) + repeat, large)


def add_json_border_cases(v):
    texts = {
        "byte_order_mark": b"\xef\xbb\xbf{}", "deep_object": b'{"a":' * 33 + b"1" + b"}" * 33,
        "too_small_integer": b"-9007199254740992", "plus": b"+1", "whole_fraction": b"1.0",
        "utf16_order": '{"\U00010000":1,"\uffff":2}'.encode(), "short_escape_spelt_out": b'"\\u0008"',
        "escaped_delete": b'"\\u007f"', "raw_tab": b'"\t"', "trailing_comma": b"[1,]", "line_feed_at_end": b"1\n",
    }
    for name, text in texts.items():
        def change(image, text=text):
            image.sections[2].plain = text
        v.changed("json_" + name, "sections_raw", change, "7 9", full=["E037"])
    for index, kind in enumerate(("meta", "prov")):
        def change(image, index=index):
            image.sections[index].plain = b'["object"]'
        v.changed(kind + "_not_an_object", "sections_raw", change, "7 9", full=["E037"])


# One way to break each rule of opening, for two of which at once a reader must
# report the one that comes first.
SUPERBLOCK_BREAKS = [
    ("E003", dict(magic=UNSEALED)), ("E004", dict(major=2)), ("E005", None), ("E006", dict(incompat=1)),
    ("E007", dict(size=255)), ("E008", dict(file_size=0)), ("E009", dict(align_log2=11)),
    ("E010", dict(section_count=5000)), ("E011", dict(sections_at=0)),
]
SECTION_BREAKS = [
    ("E013", dict(reserved=b"\1" + bytes(15))), ("E014", dict(name_offset=1)), ("E015", dict(name=b"a\nb")),
    ("E017", dict(name=b"other")), ("E018", dict(flags=4)), ("E020", dict(stored=1 << 60)), ("E021", dict(offset=0)),
]
TENSOR_BREAKS = [
    ("E022", dict(rank=9)), ("E023", dict(count=1 << 60)), ("E024", dict(group=1)), ("E025", dict(plane_count=0)),
]


def add_order_cases(v):
    def both(first, second, change):
        v.changed(f"order_{first}_{second}", "sections_raw", change, "9", open=first)

    def superblock(image, override):
        if override is None:
            image.seal_superblock = False
        else:
            image.override.update(override)
    for (first, a), (second, b) in zip(SUPERBLOCK_BREAKS, SUPERBLOCK_BREAKS[1:]):
        both(first, second, lambda image: (superblock(image, a), superblock(image, b)))
    for (first, a), (second, b) in zip(SECTION_BREAKS, SECTION_BREAKS[1:]):
        if first != "E015":  # one name cannot break both E015 and E017 in a way that tells them apart
            both(first, second, lambda image: image.sections[0].override.update(b | a))
        both(first, second + "_in_two",
             lambda image: (image.sections[0].override.update(a), image.sections[1].override.update(b)))
    for (first, a), (second, b) in zip(TENSOR_BREAKS, TENSOR_BREAKS[1:]):
        both(first, second, lambda image: image.tensors[0].override.update(b | a))
    both("E012", "E013", lambda image: (setattr(image, "seal_index", False), setattr(image, "reserved", b"\1")))
    both("E018", "E014_of_the_next", lambda image: (
        image.sections[0].override.update(flags=4), image.sections[1].override.update(name_offset=0)))
    both("E015", "E021", lambda image: (
        image.tensors[0].override.update(name=b"a\nb"), image.sections[0].override.update(offset=0)))
    both("E021", "E022", lambda image: (
        image.override.update(data_offset=4096), image.tensors[0].override.update(rank=9)))
    both("E026", "E022_of_the_next", lambda image: (
        image.tensors[0].override.update(plane0=(0, 24, 0)), image.tensors[1].override.update(rank=9)))
    both("E027", "E028", lambda image: image.override.update(data_end=0, parameters=0))
    both("E028", "E029", lambda image: image.override.update(parameters=0, content_id=bytes(32)))
    both("E013", "E014_of_a_tensor", lambda image: (
        image.tensors[1].override.update(reserved=b"\1" + bytes(39)), image.sections[0].override.update(flags=4)))
