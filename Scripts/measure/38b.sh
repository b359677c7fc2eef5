#!/usr/bin/env bash
# Measures the commands at the shapes of Skywork-R1V3-38B, on a model of few layers, and prints Markdown.
#   Scripts/measure/38b.sh DIR [LAYERS VISION_LAYERS]
#   Scripts/measure/38b.sh --limit DIR [LAYERS VISION_LAYERS]
# DIR is a model; it is made, with 2 and 2 layers unless others are given, if it is not there. The first form runs
# quantize (with SAMPLES, "4" by default, questions of the sample; of several numbers, "4 8", each), rtn, pack, check,
# verify and run, and prints processor and wall seconds, memory, and ratios to cp and sync of what was written; and
# what follows for all 64 and 45 layers. OLD=PROGRAM measures another program beside it; with LIMIT the last quantize
# is done once more within so much memory. The second form quantizes under --memory-limit (LIMIT, 6GiB) with SAMPLES
# questions where the system gives no more: in a memory cgroup if one can be made, else under ulimit -d; it kills the
# run twice, goes on, and compares with an undisturbed run without a limit. Results go beside DIR and are removed.
# With 2 and 2 layers: 9 GB for DIR, 20 GB beside it, about an hour. Needs numpy.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
form=table
[[ ${1:-} != --limit ]] || { form=limited && shift; }
[[ $# -eq 1 || $# -eq 3 ]] || usage
model=$(realpath -m "$1")
cd "$root"
export PYTHONPATH=Scripts/lib:Scripts/check
build_skyquant
[[ -e $model/config.json ]] || "$(python_with numpy)" Scripts/make/model_38b.py "$model" "${2:-2}" "${3:-2}" >&2
work=$(mktemp -d -p "$(dirname "$model")" 38b.XXXXXX)
trap 'rm -rf "$work"' EXIT
python3 "Scripts/measure/38b/$form.py" "$model" "$work" "$sample" "$skyquant"
