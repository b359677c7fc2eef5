#!/usr/bin/env python3
"""Quantizes a model wider than the sample, verifies the result, and holds every run to the memory that it
announces: without a limit, with the least one that is not refused, and with that and four times the tokens. The
bytes and the report must be the same with a limit as without. The same of pictures in front of a tower of many layers,
whose weights, all together, are three times what is announced and the program itself.

    python3 Scripts/check/memory.py

Memory is the process's peak resident size (wait4). Needs a release build; only Python's standard library.
"""
import json
import multiprocessing
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import program
from program import MIB, ROOT, built, run
from safetensors_files import tensors, write
from tensor_digest import digest_of

SAMPLE = ROOT / "Sources/SampleModel/Resources/tiny-r1v"
H, MLP, HEADS, KV_HEADS, HEAD, LAYERS, VOCABULARY = 1024, 4096, 8, 2, 128, 2, 512
LAYER = "vision_model.encoder.layers."
WINDOW = 250
TOWER_LAYERS = 200
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


def make_deep_tower(directory):
    """The sample with a tower of many layers, all alike, of which each does next to nothing."""
    shutil.copytree(SAMPLE, directory, ignore=shutil.ignore_patterns("*.safetensors*", "config.json"))
    config = json.loads((SAMPLE / "config.json").read_text())
    config["vision_config"]["num_hidden_layers"] = TOWER_LAYERS
    (directory / "config.json").write_text(json.dumps(config))
    chosen = []
    for name, entry, data in (tensor for path in sorted(SAMPLE.glob("*.safetensors")) for tensor in tensors(path)):
        if name.startswith(LAYER):
            number, rest = name.removeprefix(LAYER).split(".", 1)
            small = bytes(len(data)) if rest in ("ls1", "ls2") else data
            chosen += [(f"{LAYER}{copy}.{rest}", entry, small) for copy in range(TOWER_LAYERS) if number == "0"]
        else:
            chosen.append((name, entry, data))
    write(directory / "model.safetensors", chosen)


def mebibytes(text, pattern):
    number, unit = re.search(pattern, text).groups()
    return float(number) * {"MiB": 1, "GiB": 1024}[unit]


def main():
    program.LONGEST = 600
    skyquant, problems = built(), []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        # In a process of its own: a child's peak is never told as less than what this one has taken.
        for make, name in [(make_model, "model"), (make_deep_tower, "deep")]:
            maker = multiprocessing.get_context("spawn").Process(target=make, args=(work / name,))
            maker.start()
            maker.join()
        (work / "text").write_text("\n".join(path.read_text() for path in sorted((ROOT / "Formats").glob("*.md"))))

        def start(command, windows, limit=None):
            bounded = ["--memory-limit", f"{limit:.1f}MiB"] if limit else []
            return run(skyquant, [*command, "--text", "text", "--window", str(WINDOW), "--samples", str(windows),
                                  *bounded], work)

        def announce(what, ended, limit, beside=0):
            """What a run says that it takes, which must not be less than it does but for `beside`; and what it took."""
            said = ended.err.decode()
            if ended.code != 0:
                sys.exit(f"memory.py: {what}: exit code {ended.code}: {said}")
            announced, peak = mebibytes(said, r"memory: up to ([\d.]+) (MiB|GiB)"), ended.peak / MIB
            kept = re.search(r"scratch file|samples in \d+ groups", said)
            print(f"{what}: {peak:.0f} MiB, announced {announced:.0f}, limit {limit or 'none'}"
                  + (f", {kept.group()}" if kept else ""), flush=True)
            if not peak - beside <= announced <= (limit or announced):
                problems.append(f"{what}: {peak:.0f} MiB were taken, {announced:.0f} announced")
            return announced, peak, kept

        def hold(command, windows, limit=None):
            """A run that ends well, takes no more than it announces, and not much less."""
            what, ended = f"{command[0]} of {windows} windows", start(command, windows, limit)
            announced, peak, kept = announce(what, ended, limit)
            if peak < announced / 2:
                problems.append(f"{what}: {peak:.0f} MiB were taken, {announced:.0f} announced")
            if bool(limit) != bool(kept):
                problems.append(f"{what}: more is in memory together than the limit allows, or less")
            return ended

        def hold_all(command, result):
            """A command without a limit, then with the least one: the same result."""
            unlimited, limit = result(hold(command, 8)), 16
            while (refused := start(command, 8, limit)).code == 71:
                # The process varies by a little.
                limit = mebibytes(refused.err.decode(), r": ([\d.]+) (MiB|GiB) are needed") + 1
            if result(hold(command, 8, limit)) != unlimited:
                problems.append(f"{command[0]}: a limit changes the result")
            hold(command, 32, limit)

        hold_all(["quantize", "model", "--out", "out", "--force"], lambda _: digest_of(work / "out"))
        hold_all(["verify", "out", "--reference", "model"], lambda ended: ended.out)

        sample, few = ROOT / "Sources/SampleModel/Resources", ["--samples", "4"]
        questions = ["--questions", str(sample / "evaluation/questions.jsonl"), *few]
        # Little is announced here, in which the pages of the program, which the system can drop, do not count.
        own_pages = Path(skyquant).stat().st_size / MIB
        for command in [
            ["quantize", "deep", "--out", "seen", "--calibration", str(sample / "calibration/questions.jsonl"), *few],
            ["verify", "seen", "--reference", "deep", *questions],
            ["run", "seen", *questions, "--memory-limit", "80MiB"],
        ]:
            announce(f"{command[0]} with a tower of {TOWER_LAYERS} layers", run(skyquant, command, work), None,
                     own_pages)
    print("\n".join([*problems, f"memory: {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
