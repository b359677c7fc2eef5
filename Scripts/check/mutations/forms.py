"""How the scenes' directories of other layouts are stored, and how that is written. Needs numpy."""

import json
from dataclasses import dataclass

import numpy as np

from mutations import logical
from mutations.checkpoints import Stored, read, shards, write
from mutations.facts import floats
from mutations.linears import Quantized, packed


@dataclass(frozen=True)
class Form:
    """A layout, and what its linears have in common."""
    method: str
    bits: int = 4
    group: int = 32  # −1: one of all features of a row
    is_symmetric: bool = False
    version: str = "gptq_v2"  # of GPTQ

    @property
    def stored_less(self):
        """By how much a stored zero is less than the zero."""
        return 1 if (self.method, self.version) == ("gptq", "gptq") else 0


GPTQ, COMPRESSED_TENSORS = Form("gptq"), Form("compressed-tensors")

# Directory to family to form. What is not here, skyquant has made: `ct8` of the first family, with groups of both bits.
FORMS = {
    "ct": dict.fromkeys(("chat", "native", "qwen3", "llama"), COMPRESSED_TENSORS),
    "gptq": dict.fromkeys(("chat", "native", "qwen3", "llama"), GPTQ),
    "ct8": {"native": Form("compressed-tensors", 8), "qwen3": Form("compressed-tensors", 8, is_symmetric=True),
            "llama": Form("compressed-tensors", 8, -1, is_symmetric=True)},
    "gptq8": {"chat": Form("gptq", 8), "native": Form("gptq", 8, is_symmetric=True, version="gptq"),
              "qwen3": Form("gptq", 8, version="gptq"), "llama": Form("gptq", 8, -1)},
}
MIXED = "--rule *down_proj=int8 --rule lm_head=int8 --rule mlp1=int8"


def stored(matrix, dtype="I32"):
    return Stored(dtype, list(matrix.shape), np.ascontiguousarray(matrix).tobytes())


def gptq_parts(linear, form):
    groups = np.arange(linear.shape[1], dtype="<i4") // linear.group
    zeros = linear.zeros - np.uint8(form.stored_less)
    return {"qweight": stored(packed(linear.codes, form.bits).T), "qzeros": stored(packed(zeros.T, form.bits)),
            "scales": stored(linear.scales.T, "F16"), "g_idx": stored(groups)}


def compressed_tensors_parts(linear, form):
    rows = linear.shape[0]
    parts = {"weight_packed": stored(packed(linear.codes, form.bits)), "weight_scale": stored(linear.scales, "F16"),
             "weight_shape": stored(np.array(linear.shape, "<i8"), "I64")}
    if not form.is_symmetric:
        padded = np.pad(linear.zeros, ((0, -rows % (32 // form.bits)), (0, 0)))
        parts["weight_zero_point"] = stored(packed(padded.T, form.bits).T)
    return parts


def gptq_config(form):
    return {"quant_method": "gptq", "bits": form.bits, "group_size": form.group, "sym": form.is_symmetric,
            "desc_act": False, "checkpoint_format": form.version, "pack_dtype": "int32"}


def compressed_tensors_config(form):
    size = {"strategy": "channel"} if form.group == -1 else {"strategy": "group", "group_size": form.group}
    weights = {"num_bits": form.bits, "type": "int", **size, "symmetric": form.is_symmetric}
    return {"quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed",
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}}, "ignore": ["lm_head"]}


WRITERS = {"gptq": (gptq_parts, gptq_config),
           "compressed-tensors": (compressed_tensors_parts, compressed_tensors_config)}


def parts_of(linear, form):
    """Name to tensor of the parts of a linear."""
    return WRITERS[form.method][0](linear, form)


def rewrite_as(form, directory, model):
    """Stores the linears of an AWQ checkpoint in another form; of eight bits, those of the model it was made of."""
    path = directory / "config.json"
    config = json.loads(path.read_text())
    originals, tensors = read(model), {}
    for name, tensor in logical.of_directory(directory).items():
        if isinstance(tensor, Quantized):
            linear = tensor if form.bits == 4 else rounded(originals[name], form)
            parts = parts_of(linear, form).items()
            tensors |= {f"{name.removesuffix('.weight')}.{part}": value for part, value in parts}
        else:
            tensors[name] = Stored(tensor.dtype, list(tensor.shape), tensor.data)
    count = len(shards(directory))
    for old in [*shards(directory), directory / "model.safetensors.index.json"]:
        old.unlink(missing_ok=True)
    write(directory, tensors, count)
    for place in [config, *[config[key] for key in ("llm_config", "text_config") if key in config]]:
        place["quantization_config"] = WRITERS[form.method][1](form)
    path.write_text(json.dumps(config, indent=2))


def rounded(tensor, form):
    weight = floats(tensor).reshape(tensor.shape)
    group = weight.shape[1] if form.group == -1 else form.group
    return Quantized.rounding(weight, group, form.bits, form.is_symmetric, smallest_zero=form.stored_less)
