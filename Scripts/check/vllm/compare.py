"""Runs vLLM on the prompts and compares with what ours.py has written.

    compare.py NAME DTYPE MODEL PROMPTS.json OURS.npz FLOOR.json      # run by Scripts/check/vllm.sh

In float32 log-probabilities are ours but for 1e-4. In float16 vLLM rounds what it computes: how far that moves the
unquantized model, whose name is `original`, is written to FLOOR.json, and others may move half as far again.
"""
import json
import sys

import numpy as np
from PIL import Image
from vllm import LLM, SamplingParams

CLOSE = {"float32": 1e-4, "float16": 0.05}  # two tokens whose log-probabilities are so close may change places


def asked(prompt):
    """A prompt as vLLM takes it."""
    if isinstance(prompt, str):
        return prompt
    return {"prompt": prompt["prompt"], "multi_modal_data": {"image": Image.open(prompt["image"]).convert("RGB")}}


def main(name, dtype, path, prompts, ours, floor):
    prompts, ours = [asked(prompt) for prompt in json.load(open(prompts))], np.load(ours)
    model = LLM(model=path, dtype=dtype, enforce_eager=True, max_model_len=512, max_num_seqs=32, trust_remote_code=True)
    greedy = SamplingParams(temperature=0, max_tokens=16, prompt_logprobs=0, logprobs=2, ignore_eos=True)
    results = model.generate(prompts, greedy)
    same_ids, differences, answers, excused = 0, [], 0, 0
    for index, result in enumerate(results):
        ids = ours[f"ids{index}"].tolist()
        same_ids += list(result.prompt_token_ids) == ids
        logprobs = ours[f"logprobs{index}"]
        for position, theirs in enumerate(result.prompt_logprobs or []):
            if theirs and list(result.prompt_token_ids) == ids:
                differences.append(abs(theirs[ids[position]].logprob - logprobs[position - 1, ids[position]]))
        answer, generated = ours[f"answer{index}"].tolist(), result.outputs[0]
        first = next((at for at, pair in enumerate(zip(answer, generated.token_ids)) if pair[0] != pair[1]), None)
        answers += first is None
        if first is not None:
            best = sorted((entry.logprob for entry in generated.logprobs[first].values()), reverse=True)
            excused += best[0] - best[1] < CLOSE[dtype]
    found = [float(np.percentile(differences, share)) for share in (50, 99)]
    if dtype == "float32":
        limits = [CLOSE[dtype]] * 2
    elif name == "original":
        limits = found
        json.dump(found, open(floor, "w"))
    else:
        limits = [1.5 * value for value in json.load(open(floor))]
    print(f"{name}, {dtype}: {same_ids} of {len(results)} prompts have the same ids; log-probabilities of "
          f"{len(differences)} tokens differ by {found[0]:.1e} in the median, {found[1]:.1e} at 99 %, "
          f"{max(differences):.1e} at most; {answers} of {len(results)} answers are the same, {excused} part where two "
          "tokens are equally likely")
    return not (same_ids == len(results) and answers + excused == len(results)
                and all(value <= limit for value, limit in zip(found, limits)))


if __name__ == "__main__":  # vLLM starts processes that import this file
    sys.exit(main(*sys.argv[1:]))
