"""What config.json says of linears as compressed-tensors and GPTQ store them."""

import json

from mutations.mutants import COMPUTING, Mutation, mutator, same, wrong
from mutations.mutators.json_values import another, get, leaves, put, remove
from mutations.mutators.layouts import of_compressed_tensors, of_each, of_gptq, quantizations

# Values that whoever computes must refuse: other bits, another layout, other groups than the tensors have.
REFUSED = {
    "gptq": {"quant_method": ["awq", "compressed-tensors", "bitsandbytes", 4], "bits": [2, 3, 4, 8, "4", "8", 0],
             "group_size": [64, 128, 16, 0, "32", 1 << 40], "sym": [True, "yes"],
             "checkpoint_format": ["gptq_p", "marlin", 2], "pack_dtype": ["int64", 4]},
    "ct": {"quant_method": ["awq", "gptq", "fp8", ""], "format": ["float-quantized", "nvfp4-pack-quantized", 4],
           "quantization_status": ["initialized", 4], "config_groups": [{}, [], None, 4]},
}
WEIGHTS = {"num_bits": [2, 3, 4, 8, "4", "8", 0], "type": ["float", 4], "strategy": ["tensor", "block", "channel", 4],
           "group_size": [64, 128, 0, "32"], "symmetric": [True, False, "yes"]}


def is_meant(table, key, value, stated):
    """Whether a value contradicts what is stated rightly."""
    if key == "sym" and stated["sym"] or key == "group_size" and stated.get("strategy") == "channel":
        return False
    return value != stated.get(key) or isinstance(value, bool) != isinstance(stated.get(key), bool)


def refused(table, seeded, stated):
    """A key and a value that must be refused."""
    pairs = [(key, value) for key, values in table.items() for value in values if is_meant(table, key, value, stated)]
    return seeded.choice(pairs)


def stated_in(directory):
    return json.loads((directory / "config.json").read_text())["quantization_config"]


@of_gptq
def quantization(directory, seeded, parts):
    key, value = refused(REFUSED["gptq"], seeded, stated_in(directory))
    quantizations(directory, lambda quantization: quantization.update({key: value}))
    return wrong(f"quantization_config.{key} {ascii(value)}", "config")


@of_compressed_tensors
def compression(directory, seeded, parts):
    stated = stated_in(directory)
    name = seeded.choice([None, *stated["config_groups"]])
    at = stated["config_groups"][name]["weights"] if name else stated
    key, value = refused(WEIGHTS if name else REFUSED["ct"], seeded, at)
    quantizations(directory, lambda quantization: (quantization["config_groups"][name]["weights"] if name
                                                   else quantization).update({key: value}))
    return wrong(f"quantization_config {name or ''} {key} {ascii(value)}", "config")


@of_compressed_tensors
def rules(directory, seeded, parts):
    """What does not change the numbers: other names of modules, a second group that says the same, one of bits that no
    linear has."""
    kind = seeded.choice(["ignore", "targets", "twice", "another group"])

    def change(quantization):
        group = quantization["config_groups"]["group_0"]
        if kind == "ignore":
            quantization["ignore"] = seeded.choice([[], ["re:.*q_proj"], ["\x1b[2J"]])
        elif kind == "targets":
            group["targets"] = seeded.choice([["re:.*mlp.*"], ["Linear", "Embedding"]])
        else:
            other = json.loads(json.dumps(group))
            if kind == "another group":
                bits = {group["weights"]["num_bits"] for group in quantization["config_groups"].values()}
                other["weights"]["num_bits"] = 4 if bits == {8} else 8
                other["weights"]["symmetric"] = True
            quantization["config_groups"]["group_7"] = other
    quantizations(directory, change)
    return same(f"other {kind}", COMPUTING)


@of_each
def kind(directory, seeded, parts):
    """A value of another kind, or nearly the same, in the place of any; or a key less."""
    stated = stated_in(directory)
    path = seeded.choice(list(leaves(stated)))
    new = None if seeded.random() < 0.15 else another(get(stated, path), seeded)
    quantizations(directory, lambda quantization: put(quantization, path, new) if new is not None
                  else remove(quantization, path))
    return Mutation(f"quantization_config.{'.'.join(map(str, path))} {ascii(new)[:60]}")
