#!/usr/bin/env bash
# What calibration in bf16 costs: a model quantized in `exact` and in `bf16` on three sets of texts that have nothing in
# common, both judged in `exact` on the same windows. Prints Markdown: mean KL divergences with standard errors, their
# difference on the same tokens, and processor seconds.
#   Scripts/measure/bf16.sh MODEL CALIBRATION.txt HELDOUT.txt [GROUP=64] [SAMPLES=16] [HELDOUT_SAMPLES=24]
# Each set is a third of CALIBRATION.txt by lines.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 3 ]] || usage
model=$(realpath "$1") calibration=$(realpath "$2") heldout=$(realpath "$3") group=${4:-64} samples=${5:-16} judged=${6:-24}
cd "$root"
build_skyquant
make_work
split --number=l/3 --numeric-suffixes=1 --suffix-length=1 --additional-suffix=.txt "$calibration" "$work/set"

exec 3>&2
# quantize SET MODE: prints the processor seconds.
quantize() {
  local TIMEFORMAT='%U %S'
  { time "$skyquant" quantize "$model" --text "$work/set$1.txt" --samples "$samples" --group-size "$group" \
    --numeric-mode "$2" --out "$work/$2" --force --quiet </dev/null >/dev/null 2>&3; } 2>&1 | awk '{ printf "%.0f", $1 + $2 }'
}

echo "$(nproc) processors: $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)"
echo
echo "| set | exact | bf16 | bf16 less exact | processor seconds |"
echo "|---|---|---|---|---|"
for set in 1 2 3; do
  exact=$(quantize $set exact) bf16=$(quantize $set bf16)
  "$skyquant" verify "$work/exact" "$work/bf16" --reference "$model" --text "$heldout" --samples "$judged" --quiet --json \
    </dev/null >"$work/report.json" || [[ $? -eq 69 ]]
  jq -r --arg set $set --arg seconds "$exact and $bf16" '
    def figure: "\(.mean * 1e5 | round / 1e5) ± \(.standard_error * 1e5 | round / 1e5)";
    "| \($set) | \(.reports[0].all.kl_divergence | figure) | \(.reports[1].all.kl_divergence | figure) | " +
    "\(.differences[0].all.kl_divergence | figure) | \($seconds) |"' "$work/report.json"
done
