#!/usr/bin/env bash
# Builds the fuzz targets in Tests/Fuzzing with libFuzzer and AddressSanitizer and
# runs them for some seconds each.
# Usage: Scripts/fuzz.sh TARGET|all SECONDS [CORPUS_DIR]
# Prints target, executions, seconds and findings; exits with 1 if there is a finding, whose input it keeps
# and names. With CORPUS_DIR, what libFuzzer learns is kept there for the next run. FUZZ_LOGS names a
# directory for the full logs.
set -euo pipefail
cd "$(dirname "$0")/.."

[[ $# -ge 2 && $# -le 3 && $2 =~ ^[1-9][0-9]*$ ]] || {
  sed -n 2,5p "$0" >&2
  exit 64
}
wanted=$1 seconds=$2
work=$(mktemp -d)
corpus=${3:-$work/corpus}
logs=${FUZZ_LOGS:-$work/logs}
mkdir -p "$corpus" "$logs"

targets=()
for file in Tests/Fuzzing/[a-z]*.swift; do
  name=$(basename "$file" .swift)
  [[ $wanted == all || $wanted == "$name" ]] && targets+=("$name")
done
[[ ${#targets[@]} -gt 0 ]] || {
  echo "fuzz: no target $wanted; there are: $(basename -s .swift Tests/Fuzzing/[a-z]*.swift | tr '\n' ' ')" >&2
  exit 64
}

build=.build-fuzz
modules=$build/release
# Modules with all they import; the fuzz targets themselves are linked by swiftc, since
# libFuzzer brings its own main.
for module in ModelInputs ModelFiles Benchmarks Jinja; do
  swift build -c release --scratch-path "$build" --sanitize=address -Xswiftc -sanitize=fuzzer --target "$module" \
    >"$logs/build.log" 2>&1 </dev/null || {
    tail -n 30 "$logs/build.log" >&2
    exit 70
  }
done
mapfile -t objects < <(find -L "$modules" -path '*.build/*' -name '*.o' -not -path '*ArgumentParser*' -not -path '*-tool.build*')
# An earlier build may have left objects of files that are gone: MODULE.build/FILE.o
# comes from Sources/MODULE/…/FILE.
for index in "${!objects[@]}"; do
  object=${objects[index]#"$modules"/}
  [[ -n $(find "Sources/${object%%.build/*}" -name "$(basename "$object" .o)" -print -quit) ]] || unset "objects[index]"
done
mapfile -t systems < <(printf -- '-I\n%s\n' Sources/System/*)
read -ra libraries < <(pkg-config --libs libzstd json-c libturbojpeg spng libwebp libxxhash libcrypto)
for target in "${targets[@]}"; do
  swiftc -O -use-ld=lld -sanitize=fuzzer,address -parse-as-library -swift-version 6 -module-name "fuzz_$target" \
    -I "$modules/Modules" "${systems[@]}" -Xcc -ISources/CKernels/include \
    Tests/Fuzzing/FuzzInput.swift "Tests/Fuzzing/$target.swift" "${objects[@]}" "${libraries[@]}" \
    -o "$work/$target"
done
Scripts/make/fuzz_seeds.py "$work/seeds"

findings=0
printf '%-20s %12s %8s %9s\n' target executions seconds findings
for target in "${targets[@]}"; do
  kept=$corpus/$target
  mkdir -p "$kept"
  log=$logs/$target.log
  started=$SECONDS found=0
  # Leaks are not looked for: Swift's runtime keeps metadata for ever. 10 s for one input is a
  # finding, and so is 1 GiB. Swift's own crash report is off: it reads memory in a way that
  # AddressSanitizer takes for the error.
  SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$work/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
    -max_len=65536 -print_final_stats=1 -artifact_prefix="$logs/$target-" "$kept" "$work/seeds/$target" \
    >"$log" 2>&1 </dev/null || found=1
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%-20s %12s %8s %9s\n' "$target" "${executions:-?}" $((SECONDS - started)) "$found"
  if [[ $found -ne 0 ]]; then
    grep -m 1 -E 'ERROR|Fatal error|ALARM' "$log" || tail -n 5 "$log"
    grep -m 1 -E 'Test unit written' "$log" || true
    findings=$((findings + 1))
  fi
done
if [[ $findings -gt 0 ]]; then
  echo "fuzz: findings in $findings of ${#targets[@]} targets; logs and inputs are in $logs" >&2
  exit 1
fi
rm -rf "$work"
