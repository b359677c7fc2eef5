#!/usr/bin/env python3
"""Make what the GGUF tests compare with, by llama.cpp's own Python package: a small file that it writes,
and Q4_1 blocks that it decodes.

  pip install gguf safetensors numpy        # written with gguf 0.19
  python Scripts/golden/gguf_files.py Tests

Writes GGUFTests/Resources/small.gguf and QuantizationTests/Resources/q4_1-g*.safetensors.
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
    writer.add_custom_alignment(32)
    writer.add_tensor("f32", np.arange(12, dtype=np.float32).reshape(3, 4))
    writer.add_tensor("f16", np.arange(5, dtype=np.float16))
    blocks = np.arange(2 * 40, dtype=np.uint8).reshape(2, 40)
    writer.add_tensor("q4_1", blocks, raw_shape=blocks.shape, raw_dtype=gguf.GGMLQuantizationType.Q4_1)
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


def main(tests):
    small_file(f"{tests}/GGUFTests/Resources/small.gguf")
    for group in (32, 64, 128):
        resources = f"{tests}/QuantizationTests/Resources"
        data, decoded = blocks_of(load_file(f"{resources}/awq-g{group}.safetensors"), group)
        save_file({"blocks": data, "decoded": decoded}, f"{resources}/q4_1-g{group}.safetensors")


main(sys.argv[1])
