#!/usr/bin/env python3
"""Writes DIR, a checkpoint with the tensors of Skywork-R1V3-38B: 1,366 of them, 38.4 G
parameters, 76.8 GB. The headers, index and config.json are real; the data are holes, so that the
directory takes less than 2 MB on disk.

Usage: Scripts/make/sparse_38b.py DIR
Needs a file system with sparse files. Vocabulary 151,674; weights in shards of at most 5
GB, as transformers writes them.
"""
import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import INDEX, write_sparse

C, VISION_LAYERS, VISION_HEADS, VISION_MLP, TILE, PATCH = 3200, 45, 25, 12800, 448, 14
H, LAYERS, HEADS, KV_HEADS, HEAD, MLP, VOCABULARY = 5120, 64, 40, 8, 128, 27648, 151674
SHARD = 5_000_000_000


def linear(name, rows, columns, bias=True):
    yield f"{name}.weight", [rows, columns]
    if bias:
        yield f"{name}.bias", [rows]


def tensors(layers=LAYERS, vision_layers=VISION_LAYERS, vocabulary=VOCABULARY):
    """Names and shapes in the order of the modules."""
    yield "vision_model.embeddings.class_embedding", [1, 1, C]
    yield "vision_model.embeddings.patch_embedding.weight", [C, 3, PATCH, PATCH]
    yield "vision_model.embeddings.patch_embedding.bias", [C]
    yield "vision_model.embeddings.position_embedding", [1, (TILE // PATCH) ** 2 + 1, C]
    for layer in range(vision_layers):
        prefix = f"vision_model.encoder.layers.{layer}."
        for vector in ["ls1", "ls2", "attn.q_norm.weight", "attn.k_norm.weight", "norm1.weight", "norm2.weight"]:
            yield prefix + vector, [C]
        yield from linear(prefix + "attn.qkv", 3 * C, C, bias=False)
        yield from linear(prefix + "attn.proj", C, C)
        yield from linear(prefix + "mlp.fc1", VISION_MLP, C)
        yield from linear(prefix + "mlp.fc2", C, VISION_MLP)
    yield "mlp1.0.weight", [4 * C]
    yield "mlp1.0.bias", [4 * C]
    yield from linear("mlp1.1", H, 4 * C)
    yield from linear("mlp1.3", H, H)
    yield "language_model.model.embed_tokens.weight", [vocabulary, H]
    for layer in range(layers):
        prefix = f"language_model.model.layers.{layer}."
        yield prefix + "input_layernorm.weight", [H]
        yield prefix + "post_attention_layernorm.weight", [H]
        yield from linear(prefix + "self_attn.q_proj", HEADS * HEAD, H)
        yield from linear(prefix + "self_attn.k_proj", KV_HEADS * HEAD, H)
        yield from linear(prefix + "self_attn.v_proj", KV_HEADS * HEAD, H)
        yield from linear(prefix + "self_attn.o_proj", H, HEADS * HEAD, bias=False)
        yield from linear(prefix + "mlp.gate_proj", MLP, H, bias=False)
        yield from linear(prefix + "mlp.up_proj", MLP, H, bias=False)
        yield from linear(prefix + "mlp.down_proj", H, MLP, bias=False)
    yield "language_model.model.norm.weight", [H]
    yield "language_model.lm_head.weight", [vocabulary, H]


def shards():
    """Lists of (name, shape, bytes), each list one file."""
    shard, filled = [], 0
    for name, shape in tensors():
        size = 2 * math.prod(shape)
        if shard and filled + size > SHARD:
            yield shard
            shard, filled = [], 0
        shard.append((name, shape, size))
        filled += size
    yield shard


def write_shard(path, shard):
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape, size in shard:
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    write_sparse(path, text, end)
    return end


def config(layers=LAYERS, vision_layers=VISION_LAYERS, vocabulary=VOCABULARY):
    return {
        "architectures": ["SkyworkR1VChatModel"],
        "model_type": "skywork_chat",
        "downsample_ratio": 0.5,
        "dynamic_image_size": True,
        "force_image_size": TILE,
        "max_dynamic_patch": 12,
        "min_dynamic_patch": 1,
        "use_thumbnail": True,
        "ps_version": "v2",
        "select_layer": -1,
        "template": "internvl2_5",
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "vision_config": {
            "architectures": ["InternVisionModel"],
            "model_type": "intern_vit_6b",
            "hidden_size": C,
            "intermediate_size": VISION_MLP,
            "num_attention_heads": VISION_HEADS,
            "num_hidden_layers": vision_layers,
            "image_size": TILE,
            "patch_size": PATCH,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-6,
            "norm_type": "rms_norm",
            "qk_normalization": True,
            "qkv_bias": False,
        },
        "llm_config": {
            "architectures": ["Qwen2ForCausalLM"],
            "model_type": "qwen2",
            "hidden_size": H,
            "intermediate_size": MLP,
            "num_hidden_layers": layers,
            "num_attention_heads": HEADS,
            "num_key_value_heads": KV_HEADS,
            "hidden_act": "silu",
            "rms_norm_eps": 1e-6,
            "rope_theta": 1000000.0,
            "max_position_embeddings": 32768,
            "vocab_size": vocabulary,
            "tie_word_embeddings": False,
            "bos_token_id": 151643,
            "eos_token_id": 151645,
        },
    }


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    parts = list(shards())
    total, places = 0, {}
    for number, shard in enumerate(parts, 1):
        file = f"model-{number:05}-of-{len(parts):05}.safetensors"
        total += write_shard(directory / file, shard)
        places |= {name: file for name, _, _ in shard}
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    (directory / INDEX).write_text(json.dumps(index, indent=2) + "\n")
    (directory / "config.json").write_text(json.dumps(config(), indent=2) + "\n")


if __name__ == "__main__":
    main()
