"""Writes prompts.json: 20 parts of a text of so many tokens each, cut where decoding and encoding again gives
the same ids.

    prompts.py MODEL TEXT TOKENS OUT      # run by Scripts/check/vllm.sh
"""
import json
import sys

from transformers import AutoTokenizer

COUNT = 20
model, text, tokens, out = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(model)
ids = tokenizer(open(text, encoding="utf-8").read(400_000), add_special_tokens=False).input_ids
starts = range(0, len(ids) - int(tokens), max(1, (len(ids) - int(tokens)) // COUNT))
prompts = [tokenizer.decode(ids[start:start + int(tokens)]).strip() for start in starts][:COUNT]
assert len(prompts) == COUNT, f"{text} is too short"
json.dump(prompts, open(out, "w"))
