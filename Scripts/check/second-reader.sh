#!/usr/bin/env bash
# Holds the .skyq format to its second implementation, the Python scripts written from Formats/skyq.md:
#   - the vectors come out byte for byte as they are kept (another libzstd may compress one to other bytes)
#   - the Python reader treats all of them as the manifest says
#   - it accepts what skyquant packs, and reads the same values from it
# Usage: Scripts/check/second-reader.sh
# Prints a line for each part; exits with 1 at the first that fails. Needs python3 with
# numpy (Scripts/install-deps.sh).
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
make_work

python=$(python_with numpy)

"$python" Scripts/golden/skyq_vectors.py "$work/vectors"
diff -rq --exclude README.md Formats/vectors "$work/vectors"
"$python" Scripts/check/skyq_vectors.py

build_skyquant
model=Sources/SampleModel/Resources/tiny-r1v
"$skyquant" quantize "$model" --method rtn --group-size 32 --out "$work/awq" --quiet >/dev/null
"$skyquant" pack "$model" "$work/plain.skyq" --quiet >/dev/null
"$skyquant" pack "$work/awq" "$work/awq.skyq" --quiet >/dev/null
for file in plain awq; do
  "$skyquant" inspect "$work/$file.skyq" --tensors '*' --json --quiet |
    "$python" Scripts/check/compare_tensors.py "$work/$file.skyq" "$skyquant"
done
