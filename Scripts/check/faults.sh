#!/usr/bin/env bash
# Makes the disk fail, at every place where it can, and checks what quantize, pack and import do about it: the
# exit code, one line that says why, nothing under the final name, an older output untouched, and the
# undisturbed bytes after --resume.
#   Scripts/check/faults.sh [STEP]     a fault at every STEP-th write of quantize and pack; every one by default
# Faults are injected with strace (system calls that fail, signals at a system call), a file size limit, a
# second run and a file cut while it is mapped. Needs leave to trace processes (ptrace).
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
step=${1:-1}
[[ $step =~ ^[1-9][0-9]*$ ]] || usage
build_skyquant
make_work
cd "$work"

require_tracing
# Whether quantize is to replace what is there.
force=
# Plain rounding has the writes of any method, and little between them; the others also keep activations.
plain=(--method rtn)
calibrated=(--calibration "$sample/calibration/questions.jsonl" --samples 8)
settings=("${calibrated[@]}")

# A shell between, for the news that something was killed. What is printed goes to `out`
# and `err`, with $first before.
first=
run() { sh -c '"$@" </dev/null >"$0out" 2>"$0err"; exit $?' "$first" "$@" 2>/dev/null; }
quantize() { run "${@:2}" "$skyquant" quantize "$sample/tiny-r1v" "${settings[@]}" \
  --checkpoint-every 0 --quiet --resume --out "$1" ${force:+--force}; }
pack() { run "${@:2}" "$skyquant" pack expected-quantize "$1.skyq" --quiet --resume; }
pack_large() { run "${@:2}" "$skyquant" pack large "$1.skyq" --quiet --resume; }
import() { run "${@:2}" "$skyquant" import expected-quantize "$1.skyq" --quiet --resume; }

# The output of a command, as one name.
written() { if [[ $1 == quantize ]]; then echo "$2"; else echo "$2.skyq"; fi; }

# large_model: the quantized sample and two tensors of 300 and 2 MiB, so that `pack` secures its work between
# them. Sparse: a vector may be zero.
large_model() {
  cp -r expected-quantize large
  PYTHONPATH=$root/Scripts/lib python3 - large/model.safetensors <<'PYTHON'
import pathlib, sys
from safetensors_files import header, write_sparse
path = pathlib.Path(sys.argv[1])
entries, start = header(path)
data = path.read_bytes()[start:]
end = len(data)
for name, count in (("ballast", 150 << 20), ("more ballast", 1 << 20)):
    entries[name] = {"dtype": "BF16", "shape": [count], "data_offsets": [end, end + 2 * count]}
    end += 2 * count
write_sparse(path, entries, end, data)
PYTHON
}

# faulty COMMAND CODE WHAT STRACE-OPTION...: runs it with a fault, then goes on without.
# `reached` says whether there was one.
faulty() {
  local command=$1 code=$2 what="$1, $3" status=0 output
  shift 3
  output=$(written "$command" run)
  rm -rf run run.*
  "$command" run strace -f -o trace "$@" || status=$?
  reached=$(grep -c 'INJECTED\|SIGKILL' trace || true)
  if [[ $reached -eq 0 ]]; then
    # The first call must be there, or nothing would be checked.
    expect "$what: the command makes such a call" test "$what" = "${what% 1}"
    return
  fi
  expect "$what: exit code $status, not $code" test "$status" -eq "$code"
  if [[ $code -ne 137 ]]; then
    expect "$what: one line that begins with error:" test "$(grep -c '^error: ' err)" -eq 1
    # But after the rename only the directory is left to be brought to the disk, and the
    # work folder to be removed.
    [[ ($what == *fsync* || $what == *rename*) && -e $output ]] ||
      expect "$what: nothing has the final name" test ! -e "$output"
  fi
  if [[ $what == *EIO\ at\ fsync* ]]; then
    # All later ones would fail too, and be counted. What pack had recorded counts no
    # more: nobody goes on with it.
    expect "$what: not tried again, nor any other" test "$reached" -eq 1
    [[ $command == quantize && ! -e $output ]] ||
      expect "$what: nothing is left to resume" test ! -e "$output.skyquant-work"
  fi
  if [[ -e $output ]]; then
    expect "$what: what has the final name is whole" diff -r "$(written "$command" "expected-$command")" "$output"
    return
  fi
  expect "$what: goes on" "$command" run
  expect "$what: the undisturbed bytes" diff -r "$(written "$command" "expected-$command")" "$output"
  expect "$what: nothing else is left" test "$(echo run*)" = "$output"
}

# series COMMAND CALL STEP: an error and a SIGKILL at every STEP-th call, or at calls ever further apart if
# STEP is 0, until the command makes no such call any more.
series() {
  local command=$1 call=$2 k error errors=(EIO)
  [[ $call == pwrite64 ]] && errors=(ENOSPC EIO EDQUOT)
  for ((k = 1; ; k += $3 > 0 ? $3 : 1 + k / 3)); do
    error=${errors[$((k / ($3 > 0 ? $3 : 1) % ${#errors[@]}))]}
    faulty "$command" 74 "$error at $call $k" -e "trace=$call" -e "inject=$call:error=$error:when=$k+"
    [[ $reached -gt 0 ]] || break
    faulty "$command" 137 "SIGKILL at $call $k" -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$k"
  done
  echo "faults: $command, $call: up to call $k, after $SECONDS s"
}

# kills COMMAND CALL: a SIGKILL at every call.
kills() {
  local command=$1 call=$2 k
  for ((k = 1; ; k++)); do
    faulty "$command" 137 "SIGKILL at $call $k" -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$k"
    [[ $reached -gt 0 ]] || break
  done
  echo "faults: $command, kills at $call: up to call $k, after $SECONDS s"
}

settings=("${plain[@]}")
quantize expected-quantize
series quantize pwrite64 "$step"
rm -r expected-quantize
settings=("${calibrated[@]}")
quantize expected-quantize
pack expected-pack
series quantize pwrite64 0
series quantize fsync 1
series quantize rename 1
series quantize renameat2 1
kills quantize mkdir
kills quantize unlink
kills quantize rmdir
series pack pwrite64 "$step"
series pack fsync 1
series pack renameat2 1
kills pack unlink
cp expected-pack.skyq expected-import.skyq
series import pwrite64 0
series import fsync 1
series import renameat2 1
large_model
pack_large expected-pack_large
series pack_large fsync 1
rm -r large expected-pack_large.skyq
# The room is asked for before the work.
faulty pack 73 "ENOSPC at fallocate 1" -e trace=fallocate -e inject=fallocate:error=ENOSPC

# Killed between the report and the checkpoint, or anywhere else: --resume ends
# with both, and nothing is lost.
report() { run "${@:2}" "$skyquant" quantize "$sample/tiny-r1v" "${settings[@]}" --checkpoint-every 0 --quiet --resume \
  --report "$1-report" --out "$1"; }
report expected-report
diff -r expected-report expected-quantize
for call in rename renameat2; do
  for ((k = 1; ; k++)); do
    what="quantize --report, SIGKILL at $call $k"
    rm -rf run run-* run.*
    report run strace -f -o trace -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$k" || true
    grep -q SIGKILL trace || break
    if [[ -e run ]]; then
      expect "$what: whoever has the checkpoint has the report" test -e run-report
    else
      expect "$what: goes on" report run
    fi
    expect "$what: the undisturbed checkpoint" diff -r expected-quantize run
    expect "$what: the undisturbed report" diff -r expected-report-report run-report
  done
  expect "quantize --report makes $call calls" test "$k" -gt 1
  echo "faults: quantize --report, $call: up to call $k"
done
rm -rf run-* expected-report expected-report-report

# Killed while an old output is replaced: the name always has the whole old or the whole
# new one, and --force ends well.
force=1
for call in renameat2 unlink rmdir mkdir; do
  for ((k = 1; ; k++)); do
    rm -rf run run.*
    mkdir run
    touch run/older
    quantize run strace -f -o trace -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$k" || true
    grep -q SIGKILL trace || break
    [[ -e run/older ]] || expect "quantize --force, SIGKILL at $call $k: the new output is whole" diff -r expected-quantize run
    expect "quantize --force, SIGKILL at $call $k: goes on" quantize run
    expect "quantize --force, SIGKILL at $call $k: the undisturbed bytes" diff -r expected-quantize run
    expect "quantize --force, SIGKILL at $call $k: nothing else is left" test "$(echo run.*)" = "run.*"
  done
  expect "quantize --force makes $call calls" test "$k" -gt 1
  echo "faults: quantize --force, $call: up to call $k"
done
force=

# A limit on file sizes: SIGXFSZ is ignored, EFBIG reported. A shell counts in KiB.
for command in quantize pack import; do
  for limit in 1 64 7000; do
    rm -rf run run.*
    status=0
    (ulimit -f "$limit"; "$command" run env) || status=$?
    expect "$command with a file size limit: exit code $status" test "$status" -eq 73
    expect "$command with a file size limit: it is named" grep -q "ulimit -f.*$((limit * 1024)) bytes" err
    expect "$command with a file size limit: nothing is left" test "$(echo run*)" = "run*"
  done
done

# Two runs on one output, the first of them slow: it ends well, the second with its number.
for command in quantize pack; do
  rm -rf run run.*
  output=$(written "$command" run)
  first=first- "$command" run strace -f -o trace -e trace=fsync -e inject=fsync:delay_enter=3000000:when=4 &
  until [[ -e $output.skyquant-work/output ]]; do sleep 0.05; done
  status=0
  "$command" run env || status=$?
  expect "$command on a locked output: exit code $status" test "$status" -eq 75
  expect "$command on a locked output: holder and start are named" grep -q 'locked by pid [0-9]* since 20' err
  status=0
  wait $! || status=$?
  expect "$command whose output another run wanted: exit code $status" test "$status" -eq 0
  expect "$command whose output another run wanted: the undisturbed bytes" \
    diff -r "$(written "$command" "expected-$command")" "$output"
done

# What a file system cannot do, and a command can do without: a warning, and the same bytes.
for command in quantize pack import; do
  for lack in flock:ENOSYS flock:EOPNOTSUPP flock:ENOLCK fsync:EINVAL fsync:ENOSYS; do
    rm -rf run run.*
    call=${lack%:*} status=0
    "$command" run strace -f -o trace -e "trace=$call" -e "inject=$call:error=${lack#*:}" || status=$?
    expect "$command without $lack: exit code $status" test "$status" -eq 0
    expect "$command without $lack: said once" test "$(grep -c '^warning: the file system ' err)" -eq 1
    expect "$command without $lack: the undisturbed bytes" \
      diff -r "$(written "$command" "expected-$command")" "$(written "$command" run)"
  done
done

# An older output stays until the new one is whole.
rm -rf run run.*
cp -r expected-quantize run
touch run/older
force=1 quantize run strace -f -o trace -e trace=pwrite64 -e inject=pwrite64:error=EIO:when=20+ || true
expect "quantize beside an older output: it is untouched" test -e run/older

# A file that is cut while it is mapped, between opening it and reading its planes.
cp expected-pack.skyq cut.skyq
strace -f -o trace -P cut.skyq -e inject=mmap:delay_exit=2000000 \
  "$skyquant" check cut.skyq --quiet </dev/null >out 2>err &
sleep 1
truncate -s 100000 cut.skyq
status=0
wait $! || status=$?
expect "check of a file that is cut: exit code $status" test "$status" -eq 66
expect "check of a file that is cut: an offset is named" grep -q 'offset' err

echo "faults: $checks checks, $failures failed"
[[ $failures -eq 0 ]]
