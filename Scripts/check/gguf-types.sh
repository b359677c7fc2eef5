#!/usr/bin/env bash
# llama.cpp computes from every type of a GGUF export nearly what skyquant computes from the same weights: the
# log-probabilities of our own forward pass are written as llama-perplexity's base, and llama-perplexity says how
# far its own are from them.
#   Scripts/check/gguf-types.sh MODEL TEXT LLAMACPP [GROUP=64]
# MODEL is a text model, plainly rounded here; LLAMACPP is a folder with llama.cpp's programs (make/llamacpp.sh).
# TEXT is cut into 8 windows of 256 tokens, of which the later half are judged. Needs Python with numpy and safetensors
# (PYTHON: another one). Exit code 1 if a mean KL divergence is beyond what llama.cpp's rounding of activations to
# 8 bits explains: 0.005, and for Q4_K besides 2 % of what rounding the weights cost, the bar of the export.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 3 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") llamacpp=$(realpath "$3") group=${4:-64}
build_skyquant
make_work
cd "$work"
"$skyquant" quantize "$model" --method rtn --group-size "$group" --out awq --quiet >/dev/null
rounding=$("$skyquant" verify awq --reference "$model" --text "$text" --samples 8 --window 256 --quiet --json |
  jq .all.kl_divergence.mean)
"${PYTHON:-python3}" "$root/Scripts/check/perplexity_base.py" "$skyquant" awq "$text" base
failures=0
for types in "q4_1" "q4_k" "q4_1 q8_0" "q4_k q8_0"; do
  read -r linear embeddings <<<"$types"
  rm -f model.gguf
  "$skyquant" export awq --to gguf --linear-type "$linear" ${embeddings:+--embeddings-type "$embeddings"} \
    --out model.gguf --quiet >export.txt
  "$llamacpp/llama-perplexity" -m model.gguf --kl-divergence --kl-divergence-base base -c 256 -b 256 -t "$(nproc)" \
    >judged.txt 2>&1 || { tail -n 5 judged.txt >&2; exit 1; }
  awk -v types="$types" -v rounding="$rounding" '
    $2 == "PPL(Q)" { theirs = $4 } $2 == "PPL(base)" { ours = $4 } /^Mean +KLD/ { kl = $3; error = $5 }
    /^Same top p/ { same = $4 }
    END {
      limit = 0.005 + (types ~ /q4_k/ ? 0.02 * rounding : 0)
      printf "%s: mean KL %.5f ± %.5f, limit %.5f; perplexity %.3f, ours %.3f; same top-1 %.1f %%\n",
        types, kl, error, limit, theirs, ours, same
      exit !(kl != "" && kl + 0 <= limit)
    }' judged.txt || failures=$((failures + 1))
done
echo "rounding itself: mean KL $rounding"
exit $((failures > 0))
