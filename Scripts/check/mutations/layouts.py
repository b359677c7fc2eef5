"""Quantized checkpoints as AWQ, compressed-tensors and GPTQ lay them out, read and written as
Formats/interchange.md says.

Sharing nothing with skyquant, it makes the scenes' `ct` and `gptq`, and is what skyquant's own reading is held to. A
`ValueError` means: nothing is known about this. Needs numpy.
"""

import json

import numpy as np

from mutations.checkpoints import Stored, read, require, shards, write
from mutations.linears import Dense, Int4, nibbles

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


def grouped(tensors, quantization):
    """Tensors of a checkpoint with the parts of each quantized linear taken together."""
    method = method_of(quantization)
    parts, found = WORDS[method], {}
    for name, tensor in tensors.items():
        module, _, suffix = name.rpartition(".")
        if suffix == parts[0]:
            require(f"{module}.weight" not in tensors, f"{module}: both weight and {suffix}")
            own = [tensors.get(f"{module}.{part}") for part in parts]
            found[f"{module}.weight"] = READERS[method](module, own, quantization)
        elif not (suffix in parts[1:] and f"{module}.{parts[0]}" in tensors):
            # Codes of a layout that config.json does not speak of are refused.
            require(suffix not in ("qweight", "weight_packed"), f"{name} in a model of {method or 'AWQ'}")
            found[name] = Dense(tensor.dtype, tuple(tensor.shape), tensor.data)
    return found


def linear(module, group, codes, zeros, scales, is_bf16):
    columns = codes.shape[1]
    group = columns if group == -1 else group
    require(type(group) is int and group > 0, "a group_size that is no number")
    fits = columns % group == 0 and zeros.shape == scales.shape == (codes.shape[0], columns // group)
    require(fits, f"{module}: shapes")
    return Int4(group, codes, zeros, scales, is_bf16)


def read_awq(module, parts, quantization):
    codes, zeros = (nibbles(array(part, "I32", "<u4"), AWQ_ORDER).T for part in parts[:2])
    scales, is_bf16 = halves(parts[2])
    group = quantization.get("group_size", quantization.get("q_group_size", 128))
    return linear(module, group, codes, zeros, scales.T, is_bf16)


def read_gptq(module, parts, quantization):
    if any(not rule.startswith("-:") for rule in quantization.get("dynamic", {})):
        raise ValueError("rules of their own")
    require(quantization.get("bits", 4) == 4, "not 4 bits")
    version = quantization.get("checkpoint_format", "gptq")
    require(version in ("gptq", "gptq_v2"), "another version of GPTQ")
    codes = nibbles(array(parts[0], "I32", "<u4").T)
    zeros = nibbles(array(parts[1], "I32", "<u4")).T
    if version == "gptq":
        require((zeros < 15).all(), f"{module}: a stored zero of 15")
        zeros = zeros + 1
    require(not quantization.get("sym") or (zeros == 8).all(), f"{module}: zeros of a symmetric model")
    scales, is_bf16 = halves(parts[2])
    found = linear(module, quantization.get("group_size", 128), codes, zeros, scales.T, is_bf16)
    if parts[3] is not None:
        order = np.frombuffer(parts[3].data, {"I32": "<i4", "I64": "<i8"}.get(parts[3].dtype, "<i4"))
        expected = np.arange(codes.shape[1]) // found.group
        require(parts[3].dtype in ("I32", "I64") and np.array_equal(order, expected), f"{module}: act-order")
    return found


def weights_of(quantization):
    """What is said of the weights of the only group of modules."""
    (group,) = quantization["config_groups"].values()
    return group["weights"]


def read_compressed_tensors(module, parts, quantization):
    stated = weights_of(quantization)
    require(stated.get("num_bits", 4) == 4, "not 4 bits")
    shape = parts[3]
    require(shape is not None and shape.dtype in ("I64", "I32") and shape.shape == [2], f"{module}.weight_shape")
    rows, columns = (int(extent) for extent in np.frombuffer(shape.data, "<i8" if shape.dtype == "I64" else "<i4"))
    require(rows > 0 and columns > 0, f"{module}.weight_shape")
    codes, (scales, is_bf16) = nibbles(array(parts[0], "I32", "<u4")), halves(parts[2])
    require(codes.shape == (rows, columns), f"{module}.weight_packed: {codes.shape}, not {(rows, columns)}")
    is_symmetric = stated.get("symmetric", True)
    if parts[1] is None:
        require(is_symmetric, f"{module}: no zeros")
        zeros = np.full(scales.shape, 8, np.uint8)
    else:
        words = array(parts[1], "I32", "<u4")
        require(words.shape[0] == -(-rows // 8), f"{module}.weight_zero_point: {words.shape}")
        zeros = nibbles(words.T).T[:rows]
        require(not is_symmetric or (zeros == 8).all(), f"{module}: zeros of a symmetric model")
    group = -1 if stated.get("strategy") == "channel" else stated.get("group_size", 128)
    return linear(module, group, codes, zeros, scales, is_bf16)


READERS = {"": read_awq, "gptq": read_gptq, "compressed-tensors": read_compressed_tensors}


def words(values):
    """4-bit values [a, 8b] as I32 [a, b], the first of eight lowest."""
    eights = values.reshape(values.shape[0], -1, 8).astype(np.uint32)
    return (eights << np.arange(0, 32, 4, dtype=np.uint32)).sum(axis=2, dtype=np.uint32)


def stored(matrix, dtype="I32"):
    return Stored(dtype, list(matrix.shape), np.ascontiguousarray(matrix).tobytes())


def gptq_parts(linear):
    groups = np.arange(linear.shape[1], dtype="<i4") // linear.group
    return {"qweight": stored(words(linear.codes).T), "qzeros": stored(words(linear.zeros.T)),
            "scales": stored(linear.scales.T, "F16"), "g_idx": stored(groups)}


def compressed_tensors_parts(linear):
    rows = linear.shape[0]
    padded = np.pad(linear.zeros, ((0, -rows % 8), (0, 0)))
    return {"weight_packed": stored(words(linear.codes)), "weight_scale": stored(linear.scales, "F16"),
            "weight_shape": stored(np.array(linear.shape, "<i8"), "I64"),
            "weight_zero_point": stored(words(padded.T).T)}


def gptq_config(group):
    return {"quant_method": "gptq", "bits": 4, "group_size": group, "sym": False, "desc_act": False,
            "checkpoint_format": "gptq_v2", "pack_dtype": "int32"}


def compressed_tensors_config(group):
    weights = {"num_bits": 4, "type": "int", "strategy": "group", "group_size": group, "symmetric": False}
    return {"quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed",
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}}, "ignore": ["lm_head"]}


LAYOUTS = {"gptq": (gptq_parts, gptq_config), "ct": (compressed_tensors_parts, compressed_tensors_config)}


def rewrite_as(layout, directory):
    """Stores the linears of an AWQ checkpoint in another layout."""
    parts_of, config_of = LAYOUTS[layout]
    path = directory / "config.json"
    config = json.loads(path.read_text())
    quantization = config["quantization_config"]
    tensors = {}
    for name, tensor in grouped(read(directory), quantization).items():
        if isinstance(tensor, Int4):
            parts = parts_of(tensor).items()
            tensors |= {f"{name.removesuffix('.weight')}.{part}": value for part, value in parts}
        else:
            tensors[name] = Stored(tensor.dtype, list(tensor.shape), tensor.data)
    count = len(shards(directory))
    for old in [*shards(directory), directory / "model.safetensors.index.json"]:
        old.unlink(missing_ok=True)
    write(directory, tensors, count)
    for place in [config, *[config[key] for key in ("llm_config", "text_config") if key in config]]:
        place["quantization_config"] = config_of(quantization["group_size"])
    path.write_text(json.dumps(config, indent=2))
