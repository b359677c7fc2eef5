"""model.safetensors.index.json."""

import json

from mutations.checkpoints import INDEX, serialized, shards
from mutations.mutants import COMPUTING, Mutation, mutator, same, wrong
from mutations.mutators.json_values import HOSTILE, another, changed_leaf, respelled, rewrite, torn

SHARDED = ("chat", "qwen3")


@mutator("model", SHARDED)
def value(scene, seeded):
    return Mutation(rewrite(scene.model / INDEX, changed_leaf, seeded))


@mutator("model", SHARDED)
def spelling(scene, seeded):
    path = scene.model / INDEX
    path.write_bytes(respelled(json.loads(path.read_text()), seeded))
    return same("other white space, order and escapes")


@mutator("model", SHARDED)
def metadata(scene, seeded):
    """What is not the map is not used."""
    def change(document, seeded):
        document["metadata"] = another(document["metadata"], seeded)
        return f"metadata = {ascii(document['metadata'])[:60]}"
    what = rewrite(scene.model / INDEX, change, seeded)
    return Mutation(what) if b"Infinity" in (scene.model / INDEX).read_bytes() else same(what)


@mutator("model", SHARDED)
def tear(scene, seeded):
    what, text = torn((scene.model / INDEX).read_bytes(), seeded)
    (scene.model / INDEX).write_bytes(text)
    return Mutation(what)


@mutator("model", SHARDED)
def place(scene, seeded):
    """A tensor moves to another file, to no file, out of the directory, or is gone;
    or another one appears."""
    path = scene.model / INDEX
    document = json.loads(path.read_text())
    places = document["weight_map"]
    name = seeded.choice(list(places))
    first = sorted(set(places.values()))[0]
    new = seeded.choice([*sorted(set(places.values())), "gone.safetensors", "../awq/model.safetensors", f"./{first}",
                         f"{first}\0", "/etc/passwd", "..", "", "config.json", ".safetensors", first.upper(), None, 1,
                         *HOSTILE])
    if new == places[name]:
        del places[name]
    elif seeded.random() < 0.3:
        places[seeded.choice(["extra", "", "\0", name.upper(), *HOSTILE])] = first
        new = "an extra name"
    else:
        places[name] = new
    path.write_text(json.dumps(document))
    return wrong(f"{name} in {ascii(new)}", "headers")


@mutator("model", SHARDED)
def other_weights(scene, seeded):
    """No index, an index beside a single file that it does not name,
    or files of weights that nobody asked for."""
    kind = seeded.choice(["no index", "single file beside it", "surplus shard", "pickle beside it"])
    if kind == "no index":
        (scene.model / INDEX).unlink()
    elif kind == "single file beside it":
        (scene.model / "model.safetensors").write_bytes(serialized({}))
    elif kind == "pickle beside it":
        (scene.model / "pytorch_model.bin").write_bytes(b"\x80\x02cposix\nsystem\n")
    else:
        (scene.model / "surplus.safetensors").write_bytes(shards(scene.model)[0].read_bytes()[:-1])
    if kind in ("surplus shard", "pickle beside it"):
        return same(kind, COMPUTING)
    # Without an index the shards' headers are listed, and nothing is computed with them.
    return wrong(kind, "config" if kind == "no index" else "headers")
