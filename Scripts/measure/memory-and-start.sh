#!/usr/bin/env bash
# Measures on the bundled sample: peak memory of `quantize`, and the start-up time of `inspect`, as
# a Markdown record. Ratios carry over between machines better than the numbers do. Needs
# /usr/bin/time (apt-get install time).
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
export LC_ALL=C
cd "$root"
runs=20
threads=${1:-$(nproc)}
[[ -x /usr/bin/time ]] || { echo "memory-and-start: no /usr/bin/time; apt-get install time" >&2; exit 69; }

build_skyquant
sample=Sources/SampleModel/Resources
make_work

# Peak resident set of a command in bytes.
peak_memory() {
  /usr/bin/time --format '%M' --output "$work/peak" "$@" </dev/null >&2
  echo $(($(tail -n 1 "$work/peak") * 1024))
}

# Median wall time of a command in microseconds, process start included.
median_time() {
  for _ in $(seq $runs); do
    local start=${EPOCHREALTIME/./}
    "$@" </dev/null >/dev/null
    echo $((${EPOCHREALTIME/./} - start))
  done | sort -n | awk '{ times[NR] = $1 } END { print int((times[int((NR + 1) / 2)] + times[int(NR / 2) + 1]) / 2) }'
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }
milliseconds() { awk -v a="$1" 'BEGIN { printf "%.1f ms", a / 1000 }'; }
mebibytes() { awk -v a="$1" 'BEGIN { printf "%.1f MiB", a / 1048576 }'; }

quantize=(quantize $sample/tiny-r1v --calibration $sample/calibration/questions.jsonl --threads "$threads")
model=$(cat $sample/tiny-r1v/*.safetensors | wc -c)
floor=$(peak_memory "$skyquant" --help)
start=$SECONDS
peak=$(peak_memory "$skyquant" "${quantize[@]}" --out "$work/awq")
seconds=$((SECONDS - start))
"$skyquant" pack "$work/awq" "$work/model.skyq" </dev/null >&2
inspect=$(median_time "$skyquant" inspect "$work/model.skyq")
true_time=$(median_time /bin/true)

echo "- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs; $(date -u +%F)"
echo "- command: \`skyquant ${quantize[*]} --out DIR\` ($threads threads): $seconds s"
echo "- peak memory of quantize: $(mebibytes "$peak"), of which the process without a model $(mebibytes "$floor");" \
  "$(ratio "$peak" "$model") × the $(mebibytes "$model") of weights"
echo "- \`skyquant inspect model.skyq\`: median of $runs runs $(milliseconds "$inspect")," \
  "$(ratio "$inspect" "$true_time") × \`/bin/true\` ($(milliseconds "$true_time"))"
if command -v python3 >/dev/null; then
  python=$(median_time python3 -c pass)
  echo "- for scale, \`python3 -c pass\`: $(milliseconds "$python"), $(ratio "$python" "$inspect") × inspect"
fi
