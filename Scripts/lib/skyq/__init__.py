"""The .skyq format in Python, written from Formats/skyq.md: a second implementation to hold ours to."""
