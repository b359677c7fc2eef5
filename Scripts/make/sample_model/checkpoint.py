"""Writes the network as a checkpoint in the Skywork-R1V layout: configs, bf16 shards and their index."""

import json

import torch
from safetensors.torch import save_file

from sample_model import text

MAX_SHARD_BYTES = 4_404_000  # three shards
PART_ORDER = ("vision_model.", "mlp1.", "language_model.")


def model_config(tokenizer):
    return {
        "architectures": ["SkyworkR1VChatModel"],
        "model_type": "skywork_chat",
        "downsample_ratio": 0.5,
        "dynamic_image_size": True,
        "force_image_size": 56,
        "max_dynamic_patch": 6,
        "min_dynamic_patch": 1,
        "use_thumbnail": True,
        "pad2square": False,
        "ps_version": "v2",
        "select_layer": -1,
        "template": "internvl2_5",
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "vision_config": {
            "architectures": ["InternVisionModel"],
            "model_type": "intern_vit_6b",
            "hidden_size": 256,
            "intermediate_size": 1024,
            "num_attention_heads": 4,
            "num_hidden_layers": 3,
            "image_size": 56,
            "patch_size": 14,
            "num_channels": 3,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-6,
            "norm_type": "rms_norm",
            "qk_normalization": True,
            "qkv_bias": False,
            "initializer_factor": 0.1,
            "initializer_range": 0.02,
            "use_flash_attn": False,
            "drop_path_rate": 0.0,
            "torch_dtype": "bfloat16",
        },
        "llm_config": {
            "architectures": ["Qwen2ForCausalLM"],
            "model_type": "qwen2",
            "hidden_size": 256,
            "intermediate_size": 512,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "hidden_act": "silu",
            "rms_norm_eps": 1e-6,
            "rope_theta": 1000000.0,
            "max_position_embeddings": text.MODEL_MAX_LENGTH,
            "vocab_size": 512,
            "tie_word_embeddings": False,
            "use_sliding_window": False,
            "sliding_window": None,
            "bos_token_id": tokenizer.token_to_id(text.PADDING),
            "eos_token_id": tokenizer.token_to_id(text.STOP),
            "torch_dtype": "bfloat16",
            "attention_dropout": 0.0,
            "initializer_range": 0.02,
        },
        "system_message": text.SYSTEM,
        "transformers_version": "4.37.2",
    }


def preprocessor_config(config):
    size = config["force_image_size"]
    return {
        "crop_size": size,
        "do_center_crop": True,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor",
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "resample": 3,
        "size": size,
    }


def generation_config(config, max_new_tokens):
    stop = config["llm_config"]["eos_token_id"]
    return {"max_new_tokens": max_new_tokens, "do_sample": False, "eos_token_id": [stop]}


def save(folder, network, config, tokenizer, max_new_tokens):
    folder.mkdir(parents=True, exist_ok=True)
    text.save_tokenizer(tokenizer, folder)
    for name, content in [
        ("config.json", config),
        ("preprocessor_config.json", preprocessor_config(config)),
        ("generation_config.json", generation_config(config, max_new_tokens)),
    ]:
        (folder / name).write_text(json.dumps(content, indent=2))
    save_shards(folder, {name: value.to(torch.bfloat16) for name, value in network.state_dict().items()})


def save_shards(folder, tensors):
    part = {name: next(i for i, prefix in enumerate(PART_ORDER) if name.startswith(prefix)) for name in tensors}
    shards, room = [], 0
    for name in sorted(tensors, key=lambda name: (part[name], name)):
        size = tensors[name].nbytes
        if size > room:
            shards.append({})
            room = MAX_SHARD_BYTES
        shards[-1][name] = tensors[name].contiguous()
        room -= size
    weight_map = {}
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        save_file(shard, str(folder / file), metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(shard, file))
    total = sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))
