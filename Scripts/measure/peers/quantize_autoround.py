"""Quantizes a text model with AutoRound:
quantize_autoround.py MODEL TEXT SAMPLES WINDOW GROUP ITERATIONS OUT"""
import os
import sys

import torch
from auto_round import AutoRound
from transformers import AutoModelForCausalLM, AutoTokenizer

from token_windows import windows


def main(model_path, text, samples, window, group, iterations, out):
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32)
    ids = windows(model_path, text, int(window), int(samples))
    data = torch.utils.data.DataLoader([{"input_ids": torch.tensor(row)} for row in ids], batch_size=1)
    AutoRound(
        model, tokenizer=tokenizer, scheme="W4A16", bits=4, group_size=int(group), sym=False, dataset=data,
        nsamples=len(ids), seqlen=int(window), iters=int(iterations), device_map="cpu",
    ).quantize_and_save(out, format="auto_awq")
    # It makes a folder named after the scheme.
    for folder in [entry.path for entry in os.scandir(out) if entry.is_dir()]:
        for name in os.listdir(folder):
            os.replace(os.path.join(folder, name), os.path.join(out, name))
        os.rmdir(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
