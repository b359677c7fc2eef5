"""Runs vLLM on the prompts and compares with what ours.py has written.

    compare.py NAME MODEL PROMPTS.json OURS.npz      # run by Scripts/check/vllm.sh
"""
import json
import sys

import numpy as np
from vllm import LLM, SamplingParams

MEDIAN, LARGEST = 2e-3, 0.05
name, path, prompts, ours = sys.argv[1:]
prompts, ours = json.load(open(prompts)), np.load(ours)
model = LLM(model=path, dtype="float16", enforce_eager=True, max_model_len=512, max_num_seqs=32)
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
        excused += best[0] - best[1] < LARGEST
median, largest = float(np.median(differences)), float(np.max(differences))
print(f"{name}: {same_ids} of {len(results)} prompts have the same ids; log-probabilities of {len(differences)} tokens "
      f"differ by {median:.1e} in the median, {np.percentile(differences, 99):.1e} at 99 %, {largest:.1e} at most; "
      f"{answers} of {len(results)} answers are the same, {excused} part where two tokens are equally likely")
sys.exit(not (same_ids == len(results) and median <= MEDIAN and largest <= LARGEST
              and answers + excused == len(results)))
