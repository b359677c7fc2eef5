# What the shell scripts share; each sources it first:
#   . "$(dirname "$0")/../lib/script.sh"
# Sets `root`, the repository, and `sample`, the bundled model's folder with its questions.
script=$(realpath "$0")
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
sample=$root/Sources/SampleModel/Resources

# usage: prints the comment that the script opens with, and ends with exit code 64.
usage() {
  awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$script" >&2
  exit 64
}

# build_skyquant: builds the program and sets `skyquant` to its path.
build_skyquant() {
  swift build --package-path "$root" -c release --product skyquant </dev/null >&2
  skyquant=$(swift build --package-path "$root" -c release --show-bin-path)/skyquant
}

# make_work: sets `work` to a new directory that goes when the script ends.
make_work() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
}

# require_tracing: ends the script unless strace may trace here.
require_tracing() {
  strace -o /dev/null true 2>/dev/null || { echo "$(basename "$script" .sh): strace may not trace here" >&2; exit 1; }
}

# expect WHAT CONDITION...: counts a check; if the condition does not hold, prints what,
# and what is in the file `err`.
checks=0 failures=0
expect() {
  local what=$1
  shift
  checks=$((checks + 1))
  "$@" && return
  failures=$((failures + 1))
  echo "FAILED: $what: $(tr '\n' ' ' <err | cut -c1-300)"
}

# python_environment DIR PACKAGE...: prints the Python of a virtual environment,
# which is made at the first use.
python_environment() {
  local home=$1
  shift
  if [[ ! -e $home/bin/python || -e $home/unfinished ]]; then
    mkdir -p "$home" && touch "$home/unfinished" && python3 -m venv "$home" >&2 &&
      "$home/bin/pip" install -q "$@" >&2 && rm "$home/unfinished" || return 1
  fi
  echo "$home/bin/python"
}

# python_with MODULE: prints a Python that has it. Debian's packages are for Debian's own,
# which need not be first on PATH.
python_with() {
  if python3 -c "import $1" 2>/dev/null; then echo python3; else echo /usr/bin/python3; fi
}
