"""The table of Scripts/measure/38b.sh, which calls it: MODEL WORK SAMPLE PROGRAM."""
import json
import os
import shutil
import sys
from datetime import date
from pathlib import Path

from tensor_digest import digest_of
from watched import watch

LAYERS, VISION_LAYERS, TOKENS, TILES = 64, 45, 128 * 1700, 768
GB, GIB = 10**9, 2**30


def size(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else path.stat().st_size


def copied(path, work):
    """Seconds that cp and sync take for what lies there."""
    run = watch("sh", "-c", 'cp -r "$0" "$1" && sync -f "$1"', str(path), str(work / "copy"))
    shutil.rmtree(work / "copy") if path.is_dir() else (work / "copy").unlink()
    return run.wall


class Measured:
    """All runs of one program; rows are (what, text)."""

    def __init__(self, program, model, work, sample, samples):
        self.program, self.model, self.work, self.sample = program, model, work, sample
        self.rows, self.quantized = [], []
        calibration = ["--calibration", str(sample / "calibration/questions.jsonl")]
        for count in samples:
            run = self.quantize(*calibration, "--samples", str(count))
            tokens = run.number(r"(?m)^([\d,]+) tokens")
            tiles = run.number(r"in ([\d,]+) tiles") or 0
            self.quantized.append((tokens, tiles, run))
            self.row(f"quantize, {count} questions, {tokens} tokens, {tiles} tiles", run)
        awq = self.make_room("awq", keep=True)
        if limit := os.environ.get("LIMIT"):
            run = self.quantize(*calibration, "--samples", str(samples[-1]), "--memory-limit", limit, out="limited")
            same = digest_of(work / "limited") == digest_of(awq)
            self.row(f"the same with --memory-limit {limit}", run, "the same bytes" if same else "OTHER BYTES")
            shutil.rmtree(work / "limited")
        run = self.quantize("--method", "rtn", out="rtn")
        self.ratio("quantize --method rtn", run, self.model, read=self.model)
        shutil.rmtree(work / "rtn")
        packed = work / "packed.skyq"
        self.ratio("pack", self.run("pack", str(awq), str(packed)), packed)
        for what, path, more in [("check", packed, []), ("check --full", packed, ["--full"]),
                                 ("check --full of a directory: hash and values", model, ["--full"])]:
            run = self.run("check", str(path), *more)
            self.row(what, run, f"{size(path) / run.wall / GB:.2f} GB/s")
        questions = work / "questions.jsonl"
        folder = sample / "evaluation"
        lines = (folder / "questions.jsonl").read_text().splitlines()[:2]
        chosen = [json.loads(line) for line in lines]
        questions.write_text("\n".join(json.dumps(q | {"image": os.path.relpath(folder / q["image"], work)})
                                       for q in chosen) + "\n")
        self.row("verify, 2 questions, no answers", self.run(
            "verify", str(packed), "--reference", str(model), "--questions", str(questions), "--answer-tokens", "0"))
        self.row("run, a question, 8 tokens", self.run(
            "run", str(packed), "--image", str(folder / chosen[0]["image"]), "--question", chosen[0]["question"],
            "--max-tokens", "8"))
        packed.unlink()
        shutil.rmtree(awq)

    def run(self, *arguments):
        return watch(self.program, *arguments)

    def make_room(self, name, keep=False):
        path = self.work / name
        if path.exists() and not keep:
            shutil.rmtree(path)
        return path

    def quantize(self, *options, out="awq"):
        return self.run("quantize", str(self.model), *options, "--out", str(self.make_room(out)))

    def row(self, what, run, more=""):
        text = f"{run.processor:.1f} s of processor, {run.wall:.1f} s, " \
               f"{run.resident / GIB:.2f} GiB ({run.anonymous / GIB:.2f} without files)"
        self.rows.append((what, f"{text}, {more}" if more else text))

    def ratio(self, what, run, written, read=None):
        """A row with the share that cp and sync of what was written takes of the run."""
        seconds = copied(read or written, self.work)
        self.row(what, run, f"cp and sync of {'the model' if read else 'the same'} {seconds:.1f} s: "
                            f"{seconds / run.wall:.2f} of its speed")

    def extrapolated(self, config):
        """Processor hours of all layers, at the measured tokens, and at a usual calibration if two were measured."""
        vision = config.get("vision_config", {}).get("num_hidden_layers", 0)
        costs = []
        for tokens, tiles, run in self.quantized:
            marks = run.layer_marks()
            if len(marks) < 2:
                return
            layer = (marks[-1] - marks[0]) / (len(marks) - 1)
            before = marks[0] - layer
            after = run.processor - marks[-1]
            tower = before * VISION_LAYERS / vision if vision else before
            costs.append((tokens, tiles, layer, tower))
            total = tower + LAYERS * layer + after
            yield (f"all {LAYERS} and {VISION_LAYERS} layers at {tokens} tokens, {tiles} tiles",
                   f"{total / 3600:.1f} processor hours: {layer:.0f} s a layer, {tower:.0f} s before them")
        if len(costs) > 1:
            (tokens0, tiles0, layer0, tower0), (tokens1, tiles1, layer1, tower1) = costs[0], costs[-1]
            a_token = (layer1 - layer0) / (tokens1 - tokens0)
            fixed = layer0 - a_token * tokens0
            a_tile = (tower1 - tower0) / (tiles1 - tiles0) if tiles1 > tiles0 else 0
            total = LAYERS * (fixed + a_token * TOKENS) + tower0 + a_tile * (TILES - tiles0)
            yield (f"all layers at {TOKENS} tokens, {TILES} tiles",
                   f"{total / 3600:.0f} processor hours: {fixed:.0f} s a layer and {1e3 * a_token:.1f} ms a token of it")


def main(model, work, sample, program):
    config = json.loads((model / "config.json").read_text())
    layers = config.get("llm_config", config)["num_hidden_layers"]
    samples = [int(count) for count in os.environ.get("SAMPLES", "4").split()]
    programs = [program, os.environ["OLD"]] if "OLD" in os.environ else [program]
    tables = []
    for one in programs:
        measured = Measured(one, model, work, sample, samples)
        tables.append(measured.rows + list(measured.extrapolated(config)))
    with open("/proc/cpuinfo") as file:
        processor = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    shape = f"{layers} decoder and {config.get('vision_config', {}).get('num_hidden_layers', 0)} vision layers"
    print(f"{os.cpu_count()} cores of {processor}, {date.today()}; {shape}, {size(model) / GB:.1f} GB\n")
    print("| what | this program |" + (" OLD |" if len(tables) > 1 else ""))
    print("|---|---|" + ("---|" if len(tables) > 1 else ""))
    others = [dict(table) for table in tables[1:]]
    for what, text in tables[0]:
        print(f"| {what} | {text} |" + "".join(f" {other.get(what, 'none')} |" for other in others))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]), sys.argv[4])
