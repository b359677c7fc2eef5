#!/usr/bin/env python3
"""Writes transformers' rotary frequencies and attention factors for many configs: the expectations of ModelConfigTests.

Usage: Scripts/golden/rotary_scaling.py. Needs Python 3.11 with transformers==5.24.0 and torch==2.15.0. Nothing is drawn.
"""
import json
from pathlib import Path

import transformers
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

OUTPUT = Path(__file__).resolve().parents[2] / "Tests/ModelConfigTests/Resources/rotary-scaling.json"
BASE = {
    "model_type": "llama", "hidden_size": 128, "intermediate_size": 128, "num_hidden_layers": 1,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 16, "max_position_embeddings": 32768}
SHORT = [1 + index / 16 for index in range(16)]
LONG = [1 + index * index / 4 for index in range(16)]
# rope_theta, further keys beside the scaling, the scaling.
CASES = [
    (1e6, {}, {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}),
    (10000.0, {}, {"type": "yarn", "factor": 2.5, "original_max_position_embeddings": 4096}),
    (10000.0, {}, {"rope_type": "yarn", "factor": 0.5}),
    (1e6, {}, {"rope_type": "yarn", "factor": 8.0, "attention_factor": 1.5, "beta_fast": 16.0, "beta_slow": 2.0,
               "original_max_position_embeddings": 2048}),
    (150000.0, {}, {"rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096, "truncate": False}),
    (10000.0, {}, {"rope_type": "yarn", "factor": 40.0, "mscale": 1.0, "mscale_all_dim": 0.707,
                   "original_max_position_embeddings": 4096}),
    (10000.0, {}, {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4}),
    (10000.0, {"original_max_position_embeddings": 8192}, {"rope_type": "yarn", "factor": 4.0}),
    (10000.0, {}, {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG,
                   "original_max_position_embeddings": 4096}),
    (10000.0, {"original_max_position_embeddings": 4096},
     {"type": "longrope", "short_factor": SHORT, "long_factor": LONG, "original_max_position_embeddings": 1024}),
    (1e6, {}, {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG, "factor": 8.0,
               "original_max_position_embeddings": 4096}),
    (1e6, {}, {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG, "attention_factor": 1.25,
               "original_max_position_embeddings": 4096}),
    (1e6, {}, {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG}),
    (500000.0, {}, {"rope_type": "linear", "factor": 4.0}),
    (500000.0, {}, {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 8192}),
    (10000.0, {}, {"rope_type": "dynamic", "factor": 2.0}),
]  # fmt: skip
LENGTHS = [1, 1024, 4096, 4097, 40000]


def main():
    results = []
    for theta, more, scaling in CASES:
        document = BASE | {"rope_theta": theta} | more | {"rope_scaling": scaling}
        arguments = json.loads(json.dumps({key: value for key, value in document.items() if key != "model_type"}))
        config = transformers.LlamaConfig(**arguments)
        config.standardize_rope_params()
        function = ROPE_INIT_FUNCTIONS[config.rope_parameters["rope_type"]]
        lengths = []
        for length in LENGTHS:
            frequencies, factor = function(config, device="cpu", seq_len=length)
            lengths.append({"length": length, "frequencies": frequencies.tolist(), "attention_factor": factor})
        results.append({"config": document, "lengths": lengths})
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps({"cases": results}) + "\n")


main()
