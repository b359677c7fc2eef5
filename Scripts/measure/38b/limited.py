"""Quantizing where the system gives no more memory than --memory-limit says: MODEL WORK SAMPLE PROGRAM.
Scripts/measure/38b.sh --limit calls it."""
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

from tensor_digest import digest_of
from watched import watch

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
CGROUPS = [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")]


def byte_count(text):
    number, unit = re.fullmatch(r"([\d.]+)(KiB|MiB|GiB)", text).groups()
    return int(float(number) * UNITS[unit])


class Cage:
    """What runs in it gets no more memory: a cgroup, in which pages of files count, too, but make way; or, where none
    can be made, RLIMIT_DATA, which counts what no file holds."""

    def __init__(self, limit):
        self.limit, self.folder = limit, None
        for parent, name in CGROUPS:
            folder = Path(parent) / f"skyquant-{os.getpid()}"
            try:
                folder.mkdir()
                # The kernel's file: where no cgroups are mounted, or none of memory, there is none.
                with open(folder / name, "r+") as file:
                    file.write(str(limit))
                self.folder = folder
                return
            except OSError:
                if folder.exists():
                    folder.rmdir()

    def __str__(self):
        return f"cgroup {self.folder}" if self.folder else "ulimit -d"

    def start(self, command):
        def enter():
            if self.folder:
                (self.folder / "cgroup.procs").write_text(str(os.getpid()))
            else:
                resource.setrlimit(resource.RLIMIT_DATA, (self.limit, self.limit))

        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=enter)

    def remove(self):
        if self.folder:
            self.folder.rmdir()


def secured(path):
    """When a layer was secured last; None if none was."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def main(model, work, sample, program):
    limit = os.environ.get("LIMIT", "6GiB")
    samples = os.environ.get("SAMPLES", "64").split()[0]
    quantize = [program, "quantize", str(model), "--calibration", str(sample / "calibration/questions.jsonl"),
                "--samples", samples, "--checkpoint-every", "0"]
    limited = [*quantize, "--memory-limit", limit, "--out", str(work / "limited")]

    # The cage holds: in an eighth of the memory the run must not come to its end.
    small = Cage(byte_count(limit) // 8)
    held = small.start(limited).wait() != 0
    small.remove()
    if not held:
        sys.exit(f"38b: {small} does not limit memory")

    cage, resume = Cage(byte_count(limit)), work / "limited.skyquant-work/resume"
    kills, start, more = 0, time.monotonic(), ["--force"]
    while True:
        before = secured(resume)
        child, killed = cage.start([*limited, *more]), False
        while child.poll() is None and kills < 2 and not killed:
            time.sleep(0.02)
            if secured(resume) not in (None, before):
                child.kill()
                killed = True
        if child.wait() != -9 or not killed:
            break
        kills, more = kills + 1, ["--resume"]
    cage.remove()
    if child.returncode != 0:
        sys.exit(f"38b: exit code {child.returncode} under {cage}")
    seconds = time.monotonic() - start
    free = watch(*quantize, "--out", str(work / "free"))
    digests = [digest_of(work / name) for name in ["limited", "free"]]
    same = digests[0] == digests[1]
    marks = free.layer_marks()
    layers = ", ".join(f"{end - start:.0f}" for start, end in zip(marks, marks[1:]))
    tokens = free.number(r"(?m)^([\d,]+) tokens")
    print(f"{samples} questions, {tokens} tokens, --memory-limit {limit} under {cage}: {kills} kills, "
          f"{seconds:.0f} s in all, "
          f"{'the bytes' if same else 'NOT the bytes'} of an undisturbed run without a limit, which took "
          f"{free.processor:.0f} s of processor ({layers} a layer after the first), {free.wall:.0f} s and "
          f"{free.resident / UNITS['GiB']:.2f} GiB")
    sys.exit(0 if same and kills == 2 else 1)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]), sys.argv[4])
