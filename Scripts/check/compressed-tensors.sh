#!/usr/bin/env bash
# A model exported as compressed-tensors loads in transformers on a CPU, and its logits are those of our
# forward pass: it quantizes the text model MODEL plainly, exports it, and compares logits in fp32 on the
# first TOKENS tokens of TEXT; then the same of a model with down_proj and the output head in eight bits, which
# quantize writes as compressed-tensors.
#   Scripts/check/compressed-tensors.sh MODEL TEXT OUT [GROUP=64] [TOKENS=64]
# Makes a Python environment in OUT/env (CT_ENV: another one) at the first use. Exit code 1 if they differ by
# more than 1e-5 of their norm.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 3 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") out=$3 group=${4:-64} tokens=${5:-64}
mkdir -p "$out"
out=$(realpath "$out")
cd "$root"
python=$(python_environment "${CT_ENV:-$out/env}" torch "transformers==5.17.*" \
  "compressed-tensors==0.19.*" accelerate safetensors)
build_skyquant
"$skyquant" quantize "$model" --method rtn --group-size "$group" --out "$out/awq" --force --quiet
"$skyquant" export "$out/awq" --to compressed-tensors --out "$out/compressed-tensors" --force --quiet
# A head that is the embedding table, too, stays as it is.
head=()
[[ $("$skyquant" inspect "$model" --tensors lm_head.weight --json) == *lm_head* ]] && head=(--rule lm_head=int8)
"$skyquant" quantize "$model" --method rtn --group-size "$group" --rule down_proj=int8 "${head[@]}" --out "$out/mixed" \
  --force --quiet
prompt=$("$python" - "$model" "$text" "$tokens" <<'PYTHON'
import sys
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
print(tokenizer.decode(tokenizer(open(sys.argv[2]).read(100_000), add_special_tokens=False).input_ids[: int(sys.argv[3])]))
PYTHON
)
compare() { # WHAT RUNS HERE, WHAT RUNS THERE
  "$skyquant" run "$out/$1" --prompt "$prompt" --max-tokens 1 --trace "$out/trace.safetensors" --force \
    --quiet >/dev/null
  "$python" - "$out" "$2" <<'PYTHON'
import sys
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
out, name = sys.argv[1:]
trace = load_file(f"{out}/trace.safetensors")
model = AutoModelForCausalLM.from_pretrained(f"{out}/{name}", dtype=torch.float32).eval()
with torch.no_grad():
    logits = model(trace["input_ids"].reshape(1, -1).long()).logits[0]
ours = trace["logits"].float().reshape(logits.shape)
error = float((logits - ours).norm() / ours.norm())
same = int((logits.argmax(-1) == ours.argmax(-1)).sum())
print(f"{name}: {len(ours)} tokens: logits differ by {error:.2e} of their norm; {same} of {len(ours)} most likely tokens are the same")
sys.exit(error > 1e-5)
PYTHON
}
compare awq compressed-tensors
compare mixed mixed
