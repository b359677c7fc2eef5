"""The conformance vectors in Formats/vectors: cases of the manifest, and their bytes."""

import json
from pathlib import Path

VECTORS = Path(__file__).resolve().parents[3] / "Formats/vectors"


def cases(directory=VECTORS):
    """The cases of the manifest."""
    return json.loads((directory / "manifest.json").read_text())["cases"]


def materialise(case, directory=VECTORS):
    """The bytes of a case: a file, or another case's file with a new size and edits."""
    data = bytearray((directory / case["file"]).read_bytes())
    if "size" in case:
        data = data[:case["size"]] + bytes(max(0, case["size"] - len(data)))
    for offset, text in case.get("edits", []):
        replacement = bytes.fromhex(text)
        data[offset:offset + len(replacement)] = replacement
    return bytes(data)
