#!/usr/bin/env python3
"""Checks what `skyquant … --json` printed, or a skyquant.json, against Formats/report.schema.json.

    pip install jsonschema        # written with jsonschema 4
    python3 Scripts/check/report_schema.py REPORT.json …

Exit status 1 if a report does not fit, 69 if jsonschema is not installed.
"""
import json
import sys
from pathlib import Path

try:
    import jsonschema
except ImportError:
    print("report_schema.py: needs jsonschema (pip install jsonschema)", file=sys.stderr)
    sys.exit(69)

SCHEMA = Path(__file__).resolve().parents[2] / "Formats/report.schema.json"


def definition(schema, report):
    """The definition of the report's own kind, so that messages name a key and not `oneOf`."""
    kind = str(report.get("schema", "")).removeprefix("skyquant.").split("/")[0]
    return {"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]} if kind in schema["$defs"] else schema


def main(paths):
    if not paths:
        print("usage: report_schema.py REPORT.json …", file=sys.stderr)
        return 64
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    problems = 0
    for path in paths:
        report = json.loads(Path(path).read_text())
        for error in jsonschema.Draft202012Validator(definition(schema, report)).iter_errors(report):
            problems += 1
            print(f"{path}: {error.json_path}: {error.message[:200]}")
    print(f"{len(paths)} reports, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
