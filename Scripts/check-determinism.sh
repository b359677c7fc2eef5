#!/usr/bin/env bash
# Checks that neither a second run nor the thread count changes a byte: quantizes and packs the sample with 1, 2 and 4
# threads, twice with 2, and compares all files. Run it after changing arithmetic, threading or a writer; CI runs it too.
# More threads than processors are started all the same.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product skyquant </dev/null
skyquant=$(swift build -c release --show-bin-path)/skyquant
sample=Sources/SampleModel/Resources
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

runs=(1 2 2-again 4)
for run in "${runs[@]}"; do
  threads=${run%-again}
  mkdir "$output/$run"
  "$skyquant" quantize $sample/tiny-r1v --calibration $sample/calibration/questions.jsonl \
    --out "$output/$run/awq" --threads "$threads" --quiet </dev/null
  "$skyquant" pack "$output/$run/awq" "$output/$run/model.skyq" --quiet </dev/null
done

files=0
differing=0
while IFS= read -r -d '' file; do
  files=$((files + 1))
  for run in "${runs[@]:1}"; do
    cmp -- "$output/1/$file" "$output/$run/$file" || differing=$((differing + 1))
  done
done < <(cd "$output" && find "${runs[@]}" -type f -printf '%P\0' | sort -zu)
[[ $files -gt 0 ]] || { echo "check-determinism: nothing was written" >&2; exit 1; }
echo "check-determinism: $files files of ${#runs[@]} runs (threads: ${runs[*]}), $differing differ from those of the first"
[[ $differing -eq 0 ]]
