"""safetensors files and checkpoint directories as Python values, read strictly as
Formats/safetensors.md wants it.

Sharing nothing with skyquant, it is what skyquant's own reading is held to. Needs the standard library only.
"""

import json
import math
import re
from dataclasses import dataclass

from safetensors_files import INDEX, join

WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2,
          "U8": 1, "BOOL": 1, "C64": 8, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1}
NARROW = {"F6_E2M3": 6, "F6_E3M2": 6, "F4": 4, "I4": 4, "U4": 4}  # bits
LARGEST = (1 << 63) - 1


class Refused(Exception):
    """Bytes that Formats/safetensors.md says must be refused."""


@dataclass
class Stored:
    """A tensor as its file has it."""
    dtype: str
    shape: list
    data: bytes


def require(holds, what):
    if not holds:
        raise Refused(what)


def strict_json(raw, depth=64):
    """The value of a JSON text without duplicate keys, NaN, byte order mark or halves of surrogate pairs."""
    def unique(members):
        require(len({key for key, _ in members}) == len(members), "a key twice")
        return dict(members)

    def constant(text):
        raise Refused(text)

    def levels(value):
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return 1 + max(map(levels, items), default=0) if isinstance(value, (dict, list)) else 0

    try:
        value = json.loads(raw.decode("utf-8", "strict"), object_pairs_hook=unique, parse_constant=constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8", "strict")
        require(levels(value) <= depth, "nested too deep")
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from None
    return value


def split(raw):
    """Header text and data of a file that claims no more header than it has."""
    require(len(raw) >= 8, "E101")
    length = int.from_bytes(raw[:8], "little")
    require(length <= 100_000_000, "E102")
    require(8 + length <= len(raw), "E103")
    return raw[8:8 + length], raw[8 + length:]


def parse(raw):
    """Name to tensor of a file's bytes, after all checks of section 2."""
    text, data = split(raw)
    require(text[:1] == b"{", "E104")
    require(not re.search(rb"[^ ]\s*[^ \S]\s*\Z", text), "E105")
    entries = strict_json(text.rstrip(b" "))
    tensors, ranges = {}, []
    for name, entry in entries.items():
        if name == "__metadata__":
            require(isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values()), "E106")
            continue
        require(name and "\0" not in name, "E108")
        require(isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}, "E110")
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        require(dtype in WIDTHS or dtype in NARROW if isinstance(dtype, str) else False, "E113")
        for numbers in (shape, offsets):
            require(isinstance(numbers, list), "E106")
            require(all(type(number) is int and 0 <= number <= LARGEST for number in numbers), "E106")
        require(len(shape) <= 8, "E114")
        width = WIDTHS.get(dtype) or NARROW[dtype]
        require(math.prod(extent or 1 for extent in shape) * width <= LARGEST, "E115")
        require(len(offsets) == 2 and offsets[0] <= offsets[1], "E117")
        filled = math.prod(shape) * width
        require(dtype in WIDTHS or filled % 8 == 0, "E123")
        require(offsets[1] - offsets[0] == (filled if dtype in WIDTHS else filled // 8), "E118")
        ranges.append(tuple(offsets))
        tensors[name] = Stored(dtype, shape, data[offsets[0]:offsets[1]])
    end = 0
    for begin, stop in sorted(ranges):
        require(begin == end, "E119 or E120")
        end = stop
    require(end == len(data), "E121 or E122")
    return tensors


def serialized(tensors, metadata=None):
    """The bytes of a file with these tensors, in their order."""
    header, position = ({"__metadata__": metadata} if metadata else {}), 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape,
                        "data_offsets": [position, position + len(tensor.data)]}
        position += len(tensor.data)
    return join(header, b"".join(tensor.data for tensor in tensors.values()))


def read(directory):
    """Name to tensor of a checkpoint directory, after the checks of section 3."""
    if not (directory / INDEX).exists():
        require((directory / "model.safetensors").is_file(), "E141")
        return parse((directory / "model.safetensors").read_bytes())
    index = strict_json(small_file(directory / INDEX))
    require(isinstance(index, dict) and isinstance(index.get("weight_map"), dict), "E130")
    places = index["weight_map"]
    require(all(is_shard_name(name) for name in places.values()), "E131")
    shards = set(places.values())
    require("model.safetensors" in shards or not (directory / "model.safetensors").exists(), "E142")
    tensors = {}
    for shard in sorted(shards):
        path = directory / shard
        require(path.is_file() and not path.is_symlink(), "no regular file")
        found = parse(path.read_bytes())
        require(set(found) == {name for name, place in places.items() if place == shard}, "E132 or E133")
        tensors.update(found)
    return tensors


def is_shard_name(name):
    return (isinstance(name, str) and name.endswith(".safetensors") and len(name.encode()) <= 255
            and not re.search(r"[/\\\x00-\x1f\x7f-\x9f]", name))


def write(directory, tensors, shard_count=1):
    """Writes a checkpoint's shards and, of more than one, their index."""
    if shard_count == 1:
        (directory / "model.safetensors").write_bytes(serialized(tensors, {"format": "pt"}))
        return
    names, places = list(tensors), {}
    for shard in range(shard_count):
        file = f"model-{shard + 1:05}-of-{shard_count:05}.safetensors"
        chosen = names[len(names) * shard // shard_count:len(names) * (shard + 1) // shard_count]
        (directory / file).write_bytes(serialized({name: tensors[name] for name in chosen}, {"format": "pt"}))
        places |= dict.fromkeys(chosen, file)
    total = sum(len(tensor.data) for tensor in tensors.values())
    (directory / INDEX).write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}, indent=2))


def shards(directory):
    """The files of weights."""
    return sorted(directory.glob("*.safetensors"))


def small_file(path):
    """The bytes of a regular file, perhaps behind a link;
    another kind of file, or a huge one, must be refused."""
    require(path.is_file() and path.stat().st_size < 100 << 20, f"{path.name} is no regular file of a sane size")
    return path.read_bytes()


def rewrite(directory, change, shard_count=None):
    """Replaces a checkpoint's weights by what `change` makes of them: it may change the mapping in place."""
    tensors, old = read(directory), shards(directory)
    tensors = change(tensors) or tensors
    for path in old:
        path.unlink()
    (directory / INDEX).unlink(missing_ok=True)
    write(directory, tensors, shard_count or len(old))
