#!/usr/bin/env python3
"""Checks an AWQ GEMM checkpoint with code that shares nothing with skyquant:
python3 with numpy is all it needs.

    skyquant inspect DIR --dump-weights WEIGHTS.safetensors
    python3 Scripts/check/awq_checkpoint.py DIR WEIGHTS.safetensors

Every quantized linear of DIR is unpacked by AutoAWQ's rule (casper-hansen/AutoAWQ 88e4c76,
awq/utils/packing_utils.py and awq/modules/linear/gemm.py) and must equal, bit for bit, the tensor
`<module>.weight` F32 [out, in] that skyquant read back. The shard index and both copies of
quantization_config are checked too. Exit status 1 on any difference.
"""

import json
import sys
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import INDEX, header

PACK_FACTOR = 8  # 4-bit values in an int32
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # nibble i of word c holds column 8c + AWQ_ORDER[i]
DTYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "I32": "<i4", "I64": "<i8", "U8": "u1", "I8": "i1"}
SUFFIXES = ("qweight", "qzeros", "scales")


def read_safetensors(path):
    """Name to array; BF16 stays as its 16 bits."""
    content = numpy.memmap(path, dtype=numpy.uint8, mode="r")
    entries, start = header(path)
    tensors = {}
    for name, entry in entries.items():
        begin, end = entry["data_offsets"]
        data = content[start + begin : start + end]
        tensors[name] = data.view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def unpack(words):
    """int32 [rows, columns / 8] to the 4-bit values [rows, columns]."""
    values = numpy.empty((words.shape[0], words.shape[1], PACK_FACTOR), dtype=numpy.uint8)
    for nibble, column in enumerate(AWQ_ORDER):
        values[:, :, column] = (words.view(numpy.uint32) >> (4 * nibble)) & 0xF
    return values.reshape(words.shape[0], -1)


def dequantize(qweight, qzeros, scales, group_size):
    """W[out, in] = (q - zero) * scale, exact in fp32; the stored tensors run along [in, out]."""
    q, zeros = unpack(qweight).astype(numpy.float32), unpack(qzeros).astype(numpy.float32)
    group = numpy.arange(q.shape[0]) // group_size
    return ((q - zeros[group]) * scales.astype(numpy.float32)[group]).T


class Report:
    def __init__(self):
        self.problems = 0

    def expect(self, condition, message):
        if not condition:
            self.problems += 1
            print(f"error: {message}")
        return condition


def read_checkpoint(directory, report):
    """All tensors, after checking that index and shards agree."""
    if not (directory / INDEX).exists():
        return read_safetensors(directory / "model.safetensors")
    index = json.loads((directory / INDEX).read_text())
    weight_map = index["weight_map"]
    tensors, total = {}, 0
    for file in sorted(set(weight_map.values())):
        shard = read_safetensors(directory / file)
        listed = {name for name, home in weight_map.items() if home == file}
        report.expect(set(shard) == listed, f"{file}: differs from {INDEX}: {sorted(set(shard) ^ listed)[:3]}")
        tensors.update(shard)
        total += sum(tensor.nbytes for tensor in shard.values())
    stated = index.get("metadata", {}).get("total_size")
    report.expect(stated == total, f"{INDEX}: total_size is {stated}, the tensors have {total} bytes")
    found = {path.name for path in directory.glob("*.safetensors")}
    extra = sorted(found - set(weight_map.values()))
    report.expect(not extra, f"{INDEX}: does not name {extra}")
    return tensors


def check_config(config, names, linears, report):
    """Checks the quantization_config that vLLM, lmdeploy and transformers look for;
    returns its group size."""
    top = config.get("quantization_config")
    nested = config.get("llm_config", config.get("text_config", {})).get("quantization_config")
    report.expect(top is not None, "config.json: no quantization_config at top level")
    report.expect(nested == top, "config.json: the language model's quantization_config differs from the top level's")
    top = top or nested or {}
    expected = {"quant_method": "awq", "version": "gemm", "bits": 4, "zero_point": True}
    for key, value in expected.items():
        report.expect(top.get(key) == value, f"config.json: {key} is {top.get(key)!r}, expected {value!r}")
    skipped = top.get("modules_to_not_convert") or []
    native = any(name.startswith(("vision_tower.", "model.vision_tower.")) for name in names)
    vision = ["vision_tower", "multi_modal_projector"] if native else ["vision_model", "mlp1"]
    for module in [*vision, "lm_head"]:
        report.expect(module in skipped, f"config.json: modules_to_not_convert lacks {module!r}")
    # vLLM: any entry that is a substring of the module's name skips the module.
    for module in linears:
        hits = [entry for entry in skipped if entry in module]
        report.expect(not hits, f"config.json: modules_to_not_convert {hits} skips the quantized {module}")
    return top.get("group_size")


def check_linear(module, tensors, dump, group_size, report):
    missing = [suffix for suffix in SUFFIXES if f"{module}.{suffix}" not in tensors]
    if not report.expect(not missing, f"{module}: no {', '.join(missing)}"):
        return
    report.expect(f"{module}.weight" not in tensors, f"{module}: has both weight and qweight")
    qweight, qzeros, scales = (tensors[f"{module}.{suffix}"] for suffix in SUFFIXES)
    dtypes = qweight.dtype == numpy.int32 and qzeros.dtype == numpy.int32 and scales.dtype == numpy.float16
    if not report.expect(dtypes, f"{module}: {qweight.dtype}, {qzeros.dtype}, {scales.dtype}; expected I32, I32, F16"):
        return
    rows, words = qweight.shape
    groups = rows // group_size
    fits = rows % group_size == 0 and qzeros.shape == (groups, words) and scales.shape == (groups, words * PACK_FACTOR)
    shapes = f"qweight {qweight.shape}, qzeros {qzeros.shape}, scales {scales.shape}"
    if not report.expect(fits, f"{module}: {shapes} do not fit group size {group_size}"):
        return
    report.expect(bool(numpy.isfinite(scales).all()), f"{module}.scales: not finite")
    expected = dequantize(qweight, qzeros, scales, group_size)
    read_back = dump.get(f"{module}.weight")
    if not report.expect(read_back is not None, f"{module}.weight: not in the dump"):
        return
    found = f"{read_back.dtype} {read_back.shape}"
    comparable = read_back.dtype == numpy.float32 and read_back.shape == expected.shape
    if not report.expect(comparable, f"{module}.weight: expected float32 {expected.shape} in the dump, found {found}"):
        return
    different = int((read_back.view(numpy.uint32) != numpy.ascontiguousarray(expected).view(numpy.uint32)).sum())
    report.expect(different == 0, f"{module}: {different} of {expected.size} weights differ")


def main(arguments):
    if len(arguments) != 2:
        print("usage: awq_checkpoint.py DIR WEIGHTS.safetensors", file=sys.stderr)
        return 64
    directory, dump = Path(arguments[0]), read_safetensors(arguments[1])
    report = Report()
    tensors = read_checkpoint(directory, report)
    linears = sorted(name.removesuffix(".qweight") for name in tensors if name.endswith(".qweight"))
    report.expect(linears, f"{directory}: no qweight tensor")
    config = json.loads((directory / "config.json").read_text())
    group_size = check_config(config, tensors, linears, report)
    if report.expect(isinstance(group_size, int) and group_size > 0, f"config.json: group_size is {group_size!r}"):
        for module in linears:
            check_linear(module, tensors, dump, group_size, report)
    print(f"{len(linears)} linears compared, {report.problems} problems")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
