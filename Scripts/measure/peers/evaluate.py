"""Judges a quantized text model: evaluate.py MODEL TEXT SAMPLES WINDOW QUANTIZED Decodes every weight of
QUANTIZED (AWQ GEMM or compressed-tensors pack-quantized), puts it into transformers' model in fp32 and
compares it with MODEL on windows of TEXT. Prints one JSON object."""
import json
import math
import os
import sys

import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM

from token_windows import windows

# Nibble i of an AWQ word holds column ORDER[i] of its eight.
ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def tensors(directory):
    found = {}
    for name in sorted(os.listdir(directory)):
        if name.endswith(".safetensors"):
            with safe_open(os.path.join(directory, name), framework="pt") as file:
                found.update({key: file.get_tensor(key) for key in file.keys()})
    return found


def nibbles(words):
    """[rows, n] int32 -> [rows, n * 8], lowest nibble first."""
    shifts = torch.arange(0, 32, 4)
    return ((words.to(torch.int64).unsqueeze(-1) >> shifts) & 15).flatten(1)


def from_awq(found, module):
    place = torch.tensor(ORDER).argsort()

    def columns(words):
        return nibbles(words).unflatten(1, (-1, 8))[:, :, place].flatten(1)

    scales = found[module + ".scales"].float()
    codes, zeros = columns(found[module + ".qweight"]), columns(found[module + ".qzeros"])
    group = codes.shape[0] // scales.shape[0]
    return ((codes - zeros.repeat_interleave(group, 0)) * scales.repeat_interleave(group, 0)).T


def from_compressed_tensors(found, module):
    rows, columns = found[module + ".weight_shape"].tolist()
    scales = found[module + ".weight_scale"].float()
    group = columns // scales.shape[1]
    codes = nibbles(found[module + ".weight_packed"])[:, :columns]
    zeros = nibbles(found[module + ".weight_zero_point"].T.contiguous()).T[:rows]
    return (codes - zeros.repeat_interleave(group, 1)) * scales.repeat_interleave(group, 1)


def decoded(directory):
    found, weights = tensors(directory), {}
    for name, value in found.items():
        module, _, kind = name.rpartition(".")
        if kind == "qweight":
            weights[module + ".weight"] = from_awq(found, module)
        elif kind == "weight_packed":
            weights[module + ".weight"] = from_compressed_tensors(found, module)
        elif kind in ("weight", "bias"):
            weights[name] = value.float()
    return weights


@torch.no_grad()
def log_probabilities(model, ids):
    return model(torch.tensor([ids])).logits[0].double().log_softmax(-1)


def main(model_path, text, samples, window, quantized_path):
    original = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32).eval()
    quantized = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32).eval()
    missing, unexpected = quantized.load_state_dict(decoded(quantized_path), strict=False)
    tied = {"lm_head.weight"} if quantized.config.tie_word_embeddings else set()
    if unexpected or set(missing) - tied:
        sys.exit(f"evaluate: {quantized_path}: missing {missing[:3]}, unexpected {unexpected[:3]}")
    means, nats, reference_nats, same, tokens = [], 0.0, 0.0, 0, 0
    for ids in windows(model_path, text, int(window), int(samples)):
        p, q = log_probabilities(original, ids), log_probabilities(quantized, ids)
        means.append((p.exp() * (p - q)).sum(-1).mean().item())
        same += (p.argmax(-1) == q.argmax(-1)).sum().item()
        after = torch.tensor(ids[1:]).unsqueeze(-1)
        nats -= q[:-1].gather(1, after).sum().item()
        reference_nats -= p[:-1].gather(1, after).sum().item()
        tokens += len(ids)
    count, predicted = len(means), tokens - len(means)
    mean = sum(means) / count
    error = math.sqrt(sum((m - mean) ** 2 for m in means) / (count - 1) / count)
    json.dump({
        "mean_kl": mean, "standard_error": error, "perplexity": math.exp(nats / predicted),
        "reference_perplexity": math.exp(reference_nats / predicted), "same_top1": same / tokens, "windows": count,
        "tokens": tokens}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
