#!/usr/bin/env python3
"""Quantizes a model wider than the sample and holds every run to the memory that it announces: without a limit,
with the least one that is not refused, and with that and four times the tokens. The bytes must be the same
with a limit as without.

    python3 Scripts/check/memory.py

Memory is the process's peak resident size (wait4). Needs a release build; only Python's standard library.
"""
import json
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import program
from program import MIB, ROOT, built, run
from safetensors_files import write
from tensor_digest import digest_of

SAMPLE = ROOT / "Sources/SampleModel/Resources/tiny-r1v"
H, MLP, HEADS, KV_HEADS, HEAD, LAYERS, VOCABULARY = 1024, 4096, 8, 2, 128, 2, 512
WINDOW = 250
# High bytes of bf16: both signs, magnitudes from 1/128 to 1/16.
HIGH_BYTES = bytes((0x3C, 0xBC, 0x3D, 0xBD)[byte % 4] for byte in range(256))


def bf16(count, generator):
    """Random values of many sizes."""
    data = bytearray(2 * count)
    data[0::2] = generator.randbytes(count)
    data[1::2] = generator.randbytes(count).translate(HIGH_BYTES)
    return bytes(data)


def shapes():
    yield "model.embed_tokens.weight", [VOCABULARY, H]
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        for norm in ["input_layernorm", "post_attention_layernorm"]:
            yield f"{prefix}{norm}.weight", [H]
        for name, rows in [("q", HEADS * HEAD), ("k", KV_HEADS * HEAD), ("v", KV_HEADS * HEAD)]:
            yield f"{prefix}self_attn.{name}_proj.weight", [rows, H]
            yield f"{prefix}self_attn.{name}_proj.bias", [rows]
        yield f"{prefix}self_attn.o_proj.weight", [H, HEADS * HEAD]
        for name in ["gate", "up"]:
            yield f"{prefix}mlp.{name}_proj.weight", [MLP, H]
        yield f"{prefix}mlp.down_proj.weight", [H, MLP]
    yield "model.norm.weight", [H]
    yield "lm_head.weight", [VOCABULARY, H]


def make_model(directory):
    directory.mkdir()
    config = json.loads((SAMPLE / "config.json").read_text())["llm_config"] | {
        "hidden_size": H, "intermediate_size": MLP, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
        "num_hidden_layers": LAYERS}
    (directory / "config.json").write_text(json.dumps(config))
    for name in ["tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(SAMPLE / name, directory)
    generator, chosen = random.Random(1), []
    for name, shape in shapes():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        chosen.append((name, {"dtype": "BF16", "shape": shape}, bf16(count, generator)))
    write(directory / "model.safetensors", chosen)


def mebibytes(text, pattern):
    number, unit = re.search(pattern, text).groups()
    return float(number) * {"MiB": 1, "GiB": 1024}[unit]


def main():
    program.LONGEST = 600
    skyquant, problems = built(), []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        make_model(work / "model")
        (work / "text").write_text("\n".join(path.read_text() for path in sorted((ROOT / "Formats").glob("*.md"))))

        def quantize(windows, limit=None):
            bounded = ["--memory-limit", f"{limit:.1f}MiB"] if limit else []
            return run(skyquant, ["quantize", "model", "--text", "text", "--window", str(WINDOW), "--samples",
                                  str(windows), "--out", "out", "--force", *bounded], work)

        def hold(what, windows, limit=None):
            """The digest of a run that ends well, takes no more than it announces, and not much less."""
            ended = quantize(windows, limit)
            said = ended.err.decode()
            if ended.code != 0:
                sys.exit(f"memory.py: {what}: exit code {ended.code}: {said}")
            announced, peak = mebibytes(said, r"memory: up to ([\d.]+) (MiB|GiB)"), ended.peak / MIB
            scratch = ", scratch file" if "scratch" in said else ""
            print(f"{what}: {peak:.0f} MiB, announced {announced:.0f}, limit {limit or 'none'}{scratch}", flush=True)
            if not announced / 2 <= peak <= announced <= (limit or announced):
                problems.append(f"{what}: {peak:.0f} MiB were taken, {announced:.0f} announced")
            if bool(limit) != bool(scratch):
                problems.append(f"{what}: activations wait in the wrong place")
            return digest_of(work / "out")

        unlimited = hold("8 windows", 8)
        limit = 16
        while (refused := quantize(8, limit)).code == 71:
            # The process varies by a little.
            limit = mebibytes(refused.err.decode(), r": ([\d.]+) (MiB|GiB) are needed") + 1
        if hold("8 windows", 8, limit) != unlimited:
            problems.append("a limit changes the result")
        hold("32 windows", 32, limit)
    print("\n".join([*problems, f"memory: {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
