"""tokenizer.json, tokenizer_config.json, vocab.json,
merges.txt and added_tokens.json of the original model."""

import json

from mutations.mutants import COMPUTING, Mutation, mutator, same
from mutations.mutators.json_values import HOSTILE, changed_leaf, respelled, rewrite, torn

FILES = ["tokenizer.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "added_tokens.json"]


@mutator("model")
def value(scene, seeded):
    path = scene.model / seeded.choice(FILES)
    return Mutation(f"{path.name}: {rewrite(path, changed_leaf, seeded)}")


@mutator("model")
def tear(scene, seeded):
    path = scene.model / seeded.choice([*FILES, "merges.txt"])
    what, text = torn(path.read_bytes(), seeded)
    path.write_bytes(text)
    return Mutation(f"{path.name}: {what}")


@mutator("model")
def spelling(scene, seeded):
    """Another spelling; members keep their order, which means something nowhere but costs nothing to keep."""
    path = scene.model / seeded.choice(FILES)
    path.write_bytes(respelled(json.loads(path.read_text()), seeded))
    return same(f"{path.name}: other white space, order and escapes", COMPUTING)


@mutator("model")
def fallback(scene, seeded):
    """Without tokenizer.json the vocabulary files say the same."""
    (scene.model / "tokenizer.json").unlink()
    return same("no tokenizer.json", COMPUTING)


@mutator("model")
def missing(scene, seeded):
    chosen = seeded.sample(["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json"],
                           seeded.randint(2, 5))
    for name in chosen:
        (scene.model / name).unlink()
    return Mutation(f"without {', '.join(sorted(chosen))}")


def vocabulary(document, seeded):
    """Ids that are exchanged, doubled, left out, huge or negative, and tokens that are odd."""
    words = document["model"]["vocab"]
    one, other = seeded.sample(list(words), 2)
    kind = seeded.choice(["exchanged", "doubled", "gone", "reversed", "odd token", "odd id"])
    if kind == "exchanged":
        words[one], words[other] = words[other], words[one]
    elif kind == "doubled":
        words[one] = words[other]
    elif kind == "gone":
        del words[one]
    elif kind == "reversed":
        last = len(words) - 1
        document["model"]["vocab"] = {word: last - identity for word, identity in words.items()}
    elif kind == "odd token":
        words[seeded.choice(["", "<0x-1>", "<0xFF>", "\ud7ff", "a" * 100_000, *HOSTILE])] = words.pop(one)
    else:
        words[one] = seeded.choice([1 << 31, 1 << 62, 512, 10 ** 6, -1, 1.5, "1", None])
    return f"vocabulary: {kind}"


def merges(document, seeded):
    """Merges of what is no token, twice, in another order, or of another form."""
    pairs = document["model"]["merges"]
    kind = seeded.choice(["unknown", "twice", "reversed", "one word", "three words", "gone", "pairs"])
    at = seeded.randrange(len(pairs))
    if kind == "reversed":
        pairs.reverse()
    elif kind == "gone":
        del pairs[at:]
    elif kind == "twice":
        pairs.append(pairs[at])
    elif kind == "pairs":
        document["model"]["merges"] = [pair.split(" ") if isinstance(pair, str) else pair for pair in pairs]
    else:
        pairs[at] = {"unknown": "qqq zzz", "one word": "x", "three words": "a b c"}[kind]
    return f"merges: {kind}"


def added(document, seeded):
    """Added tokens that collide, are empty, or match everything."""
    token = seeded.choice(document["added_tokens"])
    field, new = seeded.choice([("id", 0), ("id", 1 << 40), ("id", -1), ("content", ""), ("content", " "),
                                ("content", "e"), ("content", HOSTILE[0]), ("special", None), ("lstrip", True),
                                ("single_word", True)])
    token[field] = new
    return f"added token: {field} = {ascii(new)}"


def pipeline(document, seeded):
    """Normalizer, pre-tokenizer or decoder of another kind, or with another pattern."""
    part = seeded.choice(["normalizer", "pre_tokenizer", "post_processor", "decoder", "model"])
    new = seeded.choice([None, {"type": "Sequence", "pretokenizers": []}, {"type": "NFKC"}, {"type": "Unknown"}, [],
                         {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False},
                         {"type": "Sequence", "normalizers": [{"type": "NFC"}] * 100}])
    document[part] = new
    return f"{part} = {ascii(new)[:60]}"


for change in (vocabulary, merges, added, pipeline):
    mutator("model", name=change.__name__)(
        lambda scene, seeded, change=change: Mutation(rewrite(scene.model / "tokenizer.json", change, seeded)),
        __name__)
