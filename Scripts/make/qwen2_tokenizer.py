#!/usr/bin/env python3
"""Builds tokenizer.json, vocab.json, merges.txt, added_tokens.json and tokenizer_config.json of Qwen2
with InternVL3's added tokens from qwen.tiktoken, the ranked vocabulary that the PyPI package
dashscope (Apache-2.0) contains.

Usage: Scripts/make/qwen2_tokenizer.py qwen.tiktoken OUTPUT_DIRECTORY. Needs Python 3.9, nothing else.
Run by Scripts/check/qwen2-vocabulary.sh and before Scripts/golden/tokenization.py.
"""
import base64
import json
import pathlib
import sys

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> "
    "<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
).split()
NOT_SPECIAL = (
    "<tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|>"
).split()
INTERNVL = "<img> </img> <IMG_CONTEXT> <quad> </quad> <ref> </ref> <box> </box>".split()


def alphabet():
    """GPT-2's printable character for each byte."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(rest)}


def read_ranks(path):
    lines = pathlib.Path(path).read_bytes().splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}


def parents(token, ranks):
    """The two tokens whose merge gives `token`:
    what byte-pair encoding leaves when only lower ranks may merge."""
    limit = ranks[token]
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        candidates = [ranks.get(parts[i] + parts[i + 1], limit) for i in range(len(parts) - 1)]
        best = min(candidates)
        if best == limit:
            break
        i = candidates.index(best)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


def main():
    ranks = read_ranks(sys.argv[1])
    output = pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    letters = alphabet()

    def spell(token):
        return "".join(letters[byte] for byte in token)

    vocabulary = {spell(token): rank for token, rank in sorted(ranks.items(), key=lambda item: item[1])}
    merges = []
    for token in sorted(ranks, key=ranks.get):
        if len(token) > 1:
            pair = parents(token, ranks)
            if len(pair) == 2:
                merges.append([spell(part) for part in pair])
    contents = [*SPECIAL, *NOT_SPECIAL, *INTERNVL]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = {
        len(ranks) + index: {"content": content, **flags, "special": content not in NOT_SPECIAL}
        for index, content in enumerate(contents)
    }

    def write(name, text):
        (output / name).write_text(text, encoding="utf-8")

    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
        "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocabulary,
        "merges": [" ".join(pair) for pair in merges],
    }  # fmt: skip
    document = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": id, **token} for id, token in added.items()],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
        "post_processor": byte_level, "decoder": byte_level, "model": model,
    }  # fmt: skip
    write("tokenizer.json", json.dumps(document, ensure_ascii=False))
    write("vocab.json", json.dumps(vocabulary, ensure_ascii=False))
    write("merges.txt", "#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in merges))
    write("added_tokens.json", json.dumps({token["content"]: id for id, token in added.items()}))
    config = {
        "tokenizer_class": "Qwen2Tokenizer", "add_bos_token": False, "bos_token": None, "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>", "added_tokens_decoder": {str(id): token for id, token in added.items()},
    }  # fmt: skip
    write("tokenizer_config.json", json.dumps(config))
    print(f"{len(vocabulary)} tokens, {len(merges)} merges, {len(added)} added tokens")


if __name__ == "__main__":
    main()
