#!/usr/bin/env bash
# Checks that the thread count changes no byte: quantizes and packs the sample with 1 and with 2 threads and compares
# all files. Run it after changing arithmetic, threading or a writer; CI runs it too.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product skyquant </dev/null
skyquant=$(swift build -c release --show-bin-path)/skyquant
sample=Sources/SampleModel/Resources
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

for threads in 1 2; do
  mkdir "$output/$threads"
  "$skyquant" quantize $sample/tiny-r1v --calibration $sample/calibration/questions.jsonl \
    --out "$output/$threads/awq" --threads $threads </dev/null
  "$skyquant" pack "$output/$threads/awq" "$output/$threads/model.skyq" </dev/null
done

files=0
differing=0
while IFS= read -r -d '' file; do
  files=$((files + 1))
  cmp -- "$output/1/$file" "$output/2/$file" || differing=$((differing + 1))
done < <(cd "$output" && find 1 2 -type f -printf '%P\0' | sort -zu)
[[ $files -gt 0 ]] || { echo "check-determinism: nothing was written" >&2; exit 1; }
echo "check-determinism: $files files, $differing differ between 1 and 2 threads"
[[ $differing -eq 0 ]]
