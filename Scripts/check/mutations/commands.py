"""The commands that every mutant is given to, and what each of them reads of it.

What they read decides what they must refuse:
  config     config.json                      headers   names, types, shapes and places of the tensors; without config,
                                              as the shards have them
  shapes     … held to config.json            values    the tensors' bytes
  act-order  input features in any order of their groups
  sound      … which may not be NaN, infinite or matrices of zeros; sound-dense, those of tensors that are not int4
  tokenizer  tokenizer and template
  questions  the questions' file              pictures  those of the questions; picture-a, the first
  judged     all that makes the quantized model another one in use, and the exit code says so
Of a .skyq file also: config-bytes, config.json whatever it says; files, all embedded ones; int4,
the planes of linears; values-of-one, the planes of one tensor; checksums and everything, what the
two levels of `check` look at.
"""

from dataclasses import dataclass

from mutations.layouts import LAYOUTS

SUBJECTS = ("model", "awq", *LAYOUTS, "skyq", "skyq8", "questions")
ALL = "config headers shapes values tokenizer questions pictures"
ASK = "verify {} --reference {} --questions questions/questions.jsonl --samples 2 --answer-tokens 2"
TENSOR = "PREFIX.model.layers.0.mlp.down_proj.weight"
MAKE = "quantize model --group-size 32 --out out/q"


@dataclass(frozen=True)
class Command:
    """One line for skyquant, run in a scene's directory."""
    name: str
    subject: str  # the mutant that it is for, one of SUBJECTS
    line: str
    reads: str
    output: str = ""  # what it makes in out/
    code: int = 0  # of the undisturbed run
    code_if_it_sees: int | None = None  # the same, for models with a vision tower
    reports: int | None = None  # an exit code that comes with a report instead of an error
    on_terminal: bool = False
    prints_bytes: bool = False  # whether standard output is the content of a file, or a model's own bytes

    def arguments(self, scene):
        asked = "--image questions/a.png --question Hello" if scene.sees else "--prompt Hello"
        prefix = "language_model." if scene.sees else ""
        words = self.line.replace("ASK", asked).replace("PREFIX.", prefix).split()
        return [*words, "--quiet"] if self.prints_json else words

    def undisturbed_code(self, scene):
        return self.code_if_it_sees if scene.sees and self.code_if_it_sees is not None else self.code

    @property
    def prints_json(self):
        return "--json" in self.line.split()


COMMANDS = [
    Command("inspect", "model", "inspect model", "headers"),
    Command("list", "model", "inspect model --tensors * --json", "headers"),
    Command("quantize-rtn", "model", f"{MAKE} --method rtn", "config headers shapes values sound", "q"),
    Command("quantize-awq", "model", f"{MAKE} --method awq --json --calibration questions/questions.jsonl --samples 2",
            f"{ALL} sound", "q"),
    Command("quantize-best", "model", f"{MAKE} --calibration questions/questions.jsonl --report out/r",
            f"{ALL} sound", "q r"),
    Command("pack-plain", "model", "pack model out/m.skyq --json", "config headers values sound", "m.skyq"),
    Command("check-model", "model", "check model --full", "headers values sound-dense", reports=65),
    Command("diff-model", "model", "diff model awq", "headers values", code=1, reports=1),
    Command("doctor-model", "model", "doctor model --json", "", reports=1),
    Command("import-model", "model", "import model out/m.skyq", "config headers", "m.skyq", code=69),
    Command("verify-model", "model", ASK.format("awq", "model") + " --json --max-mean-kl 1000", ALL, reports=1),
    Command("run-model", "model", "run model ASK --max-tokens 4 --trace out/t.safetensors", ALL, "t.safetensors",
            prints_bytes=True),
    Command("show", "model", "run model ASK --max-tokens 16", ALL, on_terminal=True),
    Command("inspect-awq", "awq", "inspect awq --json", "headers"),
    Command("list-awq", "awq", "inspect awq --tensors * --json", "headers"),
    Command("dump-awq", "awq", "inspect awq --dump-weights out/w.safetensors", "config headers values",
            "w.safetensors"),
    Command("quantize-again", "awq", "quantize awq --method rtn --out out/q", "config headers shapes", "q", code=69),
    Command("pack", "awq", "pack awq out/m.skyq", "config headers values sound", "m.skyq"),
    Command("import", "awq", "import awq out/m.skyq", "config headers shapes values sound", "m.skyq"),
    Command("export-awq-to-ct", "awq", "export awq --to compressed-tensors --out out/e --json",
            "config headers values", "e"),
    Command("export-awq-to-gguf", "awq", "export awq --to gguf --out out/g.gguf",
            "config headers shapes values tokenizer", "g.gguf", code_if_it_sees=69),
    Command("check-awq", "awq", "check awq --full --json", "headers values sound-dense", reports=65),
    Command("diff-awq", "awq", "diff model.skyq awq", "headers values", reports=1),
    Command("doctor", "awq", "doctor awq", "", reports=1),
    Command("verify-awq", "awq", ASK.format("awq", "model"), ALL, reports=1),
    Command("gate-awq", "awq", ASK.format("awq", "model") + " --max-mean-kl 1000", f"{ALL} judged", reports=1),
    Command("run-awq", "awq", "run awq ASK --max-tokens 4 --json", ALL),
    Command("export-awq-to-gptq", "awq", "export awq --to gptq --out out/e", "config headers values", "e"),
    *[command for layout in LAYOUTS for command in (
        Command(f"inspect-{layout}", layout, f"inspect {layout} --json", "headers"),
        Command(f"list-{layout}", layout, f"inspect {layout} --tensors * --json", "headers"),
        Command(f"dump-{layout}", layout, f"inspect {layout} --dump-weights out/w.safetensors", "config headers values",
                "w.safetensors"),
        Command(f"import-{layout}", layout, f"import {layout} out/m.skyq", "config headers shapes values sound",
                "m.skyq"),
        Command(f"export-{layout}-to-awq", layout,
                f"export {layout} --to awq --out out/e{' --requantize' * (layout != 'ct')}",
                "config headers values act-order", "e"),
        Command(f"export-{layout}-to-ct", layout, f"export {layout} --to compressed-tensors --out out/e",
                "config headers values", "e"),
        Command(f"check-{layout}", layout, f"check {layout} --full --json", "headers", reports=65),
        Command(f"diff-{layout}", layout, f"diff awq {layout}", "headers values", code=1, reports=1),
        Command(f"doctor-{layout}", layout, f"doctor {layout}", "", reports=1),
        Command(f"verify-{layout}", layout, ASK.format(layout, "model"), ALL, reports=1),
        Command(f"run-{layout}", layout, f"run {layout} ASK --max-tokens 4 --json", ALL))],
    Command("inspect-skyq", "skyq", "inspect model.skyq --no-color", "config headers", on_terminal=True),
    Command("list-skyq", "skyq", "inspect model.skyq --tensors * --json", "config headers"),
    Command("dump-skyq", "skyq", "inspect model.skyq --dump-weights out/w.safetensors", "config headers int4",
            "w.safetensors"),
    Command("check-skyq", "skyq", "check model.skyq --json", "headers checksums", reports=65),
    Command("check-skyq-full", "skyq", "check model.skyq --full", "headers everything", reports=65),
    Command("diff-skyq", "skyq", "diff awq model.skyq --json", "config headers values files", reports=1),
    Command("extract-list", "skyq", "extract model.skyq --json", "headers files"),
    Command("extract-config", "skyq", "extract model.skyq --file config.json", "headers config-bytes",
            prints_bytes=True),
    Command("extract-files", "skyq", "extract model.skyq --out out/d", "headers files", "d"),
    Command("extract-tensor", "skyq", f"extract model.skyq --out out/t.safetensors --tensor {TENSOR}",
            "config headers values-of-one", "t.safetensors"),
    Command("export", "skyq", "export model.skyq --out out/e", "config headers values files", "e"),
    Command("export-to-ct", "skyq", "export model.skyq --to compressed-tensors --out out/e",
            "config headers values files", "e"),
    Command("export-to-gguf", "skyq", "export model.skyq --to gguf --out out/g.gguf --json",
            "config headers shapes values tokenizer", "g.gguf", code_if_it_sees=69),
    Command("verify-skyq", "skyq", ASK.format("model.skyq", "model") + " --max-mean-kl 1000", ALL, reports=1),
    Command("run-skyq", "skyq", "run model.skyq ASK --max-tokens 4", ALL, prints_bytes=True),
    Command("list-skyq8", "skyq8", "inspect model8.skyq --tensors * --json", "config headers"),
    Command("dump-skyq8", "skyq8", "inspect model8.skyq --dump-weights out/w.safetensors", "config headers int4",
            "w.safetensors"),
    Command("check-skyq8", "skyq8", "check model8.skyq --json", "headers checksums", reports=65),
    Command("check-skyq8-full", "skyq8", "check model8.skyq --full", "headers everything", reports=65),
    Command("diff-skyq8", "skyq8", "diff ct8 model8.skyq --json", "config headers values files", reports=1),
    Command("export-skyq8-to-ct", "skyq8", "export model8.skyq --to compressed-tensors --out out/e",
            "config headers values files", "e"),
    Command("export-skyq8-to-awq", "skyq8", "export model8.skyq --requantize --out out/e",
            "config headers values files", "e"),
    Command("verify-skyq8", "skyq8", ASK.format("model8.skyq", "model"), ALL, reports=1),
    Command("run-skyq8", "skyq8", "run model8.skyq ASK --max-tokens 4 --json", ALL),
    Command("quantize-questions", "questions", f"{MAKE} --method awq --calibration questions/questions.jsonl",
            "questions pictures", "q"),
    Command("verify-questions", "questions", ASK.format("awq", "model") + " --json", "questions pictures", reports=1),
    Command("run-picture", "questions", "run awq ASK --max-tokens 2 --json", "picture-a"),
]
