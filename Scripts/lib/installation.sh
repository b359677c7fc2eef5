# What an installed skyquant consists of; install.sh and make-release.sh source it, behind script.sh.

# build_static: builds the program with Swift's runtime inside and sets `skyquant` to its path. Objects for that are
# others than those of a usual build, so they lie apart.
build_static() {
  local options=(--package-path "$root" --scratch-path "$root/.build-static" -c release --static-swift-stdlib)
  swift build "${options[@]}" --product skyquant </dev/null >&2
  skyquant=$(swift build "${options[@]}" --show-bin-path)/skyquant
}

# fill_prefix DIR: puts what is installed of the program `skyquant` into the empty directory DIR, under the names that it
# has in a prefix.
fill_prefix() {
  local prefix=$1
  install -D -m 755 "$skyquant" "$prefix/bin/skyquant"
  strip --strip-unneeded "$prefix/bin/skyquant"
  python3 "$root/Scripts/make/man_pages.py" "$skyquant" "$prefix/share/man/man1"
  add_completion bash "$prefix/share/bash-completion/completions/skyquant"
  add_completion zsh "$prefix/share/zsh/site-functions/_skyquant"
  add_completion fish "$prefix/share/fish/vendor_completions.d/skyquant.fish"
  chmod -R u=rwX,go=rX "$prefix"
}

# add_completion SHELL FILE: writes what makes SHELL complete the program's arguments.
add_completion() {
  mkdir -p "$(dirname "$2")"
  "$skyquant" --generate-completion-script "$1" >"$2"
}

# needed_libraries PROGRAM: prints the names of the shared libraries that PROGRAM asks for, one a line.
needed_libraries() { readelf --dynamic --wide "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
