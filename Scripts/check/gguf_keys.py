#!/usr/bin/env python3
"""Compares a GGUF file that llama.cpp's own converter made of an unquantized model with the one that
skyquant made of the same model, quantized: key by key, and tensor by tensor what was not quantized.

    python3 convert_hf_to_gguf.py MODEL --outtype bf16 --outfile THEIRS     # of ggml-org/llama.cpp; --mmproj too
    skyquant export MODEL-awq --to gguf --out OURS
    python3 Scripts/check/gguf_keys.py THEIRS OURS

Needs gguf (0.19) and numpy. Names, size labels and file types may differ, and further keys be ours, as well as
the order of positions of a vision tower; exit status 1 with a line for everything else.
"""
import sys

import gguf
import numpy as np
from gguf import quants

FREE = {"general.name", "general.basename", "general.size_label", "general.file_type", "general.quantization_version"}
QUANTIZED = {"Q4_1", "Q4_K", "Q8_0"}


def parts(path):
    reader = gguf.GGUFReader(path)
    keys = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    return keys, {tensor.name: tensor for tensor in reader.tensors}


def floats(tensor):
    values = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    if tensor.name == "v.position_embd.weight":  # in any order
        values = values.reshape(-1, tensor.shape[0])
        values = values[np.lexsort(values.T)]
    return values.reshape(-1)


def differences(theirs, ours):
    (keys, tensors), (our_keys, our_tensors) = parts(theirs), parts(ours)
    for key in keys.keys() - FREE:
        if keys[key] != our_keys.get(key):
            yield f"{key}: {str(keys[key])[:60]}, ours {str(our_keys.get(key))[:60]}"
    for name in tensors.keys() ^ our_tensors.keys():
        yield f"{name} is only in one of them"
    for name in tensors.keys() & our_tensors.keys():
        if our_tensors[name].tensor_type.name not in QUANTIZED and not np.allclose(
                floats(tensors[name]), floats(our_tensors[name]), rtol=2**-11, atol=2**-25):  # half precision's
            yield f"{name} has other values"
    print("only ours:", *sorted(our_keys.keys() - keys.keys()))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    found = list(differences(*sys.argv[1:]))
    print("\n".join(found) or "the same but for what may differ")
    sys.exit(bool(found))
