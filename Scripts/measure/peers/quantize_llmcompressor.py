"""Quantizes a text model with llm-compressor: quantize_llmcompressor.py METHOD
MODEL TEXT SAMPLES WINDOW GROUP OUT
METHOD: rtn, awq, gptq or awq-gptq."""
import sys

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer

from token_windows import windows

# llm-compressor 0.14 pins memory for AWQ, which fails without a GPU driver.
torch.Tensor.pin_memory = lambda tensor, *_: tensor

from llmcompressor import oneshot
from llmcompressor.modifiers.gptq import GPTQModifier
from llmcompressor.modifiers.quantization import QuantizationModifier
from llmcompressor.modifiers.transform import AWQModifier


def recipe(method, group):
    scheme = {"group_0": {"targets": ["Linear"], "weights": {
        "num_bits": 4, "type": "int", "symmetric": False, "strategy": "group", "group_size": group}}}
    rounding = {"config_groups": scheme, "ignore": ["lm_head"]}
    gptq = GPTQModifier(actorder="static", **rounding)
    plain = QuantizationModifier(**rounding)
    return {"rtn": [plain], "gptq": [gptq], "awq": [AWQModifier(duo_scaling="both"), plain],
            "awq-gptq": [AWQModifier(duo_scaling="both"), gptq]}[method]


def main(method, model_path, text, samples, window, group, out):
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32)
    ids = windows(model_path, text, int(window), int(samples))
    data = Dataset.from_dict({"input_ids": ids, "attention_mask": [[1] * len(row) for row in ids]})
    given = {} if method == "rtn" else {
        "dataset": data, "num_calibration_samples": len(ids), "max_seq_length": int(window),
        "shuffle_calibration_samples": False}
    oneshot(model=model, recipe=recipe(method, int(group)), **given)
    model.save_pretrained(out, save_compressed=True)
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
