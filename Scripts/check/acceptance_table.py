#!/usr/bin/env python3
"""Checks that every test and script that Formats/acceptance.md names exists.

    python3 Scripts/check/acceptance_table.py

Exit status 1 if one is missing, or if a row names none and has nothing open.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    sources = "\n".join(path.read_text() for path in sorted((ROOT / "Tests").rglob("*.swift")))
    table, _, holders = (ROOT / "Formats/acceptance.md").read_text().partition("\n## What holds each row\n")
    rows = [line.split("|")[1:-1] for line in table.splitlines() if re.match(r"\| \d+ \|", line)]
    held = {number: text for number, text in re.findall(r"^(\d+)\. (.*(?:\n {2,}.*)*)", holders, re.MULTILINE)}
    problems, names = [], 0
    for number, _, _, still_open in rows:
        found = re.findall(r"`([^`]+)`", held.pop(number.strip(), ""))
        names += len(found)
        if not found and not still_open.strip():
            problems.append(f"row {number.strip()}: nothing holds it, and nothing is said to be open")
        for name in found:
            exists = (ROOT / name).exists() if name.startswith("Scripts/") else (
                f"func {name}(" in sources or f"func `{name}`(" in sources)
            if not exists:
                problems.append(f"row {number.strip()}: {name} does not exist")
    problems += [f"{number}. holds a row that is not there" for number in held]
    numbers = [int(row[0]) for row in rows]
    if numbers[:25] != list(range(1, 26)) or numbers != sorted(set(numbers)):
        problems.append("the rows are not 1 to 25, and then further numbers in order")
    print("\n".join(problems + [f"acceptance table: {len(rows)} rows, {names} tests and scripts, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
