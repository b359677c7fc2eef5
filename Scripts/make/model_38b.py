#!/usr/bin/env python3
"""Writes DIR, a checkpoint of Skywork-R1V3-38B's own shapes with few layers: hidden size 5120, MLP 27648, 40
heads, 8 of keys and values, vocabulary 152064, InternViT-6B. For measuring what those shapes cost.

    python3 Scripts/make/model_38b.py DIR LAYERS VISION_LAYERS [--text-only]

Weights are random, in bf16, but spread as trained ones are: rows of unequal size, tails heavier than a
normal distribution's, residual channels that stand out, large biases of keys. Always the same for the same
numbers of layers. The tokenizer is the bundled sample's; the rest of the vocabulary has no text. A layer
takes 1 GB, a vision layer 0.25 GB, embeddings and head 3.2 GB. Needs numpy.
"""
import json
import shutil
import sys
import zlib
from pathlib import Path

import numpy

import sparse_38b as shapes
from safetensors_files import INDEX, join

VOCABULARY = 152064
SAMPLE = Path(__file__).resolve().parents[2] / "Sources/SampleModel/Resources/tiny-r1v"
TOKENIZER = ["tokenizer.json", "tokenizer_config.json", "added_tokens.json", "merges.txt", "vocab.json",
             "preprocessor_config.json"]
TEXT = "language_model."
CHUNK = 1 << 24
# Residual channels that stand out, and by how much, as those of massive activations do.
OUTLIERS = numpy.random.default_rng(38).choice(shapes.H, 12, replace=False)
OUTLIER_FACTORS = numpy.array([40, 25, 15, 12, 10, 8, 8, 6, 6, 5, 5, 4], numpy.float32)


def bf16(values):
    """The nearest bf16 of each value, as 16-bit words."""
    bits = numpy.ascontiguousarray(values, numpy.float32).view(numpy.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(numpy.uint16)


def matrix(name, shape, random):
    """Rows of a weight matrix, some at a time."""
    deep = name.endswith(("o_proj.weight", "down_proj.weight", "proj.weight", "fc2.weight"))
    rows, columns = shape
    for start in range(0, rows, max(1, CHUNK // columns)):
        count = min(rows - start, max(1, CHUNK // columns))
        values = random.standard_normal((count, columns), numpy.float32)
        # One weight in a hundred comes from a distribution three times as wide.
        values *= numpy.where(random.random((count, columns), numpy.float32) < 0.01, numpy.float32(3), numpy.float32(1))
        values *= numpy.exp(0.3 * random.standard_normal((count, 1), numpy.float32))
        values *= 0.02 / (8 if deep else 1)
        if name.endswith("embed_tokens.weight"):
            values[:, OUTLIERS] *= OUTLIER_FACTORS
        yield values


def vector(name, shape, random):
    values = random.standard_normal(shape, numpy.float32)
    if "norm" in name or name == "mlp1.0.weight":
        yield numpy.exp(0.2 * values)
    elif ".ls" in name:
        yield 0.1 * numpy.exp(0.2 * values)
    else:
        yield (5 if name.endswith("k_proj.bias") else 0.02) * values


def write(path, tensors):
    entries, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors:
        size = 2 * int(numpy.prod(shape))
        entries[name.removeprefix(PREFIX)] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    with open(path, "wb") as file:
        file.write(join(entries))
        for name, shape in tensors:
            random = numpy.random.default_rng(zlib.crc32(name.encode()))
            for values in (matrix if len(shape) == 2 else vector)(name, shape, random):
                file.write(bf16(values).tobytes())
    return end


def main(directory, layers, vision_layers):
    directory.mkdir(parents=True)
    config = shapes.config(layers, vision_layers, VOCABULARY)
    sample = json.loads((SAMPLE / "config.json").read_text())
    for key in ["bos_token_id", "eos_token_id"]:
        config["llm_config"][key] = sample["llm_config"][key]
    (directory / "config.json").write_text(json.dumps(config["llm_config"] if PREFIX else config, indent=2) + "\n")
    for name in TOKENIZER:
        shutil.copy(SAMPLE / name, directory)
    # A layer a file, and one for what is in none.
    shards = {}
    for name, shape in shapes.tensors(layers, vision_layers, VOCABULARY):
        if name.startswith(PREFIX):
            layer = name.split(".layers.")[1].split(".")[0] if ".layers." in name else ""
            shards.setdefault((name.split(".layers.")[0] if layer else "", layer), []).append((name, shape))
    total, places = 0, {}
    for number, shard in enumerate(shards.values(), 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        total += write(directory / file, shard)
        places |= {name.removeprefix(PREFIX): file for name, _ in shard}
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    (directory / INDEX).write_text(json.dumps(index, indent=2) + "\n")
    print("wrote", directory)


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--text-only"]
    if len(arguments) != 3 or not all(number.isdecimal() for number in arguments[1:]):
        sys.exit(__doc__)
    PREFIX = TEXT if "--text-only" in sys.argv else ""
    main(Path(arguments[0]), int(arguments[1]), int(arguments[2]))
