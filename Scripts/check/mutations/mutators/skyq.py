"""A .skyq file whose bytes are no longer those that were written: nobody made its digests right again."""

from skyq.reader import Skyq

from mutations.mutants import Mutation, damage, of_skyqs, wrong


def places(data):
    """Name to range of the regions of a file."""
    file = Skyq(data)
    found = {"superblock": (0, 256), "reserved": (256, 4096), "tables": (4096, file.names_offset),
             "names": (file.names_offset, file.front_size)}
    for section in file.sections:
        found[f"section {section['name']}"] = (section["offset"], section["offset"] + section["stored"])
    for tensor in file.tensors:
        for number, (offset, length, _) in enumerate(tensor["planes"]):
            found[f"plane {number} of {tensor['name']}"] = (offset, offset + length)
    return {name: place for name, place in found.items() if place[0] < place[1]}


def region(data, seeded):
    """A region: planes, sections, or the front, each as likely."""
    found = places(data)
    kind = seeded.choice(["plane", "plane", "section", ""])
    name = seeded.choice([name for name in found if name.startswith(kind)])
    return name, found[name]


@of_skyqs
def bit(path, seeded):
    data = bytearray(path.read_bytes())
    name, (start, end) = region(bytes(data), seeded)
    at = seeded.randrange(start, end)
    data[at] ^= 1 << seeded.randrange(8)
    path.write_bytes(data)
    return damage(f"a bit of {name}, byte {at - start}")


@of_skyqs
def piece(path, seeded):
    """A run of bytes is zero, random, or comes from elsewhere in the file,
    as when a disk loses or mixes up sectors."""
    data = bytearray(path.read_bytes())
    name, (start, end) = region(bytes(data), seeded)
    length = min(end - start, seeded.choice([1, 16, 512, 4096]))
    at, origin = seeded.randrange(start, end - length + 1), seeded.randrange(len(data) - length)
    elsewhere = bytes(data[origin:origin + length])
    new = seeded.choice([bytes(length), b"\xff" * length, seeded.randbytes(length), elsewhere])
    if new == data[at:at + length]:
        new = bytes([new[0] ^ 1]) + new[1:]
    data[at:at + length] = new
    path.write_bytes(data)
    return damage(f"{length} bytes of {name}")


@of_skyqs
def exchanged_planes(path, seeded):
    """Two planes of the same size have each other's bytes."""
    data = bytearray(path.read_bytes())
    planes = {name: place for name, place in places(bytes(data)).items() if name.startswith("plane")}
    one = seeded.choice(list(planes))
    start, end = planes[one]
    others = [name for name, place in planes.items()
              if place[1] - place[0] == end - start and data[place[0]:place[1]] != data[start:end]]
    if not others:
        data[start] ^= 1
    else:
        other = planes[seeded.choice(others)]
        data[start:end], data[other[0]:other[1]] = data[other[0]:other[1]], data[start:end]
    path.write_bytes(data)
    return damage(f"{one} exchanged")


@of_skyqs
def padding(path, seeded):
    """Padding is not zero: only the full check looks at it."""
    data = bytearray(path.read_bytes())
    ends = sorted(place for place in places(bytes(data)).values())
    holes = [(end, start) for (_, end), (start, _) in zip(ends, ends[1:]) if end < start]
    start, end = seeded.choice(holes)
    data[seeded.randrange(start, end)] = 1
    path.write_bytes(data)
    return damage("padding that is not zero")


@of_skyqs
def size(path, seeded):
    data = path.read_bytes()
    new = data[:seeded.randrange(len(data))] if seeded.random() < 0.7 else data + bytes(seeded.choice([1, 64, 4096]))
    path.write_bytes(new)
    return wrong(f"{len(new)} bytes instead of {len(data)}", "config headers files")


@of_skyqs
def front(path, seeded):
    """Some bytes of the front, as they come."""
    data = bytearray(path.read_bytes())
    end = places(bytes(data))["names"][1]
    for _ in range(seeded.choice([1, 2, 4, 32])):
        data[seeded.randrange(end)] = seeded.randrange(256)
    path.write_bytes(data)
    return Mutation("bytes of the front")
