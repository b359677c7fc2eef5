"""config.json, generation_config.json and preprocessor_config.json: values,
spelling, and files that are none."""

import json
import os

from mutations.mutants import COMPUTING, Mutation, mutator, of_model_and_awq, same, wrong
from mutations.mutators.json_values import (HOSTILE, changed_leaf, get, leaves, neighbours, put, respelled, rewrite,
                                            torn)

GEOMETRY = {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
            "head_dim", "vocab_size", "image_size", "patch_size", "downsample_ratio", "qkv_bias", "qk_normalization",
            "norm_type", "tie_word_embeddings", "attention_bias", "use_qk_norm", "select_layer",
            "vision_feature_layer"}


@of_model_and_awq
def value(directory, seeded):
    path = directory / "config.json"
    return Mutation(rewrite(path, changed_leaf, seeded))


@of_model_and_awq
def values(directory, seeded):
    path = directory / "config.json"
    return Mutation(" and ".join(rewrite(path, changed_leaf, seeded) for _ in range(seeded.randint(2, 5))))


@of_model_and_awq
def geometry(directory, seeded):
    """One number that shapes the model, to another that could be one."""
    path = directory / "config.json"
    document = json.loads(path.read_text())
    chosen = seeded.choice([leaf for leaf in leaves(document) if leaf[-1] in GEOMETRY])
    old = get(document, chosen)
    if isinstance(old, list):
        new = [extent * 2 for extent in old]
    elif isinstance(old, str):
        new = {"rms_norm": "layer_norm", "layer_norm": "rms_norm"}[old]
    else:
        new = not old if isinstance(old, bool) else seeded.choice([4096, 1 << 20, *neighbours(old)[:4]])
    put(document, chosen, new)
    path.write_text(json.dumps(document))
    return Mutation(f"{'.'.join(chosen)} = {new} instead of {old}")


@of_model_and_awq
def hostile_strings(directory, seeded):
    """Every string, or one of them, begins with what drives a terminal."""
    path = directory / "config.json"
    document = json.loads(path.read_text())
    chosen = [leaf for leaf in leaves(document) if isinstance(get(document, leaf), str)]
    for leaf in chosen if seeded.random() < 0.3 else [seeded.choice(chosen)]:
        put(document, leaf, seeded.choice(HOSTILE) + get(document, leaf))
    path.write_text(json.dumps(document))
    return Mutation("strings that drive a terminal")


@of_model_and_awq
def hostile_values(directory, seeded):
    """A string that drives a terminal in the place of any value, and of a key."""
    path = directory / "config.json"
    document = json.loads(path.read_text())
    chosen = seeded.choice(list(leaves(document)))
    put(document, chosen, seeded.choice(HOSTILE))
    document[seeded.choice(HOSTILE)] = seeded.choice(HOSTILE)
    path.write_text(json.dumps(document))
    return Mutation(f"{'.'.join(map(str, chosen))} is a string that drives a terminal")


@of_model_and_awq
def spelling(directory, seeded):
    path = directory / "config.json"
    path.write_bytes(respelled(json.loads(path.read_text()), seeded))
    return same("other white space, order and escapes", COMPUTING)


@of_model_and_awq
def tear(directory, seeded):
    path = directory / "config.json"
    what, text = torn(path.read_bytes(), seeded)
    path.write_bytes(text)
    return Mutation(what)


@of_model_and_awq
def duplicate_key(directory, seeded):
    path = directory / "config.json"
    document = json.loads(path.read_text())
    key = seeded.choice(list(document))
    path.write_text(path.read_text().replace("{", "{" + json.dumps({key: document[key]})[1:-1] + ",", 1))
    return Mutation(f"{key} twice")


@of_model_and_awq
def no_file(directory, seeded):
    """No config.json, or something of this name that is no regular file of a sane size."""
    path = directory / "config.json"
    content = path.read_bytes()
    path.unlink()
    kind = seeded.choice(["missing", "empty", "directory", "FIFO", "dangling link", "link out", "link into", "huge"])
    elsewhere = path.parent.parent / "elsewhere.json"
    if kind == "empty":
        path.touch()
    elif kind == "directory":
        path.mkdir()
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "huge":
        with open(path, "wb") as file:
            file.truncate(200 << 20)
    elif "link" in kind:
        if kind == "link out":
            elsewhere.write_bytes(content)
        path.symlink_to("tokenizer.json" if kind == "link into" else elsewhere)
    return wrong(f"config.json: {kind}", "config") if kind != "link out" else Mutation("config.json is a link")


@mutator("model")
def side_files(scene, seeded):
    """generation_config.json and preprocessor_config.json."""
    path = scene.model / seeded.choice(["generation_config.json", "preprocessor_config.json"])
    if seeded.random() < 0.4:
        what, text = torn(path.read_bytes(), seeded)
        path.write_bytes(text)
        return Mutation(f"{path.name} {what}")
    return Mutation(f"{path.name}: {rewrite(path, changed_leaf, seeded)}")
