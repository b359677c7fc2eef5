"""A layout: a command, what lies beside its output, and how the run ends.
Everything follows from seed and number."""

import json
import random
from dataclasses import dataclass, field

from side_names import neighbours
from side_names.writers import WRITERS

ENDINGS = ["success", "success", "failure", "kill", "kill"]
# At which of which calls a run may be killed; the first calls of openat are those of a process that begins.
KILLS = [("rename,renameat,renameat2", 1, 2), ("fsync", 1, 8), ("mkdir,mkdirat", 1, 1), ("unlink,unlinkat,rmdir", 1, 6),
         ("write,pwrite64", 1, 12), ("openat", 15, 50), ("ftruncate,fallocate", 1, 1), ("flock", 1, 2)]


@dataclass
class Layout:
    """What one round is about. Names are relative to the scene's directory."""
    number: int
    writer: object
    words: list  # the command line
    outputs: list  # names that the command is told to write
    beside: list = field(default_factory=list)  # (name, kind) of what was put there
    existing: str = ""  # the kind of thing that has the output's name already
    ending: str = "success"
    kill: tuple = ()  # system calls, and which of them is the last

    @property
    def is_forced(self):
        return "--force" in self.words

    @property
    def title(self):
        beside = ", ".join(f"{name} ({kind})" for name, kind in self.beside)
        over = f" over a {self.existing}" if self.existing else ""
        ending = f"{self.ending} at {' '.join(map(str, self.kill))}" if self.kill else self.ending
        return f"{' '.join(self.words)}{over}; beside it {beside}; {ending}"


def chosen_writer(seed, number):
    """Each command in turn, and the random choices of this layout."""
    return WRITERS[number % len(WRITERS)], random.Random(f"{seed} {number}")


def lay_out(scene, seed, number):
    """Puts a layout into a fresh copy of a scene."""
    writer, seeded = chosen_writer(seed, number)
    place = scene.directory / "place"
    place.mkdir()
    neighbours.make_elsewhere(scene)
    options = [option for option in writer.options if seeded.random() < 0.4]
    output, report = f"place/{writer.output}", f"place/{seeded.choice(['r', writer.output + '.report'])}"
    words = f"{writer.line} {' '.join(options)}".replace("OUT", output).replace("REPORT", report).split()
    layout = Layout(number, writer, words, [output] + ([report] if report in words else []))
    if seeded.random() < 0.3:
        layout.existing = seeded.choice(neighbours.KINDS)
        neighbours.place(layout.existing, scene.directory / output, scene, seeded)
    for kind in seeded.choices(neighbours.KINDS, k=seeded.choice([1, 1, 2, 3])):
        put_neighbour(layout, scene, kind, seeded)
    layout.ending = seeded.choice(ENDINGS)
    if layout.ending == "failure":
        spoil(layout, scene, seeded)
    elif layout.ending == "kill":
        calls, first, last = seeded.choice(KILLS)
        layout.kill = calls, seeded.randint(first, last)
    return layout


def put_neighbour(layout, scene, kind, seeded):
    """A neighbour of one of the outputs: of a kind, or an input of the command."""
    of = seeded.choice(layout.outputs).removeprefix("place/")
    name = f"place/{neighbours.name(of, seeded)}"
    path, inputs = scene.directory / name, layout.writer.inputs
    if path.exists() or path.is_symlink():
        return
    if inputs and seeded.random() < 0.3:
        chosen = seeded.choice(inputs)
        if (scene.directory / chosen).exists():
            neighbours.move(scene.directory / chosen, path)
            renamed(layout, scene, chosen, name)
            layout.beside.append((name, f"read as {chosen}"))
            return
    neighbours.place(kind if scene.model.exists() or kind != "hard link" else "file", path, scene, seeded)
    layout.beside.append((name, kind))


def renamed(layout, scene, chosen, name):
    """Makes the command, or the questions, name an input as it is called now."""
    layout.words = [name if word == chosen else word for word in layout.words]
    questions = next((scene.directory / word for word in layout.words
                      if word.endswith("questions.jsonl") or word == name and chosen.endswith("questions.jsonl")), None)
    if not questions:
        return
    lines = [json.loads(line) for line in questions.read_text().splitlines()]
    for line in lines:
        # Absolute, since the questions may lie anywhere by now.
        for picture in ("a.png", "b.jpg"):
            if line["image"].endswith(picture):
                moved = name if chosen == f"questions/{picture}" else None
                line["image"] = str(scene.directory / moved) if moved else (
                    line["image"] if line["image"].startswith("/") else str(scene.directory / "questions" / picture))
    questions.write_text("".join(json.dumps(line) + "\n" for line in lines))


def spoil(layout, scene, seeded):
    """Makes the command fail: at once, or when it has begun to write."""
    if "--calibration" in layout.words and seeded.random() < 0.5:
        at = layout.words.index("--calibration") + 1
        with open(scene.directory / layout.words[at], "ab") as questions:
            questions.write(b'{"image": "gone.png", "question": "a"}\n')
        layout.words[layout.words.index("--samples") + 1] = "3"
        return
    source = scene.directory / layout.words[1]
    victim = source if source.is_file() else next(source.glob("*.safetensors"))
    data = bytearray(victim.read_bytes())
    if seeded.random() < 0.5 or victim.suffix == ".skyq":
        data = data[:-1]
    else:
        data[-2:] = b"\xff\xff"  # a value that is no number
    victim.write_bytes(data)
