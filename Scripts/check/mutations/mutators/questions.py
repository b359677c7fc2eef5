"""The questions file."""

import json

from mutations.mutants import SEEING, Mutation, mutator, same, wrong
from mutations.mutators.json_values import HOSTILE, another, changed_leaf, respelled, torn


def lines_of(scene):
    return [json.loads(line) for line in (scene.questions / "questions.jsonl").read_text().splitlines()]


def write(scene, raw):
    (scene.questions / "questions.jsonl").write_bytes(raw)


@mutator("questions")
def spelling(scene, seeded):
    """Other white space between, order and escapes; empty lines; keys that mean nothing;
    a list of one picture."""
    spelt = []
    for line in lines_of(scene):
        if "image" in line and seeded.random() < 0.3:
            line["images"] = [line.pop("image")]
        if seeded.random() < 0.3:
            line["source"] = another("", seeded) if seeded.random() < 0.5 else {"a": ["\x1b"]}
        line = {key: value for key, value in line.items() if value != float("inf")}
        spelt.append(b" ".join(respelled(line, seeded).split(b"\n")).strip())
    between, end = seeded.choice([b"\n", b"\r\n", b"\n\n", b"\n \t\n"]), seeded.choice([b"", b"\n", b"\r\n"])
    write(scene, between.join(spelt) + end)
    return same("other white space, order and escapes")


@mutator("questions")
def tear(scene, seeded):
    what, text = torn((scene.questions / "questions.jsonl").read_bytes(), seeded)
    write(scene, text)
    return Mutation(what)


@mutator("questions")
def value(scene, seeded):
    lines = lines_of(scene)
    what = changed_leaf(seeded.choice(lines), seeded)
    write(scene, "".join(json.dumps(line) + "\n" for line in lines).encode())
    return Mutation(what)


@mutator("questions")
def long(scene, seeded):
    """Texts that are longer than the model's positions, empty, or all special tokens."""
    lines = lines_of(scene)
    text = seeded.choice(["", " ", "a" * 20_000, "<image>", "<IMG_CONTEXT>", "<|im_end|>" * 50, "<image>" * 3,
                          "\u0301" * 4000, "\0", *HOSTILE])
    line = seeded.choice(lines)
    line[seeded.choice([key for key in ("question", "answer", "text") if key in line])] = text
    write(scene, "".join(json.dumps(line) + "\n" for line in lines).encode())
    return Mutation(f"a text of {len(text)}: {ascii(text[:20])}")


@mutator("questions", SEEING)
def path(scene, seeded):
    """Paths of pictures that are none, or end where they do not seem to."""
    lines = lines_of(scene)
    name = seeded.choice(["", ".", "..", "gone.png", "a.png\0.jpg", "a.png/", "\0", "/dev/zero", "/proc/self/mem",
                          "~/a.png", "a.png\n", "a" * 300, "a" * 5000, *HOSTILE])
    lines[0]["image"] = name if seeded.random() < 0.8 else ["a.png", name]
    write(scene, "".join(json.dumps(line) + "\n" for line in lines).encode())
    return wrong(f"a picture {ascii(name)[:40]}", "questions")


@mutator("questions")
def no_questions(scene, seeded):
    raw = seeded.choice([b"", b"\n\n", b"[]\n", b"{}\n", b"\xff\xfe{\0", b"\xef\xbb\xbf{}", b"null\n",
                         b'{"question": 1}\n', b'{"question": "a", "image": [1]}\n', b'{"answer": "b"}\n',
                         b'{"text": "a"', b'{"text": "a"} {"text": "b"}\n', b'{"text": "\xff"}\n',
                         b'{"text": "a", "text": "b"}\n', b"[" * 100_000])
    write(scene, raw)
    return wrong(f"questions: {raw[:20]!r}", "questions")
