"""Holds what a command made to what the mutant says: every difference to the undisturbed output must be the mutant's.

Each explanation takes a scene, the facts of the mutant and a run that ended with 0 or with a report, and returns what does
not follow, or None.
"""

import json
import re

import numpy as np
from read_skyq import Refused as SkyqRefused

from mutations import logical
from mutations.checkpoints import Refused
from mutations.facts import ODD, floats
from mutations.logical import Dense, Int4
from mutations.scenes import GROUP

FOLDED = ("input_layernorm.weight", "post_attention_layernorm.weight", "self_attn.v_proj.bias", "mlp.up_proj.bias")
SMALLEST_SCALE = 2.0 ** -14
EXPLANATIONS = {}


def explains(*names):
    def register(function):
        EXPLANATIONS.update(dict.fromkeys(names, function))
        return function
    return register


def explain(command, scene, facts, run):
    """What of a run that succeeds or reports does not follow from the mutant; None also where nobody can tell."""
    try:
        return EXPLANATIONS[command.name](scene, facts, run) if command.name in EXPLANATIONS else None
    except (Refused, SkyqRefused) as refused:
        return f"its output must be refused: {refused}"
    except ODD:
        return None


@explains("list", "list-awq", "list-skyq")
def listed(scene, facts, run):
    if not isinstance(facts.tensors, dict):
        return None
    theirs = {row["name"]: tuple(row["shape"]) for row in json.loads(run.out)["tensors"]}
    ours = {name: tuple(tensor.shape) for name, tensor in facts.tensors.items()}
    return None if theirs == ours else f"other tensors: {sorted(theirs.items() ^ ours.items())[:2]}"


@explains("pack", "pack-plain", "import")
def packed(scene, facts, run):
    data = (scene.out / "m.skyq").read_bytes()
    return facts.content and logical.difference(facts.content, {**logical.of_skyq(data), **logical.files_of_skyq(data)})


@explains("export")
def exported(scene, facts, run):
    out = scene.out / "e"
    theirs = {**logical.of_directory(out), **logical.files_of_directory(out)}
    return facts.content and logical.difference(facts.content, theirs)


@explains("export-to-ct", "export-awq-to-ct")
def exported_to_compressed_tensors(scene, facts, run):
    if not isinstance(facts.tensors, dict):
        return None
    group = next((tensor.group for tensor in facts.tensors.values() if isinstance(tensor, Int4)), GROUP)
    return logical.difference(facts.tensors, logical.of_compressed_tensors(scene.out / "e", group))


@explains("dump-awq", "dump-skyq")
def dumped(scene, facts, run):
    if not isinstance(facts.tensors, dict):
        return None
    ours = {name: decoded(tensor) for name, tensor in facts.tensors.items() if isinstance(tensor, Int4)}
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


@explains("diff-awq", "diff-skyq")
def compared(scene, facts, run):
    awq = logical.of_directory(scene.awq) | logical.files_of_directory(scene.awq)
    data = scene.skyq.read_bytes()
    difference = logical.difference(awq, logical.of_skyq(data, full=False) | logical.files_of_skyq(data))
    if run.code == 0 and difference:
        return f"the same, though {difference}"
    return None if run.code == 0 or difference else "different, though they are the same"


@explains("quantize-rtn")
def rounded(scene, facts, run):
    """Plain rounding: a weight moves by less than a step of its group."""
    if not isinstance(facts.tensors, dict):
        return None
    made = logical.of_directory(scene.out / "q")
    problem = kept(facts.tensors, made)
    for name, linear in made.items():
        if problem or not isinstance(linear, Int4):
            continue
        source = floats(facts.tensors[name]).reshape(linear.shape).astype(np.float64)
        steps = np.repeat(linear.scales.view(np.float16).astype(np.float64), linear.group, axis=1)
        inside = steps < 60000  # where a scale has come to the end of half precision, it was said in a warning
        if ((np.abs(linear.decoded() - source) > 1.01 * steps) & inside).any():
            problem = f"{ascii(name)}: a weight is more than a step from what it was"
    return problem or files_kept(scene.model, scene.out / "q")


@explains("quantize-awq", "quantize-best", "quantize-questions")
def quantized(scene, facts, run):
    model = logical.of_directory(scene.model)
    return kept(model, logical.of_directory(scene.out / "q")) or files_kept(scene.model, scene.out / "q")


def kept(model, made):
    """What of the tensors that quantization leaves alone has changed, and which linear has become impossible."""
    if model.keys() != made.keys():
        return f"other tensors: {sorted(model.keys() ^ made.keys())[:3]}"
    for name, tensor in made.items():
        if isinstance(tensor, Int4):
            scales = tensor.scales.view(np.float16).astype(np.float64)
            if tensor.shape != tuple(model[name].shape) or not (np.isfinite(scales) & (scales >= SMALLEST_SCALE)).all():
                return f"{ascii(name)}: impossible shape or scales"
        elif ".layers." in name and name.endswith(FOLDED) and tensor.dtype == "F16":
            if tensor.shape != model[name].shape or not np.isfinite(floats(tensor)).all():
                return f"{ascii(name)}: impossible shape or values"
        elif not logical.is_same(tensor, model[name]):
            return f"{ascii(name)}: is only copied, and has changed"
    return None


def files_kept(model, made):
    """Which file beside the weights has not come along as it was; config.json and skyquant.json are made anew."""
    ours, theirs = logical.files_of_directory(model), logical.files_of_directory(made)
    for files in (ours, theirs):
        for name in ("config.json", "skyquant.json"):
            files.pop(name, None)
    return logical.difference(ours, theirs)


def decoded(tensor):
    """A tensor as `extract` and `--dump-weights` write it: int4 as F32."""
    return Dense("F32", tensor.shape, tensor.decoded().tobytes()) if isinstance(tensor, Int4) else tensor


@explains("verify-awq", "verify-model", "verify-skyq", "gate-awq", "verify-questions")
def measured(scene, facts, run):
    if run.code:
        return None
    found = re.search(rb"(?<![\w\"])-?(?:nan|inf)[\w.-]*", run.out.split(b"answers:")[0], re.IGNORECASE)
    return f"passes with {found[0].decode()}" if found else None
