#!/usr/bin/env python3
"""Checks README.md and the documents of Formats: prose wraps at 110 characters, and what they name is there. In the
code of Sources, public types and public functions that throw must have a doc comment; others need one only if they
do not explain themselves.

    python3 Scripts/check/documents.py [--write]

Held to the repository are `TypeNames` (declared in Swift, or a word in one of its strings), paths, links with
their anchors, and the options in the ablation table (what Scripts/measure/ablation.sh runs). Tables, code,
and words, links and code spans that no line can hold may be longer. --write wraps what is too long. Exit
status 1 if anything is wrong.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 110
UNIT = re.compile(r"(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+")
ITEM = re.compile(r"\s*(?:[-*]|\d+\.) +")
PUBLIC = re.compile(r"\s*(?:@\S+ )*public (?:[a-z]+ )*?(?:(struct|class|enum|actor|protocol) (\w+)|(func) (\S+?)[(<]|(init|subscript)\b)")


def blocks(text):
    """Runs of lines, each with whether it is prose: a paragraph or an item of a list."""
    block, fenced = [], False
    for line in text.split("\n"):
        fence = line.startswith("```")
        other = fenced or fence or not line.strip() or line[0] in "|#<" or (not block and line.startswith("    "))
        if block and (other or ITEM.match(line)):
            yield True, block
            block = []
        if other:
            yield False, [line]
        else:
            block.append(line)
        fenced ^= fence
    if block:
        yield True, block


def wrapped(block):
    """The block in lines of at most WIDTH, none of which begins like an item, a heading or a table."""
    item = ITEM.match(block[0])
    begin = item[0] if item else re.match(" *", block[0])[0]
    units = []
    for unit in UNIT.findall(" ".join([block[0][len(begin):]] + block[1:])):
        if units and re.match(r"(?:[-+*%]|\d+\.)$|[#>|]", unit):
            units[-1] += " " + unit
        else:
            units.append(unit)
    lines, line = [], begin + units[0]
    for unit in units[1:]:
        if len(line) + 1 + len(unit) > WIDTH:
            lines.append(line)
            line = " " * len(begin) + unit
        else:
            line += " " + unit
    return lines + [line]


def is_too_long(line):
    begin = ITEM.match(line)
    return len(line) > WIDTH and len(UNIT.findall(line[begin.end() if begin else 0:])) > 1


def names(text):
    """The code spans that look like a Swift type, perhaps with a member, or like a file."""
    return set(re.findall(r"`([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*(?:\.\w+)?)`", text))


def is_known(name, swift, files):
    if name in files:
        return True
    first, _, member = name.partition(".")
    declared = re.search(rf"\b(?:struct|class|enum|actor|protocol|typealias) {first}\b", swift)
    if member:
        return declared and re.search(rf"\b(?:func|var|let|case) {member}\b", swift)
    return declared or (ROOT / "Sources" / first).is_dir() or re.search(rf'"[^"\n]*\b{first}\b[^"\n]*"', swift)


def missing_paths(text):
    for path in set(re.findall(r"(?<![\w/.-])(?:Sources|Tests|Scripts|Formats)/[\w./{},*+-]+", text)):
        braces = re.search(r"\{([\w,]+)\}", path)
        choices = braces[1].split(",") if braces else [""]
        for choice in choices:
            pattern = (path.replace(braces[0], choice) if braces else path).rstrip(".,/")
            if not any(ROOT.glob(pattern)):
                yield pattern


def anchors(text):
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(document, text):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", text):
        path = document.parent / target if target else document
        if not path.exists() or (anchor and anchor not in anchors(path.read_text())):
            yield target + ("#" + anchor if anchor else "")


def wrap(document):
    lines = []
    for prose, block in blocks(document.read_text()):
        lines += wrapped(block) if prose and any(map(is_too_long, block)) else block
    document.write_text("\n".join(lines))


def faults(document, swift, files):
    text, number = document.read_text(), 0
    for prose, block in blocks(text):
        for line in block:
            number += 1
            if prose and is_too_long(line):
                yield f"line {number} has {len(line)} characters (Scripts/format.sh wraps it)"
    yield from (f"there is no `{name}`" for name in sorted(names(text)) if not is_known(name, swift, files))
    yield from (f"there is no {path}" for path in missing_paths(text))
    yield from (f"the link {link} leads nowhere" for link in dead_links(document, text))


def ablation_agrees():
    """Whether the table has the options, in their order, of the script that makes it."""
    table = (ROOT / "Formats/quantization.md").read_text().partition("<!-- ablation: begin")[2]
    table = re.findall(r"^\| [^|]+ \| `([^`]*)` \|", table.partition("<!-- ablation: end")[0], re.MULTILINE)
    script = (ROOT / "Scripts/measure/ablation.sh").read_text()
    return table and table == re.findall(r'^row "[^"]*" (.*)$', script, re.MULTILINE)


def throws(lines):
    """Whether the function that `lines` begin with throws, whatever its parameters do."""
    text, shorter = "", "\n".join(lines[:20])
    while text != shorter:
        text, shorter = shorter, re.sub(r"\([^()]*\)", "", shorter)
    return re.search(r"\b(?:re)?throws\b", text.partition("{")[0]) is not None


def undocumented(text):
    """Public types, and public functions that throw, without a doc comment: line and name of each."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        found = PUBLIC.match(line)
        if not found or not (found[1] or throws(lines[index:])):
            continue
        above = index - 1
        while lines[above].lstrip().startswith("@"):
            above -= 1
        if not lines[above].lstrip().startswith("///"):
            yield index + 1, found[2] or found[4] or found[5]


def main(write):
    paths = [path for room in ("Sources", "Tests") for path in (ROOT / room).rglob("*.swift")]
    swift = "\n".join(path.read_text() for path in paths)
    files = {path.name for path in paths} | {"Package.swift"}
    documents = [ROOT / "README.md", *sorted((ROOT / "Formats").rglob("*.md"))]
    problems = []
    for document in documents:
        if write:
            wrap(document)
        problems += [f"{document.relative_to(ROOT)}: {fault}" for fault in faults(document, swift, files)]
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        problems += [
            f"{path.relative_to(ROOT)}:{line}: `{name}` is public and has no doc comment"
            for line, name in undocumented(path.read_text())]
    if not ablation_agrees():
        problems.append("Formats/quantization.md: the ablation table is not what Scripts/measure/ablation.sh runs")
    print("\n".join(problems + [f"documents: {len(documents)} files, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--write"]):
        sys.exit("usage: documents.py [--write]")
    sys.exit(main(write=sys.argv[1:] == ["--write"]))
