#!/usr/bin/env bash
# Which step of the default method buys how much: mean KL divergence on held-out windows of text, as the
# Markdown table that Formats/quantization.md has between its marks. Scripts/check/documents.py holds the two
# to the same options.
#   Scripts/measure/ablation.sh MODEL CALIBRATION.txt HELDOUT.txt [GROUP=64] [SAMPLES=16] [HELDOUT_SAMPLES=24]
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 3 ]] || usage
model=$(realpath "$1") calibration=$(realpath "$2") heldout=$(realpath "$3") group=${4:-64} samples=${5:-16} judged=${6:-24}
cd "$root"
build_skyquant
make_work

row() {
  local name=$1
  shift
  "$skyquant" quantize "$model" --text "$calibration" --samples "$samples" --group-size "$group" --out "$work/awq" \
    --force --quiet "$@" </dev/null >/dev/null
  "$skyquant" verify "$work/awq" --reference "$model" --text "$heldout" --samples "$judged" --quiet --json </dev/null |
    jq -r --arg name "$name" --arg options "$*" '.all |
      def digits(n): (. * pow(10; n) | round | tostring) as $all |
        (if ($all | length) > n then $all else "0" * (n + 1 - ($all | length)) + $all end) | .[:-n] + "." + .[-n:];
      "| \($name) | `\($options)` | \(.kl_divergence.mean | digits(4)) ± \(.kl_divergence.standard_error | digits(4)) | " +
      "\(.kl_divergence.median | digits(4)) | \(100 * .same_top1.mean | digits(1)) % |"'
}

echo "| | options | mean KL ± se | median | same top-1 |"
echo "|---|---|---|---|---|"
row "plain rounding" --method rtn
row "AutoAWQ's choices" --method awq-compat
row "scale search" --method awq --propagate float --without ranges
row "+ ranges" --method awq --propagate float
row "+ Hessian rounding" --method awq+gptq --propagate float --without descent --without refit
row "+ coordinate descent" --method awq+gptq --propagate float --without refit
row "+ refitted group scales" --method awq+gptq --propagate float
row "+ statistics of the quantized model" --method awq+gptq --without correction --without residual
row "+ correction for drift" --method awq+gptq --without residual
row "+ residual stream" --method awq+gptq
row "best of all" --method best
row "awq+gptq without scales" --method awq+gptq --without scales
echo
echo "$samples windows of 512 tokens for calibration, $judged held out, group size $group; $(date -u +%F)"
