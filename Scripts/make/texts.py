#!/usr/bin/env python3
"""Writes the plain English texts of README's measurements: one to calibrate on, one to judge by.

    apt-get install debian-reference-en debian-handbook
    python3 Scripts/make/texts.py OUT

OUT/calibration.txt is the Debian Reference, OUT/heldout.txt the Debian Handbook from character
600,000 on; both are free documentation. Prints the SHA-256 of both: other versions of the packages
give other texts and other numbers.
"""
import hashlib
import html
import re
import sys
from pathlib import Path

REFERENCE = Path("/usr/share/debian-reference"), "ch*.en.html"
HANDBOOK = Path("/usr/share/doc/debian-handbook/html/en-US"), "*.html"
# The handbook's first half is left out: it would make the file longer, not the judgement better.
HELDOUT_START = 600_000


def text_of(page):
    """What a page says, without its markup."""
    page = re.sub(r"(?s)<(script|style|head).*?</\1>", " ", page)
    page = html.unescape(re.sub(r"<[^>]+>", " ", page))
    return re.sub(r"[ \t]+", " ", re.sub(r"\n\s*\n+", "\n", page))


def book(folder, pattern):
    pages = sorted(folder.glob(pattern))
    if not pages:
        sys.exit(f"texts.py: no pages in {folder}: apt-get install debian-reference-en debian-handbook")
    return "\n".join(text_of(page.read_text(encoding="utf-8", errors="ignore")) for page in pages)


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    for name, text in [("calibration.txt", book(*REFERENCE)), ("heldout.txt", book(*HANDBOOK)[HELDOUT_START:])]:
        data = text.encode("utf-8")
        (out / name).write_bytes(data)
        print(f"{hashlib.sha256(data).hexdigest()}  {out / name}  {len(text)} characters")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: texts.py OUT")
    main(Path(sys.argv[1]))
