#!/usr/bin/env bash
# What more threads are worth: `quantize` of a text model with one thread and with each of the numbers given, in turn,
# ROUNDS (2) times; of each number its best time. On a machine that does nothing else.
#   Scripts/measure/threads.sh MODEL TEXT [SAMPLES=16] [THREADS=number of processors]...
# Prints wall and processor seconds, and how many times as fast as with one thread. Checkpoints must be the same.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 2 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") samples=${3:-16}
shift $(($# < 3 ? $# : 3))
[[ $# -gt 0 ]] || set -- "$(nproc)"
cd "$root"
build_skyquant
make_work
PYTHONPATH=Scripts/lib:Scripts/check python3 - "$work" "$skyquant" "$model" "$text" "$samples" 1 "$@" <<'PYTHON'
import os, resource, subprocess, sys, time
from pathlib import Path
from tensor_digest import digest_of
work, program, model, text, samples, *numbers = sys.argv[1:]
best, digests = {}, set()
for _ in range(int(os.environ.get("ROUNDS", 2))):
    for threads in numbers:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([program, "quantize", model, "--text", text, "--samples", samples, "--group-size", "64",
                        "--threads", threads, "--out", f"{work}/awq", "--force", "--quiet"],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best[threads] = min(best.get(threads, (seconds, processor)), (seconds, processor))
        digests.add(digest_of(Path(work) / "awq"))
with open("/proc/cpuinfo") as file:
    print(os.cpu_count(), "processors:", next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name")))
for threads in numbers:
    seconds, processor = best[threads]
    print(f"{threads:>3} threads  {seconds:7.1f} s  {processor:7.1f} s of processor  {best['1'][0] / seconds:5.2f} times one")
if len(digests) != 1:
    sys.exit("threads: checkpoints differ")
PYTHON
