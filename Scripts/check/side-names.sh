#!/usr/bin/env bash
# Puts files beside the outputs of every command that writes, under every name that the program uses, has used
# or might use for its own: files, directories, links, FIFOs, or what the command reads. Then the command is
# run, succeeds, fails, or is killed and run again; nothing that was there before may have changed, but for
# the output with --force.
#   Scripts/check/side-names.sh [COUNT] [SEED] [KEEP]
#     COUNT   500 layouts by default, or one of them: @17
#     SEED    1 by default
#     KEEP    with one layout: a new directory for it as it is afterwards
# Needs python3 with numpy and strace (Scripts/install-deps.sh), and leave to trace processes.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
build_skyquant

python=$(python_with numpy)
PYTHONPATH=Scripts/check:Scripts/lib exec "$python" -m side_names "$@" --program "$skyquant"
