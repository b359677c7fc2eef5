"""Quantized checkpoints as AWQ, compressed-tensors and GPTQ lay them out, read as Formats/interchange.md says.

Sharing nothing with skyquant, it is what skyquant's own reading is held to. A `ValueError` means: nothing is known
about this. Needs numpy.
"""

import numpy as np

from mutations.checkpoints import require
from mutations.linears import Dense, Quantized, unpacked

LAYOUTS = ("ct", "gptq", "ct8", "gptq8")  # directories of a scene that are stored in others than AWQ's
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # nibble n of a word holds output 8c + AWQ_ORDER[n]
WORDS = {"": ("qweight", "qzeros", "scales"), "gptq": ("qweight", "qzeros", "scales", "g_idx"),
         "compressed-tensors": ("weight_packed", "weight_zero_point", "weight_scale", "weight_shape")}


def method_of(quantization):
    method = quantization.get("quant_method")
    return method if method in ("gptq", "compressed-tensors") else ""


def array(tensor, dtype, kind):
    is_matrix = tensor is not None and tensor.dtype == dtype and len(tensor.shape) == 2
    require(is_matrix, f"a part that is no {dtype} matrix")
    return np.frombuffer(tensor.data, kind).reshape(tensor.shape)


def halves(tensor):
    """The 16 bits of each scale, as they are stored, and whether they are BF16."""
    if tensor is not None and tensor.dtype == "F32":
        raise ValueError("scales of 32 bits")
    is_bf16 = tensor is not None and tensor.dtype == "BF16"
    return array(tensor, "BF16" if is_bf16 else "F16", "<u2"), is_bf16


def grouped(tensors, quantization, in_any_order=False):
    """Tensors of a checkpoint with the parts of each quantized linear taken together; its input features may be in any
    order of their groups, or must follow it."""
    method = method_of(quantization)
    parts, found = WORDS[method], {}
    for name, tensor in tensors.items():
        module, _, suffix = name.rpartition(".")
        if suffix == parts[0]:
            require(f"{module}.weight" not in tensors, f"{module}: both weight and {suffix}")
            own = [tensors.get(f"{module}.{part}") for part in parts]
            linear = found[f"{module}.weight"] = READERS[method](module, own, quantization)
            require(in_any_order or linear.order is None, f"{module}: act-order")
        elif not (suffix in parts[1:] and f"{module}.{parts[0]}" in tensors):
            # Codes of a layout that config.json does not speak of are refused.
            require(suffix not in ("qweight", "weight_packed"), f"{name} in a model of {method or 'AWQ'}")
            found[name] = Dense(tensor.dtype, tuple(tensor.shape), tensor.data)
    return found


def linear(module, group, codes, zeros, scales, is_bf16, bits=4):
    columns = codes.shape[1]
    group = columns if group == -1 else group
    require(type(group) is int and group > 0, "a group_size that is no number")
    fits = columns % group == 0 and zeros.shape == scales.shape == (codes.shape[0], columns // group)
    require(fits, f"{module}: shapes")
    return Quantized(group, codes, zeros, scales, is_bf16, bits)


def read_awq(module, parts, quantization):
    codes, zeros = (unpacked(array(part, "I32", "<u4"), order=AWQ_ORDER).T for part in parts[:2])
    scales, is_bf16 = halves(parts[2])
    group = quantization.get("group_size", quantization.get("q_group_size", 128))
    return linear(module, group, codes, zeros, scales.T, is_bf16)


def read_gptq(module, parts, quantization):
    if any(not rule.startswith("-:") for rule in quantization.get("dynamic", {})):
        raise ValueError("rules of their own")
    bits = quantization.get("bits", 4)
    require(type(bits) is int and bits in (4, 8), "neither 4 nor 8 bits")
    version = quantization.get("checkpoint_format", "gptq")
    require(version in ("gptq", "gptq_v2"), "another version of GPTQ")
    codes = unpacked(array(parts[0], "I32", "<u4").T, bits)
    zeros = unpacked(array(parts[1], "I32", "<u4"), bits).T
    if version == "gptq":
        require((zeros < (1 << bits) - 1).all(), f"{module}: a stored zero of {(1 << bits) - 1}")
        zeros = zeros + 1
    middle = 1 << (bits - 1)
    require(not quantization.get("sym") or (zeros == middle).all(), f"{module}: zeros of a symmetric model")
    scales, is_bf16 = halves(parts[2])
    found = linear(module, quantization.get("group_size", 128), codes, zeros, scales.T, is_bf16, bits)
    if parts[3] is not None:
        order = np.frombuffer(parts[3].data, {"I32": "<i4", "I64": "<i8"}.get(parts[3].dtype, "<i4"))
        is_right = parts[3].dtype in ("I32", "I64") and order.shape == codes.shape[1:]
        is_right = is_right and ((0 <= order) & (order < zeros.shape[1])).all()
        require(is_right, f"{module}: groups that there are not")
        found.order = None if np.array_equal(order, np.arange(codes.shape[1]) // found.group) else order
    return found


def stated_weights(quantization):
    """What is said of the weights of each group of modules."""
    return [group["weights"] for group in quantization["config_groups"].values()]


def read_compressed_tensors(module, parts, quantization):
    """A linear must be what one of the groups of modules says, whichever modules that names."""
    shape = parts[3]
    require(shape is not None and shape.dtype in ("I64", "I32") and shape.shape == [2], f"{module}.weight_shape")
    rows, columns = (int(extent) for extent in np.frombuffer(shape.data, "<i8" if shape.dtype == "I64" else "<i4"))
    require(0 < rows <= 1 << 30 and 0 < columns <= 1 << 30, f"{module}.weight_shape")
    words, (scales, is_bf16) = array(parts[0], "I32", "<u4"), halves(parts[2])
    for stated in stated_weights(quantization):
        bits = stated.get("num_bits", 4)
        require(type(bits) is int and bits in (4, 8), "neither 4 nor 8 bits")
        group = -1 if stated.get("strategy") == "channel" else stated.get("group_size", 128)
        if words.shape[1] * 32 == columns * bits and scales.shape[1] * (columns if group == -1 else group) == columns:
            own = [other for other in stated_weights(quantization) if other.get("num_bits", 4) == bits]
            break
    else:
        require(False, f"{module}: in none of the groups that are stated")
    codes, middle = unpacked(words, bits), 1 << (bits - 1)
    require(codes.shape == (rows, columns), f"{module}.weight_packed: {codes.shape}, not {(rows, columns)}")
    if parts[1] is None:
        require(any(other.get("symmetric", True) for other in own), f"{module}: no zeros")
        zeros = np.full(scales.shape, middle, np.uint8)
    else:
        zero_words, count = array(parts[1], "I32", "<u4"), 32 // bits
        require(zero_words.shape[0] == -(-rows // count), f"{module}.weight_zero_point: {zero_words.shape}")
        zeros = unpacked(zero_words.T, bits).T[:rows]
        is_symmetric = all(other.get("symmetric", True) for other in own)
        require(not is_symmetric or (zeros == middle).all(), f"{module}: zeros of a symmetric model")
    return linear(module, group, codes, zeros, scales, is_bf16, bits)


READERS = {"": read_awq, "gptq": read_gptq, "compressed-tensors": read_compressed_tensors}
