#!/usr/bin/env bash
# Checks that neither a second run nor the thread count changes a byte: quantizes and packs the sample with 1,
# 2 and 4 threads, twice with 2, and compares all files. Run it after changing arithmetic, threading or a
# writer; CI runs it too. More threads than processors are started all the same.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"

build_skyquant
make_work

runs=(1 2 2-again 4)
for run in "${runs[@]}"; do
  threads=${run%-again}
  mkdir "$work/$run"
  "$skyquant" quantize $sample/tiny-r1v --calibration $sample/calibration/questions.jsonl \
    --out "$work/$run/awq" --threads "$threads" --quiet </dev/null
  "$skyquant" pack "$work/$run/awq" "$work/$run/model.skyq" --quiet </dev/null
done

files=0
differing=0
while IFS= read -r -d '' file; do
  files=$((files + 1))
  for run in "${runs[@]:1}"; do
    cmp -- "$work/1/$file" "$work/$run/$file" || differing=$((differing + 1))
  done
done < <(cd "$work" && find "${runs[@]}" -type f -printf '%P\0' | sort -zu)
[[ $files -gt 0 ]] || { echo "determinism: nothing was written" >&2; exit 1; }
echo "determinism: $files files of ${#runs[@]} runs (threads: ${runs[*]}), $differing differ from those of the first"
[[ $differing -eq 0 ]]
