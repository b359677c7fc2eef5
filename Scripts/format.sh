#!/usr/bin/env bash
# Formats all Swift code in place by the rules of .swift-format, and wraps the prose of README.md and Formats.
# With --check, only reports what breaks the rules, and what those documents name that is not there.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1-}" in
  "")
    swift format format --in-place --parallel --recursive Sources Tests Package.swift
    exec python3 Scripts/check/documents.py --write
    ;;
  --check)
    swift format lint --strict --parallel --recursive Sources Tests Package.swift
    exec python3 Scripts/check/documents.py
    ;;
  *)
    echo "usage: Scripts/format.sh [--check]" >&2
    exit 64
    ;;
esac
