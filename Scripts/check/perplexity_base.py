#!/usr/bin/env python3
"""Writes log-probabilities of skyquant's forward pass as a file for `llama-perplexity --kl-divergence-base`.

    perplexity_base.py SKYQUANT MODEL TEXT OUT      # run by Scripts/check/gguf-types.sh

The layout, little-endian: "_logits_", u32 tokens of a window, i32 vocabulary, i32 windows; i32 ids; then of each
window, for each position of the later half that has a next one, f32 unit, f32 least, and log-probabilities as u16:
least + unit · value. An odd vocabulary is padded by one. Values more than 16 below the largest logit are cut to that, as llama.cpp does.
"""
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

WINDOW, WINDOWS, CHARACTERS = 256, 8, 1600


def logits_of(program, model, prompt):
    """Ids and logits of a text's first tokens."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.safetensors"
        subprocess.run([program, "run", model, "--prompt", prompt, "--max-tokens", "1", "--trace", trace, "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        tensors = load_file(trace)
    ids = tensors["input_ids"].reshape(-1)
    assert len(ids) >= WINDOW, f"{CHARACTERS} characters have {len(ids)} tokens only"
    return ids[:WINDOW].astype("<i4"), tensors["logits"].reshape(len(ids), -1)[:WINDOW]


def packed(logits):
    """Rows of 16-bit log-probabilities with their unit and least value."""
    logits = logits.astype(np.float64)
    top = logits.max(axis=1, keepdims=True)
    least = np.maximum(logits.min(axis=1, keepdims=True), top - 16)
    unit = (top - least) / 65535
    total = top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    values = np.rint((np.maximum(logits, least) - least) / unit).astype("<u2")
    if values.shape[1] % 2:
        values = np.pad(values, ((0, 0), (0, 1)))
    return b"".join(struct.pack("<ff", u, l) + row.tobytes()
                    for u, l, row in zip(unit[:, 0], (least - total)[:, 0], values))


def main(program, model, text, out):
    content = open(text, encoding="utf-8").read()
    windows = [logits_of(program, model, content[CHARACTERS * i:CHARACTERS * (i + 1)]) for i in range(WINDOWS)]
    with open(out, "wb") as file:
        file.write(b"_logits_" + struct.pack("<Iii", WINDOW, windows[0][1].shape[1], WINDOWS))
        for ids, _ in windows:
            file.write(ids.tobytes())
        for _, logits in windows:
            file.write(packed(logits[WINDOW // 2:WINDOW - 1]))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
