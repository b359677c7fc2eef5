"""The headers of safetensors files: as bytes, as JSON, and made consistent again after a change."""

import json

from safetensors_files import join

from mutations.checkpoints import Stored, rewrite, shards, split
from mutations.mutants import COMPUTING, Mutation, of_model_and_awq, same, wrong
from mutations.mutators.json_values import HOSTILE, another, torn

DTYPES = ["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL", "F8_E4M3", "F4",
          "F6_E2M3", "C64", "f32", ""]


def opened(directory, seeded):
    """A shard, its header as a value, and its data."""
    path = seeded.choice(shards(directory))
    header, data = split(path.read_bytes())
    return path, json.loads(header), data


def an_entry(header, seeded):
    return seeded.choice([name for name in header if name != "__metadata__"])


@of_model_and_awq
def field(directory, seeded):
    """One field of an entry is something else."""
    path, header, data = opened(directory, seeded)
    entry = header[an_entry(header, seeded)]
    key = seeded.choice(["dtype", "shape", "data_offsets", "shape", "data_offsets", "extra"])
    if key == "dtype":
        entry[key] = seeded.choice(DTYPES)
    elif key == "extra" or seeded.random() < 0.2:
        entry[key] = another(None, seeded)
    else:
        at = seeded.randrange(len(entry[key]))
        entry[key][at] = another(entry[key][at], seeded)
    path.write_bytes(join(header, data))
    return Mutation(f"{key} = {ascii(entry[key])[:60]}")


@of_model_and_awq
def ranges(directory, seeded):
    """Two tensors overlap, leave a hole, or have each other's bytes."""
    path, header, data = opened(directory, seeded)
    one, other = header[an_entry(header, seeded)], header[an_entry(header, seeded)]
    kind = seeded.choice(["shared", "exchanged", "shifted", "beyond"])
    if kind == "shared":
        one["data_offsets"] = other["data_offsets"]
    elif kind == "exchanged":
        one["data_offsets"], other["data_offsets"] = other["data_offsets"], one["data_offsets"]
    else:
        shift = seeded.choice([-1, 1, 2, 64]) if kind == "shifted" else len(data)
        one["data_offsets"] = [max(0, offset + shift) for offset in one["data_offsets"]]
    path.write_bytes(join(header, data))
    return Mutation(f"ranges {kind}")


@of_model_and_awq
def tear(directory, seeded):
    path = seeded.choice(shards(directory))
    header, data = split(path.read_bytes())
    what, text = torn(header, seeded)
    path.write_bytes(join(text, data, length=None if seeded.random() < 0.8 else len(header)))
    return Mutation(what)


@of_model_and_awq
def length(directory, seeded):
    path = seeded.choice(shards(directory))
    header, data = split(path.read_bytes())
    stated = seeded.choice([0, 1, 2, 7, len(header) - 1, len(header) + 1, len(header) + len(data), 100_000_000,
                            100_000_001, 1 << 31, 1 << 32, 1 << 63, (1 << 64) - 1])
    path.write_bytes(join(header, data, stated))
    return wrong(f"a header of {stated} bytes", "headers")


@of_model_and_awq
def size(directory, seeded):
    """The file is shorter or longer than its header says."""
    path = seeded.choice(shards(directory))
    raw = path.read_bytes()
    raw = raw[:seeded.randrange(len(raw))] if seeded.random() < 0.7 else raw + bytes(seeded.choice([1, 8, 4096]))
    path.write_bytes(raw)
    return wrong(f"a file of {len(raw)} bytes", "headers")


@of_model_and_awq
def spelling(directory, seeded):
    """Another order of the names, spaces at the end, metadata: tensors and bytes are the same."""
    path, header, data = opened(directory, seeded)
    names = seeded.sample(list(header), len(header))
    text = json.dumps({name: header[name] for name in names if name != "__metadata__" or seeded.random() < 0.5},
                      indent=seeded.choice([None, 2]))
    path.write_bytes(join(text.encode() + b" " * seeded.choice([0, 1, 7, 4096]), data))
    return same("another spelling", COMPUTING)


@of_model_and_awq
def metadata(directory, seeded):
    path, header, data = opened(directory, seeded)
    header["__metadata__"] = seeded.choice([{}, {"format": another("pt", seeded)}, {value: value for value in HOSTILE},
                                            another({}, seeded), {"a": {"b": "c"}}])
    path.write_bytes(join(header, data))
    return Mutation(f"metadata = {ascii(header['__metadata__'])[:60]}")


@of_model_and_awq
def duplicate(directory, seeded):
    path, header, data = opened(directory, seeded)
    name = an_entry(header, seeded)
    escaped = json.dumps(name).replace(name[0], f"\\u{ord(name[0]):04x}", 1)
    key = escaped if seeded.random() < 0.5 else json.dumps(name)
    entry = json.dumps(header[name] if seeded.random() < 0.5 else {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]})
    path.write_bytes(join(f"{{{key}: {entry}, {json.dumps(header)[1:]}".encode(), data))
    return wrong(f"{name} twice", "headers")


@of_model_and_awq
def names(directory, seeded):
    """A tensor is renamed, is gone, or there is one more; header, data and index agree."""
    done = []

    def change(tensors):
        name = seeded.choice(list(tensors))
        kind = seeded.choice(["renamed", "gone", "added", "copied"])
        new = seeded.choice([f"{name}s", name.upper(), "a" * 600, f"{name}\u00e9", "model.layers.7.mlp.up_proj.weight",
                             "language_model.model.layers.2.input_layernorm.weight", "action_embed.weight",
                             "x.qweight", *HOSTILE])
        done.append(f"{name} {kind}{'' if kind == 'gone' else f' as {ascii(new)[:60]}'}")
        if kind in ("renamed", "gone"):
            moved = {new if kind == "renamed" else None: tensors.pop(name)}
            return {**tensors, **{key: tensor for key, tensor in moved.items() if key is not None}}
        tensors[new] = tensors[name] if kind == "copied" else Stored("U8", [3], b"abc")

    rewrite(directory, change)
    return Mutation(done[0])


@of_model_and_awq
def shapes(directory, seeded):
    """A tensor has the transposed shape, other ranks, or another type of the same width; its bytes fit."""
    done = []

    def change(tensors):
        name = seeded.choice(list(tensors))
        tensor = tensors[name]
        kind = seeded.choice(["transposed", "flat", "ones", "type", "halved"])
        if kind == "transposed":
            tensor.shape = tensor.shape[::-1]
        elif kind == "flat":
            tensor.shape = [len(tensor.data) // {"F32": 4, "I32": 4}.get(tensor.dtype, 2)]
        elif kind == "ones":
            tensor.shape = [1] * seeded.randint(1, 8 - len(tensor.shape)) + tensor.shape
        elif kind == "type":
            of_its_width = {"F32": ["I32", "U32"], "I32": ["F32", "U32"]}
            tensor.dtype = seeded.choice(of_its_width.get(tensor.dtype, ["F16", "BF16", "I16"]))
        else:
            tensor.shape = [tensor.shape[0] // 2, *tensor.shape[1:]]
            tensor.data = tensor.data[:len(tensor.data) // 2]
        done.append(f"{name}: {kind}, {tensor.dtype} {tensor.shape}")

    rewrite(directory, change)
    return Mutation(done[0])


@of_model_and_awq
def cut(directory, seeded):
    """The same tensors in another number of files."""
    count = seeded.randint(1, 5)
    rewrite(directory, lambda tensors: None, shard_count=count)
    return same(f"{count} shards", COMPUTING)
