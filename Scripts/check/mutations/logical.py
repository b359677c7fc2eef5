"""What a model's files say, whichever format says it: name to tensor, and the
small files; to compare formats.

Needs numpy, and libxxhash and libzstd for .skyq files.
"""

import math

import numpy as np
from skyq.reader import AWQ, EIGHT_BITS, PLAIN, Skyq, unpack_awq

from mutations import layouts
from mutations.checkpoints import Refused, parse, read, require, small_file, strict_json
from mutations.linears import Dense, Quantized
from mutations.required import text_config

WEIGHTS = (".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".gguf", ".skyq")


def dense(tensors):
    """Tensors of a file as they are."""
    return {name: Dense(tensor.dtype, tuple(tensor.shape), tensor.data) for name, tensor in tensors.items()}


def quantization_of(config):
    """The quantization_config that counts; None if there is none."""
    return config.get("quantization_config") or text_config(config).get("quantization_config")


def of_directory(directory, in_any_order=False):
    """Tensors of a checkpoint, quantized or not. Raises `Refused` for what Formats says must be refused; act-order may
    be taken."""
    config = strict_json(small_file(directory / "config.json"), depth=512)
    tensors, quantization = read(directory), quantization_of(config)
    if not quantization:
        return dense(tensors)
    require(isinstance(quantization, dict), "quantization_config is no object")
    return layouts.grouped(tensors, quantization, in_any_order)


def of_skyq(data, full=True):
    """Tensors of a .skyq file. Raises read_skyq's `Refused` for one that does not open, ours for one that the
    full check refuses or, if not so strict, of which a plane is damaged."""
    file = Skyq(data)
    problems = file.check(full) if full else [tensor["name"] for tensor in file.tensors
                                              if file.problem(file.check_tensor, tensor, False)]
    require(not problems, f"damaged: {problems}")
    return {tensor["name"]: of_skyq_tensor(file, tensor) for tensor in file.tensors}


def of_skyq_tensor(file, tensor):
    planes, shape = file.plane_bytes(tensor), tuple(tensor["shape"])
    if tensor["encoding"] in PLAIN:
        return Dense(PLAIN[tensor["encoding"]][0].upper(), shape, bytes(planes[0]))
    require(tensor["encoding"] in AWQ, "unknown encoding")
    codes, zeros = unpack_awq(planes, shape, tensor["group"], tensor["encoding"])
    scales = np.frombuffer(planes[1], "<u2").reshape(zeros.shape)
    bits = 8 if tensor["encoding"] == EIGHT_BITS else 4
    return Quantized(tensor["group"], codes, zeros, scales, tensor["encoding"] == 0x0102, bits)


def of_safetensors(path):
    """Tensors of one file."""
    return dense(parse(path.read_bytes()))


def files_of_directory(directory):
    """Name to bytes of the files that go along with the weights."""
    return {path.name: path.read_bytes() for path in directory.iterdir()
            if path.is_file() and not path.name.startswith(".") and not path.name.endswith(WEIGHTS)}


def files_of_skyq(data):
    file = Skyq(data)
    return {section["name"]: bytes(file.section_bytes(section)) for section in file.sections
            if section["type"] == b"FILE"}


def is_same(one, other):
    """Whether two tensors hold the same numbers in the same type."""
    if type(one) is not type(other) or tuple(one.shape) != tuple(other.shape):
        return False
    if isinstance(one, Dense):
        return (one.dtype, one.data) == (other.dtype, other.data)
    if (one.bits, one.has_bf16_scales) != (other.bits, other.has_bf16_scales):
        return False
    # Long groups are cut, each part with the scale and zero of the whole.
    common = math.gcd(one.group, other.group)
    one, other = one.cut(common), other.cut(common)
    parts = ((one.codes, other.codes), (one.zeros, other.zeros), (one.scales, other.scales))
    return all(np.array_equal(mine, theirs) for mine, theirs in parts)


def difference(ours, theirs):
    """The first tensor or file in which two mappings differ, in words; None if they are equal."""
    for name in sorted(ours.keys() ^ theirs.keys()):
        return f"{ascii(name)} is only in {'the first' if name in ours else 'the second'}"
    for name, value in ours.items():
        if value != theirs[name] if isinstance(value, bytes) else not is_same(value, theirs[name]):
            return f"{ascii(name)} differs"
    return None


__all__ = ["Dense", "Quantized", "Refused", "difference", "files_of_directory", "files_of_skyq", "is_same",
           "of_directory", "of_safetensors", "of_skyq", "quantization_of"]
