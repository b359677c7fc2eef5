#!/usr/bin/env bash
# Holds what a run says of itself before (--dry-run) to what then happens: peak memory and time.
#   Scripts/measure/plan.sh [COMMAND ARGUMENT...]
# COMMAND is quantize, verify or evaluate, with its arguments but for --out; without any, the bundled sample is
# quantized. Prints both, and their ratios: memory is the process's own peak, pages of files not counted. On a machine
# that does nothing else, time should be within 25 %, memory at most what was said and within 10 % of it where it is
# large.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
build_skyquant
resources=Sources/SampleModel/Resources
make_work
if [[ $# -gt 0 ]]; then
  run=("$@")
else
  run=(quantize "$resources/tiny-r1v" --calibration "$resources/calibration/questions.jsonl" --group-size 64)
fi
[[ ${run[0]} != quantize ]] || run+=(--out "$work/out")
"$skyquant" "${run[@]}" --dry-run --json >"$work/plan.json"
python3 - "$work" "$skyquant" "${run[@]}" <<'PYTHON'
import json, subprocess, sys, threading, time
work, program, *arguments = sys.argv[1:]
plan = json.load(open(f"{work}/plan.json"))
start = time.monotonic()
child = subprocess.Popen([program, *arguments, "--quiet"], stdout=subprocess.DEVNULL)
peak = 0
while child.poll() is None:
    try:
        with open(f"/proc/{child.pid}/status") as status:
            own = [int(line.split()[1]) for line in status if line.startswith("RssAnon:")]
        peak = max([peak, *own])
    except OSError:
        pass
    time.sleep(0.02)
seconds = time.monotonic() - start
if child.returncode:
    sys.exit(child.returncode)
mib = 1 << 20
print(f"time    planned {plan['seconds']:8.1f} s    took {seconds:8.1f} s    ratio {plan['seconds'] / seconds:.2f}")
print(f"memory  planned {plan['memory_bytes'] / mib:8.1f} MiB  took {peak / 1024:8.1f} MiB  "
      f"ratio {plan['memory_bytes'] / (peak * 1024):.2f}")
PYTHON
