#!/usr/bin/env python3
"""Writes the seed corpora of the fuzz targets, DIR/TARGET/*, from the vectors, the
tests' files and the sample model.

Usage: Scripts/make/fuzz_seeds.py DIR
Scripts/fuzz.sh calls it; nothing of what it writes is kept in the repository.
"""
import json
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from skyq.vectors import cases, materialise

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "Sources/SampleModel/Resources"
LONGEST = 64 << 10  # longer seeds make every run slow


def vectors():
    """The cases of the .skyq manifest, edits applied."""
    for case in cases():
        yield case["name"], materialise(case)


def header_seed(header, data_size):
    """The input of safetensors_header: bytes of data, then the header without its length."""
    return struct.pack("<H", data_size) + (header if isinstance(header, bytes) else json.dumps(header).encode())


def safetensors_headers():
    def tensor(dtype, shape, begin, end):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    two = {"a": tensor("F32", [2, 3], 0, 24), "b": tensor("BF16", [4], 24, 32)}
    yield "two", header_seed(two, 32)
    yield "any_order", header_seed(dict(reversed(two.items())), 32)
    yield "metadata", header_seed({"__metadata__": {"format": "pt", "ü": "\\"}, **two}, 32)
    yield "escaped_name", header_seed(b'{"\\u0061\\ud83d\\ude00":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}  ', 1)
    yield "duplicate", header_seed(b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}', 0)
    yield "empty", header_seed({}, 0)
    yield "scalar", header_seed({"s": tensor("F64", [], 0, 8)}, 8)
    yield "no_elements", header_seed({"z": tensor("I64", [0, 1 << 40], 0, 0)}, 0)
    yield "wraps", header_seed({"w": tensor("F64", [1 << 62, 4], 0, 0)}, 0)
    yield "many", header_seed({f"layers.{i}.w": tensor("U8", [1], i, i + 1) for i in range(40)}, 40)
    python = (ROOT / "Tests/SafetensorsTests/Resources/python.safetensors").read_bytes()
    length = struct.unpack_from("<Q", python)[0]
    yield "python", header_seed(python[8 : 8 + length], len(python) - 8 - length)


def shard_indexes():
    yield "two", json.dumps({"metadata": {"total_size": 9}, "weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}})
    for number, name in enumerate(["../x.safetensors", "/etc/passwd", "a/b.safetensors", "..", "x.bin", "ü.safetensors"]):
        yield f"name_{number}", json.dumps({"weight_map": {"a": name}})
    yield "twice", '{"weight_map":{"a":"m.safetensors","\\u0061":"m.safetensors"}}'
    yield "no_map", '{"metadata":{}}'


def tokenizers():
    """tokenizer.json of the tests, with vocabulary and merges cut to what a run can read often."""
    files = [*sorted((ROOT / "Tests/TokenizationTests/Resources").glob("*/tokenizer.json")), SAMPLE / "tiny-r1v/tokenizer.json"]
    for number, path in enumerate(files):
        definition = json.loads(path.read_text())
        yield f"cut_{number}", json.dumps(cut(definition), ensure_ascii=False)
        definition["added_tokens"] = []
        yield f"no_added_{number}", json.dumps(cut(definition), ensure_ascii=False)


def cut(definition, size=300):
    """`definition` with the `size` first tokens and the merges among them;
    byte tokens have the lowest ids."""
    model = dict(definition["model"])
    vocabulary = dict(sorted(model["vocab"].items(), key=lambda item: item[1])[:size])

    def is_whole(merge):
        pair = merge.split(" ") if isinstance(merge, str) else merge
        return all(part in vocabulary for part in (*pair, "".join(pair)))

    model.update(vocab=vocabulary, merges=[merge for merge in model["merges"] if is_whole(merge)])
    return {**definition, "model": model}


def images():
    pictures = ROOT / "Tests/ImageProcessingTests/Resources"
    for path in [*pictures.rglob("*.png"), *pictures.rglob("*.jpg"), *pictures.rglob("*.webp"), *sorted(SAMPLE.rglob("*.png"))[:8]]:
        yield f"{path.parent.name}-{path.name}", path.read_bytes()


def questions():
    for path in SAMPLE.rglob("questions.jsonl"):
        yield path.parent.name, b"\n".join(path.read_bytes().split(b"\n")[:6])
    yield "plain", '{"text": "one"}\n\n{"text": "two"}\n'
    yield "lists", '{"images": ["a.png", "b.jpg"], "question": "q", "answer": null, "kind": "k"}'
    yield "values", '[0, -0, 1e-7, 1.5E+30, 18446744073709551616, true, null, "\\u00e9\\ud83d\\ude00\\n", {"a": {"b": []}}]'


def benchmarks():
    """The first byte chooses the benchmark."""
    files = sorted((ROOT / "Tests/BenchmarksTests/Resources/sample").glob("*.tsv"))
    for number, path in enumerate(files):
        yield path.stem, bytes([number]) + path.read_bytes()
    for number, case in enumerate(json.loads((ROOT / "Tests/BenchmarksTests/Resources/tsv.json").read_text())["files"][:60]):
        yield f"cells_{number}", b"\0" + bytes.fromhex(case["bytes"])
    answers = ["\\boxed{\\frac{1}{2}}", "The answer is **B**.</think><answer>A, C</answer>", "Yes, 1,234.5e-3 % of [1, 2]"]
    for number, answer in enumerate(answers):
        yield f"answer_{number}", b"\4index\tquestion\tA\tB\tanswer\n1\tq\tx\ty\tA\n2\t" + answer.encode() + b"\t2\t3\tB\n"
    yield "lines", b"\0" + b'{"question": "a?", "image": ["1.png"], "answer": "B", "A": "x", "B": "y"}\n'


def chat_templates():
    """The templates of the tests, and the expressions and snippets of their expectations, many to a file."""
    resources = ROOT / "Tests/JinjaTests/Resources"
    for path in sorted((resources / "templates").glob("*.jinja")):
        yield path.stem, path.read_bytes()
    expectations = json.loads((resources / "expressions.json").read_text())
    for section in ("expressions", "faults", "snippets"):
        sources = [source for source, _ in expectations[section]]
        for number in range(0, len(sources), 4):
            yield f"{section}-{number}", "\n".join(sources[number : number + 4])


TARGETS = {
    "safetensors_header": safetensors_headers,
    "shard_index": shard_indexes,
    "skyq_index": vectors,
    "tokenizer_json": tokenizers,
    "images": images,
    "questions_jsonl": questions,
    "benchmark_tsv": benchmarks,
    "jinja": chat_templates,
}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    for target, seeds in TARGETS.items():
        directory = pathlib.Path(sys.argv[1]) / target
        directory.mkdir(parents=True, exist_ok=True)
        for name, data in seeds():
            data = data.encode() if isinstance(data, str) else data
            if len(data) <= LONGEST:
                (directory / f"seed-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
