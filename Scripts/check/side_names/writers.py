"""The commands that write, and which of their inputs may lie under a neighbour's name."""

from dataclasses import dataclass

ASK = "--image questions/a.png --question Hello --max-tokens 2"
TENSOR = "--tensor language_model.model.layers.0.mlp.down_proj.weight"
CALIBRATED = "--method awq --calibration questions/questions.jsonl --samples 2"


@dataclass(frozen=True)
class Writer:
    """A command line. OUT stands for the output, REPORT for a second one; inputs are named as in a scene."""
    line: str
    output: str  # its name
    inputs: tuple  # those that may have any name
    options: tuple = ("--force",)
    can_resume: bool = False
    family: str = "chat"


WRITERS = [
    Writer("quantize model --method rtn --out OUT", "q", ("model",), ("--force", "--resume", "--report REPORT"), True),
    Writer(f"quantize model {CALIBRATED} --checkpoint-every 0 --group-size 32 --out OUT", "uv",
           ("model", "questions/questions.jsonl", "questions/a.png"), ("--force", "--resume", "--report REPORT"), True),
    Writer("pack awq OUT", "x.skyq", ("awq",), ("--force", "--resume"), True),
    Writer("import awq OUT", "x.skyq", ("awq",), ("--force", "--resume"), True),
    Writer("export model.skyq --out OUT", "e", ()),
    Writer("export awq --to compressed-tensors --out OUT", "e.ct", ("awq",)),
    Writer("export awq --to gguf --out OUT", "g.gguf", ("awq",), family="qwen3"),
    Writer("extract model.skyq --out OUT", "files", ()),
    Writer(f"extract model.skyq --out OUT {TENSOR}", "t.safetensors", ()),
    Writer("inspect awq --dump-weights OUT", "w.safetensors", ("awq",)),
    Writer(f"run awq --trace OUT {ASK}", "trace.safetensors", ("awq", "questions/a.png")),
]
