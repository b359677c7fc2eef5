#!/usr/bin/env bash
# Runs every command on the sample, and skyquant-bench, with --json and checks what it prints against
# Formats/report.schema.json, among it what commands print when they end with an error code of their own.
# Every command and every schema must have had its turn.
#   Scripts/check/reports.sh
# Needs python3 with jsonschema (Scripts/install-deps.sh).
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
build_skyquant
schema=$root/Formats/report.schema.json
make_work
mkdir "$work/reports"
cd "$work"
commands=()

# report CODE NAME COMMAND ARGUMENT...: the report NAME of a command that must end with CODE.
report() {
  local expected=$1 name=$2 status=0
  shift 2
  commands+=("$1")
  "$skyquant" "$@" --json --quiet >"reports/$name.json" 2>err </dev/null || status=$?
  [[ $status -eq $expected ]] && return
  echo "reports: skyquant $* ended with $status, not $expected: $(head -c 300 err)" >&2
  exit 1
}

questions=(--questions "$sample/evaluation/questions.jsonl" --samples 3)
report 0 quantize quantize "$sample/tiny-r1v" --calibration "$sample/calibration/questions.jsonl" --samples 8 \
  --keep-16bit 64kB --report table --out awq
cp table/linears.json reports/linears.json
cp awq/skyquant.json reports/skyquant-json.json
jq .recipe awq/skyquant.json >reports/recipe.json
report 0 plan plan "$sample/tiny-r1v" --calibration "$sample/calibration/questions.jsonl" --samples 8 --out planned
report 0 plan-pack pack awq model.skyq --dry-run
report 0 pack pack awq model.skyq
report 0 import import awq imported.skyq
report 0 inspect-checkpoint inspect "$sample/tiny-r1v"
report 0 inspect-awq inspect awq
mkdir other-layout
cp "$sample/tiny-r1v/model-00001-of-00003.safetensors" other-layout/model.safetensors
report 0 listing inspect other-layout
report 0 inspect-skyq inspect model.skyq
# The sections of a .skyq file, and the same of the directory, against what the formats say they hold.
report 0 provenance-awq inspect awq --provenance
report 0 provenance-skyq inspect model.skyq --provenance
jq -e 'all(.packing, .recipe, .calibration, .linears; . != null)' reports/provenance-skyq.json >provenance-is-whole ||
  { echo "reports: a section is missing in model.skyq" >&2; exit 1; }
report 0 quantize-again quantize "$sample/tiny-r1v" --recipe reports/provenance-skyq.json \
  --calibration "$sample/calibration/questions.jsonl" --out again
diff -r awq again
report 0 tensors inspect model.skyq --tensors 'layers.0'
report 0 tensors-of-shard inspect "$sample/tiny-r1v/model-00001-of-00003.safetensors"
report 0 check check model.skyq
report 0 check-full check model.skyq --full
report 0 check-directory check awq --full
cp model.skyq damaged.skyq
printf '\xAA\x55' | dd of=damaged.skyq bs=1 seek=2531328 conv=notrunc status=none
report 65 check-damaged check damaged.skyq
report 0 diff-same diff model.skyq awq
report 1 diff-other diff "$sample/tiny-r1v" model.skyq
report 0 doctor doctor awq
report 0 machine doctor --machine
cp -r awq broken
jq 'del(.quantization_config, .llm_config.quantization_config)' awq/config.json >broken/config.json
report 1 doctor-broken doctor broken
report 0 extract extract model.skyq
report 0 extract-tensor extract model.skyq --tensor language_model.lm_head.weight --out lm_head.safetensors
report 0 export-awq export model.skyq --out exported
report 0 export-compressed-tensors export model.skyq --to compressed-tensors --out ct
report 0 export-gptq export ct --to gptq --out gptq
report 0 inspect-compressed-tensors inspect ct
report 0 inspect-gptq inspect gptq
report 0 verify verify model.skyq --reference "$sample/tiny-r1v" "${questions[@]}" --max-mean-kl 1 --max-p99-kl 9 \
  --min-top1 0.1 --max-ppl-ratio 2
report 0 plan-verify verify model.skyq --reference "$sample/tiny-r1v" "${questions[@]}" --dry-run
report 1 verify-fails verify model.skyq --reference "$sample/tiny-r1v" "${questions[@]}" --answer-tokens 0 --max-mean-kl 0
cp -r awq other
jq '.image_mean = [0.5, 0.5, 0.5]' awq/preprocessor_config.json >other/preprocessor_config.json
report 1 verify-other-files verify other --reference "$sample/tiny-r1v" "${questions[@]}" --answer-tokens 0 --min-top1 0.1
report 0 verify-files-allowed verify other --reference "$sample/tiny-r1v" "${questions[@]}" --answer-tokens 0 \
  --min-top1 0.1 --allow-different-files
report 0 verify-several verify awq gptq --reference "$sample/tiny-r1v" "${questions[@]}" --max-mean-kl 1
report 1 verify-several-fail verify awq ct --reference "$sample/tiny-r1v" "${questions[@]}" --answer-tokens 0 \
  --max-mean-kl 0
report 0 pack-evaluated pack awq evaluated.skyq --evaluation reports/verify.json
report 0 provenance-evaluated inspect evaluated.skyq --provenance
jq -e '.evaluations."verify.json"' reports/provenance-evaluated.json >evaluation
report 0 run run model.skyq --numeric-mode openblas --image "$sample/evaluation/images/0007.png" --question "What is the sum of the two digits?"
report 0 answers run model.skyq "${questions[@]}"
for preset in transformers vllm eval; do
  report 0 "run-$preset" run model.skyq --preset "authors-$preset" --max-tokens 4 --question "How many pictures?" \
    --image "$sample/evaluation/images/0007.png" --image "$sample/evaluation/images/0011.png"
done
report 0 evaluate evaluate awq --reference "$sample/tiny-r1v" --benchmark "$sample/evaluation/questions.jsonl" --limit 4 --max-tokens 48
report 0 plan-evaluate evaluate awq --benchmark "$sample/evaluation/questions.jsonl" --limit 4 --max-tokens 48 --dry-run
python3 "$root/Scripts/golden/benchmark_sample.py" benchmarks 2
report 0 evaluate-several evaluate awq model.skyq --reference "$sample/tiny-r1v" --max-tokens 24 \
  --benchmark benchmarks/HallusionBench.tsv --benchmark benchmarks/MMBench_DEV_EN_V11.tsv --benchmark benchmarks/SeePhys.tsv
report 0 evaluate-drawn evaluate awq --reference "$sample/tiny-r1v" --max-tokens 8 --temperature 0.6 --samples 2 \
  --benchmark benchmarks/HallusionBench.tsv
report 0 evaluate-letters evaluate awq --reference "$sample/tiny-r1v" --mode choice-logits \
  --benchmark benchmarks/MMBench_DEV_EN_V11.tsv --html evaluation.html
report 0 evaluate-floor evaluate awq --reference "$sample/tiny-r1v" --max-tokens 8 --floor \
  --benchmark benchmarks/MMBench_DEV_EN_V11.tsv --benchmark benchmarks/SeePhys.tsv

python3 "$root/Scripts/make/text_sample.py" text
jq -r .question "$sample/evaluation/questions.jsonl" >questions.txt
report 0 quantize-text quantize text --text questions.txt --window 64 --method rtn --group-size 32 --out text-awq
report 0 export-gguf export text-awq --to gguf --out text.gguf
report 0 export-text export text-awq --to compressed-tensors --out text-packed
report 0 quantize-rules quantize "$sample/tiny-r1v" --method rtn --rule down_proj=int8 --rule vision_model=int8 --out rules
report 0 quantize-target quantize "$sample/tiny-r1v" --calibration "$sample/calibration/questions.jsonl" --samples 8 \
  --method awq --target-bpw 6 --raise-to int8,16bit --rule mlp1=int8 --rule lm_head=int8 --out target
report 0 plan-rules plan "$sample/tiny-r1v" --method rtn --rule down_proj=int8 --out planned
report 0 inspect-rules inspect rules
report 0 quantize-eight quantize "$sample/tiny-r1v" --method rtn --rule down_proj=int8 --out eight
report 0 export-requantized export eight --to awq --requantize --out requantized
python3 "$root/Scripts/make/layernorm_sample.py" layernorm
report 0 quantize-layernorm quantize layernorm --method rtn --out layernorm-awq
report 0 export-gguf-vision export layernorm-awq --to gguf --linear-type q4_k --out layernorm-gguf
report 0 verify-text verify text-awq --reference text --text questions.txt --window 64 --samples 3
report 0 verify-texts verify text-awq text-packed --reference text --text questions.txt --window 64 --samples 3
swift build --package-path "$root" -c release --product skyquant-bench </dev/null >&2
"$(dirname "$skyquant")/skyquant-bench" --only "576 -> 1536" --json >reports/bench.json
report 0 run-text run text --prompt "How many" --max-tokens 4

# require_all WHAT WANTED...: fails unless every one of WANTED is a line of standard input.
require_all() {
  local absent
  [[ $# -gt 1 ]] || { echo "reports: it is not known which $1 there are" >&2; exit 1; }
  absent=$(comm -13 <(sort -u) <(printf '%s\n' "${@:2}" | sort -u))
  [[ -z $absent ]] || { echo "reports: no report of these $1: $absent" >&2; exit 1; }
}
mapfile -t wanted < <("$skyquant" --help | sed -n '/^SUBCOMMANDS/,/^$/s/^  \([a-z]*\) .*/\1/p')
printf '%s\n' "${commands[@]}" | require_all commands "${wanted[@]}"
mapfile -t wanted < <(jq -r '."$defs"[].properties.schema.const // empty' "$schema")
jq -r .schema reports/*.json | require_all schemas "${wanted[@]}"

python=$(python_with jsonschema)
"$python" "$root/Scripts/check/report_schema.py" reports/*.json
