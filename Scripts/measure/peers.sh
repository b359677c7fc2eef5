#!/usr/bin/env bash
# Compares skyquant with llm-compressor, AutoAWQ and AutoRound: the same model, calibration
# tokens, bits and group size, and one evaluator for all, transformers in fp32 on the weights
# decoded from what each tool wrote.
#   Scripts/measure/peers.sh MODEL CALIBRATION.txt HELDOUT.txt OUT [TOOL...]
# TOOL: skyquant llmc-rtn llmc-awq llmc-gptq llmc-awq-gptq autoround autoawq (all by default). A tool that has
# a result in OUT is not run again: remove OUT/TOOL* to repeat it. Takes about an hour on two cores. Needs
# python3 with venv, /usr/bin/time and the packages that pip installs into OUT/env-* (or PEERS_ENV-*).
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 4 ]] || usage
model=$(realpath "$1") calibration=$(realpath "$2") heldout=$(realpath "$3") out=$(realpath -m "$4")
cd "$root"
export PYTHONPATH=Scripts/lib
shift 4
tools=("$@")
[[ $# -gt 0 ]] || tools=(skyquant llmc-rtn llmc-awq llmc-gptq llmc-awq-gptq autoround autoawq)
samples=${SAMPLES:-16} window=512 group=${GROUP:-64} heldout_samples=${HELDOUT_SAMPLES:-8}
# AutoRound's default; fewer are faster and worse.
iterations=${AUTOROUND_ITERATIONS:-200}
environments=${PEERS_ENV:-$out/env}
peers=$root/Scripts/measure/peers
mkdir -p "$out"

# interpreter TOOL: the Python of the tool's environment.
interpreter() {
  case $1 in
    llmc*) python_environment "$environments-llmc" "llmcompressor==0.14.*" ;;
    autoround) python_environment "$environments-autoround" "auto-round==0.16.*" ;;
    autoawq) python_environment "$environments-autoawq" "transformers==4.51.*" "autoawq==0.2.9" torch accelerate datasets \
      zstandard ;;
  esac
}

# quantize TOOL: writes $out/TOOL, and its wall seconds, CPU seconds and peak KiB to $out/TOOL.time.
quantize() {
  local tool=$1 settings=("$model" "$calibration" "$samples" "$window" "$group") command
  case $tool in
    skyquant)
      build_skyquant
      command=("$skyquant" quantize "$model" --text "$calibration"
        --samples "$samples" --window "$window" --group-size "$group" --force --out "$out/$tool") ;;
    llmc-*) command=("$(interpreter "$tool")" "$peers/quantize_llmcompressor.py" "${tool#llmc-}" "${settings[@]}" "$out/$tool") ;;
    autoround) command=("$(interpreter "$tool")" "$peers/quantize_autoround.py" "${settings[@]}" "$iterations" "$out/$tool") ;;
    autoawq) command=("$(interpreter "$tool")" "$peers/quantize_autoawq.py" "${settings[@]}" "$out/$tool") ;;
    *) echo "peers: no tool $tool" >&2; exit 64 ;;
  esac
  OMP_NUM_THREADS=$(nproc) /usr/bin/time --format '%e %U %S %M' --output "$out/$tool.time.partial" \
    "${command[@]}" </dev/null >"$out/$tool.log" 2>&1 || { tail -n 20 "$out/$tool.log" >&2; exit 1; }
  mv "$out/$tool.time.partial" "$out/$tool.time"
}

for tool in "${tools[@]}"; do
  [[ -e $out/$tool.time ]] || { echo "peers: $tool" >&2; quantize "$tool"; }
  [[ -e $out/$tool.json ]] ||
    "$(interpreter llmc)" "$peers/evaluate.py" "$model" "$heldout" "$heldout_samples" "$window" "$out/$tool" \
      </dev/null >"$out/$tool.json.partial"
  [[ -e $out/$tool.json ]] || mv "$out/$tool.json.partial" "$out/$tool.json"
done
python3 "$peers/table.py" "$out" "Scripts/measure/peers.sh MODEL calibration.txt heldout.txt OUT"
