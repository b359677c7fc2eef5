"""Small checkpoints with random weights, one of each family that skyquant reads, so
that a command takes milliseconds.

    PYTHONPATH=Scripts/check:Scripts/lib python3 -m mutations.small_model OUT      # OUT/chat, OUT/native, OUT/qwen3, OUT/llama

Config keys and tensor names are those of the models themselves; the tokenizer is the bundled sample's.
"""

import json
import math
import random
import shutil
import struct
import sys
from pathlib import Path

from mutations.checkpoints import Stored, write
from mutations.required import required

RESOURCES = Path(__file__).resolve().parents[3] / "Sources/SampleModel/Resources"
SAMPLE = RESOURCES / "tiny-r1v"
FILES = ["tokenizer.json", "tokenizer_config.json", "added_tokens.json", "vocab.json", "merges.txt",
         "generation_config.json", "preprocessor_config.json"]
ARCHITECTURES = {"qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM", "llama": "LlamaForCausalLM"}
TOWER = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 2, "num_hidden_layers": 2,
         "num_channels": 3, "hidden_act": "gelu", "layer_norm_eps": 1e-6}


def text_config(model_type):
    config = {
        "architectures": [ARCHITECTURES[model_type]], "model_type": model_type, "hidden_size": 64,
        "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "max_position_embeddings": 2048,
        "vocab_size": 512, "tie_word_embeddings": model_type == "llama", "bos_token_id": 450, "eos_token_id": 452,
        "torch_dtype": "bfloat16",
    }
    if model_type == "qwen3":
        config["head_dim"] = 16
    if model_type == "llama":
        config["rope_scaling"] = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                  "original_max_position_embeddings": 512}
    return config


def chat_config():
    return {
        "architectures": ["SkyworkR1VChatModel"], "model_type": "skywork_chat", "downsample_ratio": 0.5,
        "dynamic_image_size": True, "force_image_size": 28, "max_dynamic_patch": 3, "min_dynamic_patch": 1,
        "use_thumbnail": True, "ps_version": "v2", "select_layer": -1, "template": "internvl2_5",
        "system_message": "You look carefully.", "torch_dtype": "bfloat16",
        "vision_config": {"model_type": "intern_vit_6b", "image_size": 28, "patch_size": 14, "norm_type": "rms_norm",
                          "qk_normalization": True, "qkv_bias": False, **TOWER},
        "llm_config": text_config("qwen2"),
    }


def native_config():
    return {
        "architectures": ["InternVLForConditionalGeneration"], "model_type": "internvl", "downsample_ratio": 0.5,
        "torch_dtype": "float32", "image_seq_length": 1, "image_token_id": 455, "projector_hidden_act": "gelu",
        "tie_word_embeddings": False, "vision_feature_layer": -1, "max_dynamic_patch": 3,
        "vision_config": {"model_type": "internvl_vision", "image_size": [28, 28], "patch_size": [14, 14],
                          "norm_type": "layer_norm", "use_qk_norm": False, "attention_bias": True, **TOWER},
        "text_config": text_config("qwen2"),
    }


CONFIGS = {"chat": chat_config, "native": native_config, "qwen3": lambda: text_config("qwen3"),
           "llama": lambda: text_config("llama")}
SHARD_COUNTS = {"chat": 2, "native": 1, "qwen3": 2, "llama": 1}
FAMILIES = list(CONFIGS)


def sees(family):
    """Whether models of the family have a vision tower."""
    return family in ("chat", "native")


def values(shape, dtype, seeded):
    """Vectors around one; matrices so wide that they keep the size of what they multiply."""
    count = math.prod(shape)
    centre, spread = (1.0, 0.1) if len(shape) == 1 else (0.0, math.prod(shape[1:]) ** -0.5)
    drawn = struct.pack(f"<{count}f", *(seeded.gauss(centre, spread) for _ in range(count)))
    return drawn if dtype == "F32" else b"".join(drawn[at + 2:at + 4] for at in range(0, len(drawn), 4))


def make(family, directory):
    """Writes the checkpoint of a family into a new directory."""
    directory.mkdir()
    config = CONFIGS[family]()
    (directory / "config.json").write_text(json.dumps(config, indent=2))
    for name in FILES:
        shutil.copyfile(SAMPLE / name, directory / name)
    if family == "native":
        pictures = json.loads((SAMPLE / "preprocessor_config.json").read_text())
        pictures["size"] = {"height": 28, "width": 28}
        (directory / "preprocessor_config.json").write_text(json.dumps(pictures))
    seeded = random.Random(f"small model {family}")
    dtype = "F32" if family == "native" else "BF16"
    tensors = {name: Stored(dtype, shape, values(shape, dtype, seeded)) for name, shape in required(config)}
    write(directory, tensors, SHARD_COUNTS[family])


def make_questions(family, directory):
    """Two questions and, of a model that sees, a PNG and a JPEG; else two texts."""
    directory.mkdir()
    lines = [{"text": "How many shapes are there? There are four."}, {"text": "It is a zero and not a six."}]
    if sees(family):
        shutil.copyfile(RESOURCES / "calibration/images/0001.png", directory / "a.png")
        shutil.copyfile(RESOURCES / "calibration/images/0000.jpg", directory / "b.jpg")
        lines = [{"image": "a.png", "question": "What is the sum?", "answer": "15", "kind": "sum"},
                 {"image": "b.jpg", "question": "How many shapes are there?", "answer": "There are four."}]
    (directory / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    Path(sys.argv[1]).mkdir()
    for chosen in FAMILIES:
        make(chosen, Path(sys.argv[1]) / chosen)
