#!/usr/bin/env bash
# Unpacks llama.cpp's programs from Debian's unstable packages into OUT, for what is held against them: built
# for every kind of processor, of which the best one for this computer is loaded.
#   Scripts/make/llamacpp.sh OUT
# OUT/bin has llama-server, llama-bench, llama-batched-bench, llama-perplexity and others, which bring their own
# C library, so that they run on an older Debian; the system's packages stay as they are. Needs apt on Debian.
# LLAMACPP_VERSION: another version than that which our numbers were measured with.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -eq 1 && $1 != -* ]] || usage
version=${LLAMACPP_VERSION:-1:0.7.0+dfsg-2}
[[ ! -e $1 ]] || { echo "llamacpp.sh: $1 exists already" >&2; exit 73; }
out=$(realpath -m "$1")
make_work
mkdir -p "$work"/{lists,archives}/partial "$work/packages"
# A list of packages of its own, from where apt gets Debian's anyway.
site=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' | sed -n 1p)
[[ -n $site ]] || { echo "llamacpp.sh: apt has no list of Debian's packages: run apt-get update first" >&2; exit 69; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site sid main" >"$work/sources.list"
apt=(-qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$work/lists"
  -o Dir::Cache="$work" -o Acquire::Languages=none -o APT::Sandbox::User=root)
apt-get "${apt[@]}" update >&2
cd "$work/packages"
apt-get "${apt[@]}" download {llama.cpp-tools,llama.cpp-tools-extra,libllama0}="$version" \
  libggml0 libc6 libgcc-s1 libstdc++6 libgomp1 libssl3t64 >&2 ||
  { echo "llamacpp.sh: not to be had; set LLAMACPP_VERSION if Debian has another version by now" >&2; exit 69; }
tree=$work/tree
for package in *.deb; do dpkg-deb -x "$package" "$tree"; done
libraries=usr/lib/$(uname -m)-linux-gnu
# What is built for one kind of processor is looked for beside the program, which to the system is the loader.
for part in "$tree/$libraries"/ggml/backends*/*.so; do
  ln -s "${part#"$tree/$libraries/"}" "$tree/$libraries/"
done
loader=$(basename "$tree/$libraries"/ld-linux*.so.*)
mkdir "$tree/bin"
for program in "$tree"/usr/bin/llama-*; do
  name=$(basename "$program")
  cat >"$tree/bin/$name" <<WRAPPER
#!/bin/sh
root=\$(dirname "\$(dirname "\$(realpath "\$0")")")
exec "\$root/$libraries/$loader" --library-path "\$root/$libraries:\$root/$libraries/llama" --argv0 $name \\
  "\$root/usr/bin/$name" "\$@"
WRAPPER
  chmod +x "$tree/bin/$name"
done
ls *.deb | sed 's/_[^_]*$//; s/%3a/:/; s/_/ /' >"$tree/packages.txt"
mkdir -p "$(dirname "$out")"
mv "$tree" "$out"
grep -E 'llama.cpp-tools |libggml0' "$out/packages.txt"
