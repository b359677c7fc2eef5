#!/usr/bin/env bash
# llama.cpp's server answers questions about pictures as skyquant does: exports the quantized vision-language model
# MODEL, asks both the sample's first questions about pictures of one tile, greedily, and compares the number of
# tokens of each prompt and the answers.
#   Scripts/check/llamacpp-answers.sh LLAMACPP [MODEL [QUESTIONS=20]]
# LLAMACPP is a folder with llama.cpp's programs (make/llamacpp.sh). MODEL: by default the sample with a LayerNorm
# tower (make/layernorm_sample.py), plainly rounded, since the sample's own is one that llama.cpp would compute
# otherwise. Vision towers in F32 and in Q8_0. Exit code 1 if a prompt has another number of tokens, or if an answer
# is another with a tower in F32, but where llama.cpp finds the two tokens as likely as each other to 0.1.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 1 ]] || usage
llamacpp=$(realpath "$1") model=${2:+$(realpath "$2")} count=${3:-20}
build_skyquant
make_work
cd "$work"
if [[ -z $model ]]; then
  python3 "$root/Scripts/make/layernorm_sample.py" layernorm
  "$skyquant" quantize layernorm --method rtn --out layernorm-awq --quiet
  model=$work/layernorm-awq
fi
python3 "$root/Scripts/check/llamacpp_answers.py" questions "$model" "$sample/evaluation" "$count" questions.jsonl
"$skyquant" run "$model" --questions questions.jsonl --max-tokens 48 --json --quiet >ours.json
failures=0
for type in f32 q8_0; do
  "$skyquant" export "$model" --to gguf --mmproj-type "$type" --out "gguf-$type" --quiet >/dev/null
  python3 "$root/Scripts/check/llamacpp_answers.py" compare "$llamacpp/llama-server" "gguf-$type" questions.jsonl \
    ours.json "$type" || failures=$((failures + 1))
done
exit $((failures > 0))
