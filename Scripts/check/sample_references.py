#!/usr/bin/env python3
"""Checks that PyTorch gives the `reference` answers of
Sources/SampleModel/Resources/evaluation/questions.jsonl.

The tests trust those answers; this recomputes them in fp32 from the bf16 weights.
Run it after changing the sample:

    venv/bin/python Scripts/check/sample_references.py     (the packages are named in Scripts/make/train_sample_model.py)
"""

import json
import sys
from pathlib import Path

from safetensors.torch import load_file
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "make"))
from sample_model import text
from sample_model.network import VisionLanguageModel
from sample_model.world import Example
from train_sample_model import Inputs, greedy_answer

SAMPLE = Path(__file__).resolve().parents[2] / "Sources/SampleModel/Resources"


def main():
    model = SAMPLE / "tiny-r1v"
    config = json.loads((model / "config.json").read_text())
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    network = VisionLanguageModel(config, tokenizer.token_to_id(text.IMAGE_TOKEN))
    weights = {}
    for shard in model.glob("*.safetensors"):
        weights.update(load_file(shard))
    network.load_state_dict({name: value.float() for name, value in weights.items()}, strict=True)
    inputs = Inputs(tokenizer, config)

    questions = SAMPLE / "evaluation/questions.jsonl"
    lines = [json.loads(line) for line in questions.read_text().splitlines()]
    differing = 0
    for line in lines:
        image = questions.parent / line["image"]
        example = Example(image.read_bytes(), image.suffix, line["question"], line["answer"], line["kind"])
        answer = greedy_answer(network, inputs, example)
        if answer != line["reference"]:
            differing += 1
            print(f"{line['image']}: expected {line['reference']!r}, found {answer!r}")
    print(f"{len(lines) - differing} of {len(lines)} reference answers reproduced")
    return 1 if differing or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
