"""The pictures of the questions: a.png and b.jpg."""

import os
import struct
import zlib

from mutations.mutants import SEEING, Mutation, mutator, same, wrong

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(png):
    """Type and body of each chunk."""
    at = len(SIGNATURE)
    while at < len(png):
        length = int.from_bytes(png[at:at + 4], "big")
        yield png[at + 4:at + 8], png[at + 8:at + 8 + length]
        at += 12 + length


def png_of(parts):
    return SIGNATURE + b"".join(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
                                for kind, body in parts)


@mutator("questions", SEEING)
def png_bit(scene, seeded):
    """Every bit of a PNG is under a checksum, or part of what is fixed."""
    path = scene.questions / "a.png"
    data = bytearray(path.read_bytes())
    at = seeded.randrange(len(data))
    data[at] ^= 1 << seeded.randrange(8)
    path.write_bytes(data)
    return wrong(f"a.png: a bit of byte {at}", "pictures picture-a")


@mutator("questions", SEEING)
def png_layout(scene, seeded):
    """Text beside the picture, or its data cut elsewhere: the same picture."""
    path = scene.questions / "a.png"
    parts = list(chunks(path.read_bytes()))
    data = b"".join(body for kind, body in parts if kind == b"IDAT")
    cut = seeded.randrange(len(data))
    head = [part for part in parts if part[0] != b"IDAT" and part[0] != b"IEND"]
    text = [(b"tEXt", b"Comment\0" + b"x" * seeded.choice([0, 10, 5000])), (b"tIME", bytes([7, 230, 1, 1, 0, 0, 0]))]
    path.write_bytes(png_of([*head, *seeded.sample(text, seeded.randint(0, 2)), (b"IDAT", data[:cut]),
                             (b"IDAT", data[cut:]), (b"IEND", b"")]))
    return same("a.png: chunks cut elsewhere, text added")


@mutator("questions", SEEING)
def png_header(scene, seeded):
    """Other dimensions, depth, colour type or interlacing over the same data, with right checksums."""
    path = scene.questions / "a.png"
    parts = list(chunks(path.read_bytes()))
    header = list(struct.unpack(">IIBBBBB", parts[0][1]))
    field = seeded.randrange(7)
    old = header[field]
    others = [1 << 31, (1 << 31) - 1, 30000, 4096] if field < 2 else [255, 4, 6]
    header[field] = seeded.choice([0, 1, 2, 3, 16, 200, *others])
    path.write_bytes(png_of([(b"IHDR", struct.pack(">IIBBBBB", *header)), *parts[1:]]))
    return Mutation(f"a.png: IHDR field {field} = {header[field]} instead of {old}")


@mutator("questions", SEEING)
def png_chunks(scene, seeded):
    """A chunk is gone, twice, cut, of another type, or in another place, with right checksums."""
    path = scene.questions / "a.png"
    parts = list(chunks(path.read_bytes()))
    at = seeded.randrange(len(parts))
    kind, body = parts[at]
    done = seeded.choice(["gone", "twice", "cut", "other", "moved", "random"])
    if done in ("gone", "moved"):
        del parts[at]
    if done == "moved":
        parts.insert(seeded.randrange(len(parts) + 1), (kind, body))
    elif done == "twice":
        parts.insert(at, (kind, body))
    elif done == "cut":
        parts[at] = (kind, body[:len(body) // 2])
    elif done == "other":
        parts[at] = (seeded.choice([b"PLTE", b"tRNS", b"ABCD", b"abcd", b"acTL", b"iCCP"]), body)
    elif done == "random":
        parts[at] = (kind, seeded.randbytes(max(1, len(body))))
    path.write_bytes(png_of(parts))
    return Mutation(f"a.png: {kind.decode()} {done}")


@mutator("questions", SEEING)
def size(scene, seeded):
    """A picture that ends early."""
    path = scene.questions / seeded.choice(["a.png", "b.jpg"])
    data = path.read_bytes()
    path.write_bytes(data[:seeded.randrange(len(data) - 1)])
    return wrong(f"{path.name} ends early", "pictures picture-a" if path.suffix == ".png" else "pictures")


@mutator("questions", SEEING)
def jpeg_comment(scene, seeded):
    """A comment behind the first marker: the same picture."""
    path = scene.questions / "b.jpg"
    data, text = path.read_bytes(), b"\x1b[2J" * seeded.choice([0, 1, 1000])
    path.write_bytes(data[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + data[2:])
    return same("b.jpg: a comment")


@mutator("questions", SEEING)
def jpeg_bytes(scene, seeded):
    path = scene.questions / "b.jpg"
    data = bytearray(path.read_bytes())
    for _ in range(seeded.choice([1, 1, 4, 64])):
        data[seeded.randrange(len(data))] = seeded.choice([0, 0xFF, seeded.randrange(256)])
    path.write_bytes(data)
    return Mutation("b.jpg: other bytes")


@mutator("questions", SEEING)
def jpeg_frame(scene, seeded):
    """Dimensions, components, sampling or precision in the frame header."""
    path = scene.questions / "b.jpg"
    data = bytearray(path.read_bytes())
    frame = next(at for at in range(len(data) - 1) if data[at] == 0xFF and data[at + 1] in (0xC0, 0xC1, 0xC2))
    at = frame + seeded.randrange(1, 20)
    old, data[at] = data[at], seeded.choice([0, 1, 2, 0x11, 0x22, 0x44, 0xC2, 0xFF, seeded.randrange(256)])
    path.write_bytes(data)
    return Mutation(f"b.jpg: byte {at - frame} of the frame is {data[at]} instead of {old}")


@mutator("questions", SEEING)
def another_file(scene, seeded):
    """What has the picture's name is no picture."""
    path = scene.questions / "a.png"
    kind = seeded.choice(["missing", "empty", "directory", "FIFO", "link to nothing", "text", "GIF", "huge"])
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "link to nothing":
        path.symlink_to("nothing.png")
    elif kind == "huge":
        with open(path, "wb") as file:
            file.write(SIGNATURE)
            file.truncate(240 << 20)
    elif kind != "missing":
        path.write_bytes({"empty": b"", "text": b"a picture", "GIF": b"GIF89a\1\0\1\0\0\0\0;"}[kind])
    return wrong(f"a.png: {kind}", "pictures picture-a")


@mutator("questions", SEEING)
def other_name(scene, seeded):
    """A PNG is one whatever its name says."""
    questions = scene.questions / "questions.jsonl"
    (scene.questions / "c.jpg").write_bytes((scene.questions / "a.png").read_bytes())
    questions.write_text(questions.read_text().replace("a.png", "c.jpg"))
    return same("a PNG called c.jpg", "quantize-questions run-picture")
