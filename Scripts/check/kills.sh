#!/usr/bin/env bash
# Kills `quantize` and `pack` of the bundled sample at random moments, goes on with --resume, and compares the
# bytes with those of an undisturbed run.
#   Scripts/check/kills.sh [KILLS]      100 by default; SEED=n takes other moments
# Each round lets both commands be killed until they get through.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
wanted=${1:-100}
RANDOM=${SEED:-1}
build_skyquant
make_work

# command NAME DIRECTORY: sets `command`.
command_of() {
  case $1 in
    quantize)
      command=("$skyquant" quantize "$sample/tiny-r1v" --calibration "$sample/calibration/questions.jsonl" --samples 24
        --checkpoint-every 0 --resume --out "$2/awq") ;;
    pack) command=("$skyquant" pack "$2/awq" "$2/model.skyq" --resume) ;;
  esac
}

kills=0 resumed=0 rounds=0

# undisturbed NAME DIRECTORY: runs it and sets `milliseconds` to the time it took.
undisturbed() {
  local start
  command_of "$@"
  start=$(date +%s%N)
  "${command[@]}" </dev/null >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
  milliseconds=$((($(date +%s%N) - start) / 1000000))
}

# survive NAME OUTPUT LONGEST: kills the command after random times up to LONGEST ms until it gets through.
survive() {
  local status=137 limit command_pid killer_pid
  command_of "$1" "$work/round"
  until [[ $status -eq 0 ]]; do
    limit=$((RANDOM % $3 + 1))
    status=0
    "${command[@]}" </dev/null >"$work/out" 2>&1 &
    command_pid=$!
    { sleep "$(printf '%d.%03d' $((limit / 1000)) $((limit % 1000)))" && kill -KILL $command_pid; } 2>/dev/null &
    killer_pid=$!
    # Until it has gone: as long as one of its threads dies it holds the lock. Without the
    # shell's news of its death.
    { wait $command_pid || status=$?; } 2>/dev/null
    { kill $killer_pid; wait $killer_pid; } 2>/dev/null || true
    if grep -q '^going on after' "$work/out"; then resumed=$((resumed + 1)); fi
    if [[ $status -eq 137 ]]; then
      kills=$((kills + 1))
      # Killed behind the last rename, the run is done.
      if [[ -e $work/round/$2 ]]; then status=0; fi
    elif [[ $status -ne 0 ]]; then
      cat "$work/out" >&2
      echo "kills: $1 ended with $status after $kills kills" >&2
      exit 1
    fi
  done
}

mkdir "$work/expected"
undisturbed quantize "$work/expected"
quantize_time=$milliseconds
undisturbed pack "$work/expected"
# Some moments lie behind the end, so that every round ends.
while [[ $kills -lt $wanted ]]; do
  rounds=$((rounds + 1))
  mkdir "$work/round"
  survive quantize awq $((quantize_time * 5 / 4))
  diff -r "$work/expected/awq" "$work/round/awq"
  survive pack model.skyq $((milliseconds * 5 / 4))
  cmp "$work/expected/model.skyq" "$work/round/model.skyq"
  rm -rf "$work/round"
done
echo "kills: $kills kills in $rounds rounds, $resumed runs went on behind finished layers; all bytes as undisturbed"
[[ $resumed -gt 0 ]]
