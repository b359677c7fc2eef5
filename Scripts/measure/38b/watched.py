"""One run of a program, watched: what it takes, and when it says what."""
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Run:
    """Seconds; bytes at the peak, with and without pages of files; lines of output, each with the processor seconds
    that had been taken when it came."""
    wall: float = 0
    processor: float = 0
    resident: int = 0
    anonymous: int = 0
    lines: list = field(default_factory=list)

    def number(self, pattern):
        """The first number that is told so, without its commas; None if there is none."""
        found = re.search(pattern, "\n".join(line for _, line in self.lines))
        return int(found[1].replace(",", "")) if found else None

    def layer_marks(self):
        """Processor seconds at the end of each decoder layer: when the last of its linears is told."""
        marks = {}
        for seconds, line in self.lines:
            if found := re.match(r"\S*\blayers\.(\d+)\.\S+ ", line):
                marks[int(found[1])] = seconds
        return [marks[layer] for layer in sorted(marks)]


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def watch(*command):
    """Runs a command to its end; a failure ends the script."""
    print("$", *command, file=sys.stderr, flush=True)
    run, start = Run(), time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)

    def look():
        while child.returncode is None:
            try:
                with open(f"/proc/{child.pid}/status") as file:
                    sizes = dict(line.split(":", 1) for line in file if line.startswith(("RssAnon", "VmHWM")))
                run.anonymous = max(run.anonymous, int(sizes["RssAnon"].split()[0]) << 10)
            except (OSError, KeyError):
                pass
            time.sleep(0.02)

    looker = threading.Thread(target=look, daemon=True)
    looker.start()
    for line in child.stdout:
        run.lines.append((processor_seconds(child.pid), line.rstrip("\n")))
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    run.wall = time.monotonic() - start
    run.processor = usage.ru_utime + usage.ru_stime
    run.resident = usage.ru_maxrss << 10
    if child.returncode:
        said = "\n".join(line for _, line in run.lines[-5:])
        sys.exit(f"{' '.join(command)}: exit code {child.returncode}: {said}")
    return run
