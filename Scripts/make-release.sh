#!/usr/bin/env bash
# Makes one tarball that runs where neither Swift nor this repository is: the program with Swift's runtime inside, its
# manual pages, completions for shells, and a README that lists the C libraries which it needs.
#   Scripts/make-release.sh OUT.tar.gz [--program FILE]
# With --program nothing is built and FILE is packed. The same program gives the same bytes: names are sorted, and times
# are SOURCE_DATE_EPOCH, or that of the last commit. A program that needs a library of which nothing is known here, as
# one that Swift's runtime is not inside, is refused.
set -euo pipefail
. "$(dirname "$0")/lib/script.sh"
. "$root/Scripts/lib/installation.sh"

fail() {
  echo "make-release: $1" >&2
  exit "${2:-1}"
}

# What the program may need, with the package of Debian 12 that has it; `-` for what every Debian has.
packages=(
  libc.so.6:- libm.so.6:- libgcc_s.so.1:- libstdc++.so.6:- ld-linux-x86-64.so.2:- ld-linux-aarch64.so.1:-
  libzstd.so.1:libzstd1 libjson-c.so.5:libjson-c5 libturbojpeg.so.0:libturbojpeg0 libspng.so.0:libspng0
  libxxhash.so.0:libxxhash0 libcrypto.so.3:libssl3 libwebp.so.7:libwebp7
)

# package_of LIBRARY: prints the package that has it; fails if none is known.
package_of() {
  local entry
  for entry in "${packages[@]}"; do [[ ${entry%:*} != "$1" ]] || { echo "${entry##*:}"; return; }; done
  return 1
}

# readme NAME PACKAGE...: prints the README of the release NAME, which needs these packages.
readme() {
  local name=$1
  shift
  cat <<EOF
$name, for Linux on $(uname -m), made on $(. /etc/os-release && echo "$PRETTY_NAME").

It runs from where it was unpacked: bin/skyquant --help. It needs nothing but these C libraries of the system:

  apt-get install --no-install-recommends $*

To install it, copy its two folders into a prefix, which is ~/.local here:

  mkdir -p ~/.local && cp -r $name/bin $name/share ~/.local
  export PATH=~/.local/bin:\$PATH

Then man skyquant shows the manual, and bash, zsh and fish complete its arguments.
EOF
}

[[ $# -ge 1 && $1 != -* ]] || usage
out=$(realpath --canonicalize-missing -- "$1") skyquant=
if [[ $# -gt 1 ]]; then [[ $# -eq 3 && $2 == --program ]] || usage; skyquant=$3; fi
[[ $out == *.tar.gz ]] || fail "$1: the name must end in .tar.gz" 64
[[ -d $(dirname "$out") && -w $(dirname "$out") ]] || fail "$(dirname "$out") is no directory that can be written" 73
[[ ! -e $out || -f $out ]] || fail "$out is there and no file" 73

if [[ -z $skyquant ]]; then "$root/Scripts/install-deps.sh" >&2; build_static; fi
[[ -f $skyquant && -x $skyquant ]] || fail "$skyquant is no program" 66
skyquant=$(realpath -- "$skyquant")
mapfile -t libraries < <(needed_libraries "$skyquant" | sort)
[[ ${#libraries[@]} -gt 0 ]] || fail "$skyquant is no program" 66
needed=()
for library in "${libraries[@]}"; do
  package=$(package_of "$library") || fail "$skyquant needs $library, which is no library of a plain Debian 12 known here"
  [[ $package == - ]] || needed+=("$package")
done

make_work
name=skyquant-$("$skyquant" --version)
fill_prefix "$work/$name"
cp "$root/LICENSE" "$work/$name/LICENSE"
readme "$name" "${needed[@]}" >"$work/$name/README"
chmod 644 "$work/$name/LICENSE" "$work/$name/README"
time=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
# Beside the output, so that it gets its name in one step.
unfinished=$(mktemp "$out.XXXXXX")
trap 'rm -rf "$work" "$unfinished"' EXIT
tar --create --directory "$work" --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner --format=gnu "$name" |
  gzip --best --no-name >"$unfinished"
chmod 644 "$unfinished"
mv -fT "$unfinished" "$out"
echo "wrote $out: $(stat --format=%s "$out") bytes; besides what every Debian has it needs ${needed[*]}"
