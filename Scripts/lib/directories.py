"""What is in a directory, so that it can be told afterwards what has come, gone or changed."""

import os
from pathlib import Path


def entries(directory):
    """Path to what tells whether an entry has changed, for all below a directory;
    times of reading do not count."""
    found = {}

    def walk(place, prefix):
        with os.scandir(place) as listing:
            for entry in listing:
                status = entry.stat(follow_symlinks=False)
                is_directory = entry.is_dir(follow_symlinks=False)
                # Directories: what happens to their entries is seen in the entries.
                times = () if is_directory else (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                found[prefix + entry.name] = (status.st_mode, status.st_ino, *times)
                if is_directory:
                    walk(entry.path, f"{prefix}{entry.name}/")

    walk(directory, "")
    return found


def changes(before, after, besides=()):
    """What has come, gone or changed between two calls of `entries`,
    but for paths that begin with one of `besides`."""
    return sorted(path for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path) and not path.startswith(tuple(besides)))


def clear(directory, kept=()):
    """Removes everything inside a directory of plain files and directories but
    what lies in the directories `kept`."""
    for path in sorted(Path(directory).rglob("*"), key=lambda path: len(path.parts), reverse=True):
        if not any(path == place or place in path.parents for place in kept):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
