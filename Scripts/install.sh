#!/usr/bin/env bash
# Installs skyquant: the program with Swift's runtime inside, its manual pages, and completions for bash, zsh and fish.
#   Scripts/install.sh [--prefix DIR] [--program FILE]
#   Scripts/install.sh --uninstall [--prefix DIR]
# DIR is /usr/local for root and ~/.local for others. With --program nothing is built and FILE is installed.
# Installing again replaces what an earlier run has installed, each file in one step. A file that somebody else put
# there, or has changed since, is neither replaced nor removed; where that or a directory that cannot be written is in
# the way, nothing is installed, and the exit code is 73.
set -euo pipefail
. "$(dirname "$0")/lib/script.sh"
. "$root/Scripts/lib/installation.sh"

fail() {
  echo "install: $1" >&2
  exit 73
}

prefix=${HOME-}/.local action=install skyquant=
[[ $EUID -ne 0 ]] || prefix=/usr/local
while [[ $# -gt 0 ]]; do
  case $1 in
    --prefix) prefix=${2-} ;;
    --program) skyquant=${2-} ;;
    --uninstall) action=uninstall ;;
    *) usage ;;
  esac
  [[ $1 == --uninstall ]] || { [[ -n ${2-} ]] || usage; shift; }
  shift
done
prefix=$(realpath --canonicalize-missing -- "$prefix")
# What is installed under the prefix: `SHA-256  NAME` of each file, `made  NAME` of each directory that was not there.
list=share/skyquant/installed

# check_list: ends the script if the list names anything outside the prefix: it is not one of ours then.
check_list() {
  [[ ! -e $prefix/$list ]] || { ! grep -qvE '^([0-9a-f]{64}|made)  [^/]' "$prefix/$list" &&
    ! grep -qE '(  |/)\.\.(/|$)' "$prefix/$list"; } ||
    fail "$prefix/$list is damaged; take away by hand what is installed there, and this file"
}

# listed KIND: prints the names in the list whose first column is like KIND.
listed() { [[ ! -f $prefix/$list ]] || sed -nE "s/^$1  //p" "$prefix/$list"; }

# is_ours NAME: whether NAME under the prefix is a file that we installed and nobody has changed.
is_ours() {
  [[ -f $prefix/$1 && ! -L $prefix/$1 && -f $prefix/$list ]] &&
    grep -qxF "$(sha256sum <"$prefix/$1" | cut -c1-64)  $1" "$prefix/$list"
}

# put NAME: gives the file NAME of `stage` its name under the prefix, in one step.
put() {
  local target=$prefix/$1 new
  new=$(mktemp "$target.XXXXXX")
  cp --preserve=mode "$stage/$1" "$new" && mv -fT "$new" "$target" || { rm -f "$new"; fail "cannot write $target"; }
}

# remove NAME...: removes files of ours under the prefix, and says which others it leaves.
remove() {
  local name
  for name in "$@"; do
    [[ -e $prefix/$name || -L $prefix/$name ]] || continue
    if is_ours "$name"; then rm -- "$prefix/$name"; else echo "left, since it is not as it was installed: $prefix/$name"; fi
  done
}

# missing_directories: prints, outermost first, the directories of `names` that are not there.
missing_directories() {
  local name directory
  for name in "${names[@]}"; do
    directory=$(dirname "$name")
    while [[ $directory != . && ! -d $prefix/$directory ]]; do
      echo "$directory"
      directory=$(dirname "$directory")
    done
  done | sort -u
}

# check_room: ends the script unless every one of `names` can be written, before anything is.
check_room() {
  local name directory
  for name in "${names[@]}" "$list"; do
    [[ ! -e $prefix/$name && ! -L $prefix/$name || $name == "$list" ]] || is_ours "$name" ||
      fail "$prefix/$name is there and was not installed by this script, or was changed since; move it away"
    directory=$(dirname "$prefix/$name")
    while [[ ! -e $directory && ! -L $directory ]]; do directory=$(dirname "$directory"); done
    [[ -d $directory ]] || fail "$directory is in the way: not a directory"
    [[ -w $directory && -x $directory ]] || fail "$directory cannot be written; choose another --prefix, or ask for more rights"
  done
}

install_all() {
  if [[ -z $skyquant ]]; then "$root/Scripts/install-deps.sh" >&2; build_static; fi
  [[ -f $skyquant && -x $skyquant ]] || fail "$skyquant is no program"
  skyquant=$(realpath -- "$skyquant")
  make_work
  stage=$work/prefix
  fill_prefix "$stage"
  mapfile -t names < <(cd "$stage" && find . -type f -printf '%P\n' | sort)
  check_room
  listed '[0-9a-f]{64}' | sort -u >"$work/earlier"
  mapfile -t made < <({ listed made; missing_directories; [[ -d $prefix/share/skyquant ]] || echo share/skyquant; } | sort -u)
  # For a moment the list has old and new files, so that a run that is killed leaves nothing that it does not know.
  (cd "$stage" && sha256sum -- "${names[@]}") >"$work/files"
  { printf 'made  %s\n' "${made[@]}"; cat "$work/files"; } >"$work/list"
  mkdir -p "$stage/share/skyquant"
  for name in "${names[@]}" "$list"; do
    mkdir -p "$(dirname "$prefix/$name")" || fail "cannot make the directory of $prefix/$name"
  done
  sort -u "$work/list" <([[ ! -f $prefix/$list ]] || cat "$prefix/$list") >"$stage/$list"
  chmod 644 "$stage/$list"
  put "$list"
  for name in "${names[@]}"; do put "$name"; done
  mapfile -t gone < <(comm -23 "$work/earlier" <(printf '%s\n' "${names[@]}" | sort -u))
  remove "${gone[@]}"
  cp "$work/list" "$stage/$list"
  put "$list"
  echo "installed $("$prefix/bin/skyquant" --version) in $prefix: bin/skyquant, manual pages, completions for bash, zsh and fish"
  [[ :$PATH: == *":$prefix/bin:"* ]] || echo "$prefix/bin is not on PATH; add it: export PATH=\"$prefix/bin:\$PATH\""
}

uninstall() {
  [[ -f $prefix/$list ]] || fail "$prefix/$list is not there, so nothing in $prefix was installed by this script"
  mapfile -t names < <(listed '[0-9a-f]{64}')
  mapfile -t made < <(listed made | sort -r)
  remove "${names[@]}"
  rm -- "$prefix/$list"
  for directory in "${made[@]}"; do rmdir --ignore-fail-on-non-empty -- "$prefix/$directory" 2>/dev/null || true; done
  echo "uninstalled from $prefix"
}

check_list
if [[ $action == install ]]; then install_all; else uninstall; fi
