#!/usr/bin/env python3
"""Writes which added tokens transformers finds in files that do not agree: expectations of TokenizationTests.

Usage: Scripts/golden/added_tokens.py. Each case is the sample's tokenizer with some of the added tokens of tokenizer.json
taken away, and another tokenizer_config.json and added_tokens.json. Needs Python 3.11 with transformers==5.24.0. The same
files give the same expectations.
"""
import json
import pathlib
import shutil
import tempfile

from transformers import AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "Sources/SampleModel/Resources/tiny-r1v"
OUTPUT = ROOT / "Tests/TokenizationTests/Resources/expected/added-tokens.json"
TEXTS = ["a<img> <think>b</think>", "  <IMG_CONTEXT>?<new>", "<aj>\u00e9<late> x", "<|im_start|>user\n<box>[[1]]</box>"]


def token(content, special=True, **flags):
    base = {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    return base | flags | {"special": special}


def cases():
    """Name, first id that tokenizer.json lacks, changed tokenizer_config.json, added_tokens.json or None."""
    config = json.loads((SAMPLE / "tokenizer_config.json").read_text())
    listed = json.loads((SAMPLE / "added_tokens.json").read_text())
    decoder = config["added_tokens_decoder"]
    bare = {key: value for key, value in config.items() if key not in ("added_tokens_decoder", "chat_template")}

    def decoded(changes, without=()):
        kept = {key: value for key, value in decoder.items() if key not in without}
        return bare | {"added_tokens_decoder": kept | changes}

    yield "only in added_tokens_decoder", 453, decoded({}), None
    yield "none in tokenizer.json", 0, decoded({}), None
    yield "only in added_tokens.json", 453, bare, listed
    yield "added_tokens.json beside a decoder", 453, decoded({}), listed | {"<aj>": 464}
    yield "a gap in the ids", 453, decoded({"470": token("<late>", special=False)}, without=("453",)), None
    yield "one more", 464, decoded({"500": token("<new>")}), None
    yield "other flags", 464, decoded({"453": token("<img>", special=False, rstrip=True)}), None
    yield "a token of the vocabulary", 464, decoded({"30": token("?")}), None
    yield "special ones of added_tokens.json", 464, bare | {"eos_token": "<aj>"}, {"<aj>": 464, "\u00e9": 465}


def main():
    results = []
    for name, first, config, listed in cases():
        with tempfile.TemporaryDirectory() as folder:
            directory = pathlib.Path(folder)
            shutil.copy(SAMPLE / "config.json", directory)
            document = json.loads((SAMPLE / "tokenizer.json").read_text())
            document["added_tokens"] = [entry for entry in document["added_tokens"] if entry["id"] < first]
            config["tokenizer_class"] = "PreTrainedTokenizerFast"
            (directory / "tokenizer.json").write_text(json.dumps(document))
            (directory / "tokenizer_config.json").write_text(json.dumps(config))
            if listed is not None:
                (directory / "added_tokens.json").write_text(json.dumps(listed))
            tokenizer = AutoTokenizer.from_pretrained(folder)
        tokens = sorted(tokenizer.added_tokens_decoder.items())
        results.append({
            "name": name, "cut_at": first, "tokenizer_config": config, "added_tokens": listed,
            "tokens": [[number, str(entry), entry.special] for number, entry in tokens],
            "ids": [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS],
        })  # fmt: skip
    OUTPUT.write_text(json.dumps({"texts": TEXTS, "cases": results}, ensure_ascii=False) + "\n")


main()
