"""The program's release build, and one run of it within limits,
with everything about it that a judge may want to know."""

import os
import resource
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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


def built():
    """The program of the release build, which must have been made."""
    shown = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True, text=True,
                           capture_output=True, stdin=subprocess.DEVNULL)
    return Path(shown.stdout.strip()) / "skyquant"


def limit_this_process(address_space=ADDRESS_SPACE, largest_file=LARGEST_FILE):
    """Sets the limits that children inherit."""
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(program, arguments, directory=None, command="", on_terminal=False):
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
