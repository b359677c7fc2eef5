#!/usr/bin/env python3
"""Gives hostile files to the built command and holds it to the checks of Formats/acceptance.md.

    Scripts/check/hostile_input.py [CHECK...]       default: all, for example 1 6 13

Each file must be refused with its exit code and one line on standard error that says why, leave no output,
and, where a bound is stated, stay below it: memory is the child's peak resident size (wait4), "never opened"
is what strace sees. Needs a release build, strace and leave to trace; only Python's standard library.
"""
import json
import os
import random
import re
import shutil
import struct
import sys
import tempfile
import time
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from directories import clear
from program import MIB, ROOT, built, run
from safetensors_files import INDEX, join
from skyq.vectors import VECTORS, cases, materialise

RESOURCES = ROOT / "Sources/SampleModel/Resources"
SHARD = "model-00003-of-00003.safetensors"


class Checks:
    """Runs the command in a directory of its own and counts what does not hold."""

    def __init__(self, work, skyquant):
        self.work, self.skyquant = work, skyquant
        self.number, self.count, self.failures = 0, 0, 0
        self.peak = 0

    def expect(self, holds, what):
        self.count += 1
        if not holds:
            self.failures += 1
            print(f"FAILED: check {self.number}: {what}")

    def run(self, arguments, tracer=()):
        """The exit code, both streams, peak resident bytes and seconds of a run."""
        program, *words = [*tracer, self.skyquant, *arguments]
        start = time.monotonic()
        ended = run(program, words)
        took = time.monotonic() - start
        return ended.code, ended.out.decode("utf-8", "strict"), ended.err.decode("utf-8", "strict"), ended.peak, took

    def refused(self, arguments, code, pattern, memory=None, seconds=None):
        """Expects an error of one line, nothing on standard output and no file that was not there before."""
        before = sorted(self.work.rglob("*"))
        status, out, err, peak, took = self.run(arguments)
        what = f"{' '.join(map(str, arguments))[-100:]}: exit code {status}, {err[:200]!r}"
        self.expect(status in (code if isinstance(code, tuple) else (code,)), f"{what}, expected code {code}")
        self.expect(re.fullmatch(r"error: [^\n]+\n", err), f"{what}: not one line")
        # The name of the working directory is random, and must not be what matches.
        self.expect(re.search(pattern, err.replace(str(self.work), "")), f"{what}: does not say {pattern}")
        self.expect(not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", err),
                    f"{what}: control characters")
        self.expect(not out, f"{what}: prints to standard output")
        self.expect(sorted(self.work.rglob("*")) == before, f"{what}: leaves files behind")
        self.peak = max(self.peak, peak)
        if memory:
            self.expect(peak < memory, f"{what}: {peak / MIB:.0f} MiB, allowed are {memory / MIB:.0f}")
        if seconds:
            self.expect(took < seconds, f"{what}: {took:.2f} s, allowed are {seconds}")

    def never_opened(self, arguments, path):
        """Expects that no system call opens `path`, whose last component is unlike any other."""
        trace = self.work / "trace"
        self.run(arguments, tracer=["strace", "-f", "-o", trace, "-e", "trace=open,openat,openat2,creat"])
        calls = trace.read_text(errors="replace")
        trace.unlink()
        self.expect("openat(" in calls, "strace saw no call at all")
        opened = [line for line in calls.splitlines() if path in line and "ENOENT" not in line]
        self.expect(not opened, f"{path} was opened: {opened[:1]}")

    def model(self, **replaced):
        """A copy of the sample model; `replaced` maps a file's name to bytes, or to None for its removal."""
        copy = self.work / "model"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(RESOURCES / "tiny-r1v", copy)
        for name, data in replaced.items():
            (copy / name).unlink() if data is None else (copy / name).write_bytes(data)
        return copy

    def file(self, name, data):
        (self.work / name).write_bytes(data)
        return self.work / name

    def quantize(self, model):
        return ["quantize", model, "--method", "rtn", "--out", self.work / "out", "--quiet"]

    def shard_refused(self, data, pattern, memory=None):
        """Expects a safetensors file to be refused by itself and as a shard of a
        model that is to be quantized."""
        self.refused(["inspect", self.file("t.safetensors", data)], 65, pattern, memory)
        self.refused(self.quantize(self.model(**{SHARD: data})), 65, pattern, memory)

    def questions(self, picture):
        """A command that reads one picture."""
        self.file("picture", picture)
        self.file("q.jsonl", b'{"image": "picture", "question": "a", "answer": "b"}\n')
        return ["quantize", RESOURCES / "tiny-r1v", "--calibration", self.work / "q.jsonl",
                "--out", self.work / "out", "--quiet"]


def safetensors(header, data=b"", length=None):
    return join(header.encode(), data, length)


def entry(name, dtype, shape, begin, end):
    return f'"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}'


def header_lengths(checks):
    for length in (0, 3, 100_000_000, 100_000_001, 1 << 63, (1 << 64) - 1):
        checks.shard_refused(safetensors("{}", length=length), r"header", memory=64 * MIB)


def duplicate_names(checks):
    first = entry("a", "U8", [1], 0, 1)
    for second in (first, entry(r"\u0061", "U8", [0], 1, 1)):
        checks.shard_refused(safetensors(f"{{{first},{second}}}", b"x"),
                             rf"duplicate tensor name .a. at byte {8 + len(first) + 2} ")


def ranges(checks):
    a = entry("a", "U8", [4], 0, 4)
    both = r"'b'.*3.*'a'.*4|'a'.*4.*'b'.*3"
    checks.shard_refused(safetensors(f"{{{a},{entry('b', 'U8', [4], 3, 7)}}}", bytes(7)), both)
    checks.shard_refused(safetensors(f"{{{a},{entry('b', 'U8', [4], 5, 9)}}}", bytes(9)), r"'b'.*5|5.*'b'")
    checks.shard_refused(safetensors(f"{{{a}}}", bytes(5)), r"4.*5|5.*4")
    checks.shard_refused(safetensors(f"{{{a}}}", bytes(3)), r"'a'.*4.*3")
    checks.shard_refused(safetensors(f"{{{entry('a', 'U8', [1], 1, 0)}}}", b"x"), r"'a'.*(0.*1|1.*0)")


def overflows(checks):
    largest = (1 << 63) - 1
    for dtype, shape in (("U8", [1 << 62, 4]), ("F64", [1 << 61]), ("F32", [largest - 3]), ("U8", [0, 1 << 62, 4]),
                         ("U8", [(1 << 64) - 4])):
        checks.shard_refused(safetensors(f"{{{entry('a', dtype, shape, 0, 0)}}}"), r"a|integer", memory=64 * MIB)


def sizes(checks):
    checks.shard_refused(safetensors(f"{{{entry('a', 'F32', [2, 3], 0, 23)}}}", bytes(23)), r"'a'.*24.*23")


def shard_names(checks):
    secret = checks.file("secret-of-another", b"top secret")
    index = json.loads((RESOURCES / "tiny-r1v" / INDEX).read_text())
    name = sorted(index["weight_map"])[0]

    def indexed(value):
        index["weight_map"][name] = value
        return checks.model(**{INDEX: json.dumps(index).encode()})

    for value in (str(secret), "../secret-of-another", "a/secret-of-another", "/etc/passwd"):
        model = indexed(value)
        for command in (["inspect", model], checks.quantize(model)):
            checks.refused(command, 65, re.escape(value.removeprefix(str(checks.work))))
            checks.never_opened(command, value.rsplit("/", 1)[-1])
    model = indexed("extra.safetensors")
    (model / "extra.safetensors").symlink_to(secret)
    checks.refused(checks.quantize(model), (65, 66), "link")
    checks.never_opened(checks.quantize(model), secret.name)
    (model / "extra.safetensors").unlink()
    os.mkfifo(model / "extra.safetensors")
    checks.refused(checks.quantize(model), (65, 66), "regular file", seconds=30)


def disagreements(checks):
    index = json.loads((RESOURCES / "tiny-r1v" / INDEX).read_text())
    for extra in range(7):
        index["weight_map"][f"extra.{extra}"] = SHARD
    model = checks.model(**{INDEX: json.dumps(index).encode()})
    checks.refused(checks.quantize(model), 65, r"7 tensors.*extra\.0.*extra\.4(?!.*extra\.5)")
    index["weight_map"] = {name: shard for name, shard in index["weight_map"].items()
                           if not name.startswith(("extra", "mlp1"))}
    model = checks.model(**{INDEX: json.dumps(index).encode()})
    checks.refused(checks.quantize(model), 65, r"mlp1")


def pickles(checks):
    for name in ("pytorch_model.bin", "model.pt", "model.ckpt"):
        model = checks.model(**{path.name: None for path in (RESOURCES / "tiny-r1v").glob("*safetensors*")})
        (model / name).write_bytes(b"\x80\x02malicious" * 1000)
        for command in (["inspect", model], ["inspect", model / name], checks.quantize(model)):
            checks.refused(command, 69, "pickle")
            checks.never_opened(command, name)


def flipped_bits(checks):
    whole = (VECTORS / "awq_example.skyq").read_bytes()
    seeded = random.Random(9)
    for position in sorted({0, 8, 16, 64, 200, 4095, len(whole) - 1} | {seeded.randrange(len(whole)) for _ in range(60)}):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << seeded.randrange(8)
        path = checks.file("damaged.skyq", bytes(damaged))
        status, out, err, *_ = checks.run(["check", path, "--full"])
        code = 69 if position in (8, 9) and "[E004]" in err else 65  # the major version: another one may exist
        checks.expect(status == code and "[E" in out + err, f"bit at {position}: exit code {status}, {out + err!r}")


def truncations(checks):
    whole = (VECTORS / "sections_zstd.skyq").read_bytes()
    seeded = random.Random(10)
    for length in sorted({seeded.randrange(len(whole)) for _ in range(200)}):
        path = checks.file("cut.skyq", whole[:length])
        for command in (["inspect", path], ["check", path]) if length % 8 == 0 else (["check", path],):
            checks.refused(command, 65, "cut.skyq")


def png(width, height, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def pictures(checks):
    decoded = ROOT / "Tests/ImageProcessingTests/Resources"
    jpeg = next(decoded.rglob("ycc-422-scans.jpg")).read_bytes()
    scan = jpeg.rindex(b"\xff\xda")
    whole = png(64, 64, b"\0" * 9 * 64)
    for picture, pattern in (
            (next(decoded.rglob("bomb-30000x30000.png")).read_bytes(), "30000 x 30000"),
            (jpeg[:scan] + jpeg[scan:-2] * 10_000 + jpeg[-2:], "500 scans"),
            (next(decoded.rglob("bomb-9000x9000.webp")).read_bytes(), "9000 x 9000"),
            (next(decoded.rglob("lossy.webp")).read_bytes()[:-2], "WebP"),
            (jpeg[:len(jpeg) // 2], "JPEG"), (jpeg[:-40], "JPEG"), (whole[:-4], "IEND"), (whole[:-12], "PNG")):
        checks.refused(checks.questions(picture), 65, pattern, memory=200 * MIB, seconds=5)


def tokenizers(checks):
    document = json.loads((RESOURCES / "tiny-r1v/tokenizer.json").read_text())
    for code, pattern, data in (
            (69, "tokenizer.json", nested_quantifiers(document)),
            (65, "tokenizer.json", b"[" * 200 + b"]" * 200),
            (65, "tokenizer.json.*bytes", None)):
        model = checks.model(**{"tokenizer.json": data or b""})
        if data is None:
            with open(model / "tokenizer.json", "r+b") as sparse:
                sparse.write(b'"')
                sparse.truncate(1 << 30)
        questions = RESOURCES / "calibration/questions.jsonl"
        checks.refused(["quantize", model, "--calibration", questions, "--out", checks.work / "out", "--quiet"],
                       code, pattern, memory=200 * MIB, seconds=5)


def nested_quantifiers(document):
    def replace(node):
        if isinstance(node, dict):
            return {key: "(a+)+$" if key == "Regex" else replace(value) for key, value in node.items()}
        return [replace(value) for value in node] if isinstance(node, list) else node
    return json.dumps(replace(document)).encode()


def zstd_sections(checks):
    zstd = [case for case in cases() if re.search(r"zstd|bomb|content_size", case["name"])
            and (case["open"] or case["full"])]
    checks.expect(zstd, "the vectors have no damaged zstd section")
    for case in zstd:
        path = checks.file("bomb.skyq", materialise(case))
        status, out, err, peak, _ = checks.run(["check", path, "--full"])
        checks.expect(status == 65 and "[E" in out + err, f"{case['name']}: exit code {status}, {out + err!r}")
        checks.expect(peak < 64 * MIB, f"{case['name']}: {peak / MIB:.0f} MiB")
        checks.peak = max(checks.peak, peak)


def escaping(checks):
    name = r"w\u001b[2J\u202etxt\u0085"
    data = safetensors(f"{{{entry(name, 'U8', [1], 0, 1)}}}", b"x")
    for code, arguments in ((0, ["--tensors", "*"]), (0, ["--tensors", "*", "--json"])):
        status, out, err, *_ = checks.run(["inspect", checks.file("t.safetensors", data), *arguments])
        checks.expect(status == code and not err, f"exit code {status}, {err!r}")
        checks.expect("w" in out and not re.search(r"[\x1b\x85\u202e]", out), f"unescaped: {out!r}")
    checks.refused(["inspect", checks.file("t.safetensors", data + b"y")], 65, "t.safetensors")
    checks.refused(["inspect", checks.file("t.safetensors", data[:-1])], 65, r"u\{1b\}")
    checks.refused(["inspect", checks.work / "no\x1b[2J\u202efile"], 66, r"u\{1b\}.*u\{202e\}")


ALL = {1: header_lengths, 2: duplicate_names, 3: ranges, 4: overflows, 5: sizes, 6: shard_names, 7: disagreements,
       8: pickles, 9: flipped_bits, 10: truncations, 13: pictures, 14: tokenizers, 15: zstd_sections, 24: escaping}


def main():
    with tempfile.TemporaryDirectory() as work:
        checks = Checks(Path(work), built())
        for checks.number in [int(number) for number in sys.argv[1:]] or ALL:
            clear(work)
            before, checks.peak = checks.count, 0
            ALL[checks.number](checks)
            print(f"check {checks.number}: {checks.count - before} expectations, peak {checks.peak / MIB:.0f} MiB")
    print(f"hostile input: {checks.count} expectations, {checks.failures} failed")
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
