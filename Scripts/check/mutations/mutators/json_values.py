"""Changes of JSON documents that mutators share."""

import json

# Strings that drive a terminal: CSI, OSC, a C1 control, right-to-left override, a bell, a line of its own.
HOSTILE = ["\x1b[2J\x1b[1;1H", "\x1b]0;owned\x07", "\x9b31m", "\u202egnp.exe", "\x07\x08\r", "a\nerror: forged", "\x00",
           "\u2028"]
ODD_VALUES = [0, -1, 1, 2, 3, 7, 255, 1 << 31, (1 << 31) - 1, 1 << 53, (1 << 63) - 1, -(1 << 63), 1 << 64, 10 ** 30,
              0.0, -0.0, 0.5, -1.5, 1e-10, 1e-45, 1e-320, 1e20, 1e38, 1e39, 1e308, 1e999, -1e308, True, False, None,
              "", "x", "0", "1e9", "nan", [], [0], [1, 2], ["x"], {}, {"a": 1}, *HOSTILE]


INSERTED = [b",", b"}", b"]", b'"', b"\\", b"[" * 40, b'{"a":', b"\x00", b"\xff", b"\xef\xbb\xbf", b"NaN", b"//", b"'",
            b"\\ud800"]


def leaves(value, path=()):
    """Paths of all members that are no object; lists count as leaves and their items as well."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
        return
    if path:
        yield path
    if isinstance(value, list):
        for position, item in enumerate(value[:8]):
            yield from leaves(item, (*path, position))


def get(value, path):
    for step in path:
        value = value[step]
    return value


def put(value, path, new):
    get(value, path[:-1])[path[-1]] = new


def remove(value, path):
    del get(value, path[:-1])[path[-1]]


def neighbours(number):
    """Values that are nearly `number`, or that stand to it in a way that divides."""
    return [number + 1, number - 1, number * 2, number // 2 if isinstance(number, int) else number / 2, -number,
            number * 1000, float(number), str(number)]


def another(old, seeded):
    """A value in the place of `old`: nearly the same, or of any kind."""
    is_number = isinstance(old, (int, float)) and not isinstance(old, bool)
    choices = neighbours(old) if is_number and seeded.random() < 0.6 else ODD_VALUES
    return seeded.choice([choice for choice in choices if choice is not old])


def changed_leaf(document, seeded):
    """Changes or removes one member in place and says which."""
    path = seeded.choice(list(leaves(document)))
    name = ".".join(map(str, path))
    if seeded.random() < 0.15:
        remove(document, path)
        return f"without {name}"
    new = another(get(document, path), seeded)
    put(document, path, new)
    return f"{name} = {ascii(new)[:60]}"


def respelled(document, seeded):
    """The same JSON document with other white space, order and escapes."""
    def shuffled(value):
        if isinstance(value, dict):
            keys = seeded.sample(list(value), len(value))
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value
    indent = seeded.choice([None, 1, 4, "\t"])
    text = json.dumps(shuffled(document), indent=indent, ensure_ascii=seeded.random() < 0.5)
    return (seeded.choice(["", " ", "\n", "\r\n"]) + text + seeded.choice(["", "\n", "\r\n\t "])).encode()


def torn(text, seeded):
    """Bytes of a text with one piece cut, doubled, overwritten or inserted."""
    at, length = seeded.randrange(len(text)), seeded.choice([1, 1, 2, 7, 100])
    kind = seeded.choice(["cut", "doubled", "overwritten", "inserted", "ended", "flipped"])
    piece = text[at:at + length]
    new = {"cut": b"", "doubled": piece + piece, "overwritten": seeded.randbytes(len(piece)),
           "inserted": piece + seeded.choice(INSERTED),
           "ended": b"", "flipped": bytes([piece[0] ^ 1 << seeded.randrange(8)]) + piece[1:]}[kind]
    return f"{kind} at {at}", text[:at] + new + (b"" if kind == "ended" else text[at + length:])


def rewrite(path, change, seeded):
    """Applies `change(document, seeded)`, which returns its own description, to a JSON file."""
    document = json.loads(path.read_text())
    what = change(document, seeded)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8", errors="surrogatepass")
    return what
