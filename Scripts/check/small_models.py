"""The bundled sample cut to one layer each and renamed: one small model for each
layout that the program reads.

Imported by scripts that try thousands of models; Python only.
"""
import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import tensors, write

SAMPLE = Path(__file__).resolve().parents[2] / "Sources/SampleModel/Resources/tiny-r1v"
LANGUAGE = "language_model."
TOWER_NAMES = (  # names of the chat layout and of the native one
    ("vision_model.embeddings.class_embedding", "model.vision_tower.embeddings.cls_token"),
    ("vision_model.embeddings.position_embedding", "model.vision_tower.embeddings.position_embeddings"),
    ("vision_model.embeddings.patch_embedding.", "model.vision_tower.embeddings.patch_embeddings.projection."),
    ("vision_model.encoder.layers.0.attn.proj.", "model.vision_tower.encoder.layer.0.attention.projection_layer."),
    ("vision_model.encoder.layers.0.attn.", "model.vision_tower.encoder.layer.0.attention."),
    ("vision_model.encoder.layers.0.norm1.", "model.vision_tower.encoder.layer.0.layernorm_before."),
    ("vision_model.encoder.layers.0.norm2.", "model.vision_tower.encoder.layer.0.layernorm_after."),
    ("vision_model.encoder.layers.0.ls", "model.vision_tower.encoder.layer.0.lambda_"),
    ("vision_model.encoder.layers.0.", "model.vision_tower.encoder.layer.0."),
    ("mlp1.0.", "model.multi_modal_projector.layer_norm."), ("mlp1.1.", "model.multi_modal_projector.linear_1."),
    ("mlp1.3.", "model.multi_modal_projector.linear_2."),
    ("language_model.model.", "model.language_model."), ("language_model.lm_head.", "lm_head."))
SMALL_FILES = ("tokenizer.json", "tokenizer_config.json", "generation_config.json", "preprocessor_config.json",
               "added_tokens.json")


def chat():
    """config.json and tensors of the sample with one layer in the tower and one in the decoder."""
    config = json.loads((SAMPLE / "config.json").read_text())
    config["vision_config"]["num_hidden_layers"] = config["llm_config"]["num_hidden_layers"] = 1
    kept = [tensor for path in sorted(SAMPLE.glob("*.safetensors")) for tensor in tensors(path)
            if ".layers." not in tensor[0] or ".layers.0." in tensor[0]]
    return config, kept


def native():
    """The same as transformers' own classes would have saved it."""
    config, kept = chat()
    vision, text = config["vision_config"], config["llm_config"]
    renamed = []
    for name, entry, data in kept:
        parts = [(name, entry, data)]
        if ".attn.qkv." in name:
            third = {**entry, "shape": [entry["shape"][0] // 3, *entry["shape"][1:]]}
            size = len(data) // 3
            parts = [(name.replace(".qkv.", f".{letter}_proj."), third, data[place * size:(place + 1) * size])
                     for place, letter in enumerate("qkv")]
        for old, part, bytes_ in parts:
            prefix, new = next(pair for pair in TOWER_NAMES if old.startswith(pair[0]))
            renamed.append((new + old[len(prefix):], part, bytes_))
    side = [vision["image_size"]] * 2, [vision["patch_size"]] * 2
    keys = ("hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers", "layer_norm_eps", "norm_type")
    return {
        "model_type": "internvl", "architectures": ["InternVLForConditionalGeneration"], "downsample_ratio": 0.5,
        "image_seq_length": 4, "vision_feature_layer": -1, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
        "text_config": {**text, "rope_parameters": {"rope_type": "default", "rope_theta": text["rope_theta"]}},
        "vision_config": {**{key: vision[key] for key in keys}, "image_size": side[0], "patch_size": side[1],
                          "use_qk_norm": True, "attention_bias": False, "num_channels": 3}}, renamed


def text():
    """The decoder alone, with the rope scaling of Llama 3.1."""
    config, kept = chat()
    config = {**config["llm_config"], "rope_scaling": {
        "rope_type": "llama3", "factor": 2.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64}}
    return config, [(name.removeprefix(LANGUAGE), entry, data) for name, entry, data in kept if name.startswith(LANGUAGE)]


LAYOUTS = {"chat": chat, "native": native, "text": text}


def write_model(path, layout):
    """Writes the model of a layout into the new directory `path`."""
    config, kept = LAYOUTS[layout]()
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config, indent=2))
    for name in SMALL_FILES:
        shutil.copy(SAMPLE / name, path)
    write(path / "model.safetensors", kept)
