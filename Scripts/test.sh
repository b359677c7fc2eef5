#!/usr/bin/env bash
# Sets up and runs all tests, in release since they do real arithmetic.
# Arguments go to `swift test`, for example: Scripts/test.sh --filter SafetensorsTests
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/install-deps.sh

# Jobs that need more than Swift are skipped with a message where their tools are missing.
skipped=()
if [[ $# -eq 0 && -x Scripts/check/qwen2-vocabulary.sh ]]; then
  if python3 -c 'import venv, ensurepip' 2>/dev/null; then
    Scripts/check/qwen2-vocabulary.sh
  else
    skipped+=("check/qwen2-vocabulary.sh: needs python3 with venv and pip (apt-get install python3-venv)")
  fi
fi
for reason in "${skipped[@]}"; do
  echo "test: SKIPPED $reason" >&2
done

swift test -c release --disable-xctest "$@" </dev/null
