#!/usr/bin/env bash
# Changes everything that skyquant reads (configs, shard indexes, safetensors headers and values, AWQ parts,
# .skyq files with right and wrong digests, tokenizers, pictures, questions), runs every command on each
# mutant, and fails on an exit code that is not documented, a signal, a hang, more than 1 GiB, a file left
# behind, an input that has changed, control characters in what is printed, and success with something else
# than the mutant says.
#   Scripts/check/mutations.sh [AMOUNT] [SEED] [KEEP]
#     AMOUNT   240s (the default), 10000 mutants, or one mutant by its name: headers.length_of_awq/17
#     SEED     1 by default; seed and name make a mutant
#     KEEP     with one mutant: a new directory for it and for what each command printed and made
#   Scripts/check/mutations.sh 500 1 --only '^skyq'         mutators whose names match
# The mutators are in Scripts/check/mutations/mutators. Needs python3 with numpy (Scripts/install-deps.sh).
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
build_skyquant

python=$(python_with numpy)
PYTHONPATH=Scripts/check:Scripts/lib exec "$python" -m mutations "$@" --program "$skyquant"
