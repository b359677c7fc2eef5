"""Values of tensors of 16 and 32 bit, in files that are otherwise right."""

import math
import struct

from mutations.checkpoints import Stored, rewrite
from mutations.mutants import COMPUTING, Mutation, mutator, of_model_and_awq, same

SPECIAL = {"NaN": math.nan, "infinity": math.inf, "minus infinity": -math.inf, "a negative zero": -0.0, "1e38": 1e38,
           "70000": 70000.0, "a subnormal": 1e-39}
FACTORS = [0.0, 1e-38, 1e-18, 1e-10, 1e-4, 300.0, 1e10, 1e18, 1e30, -1.0]


def floats(tensor):
    """The values of an F32, F16 or BF16 tensor."""
    count = math.prod(tensor.shape)
    if tensor.dtype == "BF16":
        wide = b"".join(b"\0\0" + tensor.data[at:at + 2] for at in range(0, len(tensor.data), 2))
        return list(struct.unpack(f"<{count}f", wide))
    return list(struct.unpack(f"<{count}{'f' if tensor.dtype == 'F32' else 'e'}", tensor.data))


def packed(values, dtype):
    """Values as bytes; what a type cannot hold becomes infinite."""
    largest = 65519 if dtype == "F16" else 3.4028234663852886e38
    bounded = [math.copysign(math.inf, value) if abs(value) > largest else value for value in values]
    if dtype == "F16":
        return struct.pack(f"<{len(values)}e", *bounded)
    raw = struct.pack(f"<{len(values)}f", *bounded)
    return raw if dtype == "F32" else b"".join(raw[at + 2:at + 4] for at in range(0, len(raw), 4))


def changed(directory, seeded, change):
    """Applies `change(values, tensor)`, which returns values and a description, to one tensor of floats."""
    done = []

    def choose(tensors):
        name = seeded.choice([name for name, tensor in tensors.items() if tensor.dtype in ("F32", "F16", "BF16")])
        values, what = change(floats(tensors[name]), tensors[name])
        tensors[name].data = packed(values, tensors[name].dtype)
        done.append(f"{name}: {what}")

    rewrite(directory, choose)
    return Mutation(done[0])


@of_model_and_awq
def special(directory, seeded):
    """A value, or a row of them, that is no ordinary number."""
    def change(values, tensor):
        what = seeded.choice(list(SPECIAL))
        at, count = seeded.randrange(len(values)), seeded.choice([1, 1, tensor.shape[-1], len(values)])
        new = [SPECIAL[what] if at <= place < at + count else value for place, value in enumerate(values)]
        return new, f"{count} × {what}"
    return changed(directory, seeded, change)


@of_model_and_awq
def scaled(directory, seeded):
    def change(values, tensor):
        factor = seeded.choice(FACTORS)
        return [value * factor for value in values], f"times {factor}"
    return changed(directory, seeded, change)


@of_model_and_awq
def uniform(directory, seeded):
    """All values of a tensor, or of some of its rows, are the same: groups without a range."""
    def change(values, tensor):
        value, width = seeded.choice([0.0, 0.0, 1.0, -3.0, 1e-30]), tensor.shape[-1]
        row_count = len(values) // width
        rows = set(seeded.sample(range(row_count), max(1, row_count // seeded.choice([1, 2, 8]))))
        new = [value if place // width in rows else old for place, old in enumerate(values)]
        return new, f"{len(rows)} rows of {value}"
    return changed(directory, seeded, change)


@of_model_and_awq
def bit(directory, seeded):
    """Some bits of a tensor, whatever its type."""
    done = []

    def change(tensors):
        name = seeded.choice(list(tensors))
        data = bytearray(tensors[name].data)
        for _ in range(seeded.choice([1, 1, 8, 1000])):
            data[seeded.randrange(len(data))] ^= 1 << seeded.randrange(8)
        tensors[name].data = bytes(data)
        done.append(name)

    rewrite(directory, change)
    return Mutation(f"{done[0]}: flipped bits")


@mutator("model")
def layer_scaled(scene, seeded):
    """All matrices of a kind, in every layer: pruned, or far from what half precision holds."""
    part = seeded.choice(["down_proj", "o_proj", "q_proj", "layernorm", "norm", "embed_tokens"])
    factor = seeded.choice(FACTORS)

    def change(tensors):
        for name, tensor in tensors.items():
            if part in name:
                tensor.data = packed([value * factor for value in floats(tensor)], tensor.dtype)

    rewrite(scene.model, change)
    return Mutation(f"all {part} times {factor}")


@mutator("model")
def widened(scene, seeded):
    """BF16 as F32, or F32 as BF16 where nothing is lost: the same numbers."""
    def change(tensors):
        for name in seeded.sample(list(tensors), seeded.randint(1, len(tensors))):
            if tensors[name].dtype == "BF16":
                tensors[name] = Stored("F32", tensors[name].shape, packed(floats(tensors[name]), "F32"))

    rewrite(scene.model, change)
    return same("16 bits as 32", COMPUTING)
