#!/usr/bin/env python3
"""Writes a vision-language checkpoint with its vision tower turned into the other variant of
InternViT: LayerNorm with biases, biases of q, k and v, no norms of queries and keys. What the
tower lacks for that is random, so that nothing it says means anything; for what must compute
such a tower. llama.cpp takes all towers of other sizes than InternViT-6B's for this variant.

    python3 Scripts/make/layernorm_sample.py OUT [MODEL]      # MODEL: the bundled sample by default

Needs Python only. All other weights and files are copied as they are.
"""
import json
import random
import shutil
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import INDEX, tensors, write

SAMPLE = Path(__file__).resolve().parents[2] / "Sources/SampleModel/Resources/tiny-r1v"
TOWER = "vision_model.encoder.layers."
BIASED = (".norm1.weight", ".norm2.weight", ".attn.qkv.weight")


def bf16(count, numbers):
    """Random numbers around zero."""
    return b"".join(struct.pack("<f", numbers.uniform(-0.2, 0.2))[2:] for _ in range(count))


def converted(model):
    numbers = random.Random(1)
    for path in sorted(model.glob("*.safetensors")):
        for name, entry, data in tensors(path):
            if name.startswith(TOWER) and name.endswith((".q_norm.weight", ".k_norm.weight")):
                continue
            yield name, entry, data
            if name.startswith(TOWER) and name.endswith(BIASED):
                shape = entry["shape"][:1]
                yield name.removesuffix("weight") + "bias", {"dtype": "BF16", "shape": shape}, bf16(shape[0], numbers)


def main(out, model):
    out.mkdir()
    config = json.loads((model / "config.json").read_text())
    config["vision_config"] |= {"norm_type": "layer_norm", "qk_normalization": False, "qkv_bias": True}
    (out / "config.json").write_text(json.dumps(config, indent=2))
    for path in model.iterdir():
        if path.suffix != ".safetensors" and path.name not in (INDEX, "config.json"):
            shutil.copy(path, out)
    write(out / "model.safetensors", list(converted(model)))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit("usage: layernorm_sample.py OUT [MODEL]")
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else SAMPLE)
