"""What a model's files say, whichever format says it: name to tensor, and the
small files; to compare formats.

Needs numpy, and libxxhash and libzstd for .skyq files.
"""

from dataclasses import dataclass

import numpy as np
from skyq.reader import AWQ, PLAIN, Skyq, unpack_awq

from mutations.checkpoints import Refused, parse, read, require, small_file, strict_json
from mutations.required import text_config

WEIGHTS = (".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".gguf", ".skyq")
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # nibble n of a word holds output 8c + AWQ_ORDER[n]


@dataclass
class Dense:
    """A tensor of a plain type."""
    dtype: str
    shape: tuple
    data: bytes


@dataclass
class Int4:
    """A quantized linear."""
    group: int
    codes: np.ndarray  # [out, in]
    zeros: np.ndarray  # [out, groups]
    scales: np.ndarray  # [out, groups], the 16 bits of each
    has_bf16_scales: bool = False

    @property
    def shape(self):
        return self.codes.shape

    def decoded(self):
        """float32 (q − z)·s, as Formats/awq-checkpoint.md has it."""
        scales = ((self.scales.astype(np.uint32) << 16).view(np.float32) if self.has_bf16_scales
                  else self.scales.view(np.float16).astype(np.float32))
        difference = self.codes.astype(np.float32) - np.repeat(self.zeros, self.group, axis=1).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            return difference * np.repeat(scales, self.group, axis=1)


def nibbles(words, order=range(8)):
    """The 4-bit values of 32-bit words [a, b] as [a, 8b]."""
    values = np.empty((*words.shape, 8), np.uint8)
    for nibble, place in enumerate(order):
        values[..., place] = (words >> np.uint32(4 * nibble)) & np.uint32(15)
    return values.reshape(words.shape[0], -1)


def array(tensor, dtype, kind):
    is_matrix = tensor is not None and tensor.dtype == dtype and len(tensor.shape) == 2
    require(is_matrix, f"a part that is no {dtype} matrix")
    return np.frombuffer(tensor.data, kind).reshape(tensor.shape)


def is_part(name, tensors):
    module, _, suffix = name.rpartition(".")
    return suffix in ("qzeros", "scales") and f"{module}.qweight" in tensors


def grouped(tensors, group):
    """Tensors of an AWQ checkpoint with the parts of each quantized linear taken together."""
    found = {}
    for name, tensor in tensors.items():
        module = name.removesuffix(".qweight")
        if module != name:
            codes = nibbles(array(tensor, "I32", "<u4"), AWQ_ORDER).T
            zeros = nibbles(array(tensors.get(f"{module}.qzeros"), "I32", "<u4"), AWQ_ORDER).T
            scales = tensors.get(f"{module}.scales")
            has_bf16_scales = scales is not None and scales.dtype == "BF16"
            scales = array(scales, "BF16" if has_bf16_scales else "F16", "<u2").T
            require(type(group) is int and group > 0, "a group_size that is no number")
            groups = (codes.shape[0], codes.shape[1] // group)
            require(codes.shape[1] % group == 0 and zeros.shape == scales.shape == groups, f"{module}: shapes")
            require(f"{module}.weight" not in tensors, f"{module}: both weight and qweight")
            found[f"{module}.weight"] = Int4(group, codes, zeros, scales, has_bf16_scales)
        elif not is_part(name, tensors):
            found[name] = Dense(tensor.dtype, tuple(tensor.shape), tensor.data)
    return found


def dense(tensors):
    """Tensors of a file as they are."""
    return {name: Dense(tensor.dtype, tuple(tensor.shape), tensor.data) for name, tensor in tensors.items()}


def quantization_of(config):
    """The quantization_config that counts; None if there is none."""
    return config.get("quantization_config") or text_config(config).get("quantization_config")


def of_directory(directory):
    """Tensors of a checkpoint, quantized or not. Raises `Refused` for what Formats says must be refused."""
    config = strict_json(small_file(directory / "config.json"), depth=512)
    tensors, quantization = read(directory), quantization_of(config)
    if not quantization:
        return dense(tensors)
    require(isinstance(quantization, dict), "quantization_config is no object")
    return grouped(tensors, quantization.get("group_size", quantization.get("q_group_size", 128)))


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
    codes, zeros = unpack_awq(planes, shape, tensor["group"])
    scales = np.frombuffer(planes[1], "<u2").reshape(zeros.shape)
    return Int4(tensor["group"], codes, zeros, scales, tensor["encoding"] == 0x0102)


def of_compressed_tensors(directory, group):
    """Tensors of a pack-quantized checkpoint (Formats/exports.md)."""
    tensors, found = read(directory), {}
    parts = ("weight_packed", "weight_zero_point", "weight_scale", "weight_shape")
    for name, tensor in tensors.items():
        module, _, suffix = name.rpartition(".")
        if suffix == "weight_packed":
            packed, zero_points, scale, shape = (tensors.get(f"{module}.{part}") for part in parts)
            require(shape is not None and shape.dtype == "I64" and shape.shape == [2], f"{module}.weight_shape")
            rows, columns = np.frombuffer(shape.data, "<i8")
            codes = nibbles(array(packed, "I32", "<u4"))
            zeros = nibbles(array(zero_points, "I32", "<u4").T).T[:rows]
            require(codes.shape == (rows, columns), f"{module}.weight_packed: {codes.shape}, not {(rows, columns)}")
            found[f"{module}.weight"] = Int4(group, codes, zeros, array(scale, "F16", "<u2"))
        elif not (suffix in parts and f"{module}.weight_packed" in tensors):
            found[name] = Dense(tensor.dtype, tuple(tensor.shape), tensor.data)
    return found


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
    parts = ((one.codes, other.codes), (one.zeros, other.zeros), (one.scales, other.scales))
    return one.group == other.group and one.has_bf16_scales == other.has_bf16_scales and all(
        np.array_equal(mine, theirs) for mine, theirs in parts)


def difference(ours, theirs):
    """The first tensor or file in which two mappings differ, in words; None if they are equal."""
    for name in sorted(ours.keys() ^ theirs.keys()):
        return f"{ascii(name)} is only in {'the first' if name in ours else 'the second'}"
    for name, value in ours.items():
        if value != theirs[name] if isinstance(value, bytes) else not is_same(value, theirs[name]):
            return f"{ascii(name)} differs"
    return None


__all__ = ["Dense", "Int4", "Refused", "difference", "files_of_directory", "files_of_skyq", "is_same",
           "of_compressed_tensors", "of_directory", "of_safetensors", "of_skyq", "quantization_of"]
