#!/usr/bin/env bash
# Evaluates the sample and a plain rounding of it on small files in the layout of every benchmark: every number
# of the report must follow from its counts and answers by a second computation, and the original's scores must
# be those that are committed, on the sample's own questions those of the answers that PyTorch gave. The numbers
# of drawn answers and of letters must follow as well. Then an evaluation of 60 questions is killed at random
# moments, and must end in the report of an undisturbed one.
#   Scripts/check/evaluation.sh [KILLS]      20 by default; SEED=n takes other moments
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
wanted=${1:-20}
RANDOM=${SEED:-1}
build_skyquant
make_work
cd "$work"

python3 "$root/Scripts/golden/benchmark_sample.py" files 3
cp -r "$sample/evaluation/images" files/images
"$skyquant" quantize "$sample/tiny-r1v" --method rtn --group-size 32 --out rtn --quiet >out

benchmarks=()
for file in files/*.tsv; do benchmarks+=(--benchmark "$file"); done
"$skyquant" evaluate rtn --reference "$sample/tiny-r1v" "${benchmarks[@]}" --max-tokens 64 --out report.json --quiet >out
python3 "$root/Scripts/check/evaluation.py" report.json report.json.answers.jsonl "$root/Scripts/check/evaluation.json"

# The same of drawn answers, three to a row, and of the likeliest letters.
files=(--benchmark files/MMStar.tsv --benchmark files/HallusionBench.tsv --benchmark files/MMBench_DEV_EN_V11.tsv)
"$skyquant" evaluate rtn --reference "$sample/tiny-r1v" "${files[@]}" --max-tokens 24 --temperature 1.5 --samples 3 \
  --out drawn.json --quiet >out
python3 "$root/Scripts/check/evaluation.py" drawn.json drawn.json.answers.jsonl
files=(--benchmark files/MMStar.tsv --benchmark files/MMBench_DEV_EN_V11.tsv)
"$skyquant" evaluate rtn --reference "$sample/tiny-r1v" "${files[@]}" --mode choice-logits --out letters.json --quiet >out
python3 "$root/Scripts/check/evaluation.py" letters.json letters.json.answers.jsonl

# Whoever answers every row rightly has all the points that rules can give.
python3 - files/*.tsv <<'END'
import ast, csv, json, pathlib, sys
csv.field_size_limit(1 << 24)
for path in map(pathlib.Path, sys.argv[1:]):
    with open(path, newline="") as table, open(path.with_suffix(".right.jsonl"), "w") as answers:
        for row in csv.DictReader(table, delimiter="\t"):
            right = row.get("answer_option") or row["answer"]
            text = f"It says {ast.literal_eval(right)[0]}" if path.stem == "OCRBench" else f"\\boxed{{{right}}}"
            answers.write(json.dumps({"index": row.get("index") or row["id"], "prediction": text}) + "\n")
END
answers=()
for file in files/*.tsv; do answers+=(--reference-answers "${file%.tsv}.right.jsonl"); done
"$skyquant" evaluate rtn "${benchmarks[@]}" "${answers[@]}" --max-tokens 64 --answers report.json.answers.jsonl \
  --json --quiet >right.json
jq -e '[.benchmarks[].scores[0].metrics[].score] | length >= 20 and all(. == 1)' right.json >out ||
  { echo "evaluation: right answers do not score all points" >&2; exit 1; }

questions=$sample/evaluation/questions.jsonl
"$skyquant" evaluate "$sample/tiny-r1v" --benchmark "$questions" --max-tokens 64 --json --quiet >questions.json
right=$(jq -s 'map(select(.answer == .reference)) | length' "$questions")
jq -e --argjson right "$right" '.benchmarks[0].scores[0].metrics[0] | .score * .decisions | round == $right' questions.json >out ||
  { echo "evaluation: the sample's answers are not those of PyTorch, of which $right are right" >&2; exit 1; }

# evaluate OUT: evaluates 60 questions.
evaluate() {
  exec "$skyquant" evaluate "$sample/tiny-r1v" --benchmark "$questions" --limit 60 --max-tokens 64 --quiet --json \
    --answers "$1.answers" </dev/null >"$1.json"
}

start=$(date +%s%N)
(evaluate undisturbed)
milliseconds=$((($(date +%s%N) - start) / 1000000))

# stop MILLISECONDS: an evaluation that is killed then; fails with its exit status.
stop() {
  local pid killer status=0
  (evaluate killed) 2>err &
  pid=$!
  { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" && kill -KILL $pid; } 2>/dev/null &
  killer=$!
  { wait $pid || status=$?; } 2>/dev/null
  { kill $killer; wait $killer; } 2>/dev/null || true
  return $status
}

# Kills are spread over the time of a whole run. Answers are made together and kept as they end: a kill may find
# none, but it takes none away, and every run goes on from them.
kills=0 progressed=0
while [[ $kills -lt $wanted ]]; do
  rm -f killed.*
  kept=0 runs=0 status=137
  until [[ $status -eq 0 ]]; do
    if [[ $((runs += 1)) -gt 60 ]]; then
      echo "evaluation: $runs runs, and not one has come to its end; $kept answers are there" >&2
      exit 1
    fi
    status=0
    stop $(((RANDOM * 32768 + RANDOM) % milliseconds + 1)) || status=$?
    [[ $status -eq 0 ]] && break
    if [[ $status -ne 137 ]]; then
      cat err >&2
      echo "evaluation: a run ended with $status after $kills kills" >&2
      exit 1
    fi
    kills=$((kills + 1))
    answers=$([[ ! -e killed.answers ]] || tr -cd '\n' <killed.answers | wc -c)
    if [[ ${answers:=0} -lt $kept ]]; then
      echo "evaluation: a killed run has left $answers answers of $kept" >&2
      exit 1
    fi
    [[ $answers -eq $kept ]] || progressed=$((progressed + 1))
    kept=$answers
  done
  cmp undisturbed.json killed.json
done
echo "evaluation: $kills kills, $progressed of them left more answers to go on from; the report is that of an undisturbed run"
[[ $progressed -gt 0 ]]
