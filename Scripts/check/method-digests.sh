#!/usr/bin/env bash
# Prints one digest over all tensors that each method writes, so that a change of the code's shape can be
# shown to change no number: run it before and after, and compare.
#   Scripts/check/method-digests.sh                                       the bundled sample
#   Scripts/check/method-digests.sh MODEL CALIBRATION.txt [GROUP=64] [SAMPLES=16]
#       a text model, such as Scripts/make/smollm2.py writes
# A line per method: METHOD, SHA-256 over name, type, shape and bytes of every tensor in order of their names.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -eq 0 || $# -ge 2 ]] || usage
if [[ $# -gt 0 ]]; then
  source=("$(realpath "$1")" --text "$(realpath "$2")" --group-size "${3:-64}" --samples "${4:-16}")
fi
cd "$root"
[[ $# -gt 0 ]] || source=("$sample/tiny-r1v" --calibration "$sample/calibration/questions.jsonl")
build_skyquant
make_work

for method in rtn awq-compat awq awq+gptq best; do
  "$skyquant" quantize "${source[@]}" --method "$method" --out "$work/awq" --force --quiet </dev/null >/dev/null
  echo "$method $(python3 Scripts/check/tensor_digest.py "$work/awq")"
done
