#!/usr/bin/env bash
# Sets up, builds, and does the main job on the bundled sample model: quantize, pack, inspect, verify, run.
# Results go to ./skyquant-out, or to the folder given as argument; a rerun overwrites only them.
#   Scripts/quickstart.sh [FOLDER]
set -euo pipefail
if [[ $# -gt 1 || ${1-} == -* ]]; then
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi
output=$(realpath --canonicalize-missing -- "${1:-skyquant-out}")
cd "$(dirname "$0")/.."
output=$(realpath --canonicalize-missing --relative-base=. -- "$output")  # short in what is printed below

Scripts/install-deps.sh
swift build -c release --product skyquant </dev/null
PATH="$(swift build -c release --show-bin-path):$PATH"

# Prints a command as one would type it, then runs it.
show() {
  printf '\n$'
  for word in "$@"; do
    if [[ $word == *[!A-Za-z0-9_./=:-]* ]]; then printf " '%s'" "$word"; else printf ' %s' "$word"; fi
  done
  printf '\n'
  "$@" </dev/null
}

sample=Sources/SampleModel/Resources
quantized=$output/tiny-r1v-awq
packed=$output/tiny-r1v-awq.skyq
mkdir -p "$output"

show skyquant quantize $sample/tiny-r1v --calibration $sample/calibration/questions.jsonl --out "$quantized" --force
show skyquant pack "$quantized" "$packed" --force
show skyquant inspect "$packed"
show skyquant verify "$packed" --reference $sample/tiny-r1v --questions $sample/evaluation/questions.jsonl
show skyquant run "$packed" --image $sample/evaluation/images/0007.png --question "What is the sum of the two digits?"
