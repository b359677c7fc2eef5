"""Quantizes a text model with AutoAWQ: quantize_autoawq.py MODEL TEXT SAMPLES WINDOW GROUP OUT"""
import json
import os
import sys
import tempfile

import torch
from awq import AutoAWQForCausalLM
from awq.quantize import quantizer

from token_windows import windows


def readable_by_transformers_4(model_path):
    """A directory of links to the model with `rope_theta` where transformers 4 looks for it."""
    copy = tempfile.mkdtemp()
    for name in os.listdir(model_path):
        os.symlink(os.path.abspath(os.path.join(model_path, name)), os.path.join(copy, name))
    with open(os.path.join(model_path, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    config.setdefault("rope_theta", (config.get("rope_parameters") or {}).get("rope_theta", 10000.0))
    config["torch_dtype"] = config.get("torch_dtype") or config.get("dtype", "float32")
    os.remove(os.path.join(copy, "config.json"))
    with open(os.path.join(copy, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    return copy


def main(model_path, text, samples, window, group, out):
    ids = windows(model_path, text, int(window), int(samples))
    # AutoAWQ cuts texts itself; it gets the windows that all others get. Its search keeps the weights to
    # restore as `tensor.cpu()`, which on a CPU is no copy: without this every step of the search would scale
    # the weights once more, and the result is noise (KL divergence 8.7 on SmolLM2-135M).
    to_cpu = torch.Tensor.cpu
    torch.Tensor.cpu = lambda tensor, *arguments, **options: to_cpu(tensor, *arguments, **options).clone()
    quantizer.get_calib_dataset = lambda **_: [torch.tensor([row]) for row in ids]
    model = AutoAWQForCausalLM.from_pretrained(
        readable_by_transformers_4(model_path), torch_dtype=torch.float32, device_map="cpu")
    model.quantize(None, quant_config={
        "zero_point": True, "q_group_size": int(group), "w_bit": 4, "version": "GEMM"})
    model.save_quantized(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
