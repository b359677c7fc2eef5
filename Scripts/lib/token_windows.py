"""Cuts a text into windows of token ids, as `skyquant --text --window` does: the text tokenized as a whole,
without special tokens, the rest dropped."""
import os

from tokenizers import Tokenizer


def windows(model, path, size, count):
    tokenizer = Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
    with open(path, encoding="utf-8") as file:
        ids = tokenizer.encode(file.read(), add_special_tokens=False).ids
    return [ids[i * size:(i + 1) * size] for i in range(min(count, len(ids) // size))]
