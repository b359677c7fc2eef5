"""safetensors files as Python values, unchecked, for files that are known to be sound.
check/mutations/checkpoints.py reads strictly. Needs the standard library only.
"""

import json

INDEX = "model.safetensors.index.json"


def header(path):
    """Name to entry of a file's tensors, and the place where its data begin."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        entries = json.loads(file.read(size))
    entries.pop("__metadata__", None)
    return entries, 8 + size


def tensors(path):
    """Name, entry and bytes of each tensor."""
    entries, start = header(path)
    data = path.read_bytes()
    for name, entry in entries.items():
        begin, end = entry["data_offsets"]
        yield name, entry, data[start + begin:start + end]


def join(header, data=b"", length=None):
    """The bytes of a file of a header, as bytes or as a value, and data;
    `length` is stated in place of the header's."""
    text = header if isinstance(header, bytes) else json.dumps(header, ensure_ascii=False).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def write(path, chosen):
    """Writes tensors, as `tensors` gives them, one behind the other."""
    entries, position = {}, 0
    for name, entry, data in chosen:
        entries[name] = entry | {"data_offsets": [position, position + len(data)]}
        position += len(data)
    path.write_bytes(join(entries, b"".join(data for _, _, data in chosen)))


def write_sparse(path, header, size, data=b""):
    """Writes a file of a header and `size` bytes, of which the first are `data` and the others a hole."""
    with open(path, "wb") as file:
        start = file.write(join(header, data)) - len(data)
        file.truncate(start + size)
