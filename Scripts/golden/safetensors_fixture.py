"""Writes Tests/SafetensorsTests/Resources: a file by Hugging Face's own writer, and what is in it.

Run it when a dtype is added:  pip install safetensors==0.5.3 numpy==2.4.6 ml_dtypes==0.6.0
                               python3 Scripts/golden/safetensors_fixture.py
The output is the same for every run with the same versions.
"""

import json
import pathlib

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

RESOURCES = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "SafetensorsTests" / "Resources"

NAMES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}


def tensors() -> dict[str, np.ndarray]:
    """One tensor of each dtype, and the odd shapes: a scalar, no elements, six dimensions."""
    random = np.random.default_rng(7)
    result = {}
    for dtype, name in NAMES.items():
        if dtype == "bool":
            values = random.integers(0, 2, (3, 5)).astype(bool)
        elif "float" in dtype:
            values = random.standard_normal((3, 5)).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
        else:
            values = np.frombuffer(random.bytes(15 * np.dtype(dtype).itemsize), dtype).reshape(3, 5)
        result[f"layers.{name.lower()}.weight"] = values
    result["scalar"] = np.array(2.5, dtype=np.float32)
    result["without elements"] = np.zeros((4, 0, 3), dtype=np.float32)
    result["six dimensions"] = np.arange(8, dtype=np.int16).reshape(1, 2, 1, 2, 2, 1)
    result['quote " backslash \\ tab \t bell \a ü 层'] = np.array([1, 2, 3], dtype=np.uint8)
    return result


def main() -> None:
    made = tensors()
    save_file(made, RESOURCES / "python.safetensors", metadata={"format": "np"})
    expectations = {
        name: {
            "dtype": NAMES[str(values.dtype)],
            "shape": list(values.shape),
            "bytes": values.tobytes().hex(),
        }
        for name, values in made.items()
    }
    text = json.dumps(expectations, indent=2, ensure_ascii=False)
    (RESOURCES / "python.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
