#!/usr/bin/env bash
# Compares skyquant with llm-compressor, AutoAWQ and AutoRound: the same model, calibration tokens, bits and group size,
# and one evaluator for all, transformers in fp32 on the weights decoded from what each tool wrote.
#   Scripts/compare-peers.sh MODEL CALIBRATION.txt HELDOUT.txt OUT [TOOL...]
# TOOL: skyquant llmc-rtn llmc-awq llmc-gptq llmc-awq-gptq autoround autoawq (all by default). A tool that has a result in
# OUT is not run again: remove OUT/TOOL* to repeat it. Takes about an hour on two cores. Needs python3 with venv,
# /usr/bin/time and the packages that pip installs into OUT/env-* (or PEERS_ENV-*).
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $# -ge 4 ]] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64; }
model=$1 calibration=$2 heldout=$3 out=$4
shift 4
tools=("$@")
[[ $# -gt 0 ]] || tools=(skyquant llmc-rtn llmc-awq llmc-gptq llmc-awq-gptq autoround autoawq)
samples=${SAMPLES:-16} window=512 group=${GROUP:-64} heldout_samples=${HELDOUT_SAMPLES:-8}
# AutoRound's default; fewer are faster and worse.
iterations=${AUTOROUND_ITERATIONS:-200}
environments=${PEERS_ENV:-$out/env}
mkdir -p "$out"

# python NAME PACKAGE...: the interpreter of an environment of its own, made at the first use.
python() {
  local home=$environments-$1
  shift
  if [[ ! -e $home/ready ]]; then
    python3 -m venv "$home" >&2
    "$home/bin/pip" install -q "$@" >&2
    touch "$home/ready"
  fi
  echo "$home/bin/python"
}

interpreter() {
  case $1 in
    llmc*) python llmc "llmcompressor==0.14.*" ;;
    autoround) python autoround "auto-round==0.16.*" ;;
    autoawq) python autoawq "transformers==4.51.*" "autoawq==0.2.9" torch accelerate datasets zstandard ;;
  esac
}

# quantize TOOL: writes $out/TOOL, and its wall seconds, CPU seconds and peak KiB to $out/TOOL.time.
quantize() {
  local tool=$1 settings=("$model" "$calibration" "$samples" "$window" "$group") command
  case $tool in
    skyquant)
      swift build -c release --product skyquant </dev/null >&2
      command=("$(swift build -c release --show-bin-path)/skyquant" quantize "$model" --text "$calibration"
        --samples "$samples" --window "$window" --group-size "$group" --force --out "$out/$tool") ;;
    llmc-*) command=("$(interpreter "$tool")" Scripts/peers/quantize_llmcompressor.py "${tool#llmc-}" "${settings[@]}" "$out/$tool") ;;
    autoround) command=("$(interpreter "$tool")" Scripts/peers/quantize_autoround.py "${settings[@]}" "$iterations" "$out/$tool") ;;
    autoawq) command=("$(interpreter "$tool")" Scripts/peers/quantize_autoawq.py "${settings[@]}" "$out/$tool") ;;
    *) echo "compare-peers: no tool $tool" >&2; exit 64 ;;
  esac
  OMP_NUM_THREADS=$(nproc) /usr/bin/time --format '%e %U %S %M' --output "$out/$tool.time.partial" \
    "${command[@]}" </dev/null >"$out/$tool.log" 2>&1 || { tail -n 20 "$out/$tool.log" >&2; exit 1; }
  mv "$out/$tool.time.partial" "$out/$tool.time"
}

for tool in "${tools[@]}"; do
  [[ -e $out/$tool.time ]] || { echo "compare-peers: $tool" >&2; quantize "$tool"; }
  [[ -e $out/$tool.json ]] ||
    "$(interpreter llmc)" Scripts/peers/evaluate.py "$model" "$heldout" "$heldout_samples" "$window" "$out/$tool" \
      </dev/null >"$out/$tool.json.partial"
  [[ -e $out/$tool.json ]] || mv "$out/$tool.json.partial" "$out/$tool.json"
done
python3 Scripts/peers/table.py "$out" "Scripts/compare-peers.sh MODEL calibration.txt heldout.txt OUT"
