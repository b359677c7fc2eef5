"""A .skyq file that says something else, with all digests right: what only an
attacker or a wrong writer makes.

The file is taken apart into an `Image` of lib/skyq/image.py, changed, and written anew; a field in an
`override` is a lie that the digests cover.
"""

import json
import struct

from skyq.reader import Skyq
from skyq.image import Image, Section, Tensor

from mutations.mutants import Mutation, of_skyqs
from mutations.mutators.json_values import HOSTILE, changed_leaf, torn

ENTRY = {"name_offset": 32, "name_length": 16, "encoding": 16, "rank": 8, "plane_count": 8, "group": 32, "count": 64}
SUPERBLOCK = {"major": 16, "minor": 16, "size": 32, "incompat": 64, "compat": 64, "file_size": 64, "sections_at": 64,
              "section_count": 32, "section_size": 32, "tensors_at": 64, "tensor_count": 32, "tensor_size": 32,
              "names_at": 64, "names_size": 64, "front_size": 64, "data_offset": 64, "data_end": 64, "align_log2": 8,
              "parameters": 64}


OTHER_NAMES = ["../escape", "a/b", ".hidden", "x" * 600, "config.JSON", "model.safetensors", "\u00e9", "e\u0301", "nul"]


def image_of(data):
    """A file taken apart. Sections are kept as they are stored."""
    file = Skyq(data)
    sections = [Section(section["type"], section["name"].encode(), bytes(file.section_bytes(section)), section["flags"],
                        stored=bytes(data[section["offset"]:section["offset"] + section["stored"]]))
                for section in file.sections]
    tensors = [Tensor(tensor["name"].encode(), tensor["encoding"], list(tensor["shape"]),
                      [bytes(plane) for plane in file.plane_bytes(tensor)], tensor["group"]) for tensor in file.tensors]
    return Image(sections, tensors, file.align_log2, file.minor)


def changed(path, change):
    """Applies `change(image)`, which returns a description."""
    image = image_of(path.read_bytes())
    what = change(image)
    path.write_bytes(image.bytes())
    return Mutation(what)


def number(bits, seeded):
    return seeded.choice([0, 1, 2, 3, 5, 8, 32, 255, (1 << bits) - 1, 1 << (bits - 1), seeded.getrandbits(bits),
                          seeded.getrandbits(bits // 2)]) % (1 << bits)


@of_skyqs
def superblock(path, seeded):
    def change(image):
        field = seeded.choice(list(SUPERBLOCK))
        image.override[field] = number(SUPERBLOCK[field], seeded)
        return f"{field} = {image.override[field]}"
    return changed(path, change)


@of_skyqs
def entry(path, seeded):
    """A field of a tensor's entry."""
    def change(image):
        tensor = seeded.choice(image.tensors)
        field = seeded.choice([*ENTRY, "dims", "planes"])
        if field == "dims":
            dims = (tensor.dims + [0] * 8)[:8]
            dims[seeded.randrange(8)] = number(64, seeded)
            tensor.override["dims"] = dims
        elif field == "planes":
            plane = f"plane{seeded.randrange(len(tensor.planes))}"
            tensor.override[plane] = tuple(number(64, seeded) for _ in range(3))
        else:
            tensor.override[field] = number(ENTRY[field], seeded)
        return f"{tensor.name.decode()}: {field} = {tensor.override.get(field, '…')}"
    return changed(path, change)


@of_skyqs
def section_entry(path, seeded):
    def change(image):
        section = seeded.choice(image.sections)
        field, bits = seeded.choice([("flags", 32), ("offset", 64), ("stored", 64), ("size", 64), ("name_offset", 32),
                                     ("name_length", 32)])
        section.override[field] = number(bits, seeded)
        return f"section {section.name.decode()}: {field} = {section.override[field]}"
    return changed(path, change)


@of_skyqs
def shape(path, seeded):
    """Another shape, encoding or group size that fits the planes, or another tensor's."""
    def change(image):
        tensor = seeded.choice(image.tensors)
        kind = seeded.choice(["transposed", "flat", "ones", "encoding", "group", "halved"])
        if kind == "transposed":
            tensor.dims = tensor.dims[::-1]
        elif kind == "flat":
            tensor.dims = [len(tensor.planes[0]) // 2]
        elif kind == "ones":
            tensor.dims = [1, *tensor.dims]
        elif kind == "encoding":
            tensor.encoding = seeded.choice([1, 2, 3, 4, 5, 6, 7, 8, 0x0101, 0x0102, 0x0103, 0x8001])
        elif kind == "group":
            tensor.group = seeded.choice([0, 32, 64, 128])
        else:
            tensor.dims = [tensor.dims[0] // 2, *tensor.dims[1:]]
            tensor.planes = [plane[:len(plane) // 2] for plane in tensor.planes]
        return f"{tensor.name.decode()}: {kind}, {tensor.encoding} {tensor.dims} g{tensor.group}"
    return changed(path, change)


@of_skyqs
def plane(path, seeded):
    """Other codes, zeros, scales or values."""
    def change(image):
        tensor = seeded.choice(image.tensors)
        at = seeded.randrange(len(tensor.planes))
        data = bytearray(tensor.planes[at])
        for _ in range(seeded.choice([1, 1, 16, len(data)])):
            data[seeded.randrange(len(data))] = seeded.choice([0, 0x7C, 0x7F, 0xFF, seeded.randrange(256)])
        tensor.planes[at] = bytes(data)
        return f"other bytes in plane {at} of {tensor.name.decode()}"
    return changed(path, change)


@of_skyqs
def scales(path, seeded):
    """Scales that are no numbers, zero, negative or subnormal."""
    def change(image):
        tensor = seeded.choice([tensor for tensor in image.tensors if len(tensor.planes) == 3])
        data, bits = bytearray(tensor.planes[1]), seeded.choice([0x7C00, 0xFC00, 0x7E00, 0, 0x8000, 1, 0x7BFF, 0xFBFF])
        for at in range(0, len(data), 2 if seeded.random() < 0.5 else len(data)):
            struct.pack_into("<H", data, at, bits)
        tensor.planes[1] = bytes(data)
        return f"scales of {bits:04x} in {tensor.name.decode()}"
    return changed(path, change)


@of_skyqs
def names(path, seeded):
    """Names that are not there, twice, or drive a terminal; of tensors and of files."""
    def change(image):
        items = image.tensors if seeded.random() < 0.7 else image.sections
        item = seeded.choice(items)
        kind = seeded.choice(["gone", "copied", "hostile", "other", "of another"])
        if kind == "gone":
            items.remove(item)
        elif kind == "copied":
            items.append(item)
        elif kind == "of another":
            item.name = seeded.choice(items).name
        else:
            item.name = seeded.choice(HOSTILE if kind == "hostile" else OTHER_NAMES).encode()
        return f"a name {kind}: {ascii(item.name)[:80]}"
    return changed(path, change)


@of_skyqs
def order(path, seeded):
    """Tensors and sections in another order: the same model."""
    def change(image):
        seeded.shuffle(image.tensors)
        seeded.shuffle(image.sections)
        return "another order"
    return changed(path, change)


@of_skyqs
def file_inside(path, seeded):
    """config.json or another embedded file says something else."""
    def change(image):
        files = [section for section in image.sections if section.type == b"FILE" and section.name.endswith(b".json")]
        section = seeded.choice([*files, *[file for file in files if file.name == b"config.json"] * 3])
        if seeded.random() < 0.3:
            what, text = torn(section.plain, seeded)
        else:
            document = json.loads(section.plain)
            what = changed_leaf(document, seeded) if isinstance(document, dict) and document else "nothing"
            text = json.dumps(document).encode("utf-8", "surrogatepass")
        section.plain, section.stored, section.flags = text, text, 0
        return f"{section.name.decode()}: {what}"
    return changed(path, change)


@of_skyqs
def canonical_json(path, seeded):
    """META or PROV is not what §7 wants."""
    def change(image):
        section = seeded.choice([section for section in image.sections if section.type != b"FILE"])
        what, text = torn(section.plain, seeded)
        section.plain, section.stored, section.flags = text, text, 0
        return f"{section.name.decode()}: {what}"
    return changed(path, change)
