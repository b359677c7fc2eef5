#!/usr/bin/env bash
# Measures how fast questions are answered: together, one at a time, and by another build of the program if its path
# is given; and how much of the memory's bandwidth one answer uses.
#   Scripts/measure/generation.sh MODEL TEXT [OTHER_PROGRAM]
# MODEL is a text model, TEXT a file that prompts are cut from: 64 of 800 characters (about 200 tokens), which are
# continued by 128 tokens from plainly rounded int4 weights in groups of 64. Rounds of all ways follow one another, so
# that what else the machine does meets all of them; a way without a batch answers the first 8 prompts only, and its
# rate is told for those. PROMPTS, TOKENS, ALONE, ROUNDS and THREADS set other numbers. Needs python3 with numpy.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -ge 2 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") other=${3:+$(realpath "$3")}
cd "$root"
build_skyquant
make_work
"$skyquant" quantize "$model" --method rtn --group-size 64 --out "$work/awq" --quiet >&2
"$skyquant" pack "$work/awq" "$work/model.skyq" --quiet >&2
echo "- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs; $(date -u +%F)"
"$(python_with numpy)" - "$work" "$skyquant" "$text" "$other" <<'PYTHON'
import json, os, statistics, subprocess, sys, threading, time
import numpy
work, program, text, other = sys.argv[1:]
prompt_count, new_tokens, alone, rounds, threads = (
    int(os.environ.get(name, default)) for name, default in
    [("PROMPTS", 64), ("TOKENS", 128), ("ALONE", 8), ("ROUNDS", 3), ("THREADS", os.cpu_count())])
content = open(text, encoding="utf-8").read()
prompts = [content[800 * i : 800 * (i + 1)] for i in range(prompt_count)]
assert len(prompts[-1]) == 800, "the text is too short"
model = f"{work}/model.skyq"


def questions(count):
    path = f"{work}/questions-{count}.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": prompt}) + "\n" for prompt in prompts[:count])
    return path


def run(*arguments, by=program):
    """What a run printed, and how long it took from start to end."""
    start = time.monotonic()
    done = subprocess.run([by, "run", model, *arguments, "--threads", str(threads), "--json", "--quiet"], check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return json.loads(done.stdout), time.monotonic() - start


def answers(count, *more, tokens=new_tokens):
    report, seconds = run("--questions", questions(count), "--max-tokens", str(tokens), *more)
    return report["answers"], seconds


def tokens_of(items):
    return sum(item["tokens"] for item in items)


def bandwidth():
    """Bytes a second that as many threads read from memory."""
    size = 256 << 20
    parts = [numpy.ones(size // 4, dtype=numpy.float32) for _ in range(threads)]
    best = 0
    for _ in range(5):
        readers = [threading.Thread(target=numpy.max, args=(part,)) for part in parts]
        start = time.monotonic()
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        best = max(best, threads * size / (time.monotonic() - start))
    return best


def weight_bytes():
    """Bytes of weights that a token reads: linears of the layers, and the head."""
    listed = subprocess.run([program, "inspect", model, "--tensors", "*", "--json"], check=True, capture_output=True)
    tensors = {t["name"]: t["bytes"] for t in json.loads(listed.stdout)["tensors"]}
    heads = [name for name in tensors if name.endswith("lm_head.weight")] or \
            [name for name in tensors if name.endswith("embed_tokens.weight")]
    return sum(size for name, size in tensors.items() if name in heads or "_proj" in name)


rates = {}
shares = []
for _ in range(rounds):
    together, seconds = answers(prompt_count)
    rates.setdefault(f"{prompt_count} together", []).append(tokens_of(together) / seconds)
    single, seconds = answers(alone, "--batch-size", "1")
    rates.setdefault("one at a time", []).append(tokens_of(single) / seconds)
    assert [item["answer"] for item in single] == [item["answer"] for item in together[:alone]], "an answer depends on others"
    if other:
        total, same = 0, 0
        for prompt, item in zip(prompts, single):
            report, seconds = run("--prompt", prompt, "--max-tokens", str(new_tokens), by=other)
            total, same = total + seconds, same + (report["answer"] == item["answer"])
        rates.setdefault("the other program, one at a time", []).append(tokens_of(single) / total)
    long, long_seconds = answers(1)
    short, short_seconds = answers(1, tokens=1)
    read = bandwidth()
    step = (long_seconds - short_seconds) / (tokens_of(long) - tokens_of(short))
    shares.append((step, weight_bytes() / step, read))

print(f"- command: `Scripts/measure/generation.sh`, {threads} threads, {rounds} rounds; "
      f"{prompt_count} prompts of 800 characters, {new_tokens} new tokens each")
for name, values in rates.items():
    print(f"- {name}: {statistics.median(values):.1f} tokens/s from start to end of the program "
          f"({', '.join(f'{value:.1f}' for value in values)})")
batched = rates[f"{prompt_count} together"]
for name, values in list(rates.items())[1:]:
    ratios = [a / b for a, b in zip(batched, values)]
    print(f"- together against {name}: {statistics.median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})")
if other:
    print(f"- of {alone} answers, the other program's are the same in {same}")
step, used, read = sorted(shares)[len(shares) // 2]
print(f"- one text: {1e3 * step:.1f} ms a token behind the prompt, {used / 1e9:.1f} GB/s of weights, "
      f"{used / read:.0%} of the {read / 1e9:.1f} GB/s that {threads} threads read with numpy")
PYTHON
