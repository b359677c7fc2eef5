#!/usr/bin/env bash
# Tests the tokenizer on the real Qwen2 vocabulary of 151,643 tokens, which is too large to keep in
# the repository. Downloads it with pip (dashscope, Apache-2.0, 3 MB) once into .build. Needs python3
# with pip, no Python packages.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
cd "$root"

directory=$PWD/.build/qwen2-vocabulary
ranks=$directory/dashscope/resources/qwen.tiktoken
checksum=b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186

if ! sha256sum --check --status <<<"$checksum  $ranks" 2>/dev/null; then
  rm -rf "$directory"
  mkdir -p "$directory"
  # A virtual environment, because distributions forbid pip outside of one or install it without `download`.
  python3 -m venv "$directory/venv"
  for attempt in 1 2 3; do
    if "$directory/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
      --dest "$directory" dashscope==2.0.2; then
      break
    fi
    ((attempt < 3)) || { echo "qwen2-vocabulary: cannot download dashscope from PyPI" >&2; exit 1; }
    sleep $((attempt * 5))
  done
  python3 -m zipfile -e "$directory"/dashscope-*.whl "$directory"
  sha256sum --check --quiet <<<"$checksum  $ranks"
fi

python3 Scripts/make/qwen2_tokenizer.py "$ranks" "$directory/tokenizer"

SKYQUANT_QWEN2_TOKENIZER=$directory/tokenizer \
  swift test -c release --disable-xctest --filter TokenizationTests.Qwen2VocabularyTests </dev/null
