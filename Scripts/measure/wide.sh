#!/usr/bin/env bash
# What it costs to cut wide inputs into blocks that are searched one after the other: a text model quantized with all
# inputs whole, and with those of more than LIMIT features cut, side by side on held-out windows of text, with paired
# differences. Limits go into recipes as `widest_gram`.
#   Scripts/measure/wide.sh MODEL CALIBRATION.txt HELDOUT.txt [LIMIT...]
# SmolLM2's widest inputs have 1,536 features; without LIMIT they are cut at 768 and 576. GROUP is the group size, 64;
# SAMPLES and HELDOUT the windows, 16 and 24; METHOD the method, awq+gptq. Six minutes on two cores.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 3 ]] || usage
model=$(realpath "$1") calibration=$(realpath "$2") heldout=$(realpath "$3")
shift 3
limits=(8192 "${@:-768}")
[[ $# -gt 0 ]] || limits+=(576)
cd "$root"
build_skyquant
make_work

results=()
for limit in "${limits[@]}"; do
  echo "{\"widest_gram\": $limit}" >"$work/$limit.json"
  "$skyquant" quantize "$model" --recipe "$work/$limit.json" --text "$calibration" --samples "${SAMPLES:-16}" \
    --group-size "${GROUP:-64}" --method "${METHOD:-awq+gptq}" --out "$work/$limit" --quiet </dev/null >/dev/null
  results+=("$work/$limit")
done
"$skyquant" verify "${results[@]}" --reference "$model" --text "$heldout" --samples "${HELDOUT:-24}" --quiet </dev/null
