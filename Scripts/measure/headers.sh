#!/usr/bin/env bash
# Measures reading the largest headers there may be, and those of a 38B model: seconds
# and peak memory as Markdown.
# Usage: Scripts/measure/headers.sh [RUNS]
# Needs python3, /usr/bin/time (apt-get install time) and 400 MB in TMPDIR.
# The wall time is the median; processor seconds (user and system) say more on a machine
# that does other work as well.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
export LC_ALL=C
cd "$root"
runs=${1:-5}
[[ $runs =~ ^[1-9][0-9]*$ ]] || usage
[[ -x /usr/bin/time ]] || { echo "headers: no /usr/bin/time; apt-get install time" >&2; exit 69; }

build_skyquant
make_work
Scripts/make/large_headers.py "$work"
Scripts/make/sparse_38b.py "$work/38b"

# One row: what, then the median wall time, its processor time and peak memory over the runs of a command.
row() {
  local what=$1
  shift
  for _ in $(seq "$runs"); do
    /usr/bin/time --format '%e %U %S %M' --output "$work/time" "$@" </dev/null >"$work/out" 2>&1 || {
      cat "$work/out" >&2
      exit 1
    }
    tail -n 1 "$work/time"
  done | sort -n | awk -v what="$what" '{ wall[NR] = $1; cpu[NR] = $2 + $3; if ($4 > peak) peak = $4 }
    END { middle = int((NR + 1) / 2)
      printf "| %s | %.2f s | %.2f s | %.0f MiB |\n", what, wall[middle], cpu[middle], peak / 1024 }'
}

echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs; $(date -u +%F); median of $runs runs"
echo
echo "| headers of | wall | processor | peak memory |"
echo "|---|---|---|---|"
row "38B checkpoint, 1,366 tensors: \`inspect DIR\`" "$skyquant" inspect "$work/38b"
row "safetensors, 10^6 tensors: \`inspect FILE --tensors NAME\`" \
  "$skyquant" inspect "$work/large.safetensors" --tensors layers.0.experts.1.weight
row ".skyq, 2^20 tensors: \`check FILE --subset 1/1048576\`" "$skyquant" check "$work/large.skyq" --subset 1/1048576
