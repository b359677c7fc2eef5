#!/usr/bin/env bash
# Formats all Swift code in place with the rules of .swift-format; with --check, only reports what breaks them.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1-}" in
  "") exec swift format format --in-place --parallel --recursive Sources Tests Package.swift ;;
  --check) exec swift format lint --strict --parallel --recursive Sources Tests Package.swift ;;
  *)
    echo "usage: Scripts/format.sh [--check]" >&2
    exit 64
    ;;
esac
