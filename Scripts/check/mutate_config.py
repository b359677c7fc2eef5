"""Mutations of a model's JSON files: every number, flag and text, one at a time, so that the file stays JSON.

    from mutate_config import mutations
    for label, text in mutations(document): ...
"""
import copy
import json

# Values that json.dumps cannot write, by the strings that stand for them until then.
RAW = {"@nan@": "NaN", "@infinity@": "Infinity", "@1e400@": "1e400", "@-1e400@": "-1e400", "@1e-400@": "1e-400",
       "@-0@": "-0", "@0x10@": "0x10"}
REMOVED = object()


def numbers(value):
    """What may stand in the place of a number: label and value."""
    whole = isinstance(value, int)
    yield from (("0", 0), ("-1", -1), ("1", 1), ("huge", 1 << 62), ("beyond 64 bits", 10 ** 30), ("-huge", -(1 << 63)),
                ("+1", value + 1), ("-1 off", value - 1), ("doubled", value * 2), ("negative", -value),
                ("halved", value // 2 if whole else value / 2), ("fraction", value + 0.5), ("as a text", str(value)),
                ("tiny", 1e-300), ("1e300", 1e300), ("2^31", 1 << 31), ("2^16", 1 << 16))
    yield from ((raw.strip("@"), raw) for raw in RAW)
    yield from others(value)


def others(value):
    """What may stand in the place of anything."""
    yield from (("null", None), ("removed", REMOVED), ("a list", [value]), ("an empty list", []), ("an object", {}),
                ("true", True))


def texts(value):
    yield from (("empty", ""), ("unknown", value + "?"), ("a number", 3), ("long", "x" * 100_000),
                ("with controls", "a\u0000\u001b[2J\u202e"))
    yield from others(value)


def flags(value):
    yield from (("flipped", not value), ("a text", "true"), ("a number", 1))
    yield from others(value)


def replacements(value):
    if isinstance(value, bool):
        return flags(value)
    if isinstance(value, (int, float)):
        return numbers(value)
    if isinstance(value, str):
        return texts(value)
    return others(value)


def places(document, path=()):
    """The path of every member, of objects within objects and lists too."""
    members = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in members:
        yield (*path, key), value
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def mutations(document):
    """The label and the text of every mutation, in the order of the document."""
    for path, value in places(document):
        for label, new in replacements(value):
            mutant = copy.deepcopy(document)
            parent = mutant
            for key in path[:-1]:
                parent = parent[key]
            if new is REMOVED:
                del parent[path[-1]]
            else:
                parent[path[-1]] = new
            text = json.dumps(mutant, indent=2)
            for placeholder, literal in RAW.items():
                text = text.replace(json.dumps(placeholder), literal)
            yield ".".join(map(str, path)) + ": " + label, text
