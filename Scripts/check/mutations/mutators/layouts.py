"""Quantized linears as compressed-tensors and GPTQ store them, in four and in eight bits, and what config.json says
about them."""

import json
import struct

import numpy as np

from mutations import logical
from mutations.checkpoints import Stored, rewrite
from mutations.forms import Form, parts_of
from mutations.layouts import LAYOUTS, WORDS
from mutations.linears import Quantized, packed, unpacked
from mutations.mutants import COMPUTING, Mutation, mutator, same, wrong
from mutations.mutators.awq import HALVES

PARTS = {layout: WORDS["compressed-tensors" if layout.startswith("ct") else "gptq"] for layout in LAYOUTS}


def of(*layouts):
    """Registers a function of a checkpoint directory, a `random.Random` and the names of a linear's parts, codes
    first, for each of some layouts."""
    def register(function):
        for layout in layouts:
            mutator(layout, name=f"{function.__name__}_of_{layout}")(
                lambda scene, seeded, layout=layout: function(getattr(scene, layout), seeded, PARTS[layout]),
                function.__module__)
        return function
    return register


of_each, of_gptq, of_compressed_tensors = of(*LAYOUTS), of("gptq", "gptq8"), of("ct", "ct8")
of_eight_bits = of("ct8", "gptq8")


def a_module(tensors, seeded, parts):
    return seeded.choice([name.removesuffix(f".{parts[0]}") for name in tensors if name.endswith(f".{parts[0]}")])


def a_part(tensors, module, seeded, parts):
    """A part that is there: symmetric linears may have no zeros."""
    return seeded.choice([part for part in parts if f"{module}.{part}" in tensors])


def quantizations(directory, change):
    """Applies `change` to each quantization_config of a config.json."""
    path = directory / "config.json"
    document = json.loads(path.read_text())
    for place in [document, *[document[key] for key in ("llm_config", "text_config") if key in document]]:
        if "quantization_config" in place:
            change(place["quantization_config"])
    path.write_text(json.dumps(document))


def changed(directory, seeded, parts, change):
    """Applies `change(tensors, module)`, which returns a description, to one linear."""
    done = []

    def choose(tensors):
        module = a_module(tensors, seeded, parts)
        done.append(f"{module}: {change(tensors, module)}")

    rewrite(directory, choose)
    return Mutation(done[0])


@of_each
def part(directory, seeded, parts):
    """A part is gone, of another type, of another shape, or longer than what it belongs to."""
    def change(tensors, module):
        suffix = a_part(tensors, module, seeded, parts)
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


@of_each
def numbers(directory, seeded, parts):
    """Codes, zeros, shapes or groups are any bits, all bits or none."""
    def change(tensors, module):
        suffix = a_part(tensors, module, seeded, [part for part in parts if "scale" not in part])
        tensor = tensors[f"{module}.{suffix}"]
        count = len(tensor.data)
        tensor.data = seeded.choice([seeded.randbytes(count), bytes(count), b"\xff" * count])
        return f"{suffix} of other bits"
    return changed(directory, seeded, parts, change)


@of_each
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


@of_each
def both(directory, seeded, parts):
    """A linear is there quantized and plain, or in two layouts."""
    other = seeded.choice(["weight", *(part[0] for part in PARTS.values() if part != parts)])

    def change(tensors, module):
        tensors[f"{module}.{other}"] = Stored("F16", [8, 8], bytes(128))
        return f"also {other}"
    mutation = changed(directory, seeded, parts, change)
    return wrong(mutation.what, "config")


@of_each
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


@of_gptq
def other_version(directory, seeded, parts):
    """Zeros less one, which only the config can tell, or no longer less one; a zero of 0 has no such form."""
    stated = json.loads((directory / "config.json").read_text())["quantization_config"]
    bits, is_first, fits = stated["bits"], stated["checkpoint_format"] == "gptq", []

    def change(tensors):
        found = {name: unpacked(np.frombuffer(tensor.data, "<u4").reshape(tensor.shape), bits)
                 for name, tensor in tensors.items() if name.endswith(".qzeros")}
        if is_first or all(zeros.all() for zeros in found.values()):
            fits.append(True)
            for name, zeros in found.items():
                tensors[name].data = packed(zeros + np.uint8(1) if is_first else zeros - np.uint8(1), bits).tobytes()

    rewrite(directory, change)
    if not fits:
        return Mutation("nothing, since there is a zero of 0")
    other = "gptq_v2" if is_first else "gptq"
    quantizations(directory, lambda quantization: quantization.update(checkpoint_format=other))
    return same(f"zeros as {other} has them", COMPUTING)


@of_gptq
def order(directory, seeded, parts):
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
    return changed(directory, seeded, parts, change)


@of_eight_bits
def other_bits(directory, seeded, parts):
    """One linear is stored in the other number of bits, and is right by itself; config.json need not know of it."""
    stated = json.loads((directory / "config.json").read_text())["quantization_config"]
    linears = {name.removesuffix(".weight"): tensor for name, tensor in logical.of_directory(directory).items()
               if isinstance(tensor, Quantized)}

    def change(tensors, module):
        old = linears[module]
        form = Form(stated["quant_method"], 12 - old.bits, old.group, seeded.random() < 0.5,
                    stated.get("checkpoint_format", ""))
        new = Quantized.rounding(old.decoded(), old.group, form.bits, form.is_symmetric, form.stored_less)
        for part in parts:
            tensors.pop(f"{module}.{part}", None)
        tensors.update({f"{module}.{part}": tensor for part, tensor in parts_of(new, form).items()})
        return f"{form.bits} bits"
    return changed(directory, seeded, parts, change)


@mutator("ct8")
def zeros_added(scene, seeded):
    """Zeros beside a linear that has none: the middle of the codes, which mean the same, or others."""
    middle, added = seeded.choice([128, 128, 127, 0]), []

    def change(tensors):
        for name in [name for name in tensors if name.endswith(".weight_scale")]:
            module = name.removesuffix(".weight_scale")
            rows, groups = tensors[name].shape
            if f"{module}.weight_zero_point" not in tensors and seeded.random() < 0.5:
                words = np.full((-(-rows // 4), groups), middle * 0x01010101, np.uint32)
                tensors[f"{module}.weight_zero_point"] = Stored("I32", list(words.shape), words.tobytes())
                added.append(module)

    rewrite(scene.ct8, change)
    what = f"{len(added)} linears with zeros of {middle}"
    if not added or middle == 128:
        return same(what, COMPUTING)
    return wrong(what, "values")
