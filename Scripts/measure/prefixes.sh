#!/usr/bin/env bash
# Measures what it saves that texts begin alike: seconds of processor for texts behind one beginning, behind a beginning
# of its own each, and alone, by this program and by another build of it, in pairs.
#   Scripts/measure/prefixes.sh MODEL TEXT OTHER_PROGRAM
# MODEL is a text model, TEXT a file that texts are cut from: 64 of 100 characters (about 25 tokens), behind beginnings
# of 2,400 (about 600). Each is continued by one token from plainly rounded int4 weights in groups of 64. TEXTS, TOKENS,
# ROUNDS and THREADS set other numbers. Needs python3.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -eq 3 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") other=$(realpath "$3")
cd "$root"
build_skyquant
make_work
"$skyquant" quantize "$model" --method rtn --group-size 64 --out "$work/awq" --quiet >&2
"$skyquant" pack "$work/awq" "$work/model.skyq" --quiet >&2
echo "- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs; $(date -u +%F)"
python3 - "$work" "$skyquant" "$text" "$other" <<'PYTHON'
import json, os, resource, statistics, subprocess, sys
work, program, text, other = sys.argv[1:]
count, new_tokens, rounds, threads = (
    int(os.environ.get(name, default)) for name, default in
    [("TEXTS", 64), ("TOKENS", 1), ("ROUNDS", 3), ("THREADS", os.cpu_count())])
content = open(text, encoding="utf-8").read()
beginnings = [content[2400 * i : 2400 * (i + 1)] for i in range(count)]
ends = [content[2400 * count + 100 * i :][:100] for i in range(count)]
assert len(ends[-1]) == 100, "the text is too short"
kinds = {"behind one beginning": [beginnings[0] + end for end in ends],
         "behind a beginning each": [beginning + end for beginning, end in zip(beginnings, ends)], "alone": ends}


def run(by, texts):
    """What a run printed, and its seconds of processor."""
    path = f"{work}/texts.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([by, "run", f"{work}/model.skyq", "--questions", path, "--max-tokens", str(new_tokens),
                           "--threads", str(threads), "--json", "--quiet"], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


print(f"- command: `Scripts/measure/prefixes.sh`, {threads} threads, {rounds} rounds; "
      f"{count} texts of 100 characters, beginnings of 2,400, {new_tokens} new tokens each")
for kind, texts in kinds.items():
    pairs = []
    for _ in range(rounds):
        (mine, seconds), (theirs, other_seconds) = run(program, texts), run(other, texts)
        assert mine == theirs, "the programs answer differently"
        pairs.append((seconds, other_seconds))
    medians = [statistics.median(values) for values in zip(*pairs)]
    ratios = [theirs / mine for mine, theirs in pairs]
    print(f"- {kind}: {medians[0]:.1f} s of processor, the other program {medians[1]:.1f} s; "
          f"{statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")
PYTHON
