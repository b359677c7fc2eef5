"""Holds what a command made to what the mutant says: every difference to the
undisturbed output must be the mutant's.

Each explanation takes a scene, the facts of the mutant and a run that ended with 0 or with a report, and
returns what does not follow, or None.
"""

import json
import re

import numpy as np
from skyq.reader import Refused as SkyqRefused

from mutations import gguf, logical
from mutations.checkpoints import Refused
from mutations.facts import ODD, floats, mismatch
from mutations.layouts import LAYOUTS
from mutations.logical import Dense, Quantized

FOLDED = ("input_layernorm.weight", "post_attention_layernorm.weight", "self_attn.v_proj.bias", "mlp.up_proj.bias")
SMALLEST_SCALE, LARGEST_SCALE = 2.0 ** -14, 60000
EXPLANATIONS = {}


def of_layouts(name):
    """Names of commands, one for each layout of LAYOUTS."""
    return [name.format(layout) for layout in LAYOUTS]


def explains(*names):
    def register(function):
        EXPLANATIONS.update(dict.fromkeys(names, function))
        return function
    return register


def explain(command, scene, facts, run):
    """What of a run that succeeds or reports does not follow from the mutant."""
    try:
        return EXPLANATIONS[command.name](scene, facts, run)
    except (Refused, SkyqRefused) as refused:
        return f"its output must be refused: {refused}"
    except ODD as error:
        return f"what it made cannot be understood: {error!r}"


@explains("list", "list-awq", "list-skyq", "list-skyq8", *of_layouts("list-{}"))
def listed(scene, facts, run):
    if not isinstance(facts.tensors, dict):
        return None
    theirs = {row["name"]: tuple(row["shape"]) for row in json.loads(run.out)["tensors"]}
    stored = getattr(facts, "stored", {})  # what skyquant does not compute with it lists as the shards have it
    if theirs == {name: tuple(tensor.shape) for name, tensor in stored.items()}:
        return None
    ours = {name: tuple(tensor.shape) for name, tensor in facts.tensors.items()}
    return None if theirs == ours else f"other tensors: {sorted(theirs.items() ^ ours.items())[:2]}"


@explains("pack", "pack-plain", "import", *of_layouts("import-{}"))
def packed(scene, facts, run):
    data = (scene.out / "m.skyq").read_bytes()
    return facts.content and logical.difference(facts.content, {**logical.of_skyq(data), **logical.files_of_skyq(data)})


@explains("export")
def exported(scene, facts, run):
    out = scene.out / "e"
    theirs = {**logical.of_directory(out), **logical.files_of_directory(out)}
    return facts.content and logical.difference(facts.content, theirs)


@explains("export-to-ct", "export-awq-to-ct", "export-awq-to-gptq", "export-skyq8-to-ct", *of_layouts("export-{}-to-ct"))
def exported_to_another_layout(scene, facts, run):
    """Which tensor of an export is not the source's."""
    if not isinstance(facts.tensors, dict):
        return None
    return logical.difference(facts.tensors, logical.of_directory(scene.out / "e"))


@explains("export-skyq8-to-awq", *of_layouts("export-{}-to-awq"))
def rounded_once_more(scene, facts, run):
    """The source's tensors, but for what AWQ has no place for: linears of eight bits or in act-order in a decoder layer
    are plainly rounded to four bits, others are in half precision."""
    if not isinstance(facts.in_any_order, dict):
        return None
    made = logical.of_directory(scene.out / "e")
    if made.keys() != facts.in_any_order.keys():
        return f"other tensors: {sorted(made.keys() ^ facts.in_any_order.keys())[:3]}"
    for name, source in facts.in_any_order.items():
        problem = wrongly_rounded(name, made[name], source)
        if problem:
            return f"{ascii(name)}: {problem}"
    return None


def wrongly_rounded(name, tensor, source):
    """What is wrong with a tensor that was made of one that may have eight bits."""
    if isinstance(source, Dense):
        return None if logical.is_same(tensor, source) else "has changed"
    if decoder_layer(name) in (-1, 1 << 20):
        halves = Dense("F16", source.shape, source.decoded().astype("<f2").tobytes())
        return None if logical.is_same(tensor, halves) else "is not what it was in half precision"
    if not isinstance(tensor, Quantized) or tensor.bits != 4:
        return "is not int4"
    if source.bits == 4 and source.order is None:
        is_kept = np.array_equal(tensor.codes, source.codes) if source.has_bf16_scales else (
            logical.is_same(tensor, source))
        return None if is_kept else "has changed"
    return "a weight is more than a step from what it was" if moves_too_far(tensor, source) else None


@explains("dump-awq", "dump-skyq", "dump-skyq8", *of_layouts("dump-{}"))
def dumped(scene, facts, run):
    if not isinstance(facts.tensors, dict):
        return None
    ours = {name: decoded(tensor) for name, tensor in facts.tensors.items() if isinstance(tensor, Quantized)}
    return logical.difference(ours, logical.of_safetensors(scene.out / "w.safetensors"))


@explains("extract-tensor")
def extracted(scene, facts, run):
    theirs = logical.of_safetensors(scene.out / "t.safetensors")
    ours = {name: decoded(facts.tensors[name]) for name in theirs if facts.tensors} or theirs
    return logical.difference(ours, theirs)


@explains("extract-files")
def extracted_files(scene, facts, run):
    theirs = {path.name: path.read_bytes() for path in (scene.out / "d").iterdir()}
    return logical.difference(facts.files, theirs)


@explains("extract-config")
def extracted_config(scene, facts, run):
    return None if run.out == facts.config_bytes else "not the bytes of the file inside"


@explains("diff-awq", "diff-skyq", "diff-skyq8")
def compared(scene, facts, run):
    path, packed_path = (scene.ct8, scene.skyq8) if run.command == "diff-skyq8" else (scene.awq, scene.skyq)
    try:
        directory = logical.of_directory(path) | logical.files_of_directory(path)
    except Refused as refused:
        return None if run.code else f"the same, though {refused}"
    except ValueError:
        return None
    data = packed_path.read_bytes()
    difference = logical.difference(directory, logical.of_skyq(data, full=False) | logical.files_of_skyq(data))
    if run.code == 0 and difference:
        return f"the same, though {difference}"
    return None if run.code == 0 or difference else "different, though they are the same"


@explains("export-to-gguf", "export-awq-to-gguf")
def exported_to_gguf(scene, facts, run):
    if not isinstance(facts.tensors, dict):
        return None
    return gguf.difference(facts.config, facts.tensors, (scene.out / "g.gguf").read_bytes())


@explains("quantize-rtn")
def rounded(scene, facts, run):
    """Plain rounding: a weight moves by less than a step of its group, and each tensor stands for itself."""
    problem = kept(scene, facts.tensors)
    if problem or not isinstance(facts.tensors, dict):
        return problem
    old, made = logical.of_directory(scene.origin.model), logical.of_directory(scene.out / "q")
    undisturbed = logical.of_directory(scene.expected / "quantize-rtn/q")
    for name, linear in made.items():
        is_old = name in old and logical.is_same(old[name], facts.tensors[name]) and name in undisturbed
        if is_old and not logical.is_same(linear, undisturbed[name]):
            return f"{ascii(name)} is another though its original is not"
        if isinstance(linear, Quantized) and moves_too_far(linear, facts.tensors[name]):
            return f"{ascii(name)}: a weight is more than a step from what it was"
    return None


def moves_too_far(linear, source):
    values = source.decoded() if isinstance(source, Quantized) else floats(source).reshape(linear.shape)
    steps = np.repeat(linear.scales.view(np.float16).astype(np.float64), linear.group, axis=1)
    inside = steps < LARGEST_SCALE  # where a scale has come to the end of half precision, a warning has said so
    return ((np.abs(linear.decoded() - values.astype(np.float64)) > 1.01 * steps) & inside).any()


@explains("quantize-awq", "quantize-best", "quantize-questions")
def quantized(scene, facts, run):
    """Layers before the first one with another tensor are as before,
    if nothing else has changed that they need."""
    model = facts.tensors if facts else logical.of_directory(scene.model)
    problem = kept(scene, model)
    if problem or not facts or not isinstance(model, dict) or files_differ(scene.origin.model, scene.model):
        return problem
    old = logical.of_directory(scene.origin.model)
    changed = [name for name in model.keys() | old.keys()
               if name not in model or name not in old or not logical.is_same(model[name], old[name])]
    first = min((decoder_layer(name) for name in changed), default=1 << 30)
    made = logical.of_directory(scene.out / "q")
    undisturbed = logical.of_directory(scene.expected / run.command / "q")
    other = [name for name in made
             if 0 <= decoder_layer(name) < first and not logical.is_same(made[name], undisturbed[name])]
    return f"{ascii(other[0])} is another though nothing that it depends on has changed" if other else None


def decoder_layer(name):
    """The decoder layer of a tensor: −1 of what all layers depend on, very many of what comes behind them."""
    found = re.search(r"(?<!encoder\.)\blayers\.(\d+)\.", name)
    if found:
        return int(found[1])
    return 1 << 20 if re.search(r"lm_head|model\.norm", name) else -1


def kept(scene, model):
    """What quantization should have left alone and has not, or should not have made so."""
    made = logical.of_directory(scene.out / "q")
    config = json.loads((scene.out / "q/config.json").read_bytes())
    if not isinstance(model, dict):
        return None
    if model.keys() != made.keys():
        return f"other tensors: {sorted(model.keys() ^ made.keys())[:3]}"
    for name, tensor in made.items():
        problem = wrongly_made(name, tensor, model[name])
        if problem:
            return f"{ascii(name)}: {problem}"
    return mismatch(config, made) or files_differ(
        scene.model, scene.out / "q", except_for=("config.json", "skyquant.json", "README.md"))


def wrongly_made(name, tensor, source):
    """What is wrong with a tensor that was made of another."""
    if isinstance(tensor, Quantized):
        scales = tensor.scales.view(np.float16).astype(np.float64)
        is_possible = (np.isfinite(scales) & (scales >= SMALLEST_SCALE)).all()
        return None if tuple(tensor.shape) == tuple(source.shape) and is_possible else "impossible shape or scales"
    if ".layers." in name and name.endswith(FOLDED) and tensor.dtype == "F16":
        is_possible = tensor.shape == source.shape and np.isfinite(floats(tensor)).all()
        return None if is_possible else "impossible shape or values"
    return None if logical.is_same(tensor, source) else "is only copied, and has changed"


def files_differ(model, other, except_for=()):
    """Which file beside the weights is another in two directories."""
    ours, theirs = logical.files_of_directory(model), logical.files_of_directory(other)
    for files in (ours, theirs):
        for name in except_for:
            files.pop(name, None)
    return logical.difference(ours, theirs)


def decoded(tensor):
    """A tensor as `extract` and `--dump-weights` write it: int4 as F32."""
    return Dense("F32", tensor.shape, tensor.decoded().tobytes()) if isinstance(tensor, Quantized) else tensor


@explains("verify-awq", "verify-model", "verify-skyq", "verify-skyq8", "gate-awq", "verify-questions",
          *of_layouts("verify-{}"))
def measured(scene, facts, run):
    if run.code:
        return None
    found = re.search(rb"(?<![\w\"])-?(?:nan|inf)[\w.-]*", run.out.split(b"answers:")[0], re.IGNORECASE)
    return f"passes with {found[0].decode()}" if found else None
