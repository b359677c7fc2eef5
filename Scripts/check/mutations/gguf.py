"""Reads GGUF files of text models, as ggml's gguf.h and llama.cpp's convert_hf_to_gguf.py have them, and says
what of a quantized model they do not hold as Formats/exports.md says.
"""

import math
import struct

import numpy as np

from mutations.checkpoints import require
from mutations.facts import floats
from mutations.logical import Quantized
from mutations.required import head_width

F32, F16, Q4_1, BF16 = 0, 1, 3, 30
BYTES = {F32: 4, F16: 2, BF16: 2}
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY, ALIGNMENT = 8, 9, 32
OUTSIDE = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
           "output.weight": "lm_head.weight"}
MODULES = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
           "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
           "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "ffn_gate": "mlp.gate_proj",
           "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


class Cursor:
    """Takes values from the front of bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return values[0] if len(values) == 1 else values

    def string(self):
        length = self.take("Q")
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            item, count = self.take("IQ")
            return [self.value(item) for _ in range(count)]
        return self.take(SCALARS[kind])


def read(data):
    """Name to (type, shape with the outermost extent first, bytes) of each tensor."""
    cursor = Cursor(data)
    require(cursor.take("4sI") == (b"GGUF", 3), "no GGUF of version 3")
    tensor_count, value_count = cursor.take("QQ")
    for _ in range(value_count):
        cursor.string()
        cursor.value(cursor.take("I"))
    entries = []
    for _ in range(tensor_count):
        name, rank = cursor.string(), cursor.take("I")
        shape = [cursor.take("Q") for _ in range(rank)][::-1]
        entries.append((name, shape, *cursor.take("IQ")))
    start, end, tensors = -(-cursor.at // ALIGNMENT) * ALIGNMENT, 0, {}
    for name, shape, kind, offset in entries:
        size = math.prod(shape) // 32 * 20 if kind == Q4_1 else math.prod(shape) * BYTES[kind]
        require(offset == -(-end // ALIGNMENT) * ALIGNMENT and start + offset + size <= len(data), f"{name}: place")
        tensors[name] = kind, shape, data[start + offset:start + offset + size]
        end = offset + size
    return tensors


def original_name(name):
    if name in OUTSIDE:
        return OUTSIDE[name]
    _, layer, module, parameter = name.split(".")
    return f"model.layers.{layer}.{MODULES[module]}.{parameter}"


def interleaved(rows, width):
    """Which row of a llama's q_proj or k_proj comes at each place: row j·d/2 + i of a head at 2i + j."""
    return [row // width * width + row % width % 2 * (width // 2) + row % width // 2 for row in range(rows)]


def difference(config, tensors, data):
    """Which tensor of a model, if any, the file does not hold as it should."""
    found = read(data)
    surplus = {"rope_freqs.weight"} if (config.get("rope_scaling") or {}).get("rope_type") == "llama3" else set()
    if {original_name(name) for name in found.keys() - surplus} != tensors.keys():
        return "other tensors"
    for name in found.keys() - surplus:
        kind, shape, raw = found[name]
        source = tensors[original_name(name)]
        is_reordered = config["model_type"] == "llama" and name.split(".")[-2] in ("attn_q", "attn_k")
        order = interleaved(source.shape[0], head_width(config)) if is_reordered else slice(None)
        if tuple(shape) != tuple(source.shape) or not holds(source, order, kind, raw):
            return f"{name} does not hold {original_name(name)}"
    return None


def holds(source, order, kind, raw):
    """Whether the bytes of a tensor are those of the original's rows in an order."""
    if not isinstance(source, Quantized):
        ours = floats(source).reshape(source.shape)[order]
        wide = np.frombuffer(raw, {F32: "<u4", F16: "<u2", BF16: "<u2"}[kind])
        theirs = ((wide.astype(np.uint32) << 16).view(np.float32) if kind == BF16
                  else wide.view({F32: np.float32, F16: np.float16}[kind]).astype(np.float32))
        return np.array_equal(ours.reshape(-1), theirs, equal_nan=True)
    repeats = source.group // 32
    scales, zeros = (np.repeat(part[order], repeats, axis=1) for part in (source.scales, source.zeros))
    offsets = (-zeros.astype(np.float32) * scales.view(np.float16).astype(np.float32)).astype(np.float16)
    codes = source.codes[order].reshape(*scales.shape, 2, 16)
    blocks = np.frombuffer(raw, np.dtype([("d", "<u2"), ("m", "<f2"), ("q", "u1", 16)])).reshape(scales.shape)
    return (kind == Q4_1 and np.array_equal(blocks["d"], scales) and np.array_equal(blocks["m"], offsets)
            and np.array_equal(blocks["q"], codes[:, :, 0] | codes[:, :, 1] << 4))
