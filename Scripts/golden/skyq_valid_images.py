"""The valid files of the conformance vectors, as skyq_vectors.py writes and breaks them.

Needs Python 3.11, numpy, libxxhash, libzstd.
"""

import numpy as np

from skyq.codecs import compress
from skyq.image import (AWQ_BF16, AWQ_F16, BF16, BOOL, CRITICAL, F16, F32, I8, I32, I64, U8, ZSTD, Image, Section, Tensor,
                        awq, awq_u8, plain, spec_example)


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


def compressed(section):
    frame = compress(section.plain, level=19)
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


def later_meanings():
    """A file of a later minor version that uses every byte this one reserves,
    and names that are nearly forbidden."""
    sections = raw_sections()
    sections[0].flags = CRITICAL
    sections[0].override["reserved"] = b"\1" * 16
    sections[4:4] = [Section(b"EVAL", b"config.json", '{"\uffff":1,"\U00010000":2}'.encode()),
                     Section(b"EVAL", b"Text", b'"\x7f/\xe2\x80\xa8"')]
    sections += [Section(b"FILE", name, b"x") for name in (b"-", b"_.", b"a..b")]
    tensors = small_tensors()
    tensors[0].override.update(gap=b"\1\1", reserved=b"\1" * 40)
    beside = [0x20, 0x7E, 0xA0, 0x61B, 0x61D, 0x200D, 0x2010, 0x2027, 0x202F, 0x2065, 0x206A, 0xFFFF]
    tensors += [plain(chr(point).encode(), U8, np.zeros((0,))) for point in beside]
    return Image(sections, tensors, minor=1, reserved=b"\1" * 3840,
                 override=dict(gap=b"\1" * 7, reserved=b"\1" * 56, compat=2**64 - 1))


def extreme_scales():
    """Zero, negative, subnormal and largest scales against the widest differences;
    the largest products overflow."""
    f16 = [0x0000, 0x8000, 0x0001, 0x83FF, 0x7BFF, 0xFBFF]
    bf16 = [0x0000, 0x8000, 0x0001, 0x807F, 0x7F7F, 0xFF7F]
    return [awq(b"f16", AWQ_F16, 1, 192, 32, 8, raw_scales=f16), awq(b"bf16", AWQ_BF16, 1, 192, 32, 9, raw_scales=bf16)]


def valid_images():
    """name → (image, sections of the specification it covers)"""
    unknown = Section(b"XTRA", b"anything", b"of a later version")
    experiment = Tensor(b"experiment", 0x8001, [2, 3, 4], [b"\x01" * 10, b"", b"\x02" * 5], group=7)
    thousand = [plain(b"t%d" % i, U8, np.full((4 if i % 100 == 0 else 0,), i % 251)) for i in range(1000)]
    strange = ["\u00e9", "e\u0301", "\u7a7a", "\U0001f30c"]
    utf8 = [plain(name.encode(), U8, np.array([i])) for i, name in enumerate(strange)]
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
        "awq_u8": (Image(minor=1, tensors=[
            awq_u8(b"eight", 3, 96, 32, 10), awq(b"four", AWQ_F16, 2, 64, 64, 11), awq_u8(b"one", 1, 128, 128, 12),
        ]), "6.3"),
        "align_64k": (Image(tensors=small_tensors(), align_log2=16), "2 3"),
        "utf8_names": (Image(tensors=utf8), "5"),
        "longest_names": (Image([Section(b"FILE", b"f" * 255, b"x")], longest), "5"),
        "thousand_tensors": (Image(tensors=thousand), "6 8"),
        "sections_raw": (Image(raw_sections(), small_tensors()), "4 7 8"),
        "sections_zstd": (Image(zstd_sections(), small_tensors()), "4"),
        "sections_reversed": (Image(raw_sections()[::-1], small_tensors()[::-1]), "4 8"),
        "future_minor": (Image([unknown, *raw_sections()], small_tensors(), minor=7, reserved=b"later",
                               override=dict(compat=1 << 63)), "1 3 4 8 11"),
        "later_meanings": (later_meanings(), "1 3 4 5 7 11"),
        "awq_extreme_scales": (Image(tensors=extreme_scales()), "6.2"),
        "unknown_encoding": (Image(tensors=[experiment, plain(b"known", U8, np.array([3]))]), "6.1"),
        "front_1mib": (Image(tensors=front_of_1mib()), "2 5"),
    }
