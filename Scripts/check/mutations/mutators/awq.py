"""The parts of quantized linears, and what config.json says about them."""

import json
import struct

from mutations.checkpoints import Stored, rewrite
from mutations.mutants import Mutation, mutator, wrong

HALVES = {"NaN": 0x7E00, "infinity": 0x7C00, "zero": 0, "minus zero": 0x8000, "smallest subnormal": 1,
          "largest": 0x7BFF, "minus one": 0xBC00}


def a_module(tensors, seeded):
    return seeded.choice([name.removesuffix(".qweight") for name in tensors if name.endswith(".qweight")])


@mutator("awq")
def part(scene, seeded):
    """One of the three parts is gone, of another type, or of another shape."""
    done = []

    def change(tensors):
        name = f"{a_module(tensors, seeded)}.{seeded.choice(['qweight', 'qzeros', 'scales'])}"
        tensor = tensors[name]
        kind = seeded.choice(["gone", "as floats", "transposed", "a row less"])
        if kind == "gone":
            del tensors[name]
        elif kind == "as floats":
            tensor.dtype = {"I32": "F32", "F16": "BF16"}[tensor.dtype]
        elif kind == "transposed":
            tensor.shape = tensor.shape[::-1]
        else:
            width = len(tensor.data) // tensor.shape[0]
            tensor.shape, tensor.data = [tensor.shape[0] - 1, tensor.shape[1]], tensor.data[:-width]
        done.append(f"{name} {kind}")

    rewrite(scene.awq, change)
    return Mutation(done[0])


@mutator("awq")
def both(scene, seeded):
    """A linear is there quantized and plain."""
    done = []

    def change(tensors):
        module = a_module(tensors, seeded)
        words = tensors[f"{module}.qweight"].shape
        shape = [words[1] * 8, words[0]]
        tensors[f"{module}.weight"] = Stored("F16", shape, struct.pack("<e", 0.25) * (shape[0] * shape[1]))
        done.append(module)

    rewrite(scene.awq, change)
    return wrong(f"{done[0]}: both weight and qweight", "config")


@mutator("awq")
def scales(scene, seeded):
    """Scales that are no numbers, zero, negative, or of any bits."""
    done = []

    def change(tensors):
        tensor = tensors[f"{a_module(tensors, seeded)}.scales"]
        kind = seeded.choice([*HALVES, "any"])
        count = len(tensor.data) // 2
        values = list(struct.unpack(f"<{count}H", tensor.data))
        for at in seeded.sample(range(count), seeded.choice([1, 1, count // 2, count])):
            values[at] = HALVES.get(kind, seeded.getrandbits(16))
        tensor.data = struct.pack(f"<{count}H", *values)
        done.append(kind)

    rewrite(scene.awq, change)
    return Mutation(f"scales that are {done[0]}")


@mutator("awq")
def words(scene, seeded):
    """Codes or zeros are any bits, or those of another linear."""
    done = []

    def change(tensors):
        suffix = seeded.choice(["qweight", "qzeros"])
        name = f"{a_module(tensors, seeded)}.{suffix}"
        others = [other for other in tensors if other.endswith(suffix) and tensors[other].shape == tensors[name].shape]
        random_words = seeded.randbytes(len(tensors[name].data))
        tensors[name].data = seeded.choice([random_words, tensors[seeded.choice(others)].data, bytes(len(random_words)),
                                            b"\xff" * len(random_words)])
        done.append(name)

    rewrite(scene.awq, change)
    return Mutation(f"other words in {done[0]}")


@mutator("awq")
def linear_gone(scene, seeded):
    """A linear, a norm or a whole layer is missing."""
    done = []

    def change(tensors):
        chosen = seeded.choice([a_module(tensors, seeded) + ".", "layers.1.", "model.norm.", "embed_tokens",
                                seeded.choice(list(tensors))])
        for name in [name for name in tensors if chosen in name]:
            del tensors[name]
        done.append(chosen)

    rewrite(scene.awq, change)
    return Mutation(f"no {done[0]}")


@mutator("awq")
def another_layer(scene, seeded):
    """There is a layer more than config.json says."""
    def change(tensors):
        for name in [name for name in tensors if "layers.1." in name and seeded.random() < 0.9]:
            tensors[name.replace("layers.1.", "layers.2.")] = tensors[name]

    rewrite(scene.awq, change)
    return Mutation("layer 2 of 2")


QUANTIZATIONS = {"quant_method": ["gptq", "compressed-tensors", "bitsandbytes", "", None, 4],
                 "bits": [3, 8, 2, "4", 4.0, 0], "version": ["gemv", "exllama", "marlin", 1],
                 "group_size": [64, 128, -1, 16, 0, 33, "32", 1 << 40], "zero_point": [False, 0, "true"],
                 "modules_to_not_convert": [["lm_head", "mlp"], "mlp", [1], ["\x1b[2J"]]}


@mutator("awq")
def quantization(scene, seeded):
    """quantization_config of another method, contradictory, of the wrong kind, or gone;
    in one place or in both."""
    path = scene.awq / "config.json"
    document = json.loads(path.read_text())
    places = [document, *[document[key] for key in ("llm_config", "text_config") if key in document]]
    kind = seeded.choice(["gone everywhere", "gone once", "a key gone", "another value", "another value everywhere",
                          "no object"])
    key = seeded.choice(list(QUANTIZATIONS))
    value = seeded.choice(QUANTIZATIONS[key])
    for place in places if "everywhere" in kind else [seeded.choice(places)]:
        if "gone" in kind and "key" not in kind:
            place.pop("quantization_config", None)
        elif kind == "no object":
            place["quantization_config"] = seeded.choice([[], "awq", 4, True])
        elif "quantization_config" in place:
            if kind == "a key gone":
                place["quantization_config"].pop(key, None)
            else:
                place["quantization_config"][key] = value
    path.write_text(json.dumps(document))
    what = f"quantization_config {kind}: {key} {ascii(value)}"
    is_wrong = kind == "another value everywhere" and key != "modules_to_not_convert" and value not in (None, "", 4.0)
    return wrong(what, "config") if is_wrong else Mutation(what)
