#!/usr/bin/env bash
# Draws the module graph of Package.swift as a Mermaid diagram: which module imports which. Arrows that others
# imply are left out, and so are test targets and what only they use.
#   Scripts/draw-module-graph.sh            print it
#   Scripts/draw-module-graph.sh --write    put it into README.md
#   Scripts/draw-module-graph.sh --check    fail if README.md shows another graph
set -euo pipefail
cd "$(dirname "$0")/.."

begin='<!-- module graph: begin, written by Scripts/draw-module-graph.sh -->'
end='<!-- module graph: end -->'

graph() {
  echo '```mermaid'
  swift package dump-package | jq --raw-output '
    [.targets[] | select(.type != "test" and (.name | IN("TestSupport", "SampleModel", "COpenBLAS") | not))
      | {name, system: (.type == "system"), imports: [.dependencies[] | (.byName // .target // empty)[0]]}]
    # Package.swift promises that a target imports only targets above it, so one pass
    # finds all that is reachable.
    | reduce .[] as $target ({lines: ["flowchart TD"], reach: {}};
        .reach as $reach
        | ($target.imports | map(select($reach[.] == null))) as $unknown
        | if $unknown != [] then error("\($target.name) is listed above \($unknown | join(", "))") else . end
        | ($target.imports | map($reach[.]) | add // [] | unique) as $implied
        | .reach[$target.name] = ($implied + $target.imports | unique)
        | .lines += (if $target.system then ["  \($target.name)([\($target.name)])"] else [] end)
        | .lines += ($target.imports - $implied | map("  \($target.name) --> \(.)")))
    | .lines[]'
  echo '```'
}

case "${1-}" in
  "") graph ;;
  --write)
    drawn=$(graph)
    grep -qxF -- "$begin" README.md && grep -qxF -- "$end" README.md || {
      echo "README.md: no lines '$begin' and '$end'" >&2
      exit 1
    }
    BEGIN=$begin END=$end DRAWN=$drawn awk '
      $0 == ENVIRON["BEGIN"] { print; print ENVIRON["DRAWN"]; skipping = 1 }
      $0 == ENVIRON["END"] { skipping = 0 }
      !skipping { print }' README.md >README.md.partial
    mv README.md.partial README.md
    ;;
  --check)
    drawn=$(graph)
    shown=$(sed -n "\\|^$begin\$|,\\|^$end\$|p" README.md | sed '1d;$d')
    diff <(echo "$shown") <(echo "$drawn") >&2 || {
      echo "README.md: the module graph is out of date; run Scripts/draw-module-graph.sh --write" >&2
      exit 1
    }
    ;;
  *)
    echo "usage: Scripts/draw-module-graph.sh [--write | --check]" >&2
    exit 64
    ;;
esac
