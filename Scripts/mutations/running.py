"""Runs skyquant once, within limits, and tells everything about it that a judge may want to know."""

import os
import resource
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
LONGEST = 60  # seconds; commands here take 0.02 to 0.3
ADDRESS_SPACE = 4096 * MIB  # what a wrong allocation runs into instead of the machine's memory
LARGEST_FILE = 256 * MIB


@dataclass
class Run:
    """What is known of a process that has ended."""
    command: str  # how it is called here
    code: int  # its exit code, or minus the signal
    out: bytes
    err: bytes
    peak: int  # bytes resident
    timed_out: bool


def limit_this_process():
    """Sets the limits that children inherit."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(program, arguments, directory, command="", on_terminal=False):
    """Runs the program in a directory until it ends or has had its time; if so wanted, on a terminal."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        master, slave = os.openpty() if on_terminal else (None, None)
        child = subprocess.Popen([program, *arguments], cwd=directory, stdin=subprocess.DEVNULL,
                                 stdout=slave if on_terminal else out, stderr=err)
        timed_out = threading.Event()

        def give_up():
            timed_out.set()
            os.kill(child.pid, signal.SIGKILL)

        timer = threading.Timer(LONGEST, give_up)
        timer.start()
        seen = seen_on(master, slave) if on_terminal else None
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        return Run(command, child.returncode, content(out) if seen is None else seen, content(err),
                   usage.ru_maxrss * 1024, timed_out.is_set())


def content(stream):
    stream.seek(0)
    return stream.read()


def seen_on(master, slave):
    """All that a program shows on a terminal; a line ends as the program ended it."""
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 1 << 16)
        except OSError:  # how Linux says that the other side has been closed
            piece = b""
        if not piece:
            os.close(master)
            return seen.replace(b"\r\n", b"\n")
        seen += piece


def entries(directory):
    """Path to what tells whether an entry has changed, for all below a directory; times of reading do not count."""
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
    """What has come, gone or changed between two calls of `entries`, but for paths that begin with one of `besides`."""
    return sorted(path for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path) and not path.startswith(tuple(besides)))


def clear(directory):
    """Removes everything inside a directory of plain files and directories."""
    for path in sorted(Path(directory).rglob("*"), key=lambda path: len(path.parts), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
