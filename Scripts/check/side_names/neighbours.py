"""What may lie beside an output: names that the program uses, has used or might use, and kinds of files."""

import os
import shutil

WORK = ".skyquant-work"
# What the program puts behind the name of an output, or has put there.
OWN = [WORK, WORK, ".partial", ".lock", ".journal", ".resume", ".replaced", ".resume.partial", ".resume.lock"]
# What it might, and what others do.
OTHER = [".partial.lock", ".lock.lock", f"{WORK}.lock", f"{WORK}.partial", ".skyquant", ".work", ".tmp", ".temp",
         ".bak", ".old", ".new", ".part", ".swp", "~", ".1", ".json", ".safetensors", ".run", ".output"]
# What the program puts into its work folder, and what it does not.
INSIDE = ["run", "output", "journal", "resume", "replaced", "lock", "notes.txt"]
MARKERS = [b"", b"skyquant\n", b"skyquant-work 1\n", b"\0" * 64, b"4711 1700000000"]

KINDS = ["file", "empty file", "read-only file", "directory", "flat directory", "nested directory", "link to a file",
         "link to a directory", "dangling link", "FIFO", "hard link"]


def name(output, seeded):
    """A name beside an output."""
    stem = output.rpartition(".")[0] or output
    suffix = seeded.choice(OWN if seeded.random() < 0.7 else OTHER)
    return seeded.choice([output + suffix] * 6 + [stem + suffix, f".{output}{suffix}", f".{output}"])


def place(kind, path, scene, seeded):
    """Puts something of a kind at `path`; links lead to scene.directory/elsewhere, hard links to a shard."""
    elsewhere = scene.directory / "elsewhere"
    if kind in ("file", "read-only file"):
        path.write_bytes(seeded.choice([*MARKERS, seeded.randbytes(100)]))
    elif kind == "empty file":
        path.touch()
    elif "directory" in kind and "link" not in kind:
        path.mkdir()
        fill(kind, path, seeded)
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "hard link":
        os.link(next(scene.model.glob("*.safetensors")), path)
    else:
        target = {"link to a file": "file", "link to a directory": "directory", "dangling link": "gone"}[kind]
        path.symlink_to(os.path.relpath(elsewhere / target, path.parent))
    if kind == "read-only file":
        path.chmod(0o400)


def fill(kind, path, seeded):
    """Files in a directory: often under the names that a work folder has."""
    if kind == "directory":
        return
    for inside in seeded.sample(INSIDE, seeded.randint(1, 4)):
        (path / inside).write_bytes(seeded.choice(MARKERS))
    if kind == "nested directory":
        (path / "inner").mkdir()
        (path / "inner/precious").write_bytes(b"years of work")


def make_elsewhere(scene):
    """What links lead to."""
    elsewhere = scene.directory / "elsewhere"
    (elsewhere / "directory").mkdir(parents=True)
    (elsewhere / "file").write_bytes(b"elsewhere")
    for inside in INSIDE:
        (elsewhere / "directory" / inside).write_bytes(b"elsewhere")


def move(source, path):
    """Makes an input of the command the neighbour."""
    shutil.move(source, path)
