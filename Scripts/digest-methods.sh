#!/usr/bin/env bash
# Prints one digest over all tensors that each method writes, so that a change of the code's shape can be shown to change no
# number: run it before and after, and compare.
#   Scripts/digest-methods.sh                                       the bundled sample
#   Scripts/digest-methods.sh MODEL CALIBRATION.txt [GROUP=64] [SAMPLES=16]   a text model, such as make_smollm2.py writes
# A line per method: METHOD, SHA-256 over name, type, shape and bytes of every tensor in order of their names.
set -euo pipefail
[[ $# -eq 0 || $# -ge 2 ]] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 64; }
if [[ $# -gt 0 ]]; then
  source=("$(realpath "$1")" --text "$(realpath "$2")" --group-size "${3:-64}" --samples "${4:-16}")
fi
cd "$(dirname "$0")/.."
sample=Sources/SampleModel/Resources
[[ $# -gt 0 ]] || source=("$sample/tiny-r1v" --calibration "$sample/calibration/questions.jsonl")
swift build -c release --product skyquant </dev/null >&2
skyquant=$(swift build -c release --show-bin-path)/skyquant
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

for method in rtn awq-compat awq awq+gptq best; do
  "$skyquant" quantize "${source[@]}" --method "$method" --out "$output/awq" --force --quiet </dev/null >/dev/null
  echo "$method $(python3 Scripts/tensor_digest.py "$output/awq")"
done
