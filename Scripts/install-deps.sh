#!/usr/bin/env bash
# Installs, with apt, the C libraries that skyquant links and the tools its scripts use.
# Does nothing when all are present; run it after cloning, or let test.sh and quickstart.sh run it.
set -euo pipefail

# Debian package : what proves that it is there (a pkg-config module, a command, or a
# Python module of this name).
packages=(
  "libzstd-dev:libzstd"
  "libjson-c-dev:json-c"
  "libturbojpeg0-dev:libturbojpeg"
  "libspng-dev:spng"
  "libwebp-dev:libwebp"
  "libxxhash-dev:libxxhash"
  "libssl-dev:libcrypto"
  "libopenblas-pthread-dev:openblas"
  "jq:command"
  "python3:command"
  "python3-jsonschema:python"
  "python3-numpy:python"
  "strace:command"
)
oldest_swift="6.2"

fail() {
  echo "install-deps: $1" >&2
  exit 1
}

present() {
  local package=${1%%:*} proof=${1#*:}
  case $proof in
    command) command -v "$package" >/dev/null ;;
    # The package is for Debian's own Python, which need not be the first on PATH.
    python) python3 -c "import ${package#python3-}" 2>/dev/null || /usr/bin/python3 -c "import ${package#python3-}" 2>/dev/null ;;
    *) pkg-config --exists "$proof" 2>/dev/null ;;
  esac
}

missing() {
  command -v pkg-config >/dev/null || echo pkg-config
  for entry in "${packages[@]}"; do
    present "$entry" || echo "${entry%%:*}"
  done
}

check_swift() {
  local hint="install Swift $oldest_swift or newer from https://www.swift.org/install/linux/ and put it on PATH"
  command -v swift >/dev/null || fail "no swift on PATH; $hint"
  local version
  version=$(swift --version 2>&1) ||
    fail "swift does not start ($(head -n 1 <<<"$version")); install the packages that https://www.swift.org/install/linux/ lists"
  version=$(sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' <<<"$version" | head -n 1)
  [[ $(printf '%s\n' "$oldest_swift" "$version" | sort -V | head -n 1) == "$oldest_swift" ]] ||
    fail "swift ${version:-of unknown version} is too old; $hint"
}

install() {
  local apt=(apt-get)
  command -v apt-get >/dev/null || fail "no apt-get here; install with your package manager what provides: $*"
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || fail "not root and no sudo; ask an administrator to run: apt-get install $*"
    apt=(sudo apt-get)
  fi
  echo "install-deps: installing $*"
  "${apt[@]}" update -qq </dev/null
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

check_swift
mapfile -t absent < <(missing)
if [[ ${#absent[@]} -gt 0 ]]; then
  install "${absent[@]}"
  mapfile -t absent < <(missing)
  [[ ${#absent[@]} -eq 0 ]] || fail "still missing after installation: ${absent[*]}"
fi
echo "install-deps: all present"
