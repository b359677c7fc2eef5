#!/usr/bin/env python3
"""Make Tests/BenchmarksTests/Resources/tsv.json: what pandas and Python read out of made-up cells and files.

  pip install pandas        # written with pandas 3.1.1, Python 3.11
  python Scripts/golden/benchmark_tsv.py Tests/BenchmarksTests/Resources

`files`: bytes in hexadecimal and the cells that `pandas.read_csv(sep="\\t", dtype=str)` reads, null where it
sees a missing value. `literals`: texts and what `ast.literal_eval` makes of them, null where it refuses.
"""
import ast
import io
import json
import pathlib
import random
import sys

import pandas

COLUMNS = ["index", "question", "A", "B"]
TEXTS = [
    "", " ", "plain", "two words", " leading", "trailing ", "a\"b", "\"", "\"\"", "\"quoted\"", "tab\there", "line\nend", "carriage\r\nreturn", "\r", "'single'",
    "None", "none", "NA", "N/A", "n/a", "null", "NULL", "nan", "NaN", "<NA>", "#N/A", "#N/A N/A", "-nan", "-NaN", "1.#IND", "-1.#QNAN", "NONE", "Nan", " NA", "1", "1.0",
    "007", "1e5", "True", "inf", "é", "日本", "\u00a0", "\ufeff", "\\", "\\n", "#", "a,b", ";", "x" * 300, "\x00", "\x7f", "🙂",
]
HAND = [
    b'index\tquestion\n1\t"a\nb"\n', b'index\tquestion\r\n1\ta\r\n\r\n2\tb', b'\xef\xbb\xbfindex\tquestion\n1\ta\n', b'\xef\xbb\xbf"index"\tquestion\n1\ta\n',
    b'index\tquestion\n1\t"a"b"c"\n', b'index\tquestion\n1\t"a""b"\n', b'index\tquestion\n1\t"a" \n', b'index\tquestion\n   \n1\ta\n', b'\n\nindex\tquestion\n1\ta\n',
    b'index\tquestion\r1\ta\r2\tb\r', b'index\tquestion\n1\ta""b\n', b'index\tquestion\n1\t"NA"\n2\t"None"\n', b'index\tquestion\n1\t\n', b'index\tquestion\n1\t',
    b'index\tquestion\n  1\ta\n', b'index\tquestion\n1\t a"\n2\t"b', b'index\tquestion\n1\t""\n2\t""""\n', b'index\tquestion\n1\t"a\tb"\n', b'index\tquestion\n\r\n \r\n1\ta\n',
]
LITERALS = [
    "[]", "()", "(1,)", "(1)", "[1, 2]", "[1,2,]", "['a', \"b\"]", "['it\\'s']", "['a' 'b']", "{'a': 1, \"b\": [None, True]}", "{}", "{'a': {'b': ()}}", "'\\n\\t\\\\'",
    "'\\x41\\u00e9\\U0001F642'", "'\\101\\0'", "'\\q'", "'\\/'", "\"\\\"\"", "None", "True", "-1", "+2", "1.5e-3", ".5", "5.", "1e5", " [ 1 , 'x' ] ", "[[[]]]", "['\u00e9']",
    "[", "]", "[1", "['a]", "{'a'}", "{'a' 1}", "foo", "foo()", "__import__('os')", "[1 2]", "1+", "''", "", "{1: 2}", "('a', 'b')", "['a',, 'b']", "[,]", "'\\u12'", "'\n'",
]


def cell(text, generator):
    """The text as a cell, quoted if need be or by chance."""
    needs = text.startswith('"') or any(mark in text for mark in "\t\n\r")
    if needs or generator.random() < 0.4:
        return '"' + text.replace('"', '""') + '"'
    return text


def random_file(generator):
    columns = COLUMNS[: generator.randint(2, 4)]
    ending = generator.choice(["\n", "\r\n", "\r"])
    lines = ["\t".join(cell(column, generator) for column in columns)]
    for number in range(generator.randint(1, 6)):
        cells = [str(number)] + [generator.choice(TEXTS) for _ in columns[1:]]
        lines.append("\t".join(cell(text, generator) for text in cells))
        if generator.random() < 0.2:
            lines.append(generator.choice(["", "  "]))
    text = ending.join(lines) + (ending if generator.random() < 0.7 else "")
    return (b"\xef\xbb\xbf" if generator.random() < 0.3 else b"") + text.encode()


def read(data):
    try:
        frame = pandas.read_csv(io.BytesIO(data), sep="\t", dtype=str)
    except pandas.errors.ParserError:
        return None
    if any("Unnamed" in column for column in frame.columns) or not isinstance(frame.index, pandas.RangeIndex):
        sys.exit(f"another number of cells than columns: {data}")
    return [[None if pandas.isna(value) else value for value in row] for row in frame.itertuples(index=False)]


def plain(value):
    """A literal in the form that the tests compare: numbers as floats, containers with their kind."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return {"number": float(value)}
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return {"entries": [[plain(key), plain(element)] for key, element in value.items()]}


def literal(text):
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError):
        return {"text": text, "value": None, "valid": False}
    if isinstance(value, set):
        return {"text": text, "value": None, "valid": False}  # of no use here, and no literal to us
    return {"text": text, "value": plain(value), "valid": True}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    generator = random.Random(16)
    data = HAND + [random_file(generator) for _ in range(150)]
    files = [{"bytes": item.hex(), "rows": read(item)} for item in data]
    document = {"files": files, "literals": [literal(text) for text in LITERALS]}
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":")).replace('},{', '},\n{')
    (pathlib.Path(sys.argv[1]) / "tsv.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
