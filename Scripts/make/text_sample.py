#!/usr/bin/env python3
"""Writes the language model of a vision-language checkpoint alone, as a text model: for
commands that read no pictures.

    python3 Scripts/make/text_sample.py OUT [MODEL]      # MODEL: the bundled sample by default

Needs Python only. Weights are copied as they are, under the names of the text
model; the tokenizer comes along.
"""
import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from safetensors_files import tensors, write

SAMPLE = Path(__file__).resolve().parents[2] / "Sources/SampleModel/Resources/tiny-r1v"
PREFIX = "language_model."


def main(out, model):
    out.mkdir()
    (out / "config.json").write_text(json.dumps(json.loads((model / "config.json").read_text())["llm_config"]))
    for name in ["tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(model / name, out)
    write(out / "model.safetensors", [
        (name.removeprefix(PREFIX), entry, data) for path in sorted(model.glob("*.safetensors"))
        for name, entry, data in tensors(path) if name.startswith(PREFIX)])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit("usage: text_sample.py OUT [MODEL]")
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else SAMPLE)
