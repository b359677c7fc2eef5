#!/usr/bin/env python3
"""Make what the GGUF tests compare with, by llama.cpp's own Python package: a small file that it writes,
blocks of Q4_1 and Q4_K that it decodes, and blocks of Q8_0 that it makes.

  pip install gguf safetensors numpy        # written with gguf 0.19
  python Scripts/golden/gguf_files.py Tests

Writes GGUFTests/Resources/small.gguf and QuantizationTests/Resources/{q4_1-g*,q4_k-g*,q8_0}.safetensors.
"""
import sys

import gguf
import numpy as np
from gguf import quants
from safetensors.numpy import load_file, save_file


def small_file(path):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_string("a.string", "ä \"quoted\"")
    writer.add_uint32("a.count", 4_000_000_000)
    writer.add_int32("a.number", -5)
    writer.add_float32("a.float", 1e-5)
    writer.add_bool("a.flag", True)
    writer.add_array("a.texts", ["one", "", "drei ü"])
    writer.add_array("a.numbers", [1, -2, 3])
    writer.add_array("a.floats", [0.5, -1e-5])
    writer.add_custom_alignment(32)
    writer.add_tensor("f32", np.arange(12, dtype=np.float32).reshape(3, 4))
    writer.add_tensor("f16", np.arange(5, dtype=np.float16))
    blocks = np.arange(2 * 40, dtype=np.uint8).reshape(2, 40)
    writer.add_tensor("q4_1", blocks, raw_shape=blocks.shape, raw_dtype=gguf.GGMLQuantizationType.Q4_1)
    for name, kind, shape in [("q8_0", "Q8_0", (2, 34)), ("q4_k", "Q4_K", (1, 144))]:
        blocks = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
        writer.add_tensor(name, blocks, raw_shape=shape, raw_dtype=gguf.GGMLQuantizationType[kind])
    bf16 = np.arange(0x3F80, 0x3F86, dtype=np.uint16).reshape(2, 3)
    writer.add_tensor("bf16", bf16.view(np.uint8), raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocks_of(golden, group):
    """Codes and scales of an AWQ golden as Q4_1 blocks, and what gguf makes of them."""
    codes, zeros, scales = golden["codes"], golden["zeros"], golden["scales"].T
    rows, columns = codes.shape
    wide = np.arange(columns // 32) * 32 // group
    d = scales[:, wide]
    m = (-d.astype(np.float32) * zeros[:, wide]).astype(np.float16)
    halves = codes.reshape(rows, -1, 2, 16)
    data = np.concatenate(
        [d[..., None].view(np.uint8), m[..., None].view(np.uint8), halves[:, :, 0] | halves[:, :, 1] << 4], axis=2)
    data = np.ascontiguousarray(data).reshape(rows, -1)
    return data, quants.dequantize(data, gguf.GGMLQuantizationType.Q4_1).astype(np.float32)


def six_bit(values):
    """A half-precision unit and multiples of it up to 63 that are nearest to the values, in single precision."""
    largest = max(values, key=abs)
    best = np.float16(0), [0] * len(values), np.inf
    for divisor in range(63, 31, -1) if largest else []:
        unit = np.float16(np.float32(largest) / np.float32(divisor))
        if unit == 0:
            continue
        levels = [int(min(63, max(0, np.floor(v / np.float32(unit) + np.float32(0.5))))) for v in values]
        error = 0.0
        for level, value in zip(levels, values):
            error += (float(unit) * level - float(value)) ** 2
        if error < best[2]:
            best = unit, levels, error
    return best[:2]


def k_blocks(codes, zeros, scales, group):
    """Q4_K blocks of a linear, as ggml-quants.c packs them."""
    rows, columns = codes.shape
    data = np.zeros((rows, columns // 256, 144), np.uint8)
    for row in range(rows):
        for block in range(columns // 256):
            groups = [(256 * block + 32 * part) // group for part in range(8)]
            s = [np.float32(scales[row, g]) for g in groups]
            (d, sc), (dmin, m) = six_bit(s), six_bit([a * np.float32(zeros[row, g]) for a, g in zip(s, groups)])
            out = data[row, block]
            out[:4] = np.frombuffer(np.array([d, dmin], np.float16).tobytes(), np.uint8)
            for j in range(4):
                out[4 + j] = sc[j] | (sc[j + 4] >> 4) << 6
                out[8 + j] = m[j] | (m[j + 4] >> 4) << 6
                out[12 + j] = sc[j + 4] & 15 | (m[j + 4] & 15) << 4
            halves = codes[row, 256 * block:256 * (block + 1)].reshape(4, 2, 32)
            out[16:] = (halves[:, 0] | halves[:, 1] << 4).reshape(-1)
    return data.reshape(rows, -1)


def k_golden(group):
    """Codes, zeros and scales of a random linear, their blocks, and what gguf makes of these."""
    rng = np.random.default_rng(group)
    codes = rng.integers(0, 16, (3, 512), dtype=np.uint8)
    zeros = rng.integers(0, 16, (3, 512 // group), dtype=np.uint8)
    scales = np.exp(rng.normal(-5, 0.3, zeros.shape)).astype(np.float16)
    blocks = k_blocks(codes, zeros, scales, group)
    return {"codes": codes, "zeros": zeros, "scales": scales, "blocks": blocks,
            "decoded": quants.dequantize(blocks, gguf.GGMLQuantizationType.Q4_K).astype(np.float32)}


def main(tests):
    small_file(f"{tests}/GGUFTests/Resources/small.gguf")
    resources = f"{tests}/QuantizationTests/Resources"
    for group in (32, 64, 128):
        save_file(k_golden(group), f"{resources}/q4_k-g{group}.safetensors")
    values = np.random.default_rng(8).normal(0, 1, (4, 64)).astype(np.float32)
    values[1, :32] = 0
    values[2] = np.arange(64) / 2
    blocks = quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
    save_file({"values": values, "blocks": blocks,
               "decoded": quants.dequantize(blocks, gguf.GGMLQuantizationType.Q8_0).astype(np.float32)},
              f"{resources}/q8_0.safetensors")
    for group in (32, 64, 128):
        data, decoded = blocks_of(load_file(f"{resources}/awq-g{group}.safetensors"), group)
        save_file({"blocks": data, "decoded": decoded}, f"{resources}/q4_1-g{group}.safetensors")


main(sys.argv[1])
