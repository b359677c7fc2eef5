#!/usr/bin/env bash
# Runs the C kernels under AddressSanitizer and UndefinedBehaviorSanitizer, with every instruction set
# of the processor: Tests/Sanitizers drives each kernel and its plain twin and compares them. Any
# report ends it with exit code 1.
#   Scripts/check/sanitizers.sh
# Only C needs this: Swift's arithmetic traps on overflow and its arrays know their ends.
# Uses the clang beside swiftc.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"
make_work

clang=$(swiftc -print-target-info | jq -r .paths.runtimeResourcePath)/../../bin/clang
# Beyond `undefined`: floats that no integer can hold, and unsigned arithmetic that wraps,
# which nothing here means to.
checks=address,undefined,float-cast-overflow,unsigned-integer-overflow,unsigned-shift-base
flags=(-std=gnu11 -g -O1 -fno-math-errno -fno-omit-frame-pointer -Wall -Wextra -Werror
  "-fsanitize=$checks" -fno-sanitize-recover=all)

# The driver says which instructions there are, in place of the processor.
while read -r source; do
  "$clang" "${flags[@]}" -ISources/CKernels/include -include Tests/Sanitizers/driver_cpu_supports.h \
    -c "$source" -o "$work/$(tr / - <<<"${source#Sources/CKernels/}").o"
done < <(find Sources/CKernels -name '*.c')
# splitmix64 wraps on purpose.
"$clang" "${flags[@]}" -fno-sanitize=unsigned-integer-overflow,unsigned-shift-base -ISources/CKernels/include \
  Tests/Sanitizers/*.c "$work"/*.o -fuse-ld=lld -lm -o "$work/drive_kernels"

while read -r kernel; do
  grep -qE "\b$kernel\(|PRODUCT\(${kernel#ck_gemm_}," Tests/Sanitizers/drive_kernels.c || missing+=("$kernel")
done < <(grep -ohE '\bck_[a-z0-9_]+\(' Sources/CKernels/include/*.h | tr -d '(' | grep -v '^ck_gemm_ref_' | sort -u)
[[ -z ${missing+set} ]] || { echo "sanitizers: drive_kernels.c does not run ${missing[*]}" >&2; exit 1; }

# That a fault in a kernel is found, or all that follows would say nothing.
for fault in beyond:AddressSanitizer unaligned:'runtime error'; do
  if "$work/drive_kernels" "${fault%%:*}" >"$work/report" 2>&1 || ! grep -q "${fault#*:}" "$work/report"; then
    echo "sanitizers: the planted fault \"${fault%%:*}\" went unnoticed" >&2
    exit 1
  fi
done

for instructions in plain avx2 avx512 avx512bf16; do
  status=0
  "$work/drive_kernels" $instructions || status=$?
  case $status in
    0) ;;
    69) echo "sanitizers: SKIPPED $instructions, which this processor has not" ;;
    *) exit 1 ;;
  esac
done
