"""What `skyquant run` makes of the prompts, texts or questions with a picture: ids, logits of the prompt, and 16 greedy
ids, as OUT.npz.

    ours.py SKYQUANT MODEL PROMPTS.json OUT.npz      # run by Scripts/check/vllm.sh
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

program, model, prompts, out = sys.argv[1:]
arrays = {}
with tempfile.TemporaryDirectory() as folder:
    trace = Path(folder) / "trace.safetensors"
    for index, prompt in enumerate(json.load(open(prompts))):
        asked = ["--prompt", prompt] if isinstance(prompt, str) else \
            ["--image", prompt["image"], "--question", prompt["question"]]
        subprocess.run([program, "run", model, *asked, "--max-tokens", "16", "--trace", trace, "--force", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        tensors = load_file(trace)
        ids = tensors["input_ids"].reshape(-1)
        logits = tensors["logits"].reshape(len(ids), -1).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        arrays[f"ids{index}"] = ids
        arrays[f"logprobs{index}"] = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
        arrays[f"answer{index}"] = tensors["generated_ids"].reshape(-1)
np.savez(out, **arrays)
