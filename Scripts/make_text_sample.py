#!/usr/bin/env python3
"""Writes the language model of a vision-language checkpoint alone, as a text model: for commands that read no pictures.

    python3 Scripts/make_text_sample.py OUT [MODEL]      # MODEL: the bundled sample by default

Needs Python only. Weights are copied as they are, under the names of the text model; the tokenizer comes along.
"""
import json
import shutil
import sys
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "Sources/SampleModel/Resources/tiny-r1v"
PREFIX = "language_model."


def tensors(path):
    """Name, entry and bytes of each tensor of a safetensors file."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            yield name, entry, data[8 + size + begin:8 + size + end]


def write(path, chosen):
    header, position = {}, 0
    for name, entry, data in chosen:
        header[name] = entry | {"data_offsets": [position, position + len(data)]}
        position += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(data for _, _, data in chosen))


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
        sys.exit("usage: make_text_sample.py OUT [MODEL]")
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else SAMPLE)
