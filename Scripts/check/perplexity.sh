#!/usr/bin/env bash
# The perplexity of an unquantized text model is transformers': on the first SAMPLES windows of
# WINDOW tokens of a text (tokenized as a whole, without special tokens; the first token of a window
# is not predicted), to 4 digits.
#   Scripts/check/perplexity.sh MODEL TEXT [SAMPLES=8] [WINDOW=512]
# Needs PYTHON (python3 by default) with torch, transformers and tokenizers. Exit code 1 if they differ.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 2 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") samples=${3:-8} window=${4:-512}
cd "$root"
build_skyquant
make_work
"$skyquant" quantize "$model" --method rtn --group-size "${GROUP:-64}" --quiet --out "$work/rtn" >/dev/null
ours=$("$skyquant" verify "$work/rtn" --reference "$model" --text "$text" --samples "$samples" --window "$window" --quiet --json |
  jq .all.reference_perplexity)
theirs=$(PYTHONPATH=Scripts/lib "${PYTHON:-python3}" - "$model" "$text" "$samples" "$window" <<'PYTHON'
import math, sys
import torch
from transformers import AutoModelForCausalLM
from token_windows import windows
model_path, text, samples, window = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32).eval()
nats = count = 0
with torch.no_grad():
    for ids in windows(model_path, text, int(window), int(samples)):
        logits = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        nats -= logits[:-1].gather(1, torch.tensor(ids[1:]).unsqueeze(-1)).sum().item()
        count += len(ids) - 1
print(math.exp(nats / count))
PYTHON
)
awk -v a="$ours" -v b="$theirs" -v n="$samples" -v w="$window" 'BEGIN {
  printf "perplexity on the first %d windows of %d tokens: skyquant %.6f, transformers %.6f\n", n, w, a, b
  exit sprintf("%.4g", a) != sprintf("%.4g", b) }'
