"""Quantized linears as compressed-tensors and GPTQ store them, and what config.json says about them."""

import json
import struct

import numpy as np

from mutations.checkpoints import Stored, rewrite
from mutations.layouts import LAYOUTS, WORDS
from mutations.mutants import COMPUTING, Mutation, mutator, same, wrong
from mutations.mutators.awq import HALVES

PARTS = {"ct": WORDS["compressed-tensors"], "gptq": WORDS["gptq"]}


def of_both(function):
    """Registers a function of a checkpoint directory, a `random.Random` and the names of a linear's parts, codes
    first, for each layout."""
    for layout in LAYOUTS:
        mutator(layout, name=f"{function.__name__}_of_{layout}")(
            lambda scene, seeded, layout=layout: function(getattr(scene, layout), seeded, PARTS[layout]),
            function.__module__)
    return function


def a_module(tensors, seeded, parts):
    return seeded.choice([name.removesuffix(f".{parts[0]}") for name in tensors if name.endswith(f".{parts[0]}")])


def changed(directory, seeded, parts, change):
    """Applies `change(tensors, module)`, which returns a description, to one linear."""
    done = []

    def choose(tensors):
        module = a_module(tensors, seeded, parts)
        done.append(f"{module}: {change(tensors, module)}")

    rewrite(directory, choose)
    return Mutation(done[0])


@of_both
def part(directory, seeded, parts):
    """A part is gone, of another type, of another shape, or longer than what it belongs to."""
    def change(tensors, module):
        suffix = seeded.choice(parts)
        name, kind = f"{module}.{suffix}", seeded.choice(["gone", "another type", "transposed", "flat", "a row less"])
        tensor = tensors[name]
        if kind == "gone":
            del tensors[name]
        elif kind == "another type":
            tensor.dtype = {"I32": "F32", "F16": "I16", "I64": "F64"}[tensor.dtype]
        elif kind == "transposed":
            tensor.shape = tensor.shape[::-1]
        elif kind == "flat":
            tensor.shape = [len(tensor.data) // {"I32": 4, "F16": 2, "I64": 8}[tensor.dtype]]
        else:
            width = len(tensor.data) // tensor.shape[0]
            tensor.shape, tensor.data = [tensor.shape[0] - 1, *tensor.shape[1:]], tensor.data[:-width]
        return f"{suffix} {kind}"
    return changed(directory, seeded, parts, change)


@of_both
def numbers(directory, seeded, parts):
    """Codes, zeros, shapes or groups are any bits, all bits or none."""
    def change(tensors, module):
        suffix = seeded.choice([part for part in parts if "scale" not in part])
        tensor = tensors[f"{module}.{suffix}"]
        count = len(tensor.data)
        tensor.data = seeded.choice([seeded.randbytes(count), bytes(count), b"\xff" * count])
        return f"{suffix} of other bits"
    return changed(directory, seeded, parts, change)


@of_both
def scales(directory, seeded, parts):
    """Scales that are no numbers, zero, negative, or of any bits."""
    def change(tensors, module):
        tensor = tensors[f"{module}.{next(part for part in parts if 'scale' in part)}"]
        kind, count = seeded.choice([*HALVES, "any"]), len(tensor.data) // 2
        values = list(struct.unpack(f"<{count}H", tensor.data))
        for at in seeded.sample(range(count), seeded.choice([1, 1, count // 2, count])):
            values[at] = HALVES.get(kind, seeded.getrandbits(16))
        tensor.data = struct.pack(f"<{count}H", *values)
        return f"scales that are {kind}"
    return changed(directory, seeded, parts, change)


@of_both
def both(directory, seeded, parts):
    """A linear is there quantized and plain, or in two layouts."""
    other = seeded.choice(["weight", *(part[0] for part in PARTS.values() if part != parts)])

    def change(tensors, module):
        tensors[f"{module}.{other}"] = Stored("F16", [8, 8], bytes(128))
        return f"also {other}"
    mutation = changed(directory, seeded, parts, change)
    return wrong(mutation.what, "config")


@of_both
def wide_scales(directory, seeded, parts):
    """Scales of 32 bits, the same numbers."""
    name = next(part for part in parts if "scale" in part)

    def change(tensors):
        for tensor in [tensors[key] for key in tensors if key.endswith(f".{name}")]:
            count = len(tensor.data) // 2
            tensor.data = struct.pack(f"<{count}f", *struct.unpack(f"<{count}e", tensor.data))
            tensor.dtype = "F32"

    rewrite(directory, change)
    return same("scales of 32 bits", COMPUTING)


@mutator("gptq")
def version_1(scene, seeded):
    """Zeros less one, which only the config can tell; a zero of 0 has no such form."""
    fits = []

    def change(tensors):
        zeros = {name: np.frombuffer(tensors[name].data, "<u4") for name in tensors if name.endswith(".qzeros")}
        if all(((words >> np.uint32(shift)) & np.uint32(15)).all() for words in zeros.values()
               for shift in range(0, 32, 4)):
            fits.append(True)
            for name, words in zeros.items():
                tensors[name].data = (words - np.uint32(0x11111111)).tobytes()

    rewrite(scene.gptq, change)
    if not fits:
        return Mutation("nothing, since there is a zero of 0")
    quantizations(scene.gptq, lambda quantization: quantization.update(checkpoint_format="gptq"))
    return same("zeros less one", COMPUTING)


@mutator("gptq")
def order(scene, seeded):
    """Input features that are not in order of their groups."""
    def change(tensors, module):
        groups = list(np.frombuffer(tensors[f"{module}.g_idx"].data, "<i4"))
        kind = seeded.choice(["shuffled", "one beyond", "one negative"])
        if kind == "shuffled":
            seeded.shuffle(groups)
        else:
            groups[seeded.randrange(len(groups))] = {"one beyond": 1 << 30, "one negative": -1}[kind]
        tensors[f"{module}.g_idx"].data = struct.pack(f"<{len(groups)}i", *groups)
        return f"g_idx {kind}"
    return changed(scene.gptq, seeded, PARTS["gptq"], change)


def quantizations(directory, change):
    """Applies `change` to each quantization_config of a config.json."""
    path = directory / "config.json"
    document = json.loads(path.read_text())
    for place in [document, *[document[key] for key in ("llm_config", "text_config") if key in document]]:
        if "quantization_config" in place:
            change(place["quantization_config"])
    path.write_text(json.dumps(document))


# Values that whoever computes must refuse: other bits, another layout, other groups than the tensors have.
REFUSED = {
    "gptq": {"quant_method": ["awq", "compressed-tensors", "bitsandbytes", 4], "bits": [2, 3, 8, "4", 0],
             "group_size": [64, 128, 16, 0, "32", 1 << 40], "sym": [True], "checkpoint_format": ["gptq_p", "marlin", 2],
             "pack_dtype": ["int64", 4]},
    "ct": {"quant_method": ["awq", "gptq", "fp8", ""], "format": ["float-quantized", "nvfp4-pack-quantized", 4],
           "quantization_status": ["initialized"], "config_groups": [{}, [], None, 4]},
}
WEIGHTS = {"num_bits": [2, 8, "4", 0], "type": ["float", 4], "strategy": ["tensor", "block", "channel"],
           "group_size": [64, 128, 0, "32"], "symmetric": [True, "yes"]}


@mutator("gptq")
def quantization(scene, seeded):
    key = seeded.choice(list(REFUSED["gptq"]))
    value = seeded.choice(REFUSED["gptq"][key])
    quantizations(scene.gptq, lambda quantization: quantization.update({key: value}))
    return wrong(f"quantization_config.{key} {ascii(value)}", "config")


@mutator("ct")
def compression(scene, seeded):
    table = seeded.choice([REFUSED["ct"], WEIGHTS])
    key = seeded.choice(list(table))
    value = seeded.choice(table[key])

    def change(quantization):
        at = quantization if table is REFUSED["ct"] else quantization["config_groups"]["group_0"]["weights"]
        at[key] = value
    quantizations(scene.ct, change)
    return wrong(f"quantization_config.{key} {ascii(value)}", "config")


@mutator("ct")
def rules(scene, seeded):
    """What does not change the numbers: other names of modules, a second group that says the same."""
    kind = seeded.choice(["ignore", "targets", "twice"])

    def change(quantization):
        group = quantization["config_groups"]["group_0"]
        if kind == "ignore":
            quantization["ignore"] = seeded.choice([[], ["re:.*q_proj"], ["\x1b[2J"]])
        elif kind == "targets":
            group["targets"] = seeded.choice([["re:.*mlp.*"], ["Linear", "Embedding"]])
        else:
            quantization["config_groups"]["group_1"] = json.loads(json.dumps(group))
    quantizations(scene.ct, change)
    return same(f"other {kind}", COMPUTING)
