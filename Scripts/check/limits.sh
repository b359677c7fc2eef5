#!/usr/bin/env bash
# Takes away what the system gives a process: threads, open files, address space. Every command must end
# in time, with 0 or 71 and one line, leave nothing but what --resume goes on with, and end in the
# result of an undisturbed run.
#   Scripts/check/limits.sh
# Threads are refused with strace (EAGAIN, as at a limit of processes), the rest with ulimit.
# Needs leave to trace processes.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
build_skyquant
make_work
cd "$work"
export SWIFT_BACKTRACE=enable=no

require_tracing

samples=(--calibration "$sample/calibration/questions.jsonl" --samples 2)
quantize=(quantize "$sample/tiny-r1v" "${samples[@]}" --threads 3 --quiet --out out)
verify=(verify expected-out --reference "$sample/tiny-r1v" --questions "$sample/evaluation/questions.jsonl" --samples 1
  --answer-tokens 2 --threads 3 --numeric-mode exact --quiet)
pack=(pack expected-out out.skyq --quiet)
check=(check expected-out.skyq --full --threads 3 --quiet)
# `auto` may find no room for OpenBLAS, and then computes in another numeric mode.
run=(run expected-out.skyq --prompt "2 + 2" --max-tokens 2 --threads 3 --numeric-mode exact)
doctor=(doctor expected-out --threads 3 --quiet)

# limited WHAT COMMAND PREFIX...: runs a command behind a prefix that limits it, and holds it to the
# above. `status` is its exit code.
limited() {
  local what=$1 command=$2
  local -n arguments=$command
  shift 2
  rm -rf out out.*
  status=0
  timeout 60 "$@" "$skyquant" "${arguments[@]}" </dev/null >stdout 2>err || status=$?
  expect "$what: exit code $status" test "$status" -eq 0 -o "$status" -eq 71
  if [[ $status -eq 0 ]]; then
    expect "$what: the undisturbed result" same "$command"
  else
    expect "$what: one line that begins with error:" grep -qzP '\A(warning: [^\n]+\n)*error: [^\n]+\n\z' err
    # As after Ctrl-C, what is left is what --resume goes on with. What has the final name is whole, and only
    # not yet known to be on the disk.
    if [[ -e out || -e out.skyq ]]; then
      expect "$what: what has the final name is whole" same "$command"
    elif [[ $(echo out*) != "out*" ]]; then
      status=0
      "$skyquant" "${arguments[@]}" --resume </dev/null >stdout 2>err || status=$?
      expect "$what: goes on" test "$status" -eq 0
      status=71
      expect "$what: the undisturbed bytes after it" same "$command"
    fi
  fi
  rm -rf out out.skyq
  expect "$what: nothing else is left" test "$(echo out*)" = "out*"
}

# same COMMAND: whether what it wrote and printed is what it wrote and printed undisturbed, but for times.
same() {
  case $1 in
    quantize) diff -r expected-out out >&2 ;;
    pack) cmp expected-out.skyq out.skyq >&2 ;;
    check) grep -q 'intact' stdout ;;
    *) diff "expected-$1.txt" stdout >&2 ;;
  esac
}

within() { bash -c 'ulimit "$1" "$2" && exec "${@:3}"' within "$@"; }

"$skyquant" "${quantize[@]}" </dev/null >stdout 2>err
mv out expected-out
"$skyquant" "${pack[@]}" </dev/null >stdout
mv out.skyq expected-out.skyq
for command in run verify doctor; do
  declare -n arguments=$command
  "$skyquant" "${arguments[@]}" </dev/null >"expected-$command.txt"
done
commands=(quantize pack check verify run doctor)

# The first thread waits for signals; the others compute, and a command goes on without them.
for command in "${commands[@]}"; do
  for k in 1 2 3; do
    limited "$command without thread $k" "$command" strace -f -o trace -e trace=clone3 -e "inject=clone3:error=EAGAIN:when=$k+"
    wanted=0
    [[ $k -eq 1 ]] && wanted=71
    expect "$command without thread $k: exit code $status, not $wanted" test "$status" -eq "$wanted"
    [[ $k -eq 1 || $command == pack ]] || expect "$command without thread $k: a warning" grep -q "^warning: $((k - 1)) of 3 threads" err
  done
done
echo "limits: threads, after $SECONDS s"

# The loader needs open files and address space itself: from the least with which it starts.
sweep() {
  local option=$1 value=$2 step=$3 end=$4 what=$5 command succeeded=0
  until within "$option" "$value" "$skyquant" --version >/dev/null 2>&1; do value=$((value + step)); done
  for ((; value <= end; value += step)); do
    for command in "${commands[@]}"; do
      limited "$command with $what $value" "$command" bash -c 'ulimit "$1" "$2" && exec "${@:3}"' within "$option" "$value"
      [[ $status -eq 0 ]] && succeeded=$((succeeded + 1))
    done
  done
  expect "some runs end well with $what up to $end" test "$succeeded" -gt 0
  echo "limits: $what, after $SECONDS s"
}
sweep -n 4 1 12 "open files"
sweep -v 30000 4000 120000 "address space"

echo "limits: $checks checks, $failures failed"
[[ $failures -eq 0 ]]
