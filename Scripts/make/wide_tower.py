#!/usr/bin/env python3
"""Writes the bundled sample with a random vision tower of InternViT-6B's width, depth and heads, RMSNorm and norms of
queries and keys, but with an MLP of 64: the size by which llama.cpp tells that variant. 3.7 GB.

    python3 Scripts/make/wide_tower.py OUT

Needs numpy. The language model is the sample's; nothing it says means anything.
"""
import json
import shutil
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import INDEX, join, tensors

SAMPLE = Path(__file__).resolve().parents[2] / "Sources/SampleModel/Resources/tiny-r1v"
WIDTH, LAYERS, HEADS, INNER, HIDDEN = 3200, 45, 25, 64, 256


def shapes():
    """Names, shapes, and what values spread around: zero for weights, one for norms."""
    yield "vision_model.embeddings.class_embedding", [1, 1, WIDTH], 0, 1
    yield "vision_model.embeddings.patch_embedding.weight", [WIDTH, 3, 14, 14], 0, 0.05
    yield "vision_model.embeddings.patch_embedding.bias", [WIDTH], 0, 0.1
    yield "vision_model.embeddings.position_embedding", [1, 17, WIDTH], 0, 1
    for layer in range(LAYERS):
        prefix = f"vision_model.encoder.layers.{layer}."
        for norm in ["norm1.weight", "norm2.weight", "attn.q_norm.weight", "attn.k_norm.weight"]:
            yield prefix + norm, [WIDTH], 1, 0.2
        for scale in ["ls1", "ls2"]:
            yield prefix + scale, [WIDTH], 0.1, 0.05
        yield prefix + "attn.qkv.weight", [3 * WIDTH, WIDTH], 0, 0.04
        for name, rows, columns in [("attn.proj", WIDTH, WIDTH), ("mlp.fc1", INNER, WIDTH), ("mlp.fc2", WIDTH, INNER)]:
            yield f"{prefix}{name}.weight", [rows, columns], 0, 0.04
            yield f"{prefix}{name}.bias", [rows], 0, 0.1
    yield "mlp1.0.weight", [4 * WIDTH], 1, 0.2
    yield "mlp1.0.bias", [4 * WIDTH], 0, 0.1
    for name, columns in [("mlp1.1", 4 * WIDTH), ("mlp1.3", HIDDEN)]:
        yield name + ".weight", [HIDDEN, columns], 0, 0.04
        yield name + ".bias", [HIDDEN], 0, 0.1


def main(out):
    out.mkdir()
    config = json.loads((SAMPLE / "config.json").read_text())
    config["vision_config"] |= {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
                                "intermediate_size": INNER}
    (out / "config.json").write_text(json.dumps(config, indent=2))
    for path in SAMPLE.iterdir():
        if path.suffix != ".safetensors" and path.name not in (INDEX, "config.json"):
            shutil.copy(path, out)
    language = [(name, entry["shape"], data) for path in sorted(SAMPLE.glob("*.safetensors"))
                for name, entry, data in tensors(path) if name.startswith("language_model.")]
    header, end = {}, 0
    for name, shape, *_ in [*language, *shapes()]:
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    rng = np.random.default_rng(6)
    with open(out / "model.safetensors", "wb") as file:
        file.write(join(header))
        for _, _, data in language:
            file.write(data)
        for _, shape, middle, spread in shapes():
            values = (rng.random(shape, np.float32) * 2 - 1) * np.float32(spread) + np.float32(middle)
            file.write((values.view(np.uint32) >> 16).astype("<u2").tobytes())


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: wide_tower.py OUT")
    main(Path(sys.argv[1]))
