#!/usr/bin/env bash
# Installs skyquant into prefixes of its own, and makes a release of it: every file is where it belongs, the program
# runs, the manual reads and has every option of the help, bash, zsh and fish complete paths; what others have put there is neither
# replaced nor removed; uninstalling leaves nothing else. The release needs no library of Swift's, and has the same bytes
# every time.
#   Scripts/check/install.sh
# Needs man (man-db), zsh and fish for what it holds of them; without one that part is left out, and said.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
. "$root/Scripts/lib/installation.sh"
[[ $# -eq 0 ]] || usage
build_skyquant
dynamic=$skyquant
build_static
make_work
cd "$work"
: >err

# installer CODE ARGUMENT...: runs install.sh, which must end with CODE.
installer() {
  local expected=$1 status=0
  shift
  "$root/Scripts/install.sh" "$@" >out 2>err </dev/null || status=$?
  [[ $status -eq $expected ]]
}

# files DIR: prints the names of what is in DIR, with the digests of files.
files() { (cd "$1" && find . -mindepth 1 -type d -printf '%P/\n' -o -type f -exec sha256sum {} +) | sort; }

# completions PREFIX WORD...: prints what bash offers for the last WORD behind skyquant.
completions() {
  bash -c '. "$1"; shift
    COMP_WORDS=(skyquant "$@") COMP_CWORD=$# COMP_LINE="skyquant $*" COMPREPLY=()
    COMP_POINT=${#COMP_LINE}
    _skyquant skyquant "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' completions "$1/share/bash-completion/completions/skyquant" "${@:2}"
}

# fish_completions PREFIX LINE: prints what fish offers at the end of a line.
fish_completions() {
  fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$1/share/fish/vendor_completions.d/skyquant.fish" "$2"
}

# zsh_completes PREFIX LINE COMPLETED: whether zsh, on a terminal, makes COMPLETED of a line and a tab.
zsh_completes() {
  timeout 60 zsh -f -c 'zmodload zsh/zpty zsh/datetime
    zpty -b shell zsh -f -i
    zpty -w shell "fpath=($1/share/zsh/site-functions \$fpath); autoload -Uz compinit; compinit -u -D; print RE""ADY"
    seen="" end=$((EPOCHSECONDS + 20)) typed=0
    until [[ $seen == *"$3"* ]] || ((EPOCHSECONDS > end)); do
      zpty -r -t shell chunk && seen+=$chunk || sleep 0.05
      ((typed)) || [[ $seen != *READY* ]] || { typed=1; zpty -w -n shell "$2"$'"'\t'"' }
    done
    zpty -d shell
    [[ $seen == *"$3"* ]]' zsh "$@"
}

expect "installing ends well" installer 0 --prefix "$work/a" --program "$skyquant"
expect "the program runs from the prefix" test "$(a/bin/skyquant --version)" = "$("$skyquant" --version)"
mapfile -t commands < <("$skyquant" --help | sed -n '/^SUBCOMMANDS/,/^$/s/^  \([a-z]\{1,\}\) .*/\1/p')
expect "the help names commands" test "${#commands[@]}" -ge 12
for name in bin/skyquant share/man/man1/skyquant.1 "${commands[@]/#/share/man/man1/skyquant-}" \
  share/bash-completion/completions/skyquant share/zsh/site-functions/_skyquant share/fish/vendor_completions.d/skyquant.fish; do
  [[ $name != */skyquant-* ]] || name+=.1
  expect "$name is installed" test -s "a/$name"
done
mkdir model && touch model.skyq questions.jsonl
expect "bash completes a path" test "$(completions "$work/a" inspect mo | sort | tr '\n' ' ')" = "model model.skyq "
expect "bash completes an option's path" test "$(completions "$work/a" quantize x --calibration q)" = questions.jsonl

if command -v fish >/dev/null; then
  expect "fish completes a path" test "$(fish_completions a "skyquant inspect mo" | sort | tr '\n' ' ')" = "model.skyq model/ "
  expect "fish completes an option's path" test "$(fish_completions a "skyquant quantize x --calibration q")" = questions.jsonl
else
  echo "install: SKIPPED fish, which is not here" >&2
fi
if command -v zsh >/dev/null; then
  expect "zsh completes a path" zsh_completes "$work/a" "skyquant inspect que" "inspect questions.jsonl"
  expect "zsh completes an option's path" zsh_completes "$work/a" "skyquant quantize x --calibration q" "--calibration questions.jsonl"
  expect "zsh completes a command" zsh_completes "$work/a" "skyquant quant" "skyquant quantize"
else
  echo "install: SKIPPED zsh, which is not here" >&2
fi

if command -v man >/dev/null; then
  for command in "" "${commands[@]/#/-}"; do
    MANWIDTH=80 man --warnings -l "a/share/man/man1/skyquant$command.1" >page 2>err || true
    expect "man has nothing to complain of in skyquant$command" test ! -s err
    # Without what man does to letters, and as one line, since it breaks others than the help does.
    page=$(col -bx <page | tr -s ' \n' ' ')
    for option in $("$skyquant" ${command#-} --help | grep -oE '^  (-[a-z], )?--[a-z0-9-]+' | grep -oE '\-\-[a-z0-9-]+'); do
      expect "the page of skyquant$command has $option" grep -qF -- "$option" <<<"$page"
    done
  done
else
  echo "install: SKIPPED the manual: no man here (apt-get install man-db)" >&2
fi

files a >before
expect "installing again ends well" installer 0 --prefix "$work/a" --program "$skyquant"
files a >after
expect "installing again changes nothing" cmp -s before after

# What others have put there.
touch a/bin/other
echo mine >>a/share/man/man1/skyquant-run.1
files a >before
expect "a changed file is not replaced" installer 73 --prefix "$work/a" --program "$skyquant"
files a >after
expect "where it cannot install, it changes nothing" cmp -s before after
expect "uninstalling ends well" installer 0 --uninstall --prefix "$work/a"
find a -mindepth 1 -type f | sort >left
expect "uninstalling leaves what is not as it was installed" cmp -s left <(printf '%s\n' a/bin/other a/share/man/man1/skyquant-run.1)
expect "what is not installed is not uninstalled" installer 73 --uninstall --prefix "$work/a"
expect "installing where nothing was ends well" installer 0 --prefix "$work/b" --program "$skyquant"
expect "uninstalling that ends well" installer 0 --uninstall --prefix "$work/b"
expect "nothing is left of it" test -z "$(ls -A b)"

mkdir c && echo "a file" >c/bin
for prefix in "$work/c" /proc/skyquant; do
  expect "a prefix that cannot be written is refused: $prefix" installer 73 --prefix "$prefix" --program "$skyquant"
done
expect "nothing is installed there" test "$(ls -A c)" = bin
expect "an unknown option is a mistake" installer 64 --prefx x
expect "a prefix is asked for" installer 64 --prefix

# releases OUT PROGRAM: makes one of the program.
releases() { "$root/Scripts/make-release.sh" "$1" --program "$2" >out 2>err; }

expect "a release is made" releases one.tar.gz "$skyquant"
expect "it is made again" releases two.tar.gz "$skyquant"
expect "its bytes are the same" cmp -s one.tar.gz two.tar.gz
tar -xzf one.tar.gz
release=$(echo skyquant-*/)
expect "the program runs from it" test "$("$release/bin/skyquant" --version)" = "$("$skyquant" --version)"
expect "it reads a model" eval '"$release/bin/skyquant" inspect "$sample/tiny-r1v" >out 2>err'
ldd "$release/bin/skyquant" >libraries
expect "it needs no library of Swift's" test -z "$(grep -E 'swift|Foundation|dispatch|BlocksRuntime|not found' libraries)"
expect "its README names the libraries" grep -q 'apt-get install .*libjson-c5' "$release/README"
expect "a program that needs Swift's libraries makes none" eval '! releases three.tar.gz "$dynamic"'
expect "nothing is left of that" test -z "$(find . -name 'three.tar.gz*')"

echo "install: $checks checks, $failures failed"
[[ $failures -eq 0 ]]
