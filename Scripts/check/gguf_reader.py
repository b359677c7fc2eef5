#!/usr/bin/env python3
"""Reads an exported pair of GGUF files by llama.cpp's own Python package and holds it to the checkpoint
that it was made from: the tokenizer's keys to what the package makes of the tokenizer's files, the
vision tower's tensors to the weights, by names and an order of positions written down here again.

    python3 Scripts/check/gguf_reader.py MODEL DIR

MODEL: a checkpoint directory in the chat layout; DIR: what `skyquant export MODEL --to gguf --out DIR`
wrote. Needs gguf (0.19) and numpy. Exit status 1 with a line for each difference.
"""
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf import quants

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import tensors

CONTROL, USER, UNUSED, NORMAL = 3, 4, 5, 1
# What a type may lose of a value, relative to the largest of its block.
LOSSES = {"F32": 0, "F16": 2**-11, "BF16": 2**-8, "Q8_0": 2**-7}
MODULES = {"attn.proj": "attn_out", "mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down", "norm1": "ln1", "norm2": "ln2",
           "attn.q_norm": "attn_q_norm", "attn.k_norm": "attn_k_norm", "ls1": "ls1", "ls2": "ls2"}


def values(reader):
    return {key: field.contents() for key, field in reader.fields.items()}


def tokenizer_differences(model, found):
    """What the language model's file says otherwise of the tokenizer than gguf's SpecialVocab."""
    count = len(found["tokenizer.ggml.tokens"])
    vocabulary = gguf.SpecialVocab(model, load_merges=True, n_vocab=count)
    names = {"pad": "padding", "unk": "unknown"}
    for kind, token in vocabulary.special_token_ids.items():
        key = f"tokenizer.ggml.{names.get(kind, kind)}_token_id"
        if found.get(key) != token:
            yield f"{key} is {found.get(key)}, gguf has {token}"
    if (adds := vocabulary.add_special_token.get("bos")) is not None and found["tokenizer.ggml.add_bos_token"] != adds:
        yield "add_bos_token"
    if found["tokenizer.ggml.merges"] != vocabulary.merges:
        yield "merges"
    if isinstance(vocabulary.chat_template, str) and found.get("tokenizer.chat_template") != vocabulary.chat_template:
        yield "chat_template"
    document = json.loads((model / "tokenizer.json").read_text())
    texts = {token: text for text, token in document["model"]["vocab"].items()}
    types = dict.fromkeys(texts, NORMAL)
    for token in document["added_tokens"]:
        looks_special = token["content"].startswith("<|") and token["content"].endswith("|>")
        texts[token["id"]] = token["content"]
        types[token["id"]] = CONTROL if token["special"] or looks_special else USER
    for token in range(count):
        wanted = texts.get(token, f"[PAD{token}]"), types.get(token, UNUSED)
        if (given := (found["tokenizer.ggml.tokens"][token], found["tokenizer.ggml.token_type"][token])) != wanted:
            yield f"token {token} is {given}, not {wanted}"


def renamed(name, value):
    """llama.cpp's names of a tensor of the checkpoint, and what they hold."""
    if name == "vision_model.embeddings.class_embedding":
        yield "v.class_embd", value.reshape(-1)
    elif name == "vision_model.embeddings.position_embedding":
        yield "v.position_embd.weight", np.roll(value[0], -1, axis=0)
    elif name.startswith("vision_model.embeddings.patch_embedding."):
        yield name.replace("vision_model.embeddings.patch_embedding", "v.patch_embd"), value
    elif name.startswith("mlp1."):
        yield "mm.model.mlp." + name.removeprefix("mlp1."), value
    elif name.startswith("vision_model.encoder.layers."):
        layer, _, path = name.removeprefix("vision_model.encoder.layers.").partition(".")
        module, _, part = path.rpartition(".") if path.endswith((".weight", ".bias")) else (path, "", "weight")
        if module == "attn.qkv":
            for target, third in zip("qkv", np.split(value, 3)):
                yield f"v.blk.{layer}.attn_{target}.{part}", third
        else:
            yield f"v.blk.{layer}.{MODULES[module]}.{part}", value


def vision_differences(model, reader):
    """Tensors that are not the checkpoint's."""
    found = {tensor.name: tensor for tensor in reader.tensors}
    for path in sorted(model.glob("*.safetensors")):
        for name, entry, data in tensors(path):
            if name.startswith("language_model."):
                continue
            for target, wanted in renamed(name, floats(entry, data)):
                if (tensor := found.pop(target, None)) is None:
                    yield f"{target} is missing"
                elif list(tensor.shape) != list(wanted.shape[::-1]):
                    yield f"{target} has the shape {list(tensor.shape)}"
                elif (off := largest_difference(tensor, wanted)) > LOSSES[tensor.tensor_type.name] * np.abs(wanted).max():
                    yield f"{target} as {tensor.tensor_type.name} is {off} off"
    yield from (f"{name} is in no checkpoint" for name in found)


def largest_difference(tensor, wanted):
    given = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32).reshape(wanted.shape)
    return np.abs(given - wanted).max()


def floats(entry, data):
    """A tensor in single precision; numpy knows no BF16."""
    raw = np.frombuffer(data, {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}[entry["dtype"]])
    if entry["dtype"] == "BF16":
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32).reshape(entry["shape"])


def main(model, directory):
    (tower,) = directory.glob("mmproj-*.gguf")
    language = values(gguf.GGUFReader(directory / tower.name.removeprefix("mmproj-")))
    reader = gguf.GGUFReader(tower)
    keys = values(reader)
    differences = [*tokenizer_differences(model, language), *vision_differences(model, reader)]
    config = json.loads((model / "config.json").read_text())
    if keys["clip.vision.projection_dim"] != config["llm_config"]["hidden_size"] or (
            keys["clip.vision.block_count"] != config["vision_config"]["num_hidden_layers"]):
        differences.append("sizes")
    print("\n".join(differences) or f"{len(reader.tensors)} tensors of the vision tower and all of the tokenizer are right")
    sys.exit(bool(differences))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
