#!/usr/bin/env python3
"""Trains a small vision-language model like the one in Sources/SampleModel/Resources
and writes it with its questions.

It makes *such* a model, with the same files, tensor names and shapes; not the same bytes, since
training depends on the versions of PyTorch and scikit-learn and on the machine. Run it to make another
sample, never as part of the tests:

    python3 -m venv venv && venv/bin/pip install torch safetensors tokenizers pillow scikit-learn numpy
    venv/bin/python Scripts/make/train_sample_model.py OUTPUT

Last run with Python 3.11, torch 2.15.0, safetensors 0.8.0, tokenizers 0.23.3, pillow 13.0.0, scikit-learn
1.9.1 and numpy 2.4.6. `--steps 20` is a smoke test: every file is written, and the answers are nonsense.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from sample_model import checkpoint, images, text
from sample_model.network import VisionLanguageModel
from sample_model.world import World

TRAINING_SEED, CALIBRATION_SEED, EVALUATION_SEED = 1, 2, 3
CALIBRATION_COUNT, EVALUATION_COUNT = 64, 160
PEAK_RATE, WARM_UP_STEPS, WEIGHT_DECAY = 1e-3, 200, 0.02
IGNORED = -100  # label of tokens that carry no loss
MAX_NEW_TOKENS = 64


class Inputs:
    """Turns examples into ids, labels and pixels."""

    def __init__(self, tokenizer, config):
        self.tokenizer = tokenizer
        self.tile_size, self.max_tiles = config["force_image_size"], config["max_dynamic_patch"]
        patches = (self.tile_size // config["vision_config"]["patch_size"]) ** 2
        self.tokens_per_tile = int(patches * config["downsample_ratio"] ** 2)

    def prompt(self, example):
        pixels = images.pixel_values(example.image(), self.tile_size, self.max_tiles)
        prompt = text.prompt(example.question, len(pixels) * self.tokens_per_tile)
        return self.tokenizer.encode(prompt, add_special_tokens=False).ids, pixels

    def batch(self, examples):
        rows, labels, pixels = [], [], []
        for example in examples:
            prompt, picture = self.prompt(example)
            answer = self.tokenizer.encode(example.answer + text.STOP, add_special_tokens=False).ids
            rows.append(prompt + answer)
            labels.append([IGNORED] * len(prompt) + answer)
            pixels.append(picture)
        width = max(map(len, rows))
        padding = self.tokenizer.token_to_id(text.PADDING)
        ids = torch.tensor([row + [padding] * (width - len(row)) for row in rows])
        targets = torch.tensor([row + [IGNORED] * (width - len(row)) for row in labels])
        return ids, targets, torch.cat(pixels)


def learning_rate(step, steps):
    warm_up = min(WARM_UP_STEPS, max(1, steps // 10))
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def train(network, inputs, steps, batch_size):
    world = World(TRAINING_SEED, held_out=False)
    optimizer = torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate(step, steps))
    start = time.monotonic()
    for step in range(steps):
        ids, targets, pixels = inputs.batch([world.example() for _ in range(batch_size)])
        logits = network(ids, pixels)[:, :-1]
        loss = F.cross_entropy(logits.flatten(0, 1), targets[:, 1:].flatten(), ignore_index=IGNORED)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            print(f"step {step} of {steps}: loss {loss.item():.4f}, {time.monotonic() - start:.0f} s", flush=True)


def round_to_bfloat16(network):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.bfloat16().float())


@torch.no_grad()
def greedy_answer(network, inputs, example):
    ids, pixels = inputs.prompt(example)
    stop = inputs.tokenizer.token_to_id(text.STOP)
    answer = []
    while len(answer) < MAX_NEW_TOKENS:
        token = network(torch.tensor([ids + answer]), pixels)[0, -1].argmax().item()
        if token == stop:
            break
        answer.append(token)
    return inputs.tokenizer.decode(answer, skip_special_tokens=True).strip()


def write_questions(folder, world, count, reference=None):
    """Pictures and questions.jsonl; `reference(example)` adds the network's own answer to each line."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    lines, right = [], 0
    for number in range(count):
        example = world.example()
        image = f"images/{number:04}{example.suffix}"
        (folder / image).write_bytes(example.encoded)
        line = {"image": image, "question": example.question, "answer": example.answer, "kind": example.kind}
        if reference:
            line["reference"] = reference(example)
            right += line["reference"] == example.answer
        lines.append(json.dumps(line) + "\n")
    (folder / "questions.jsonl").write_text("".join(lines))
    return right


def main():
    parser = argparse.ArgumentParser(description=" ".join(__doc__.split("\n\n")[0].split()))
    parser.add_argument("output", type=Path, help="folder for tiny-r1v/, calibration/ and evaluation/; must not exist")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.output.mkdir(parents=True)

    torch.manual_seed(TRAINING_SEED)
    torch.set_num_threads(options.threads)
    tokenizer = text.train_tokenizer()
    config = checkpoint.model_config(tokenizer)
    network = VisionLanguageModel(config, tokenizer.token_to_id(text.IMAGE_TOKEN))
    inputs = Inputs(tokenizer, config)

    train(network, inputs, options.steps, options.batch_size)
    round_to_bfloat16(network)
    checkpoint.save(options.output / "tiny-r1v", network, config, tokenizer, MAX_NEW_TOKENS)

    calibration = World(CALIBRATION_SEED, held_out=False)
    write_questions(options.output / "calibration", calibration, CALIBRATION_COUNT)
    right = write_questions(
        options.output / "evaluation",
        World(EVALUATION_SEED, held_out=True),
        EVALUATION_COUNT,
        reference=lambda example: greedy_answer(network, inputs, example),
    )
    print(f"{right} of {EVALUATION_COUNT} answers to the evaluation questions are true")


if __name__ == "__main__":
    main()
