#!/usr/bin/env bash
# A model exported as GGUF loads in llama.cpp, which cuts text into the same tokens and comes to the same
# logits, as far as its own rounding of activations to 8 bits allows: quantizes the text model MODEL plainly,
# exports it, and compares logits on the first TOKENS tokens of TEXT.
#   Scripts/check/gguf.sh MODEL TEXT OUT [GROUP=64] [TOKENS=256]
# Makes a Python environment with llama-cpp-python in OUT/env (GGUF_ENV: another one) at the first use;
# that compiles llama.cpp. Exit code 1 if tokens differ, logits by more than 5 % of their norm, or more
# than 5 % of the likeliest tokens.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 3 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") out=$3 group=${4:-64} tokens=${5:-256}
mkdir -p "$out"
out=$(realpath "$out")
cd "$root"
python=$(python_environment "${GGUF_ENV:-$out/env}" llama-cpp-python safetensors numpy)
build_skyquant
"$skyquant" quantize "$model" --method rtn --group-size "$group" --out "$out/awq" --force --quiet
"$skyquant" export "$out/awq" --to gguf --out "$out/model.gguf" --force --quiet
# llama.cpp cuts off nothing at the border of a token if the text ends at one.
prompt=$("$python" - "$out/model.gguf" "$text" "$tokens" <<'PYTHON'
import sys
from llama_cpp import Llama
model = Llama(sys.argv[1], vocab_only=True, verbose=False)
ids = model.tokenize(open(sys.argv[2], "rb").read(20_000), add_bos=False)[: int(sys.argv[3])]
print(model.detokenize(ids).decode("utf-8", "ignore"))
PYTHON
)
"$skyquant" run "$out/awq" --prompt "$prompt" --max-tokens 1 --trace "$out/trace.safetensors" --force --quiet >/dev/null
"$python" - "$out" "$prompt" <<'PYTHON'
import sys
import numpy as np
from llama_cpp import Llama
from safetensors.numpy import load_file
out, prompt = sys.argv[1:]
trace = load_file(f"{out}/trace.safetensors")
ids = trace["input_ids"].reshape(-1).tolist()
model = Llama(f"{out}/model.gguf", n_ctx=max(512, len(ids)), logits_all=True, verbose=False)
same_tokens = model.tokenize(prompt.encode(), add_bos=False) == ids
model.eval(ids)
logits, ours = np.array(model.scores[: len(ids)]), trace["logits"].reshape(len(ids), -1)
error = np.linalg.norm(logits - ours) / np.linalg.norm(ours)
same = (logits.argmax(-1) == ours.argmax(-1)).mean()
print(f"{len(ids)} tokens, {'the same' if same_tokens else 'OTHERS'} in llama.cpp; logits differ by {error:.4f} of their norm; "
      f"{same:.1%} of the likeliest tokens are the same")
sys.exit(not (same_tokens and error < 0.05 and same > 0.95))
PYTHON
