#!/usr/bin/env bash
# Measures how fast a text model answers beside llama.cpp, from the same int4 weights: many prompts together, and
# one at a time behind a prompt.
#   Scripts/measure/llamacpp.sh MODEL TEXT LLAMACPP
# MODEL is a text model, TEXT a file that prompts are cut from, LLAMACPP a folder with llama.cpp's programs
# (make/llamacpp.sh). Weights are plainly rounded in groups of 64 and exported as GGUF, Q4_1: the same codes and
# scales. 64 prompts of 800 characters are continued by 128 tokens; llama-batched-bench does as many tokens of
# each kind, llama-bench so many behind a prompt. Rounds of all ways follow one another, so that what else the
# machine does meets all of them. Ours is told from start to end of the program, llama.cpp's without loading.
# PROMPTS, TOKENS, ALONE, ROUNDS and THREADS set other numbers, GGUF other options of the export.
set -euo pipefail
. "$(dirname "$0")/../lib/script.sh"
[[ $# -eq 3 ]] || usage
model=$(realpath "$1") text=$(realpath "$2") llamacpp=$(realpath "$3")
cd "$root"
build_skyquant
make_work
"$skyquant" quantize "$model" --method rtn --group-size 64 --out "$work/awq" --quiet >&2
"$skyquant" pack "$work/awq" "$work/model.skyq" --quiet >&2
read -ra options <<<"${GGUF:-}"
"$skyquant" export "$work/awq" --to gguf --out "$work/model.gguf" "${options[@]}" --quiet >&2
echo "- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs; $(date -u +%F)"
echo "- llama.cpp: $("$llamacpp/llama-bench" --version 2>&1 | sed -n 's/^version: //p'), $("$llamacpp/llama-bench" \
  --list-devices 2>&1 | sed -n 's/.*loaded CPU.*libggml-\(.*\)\.so$/\1/p' | tail -n 1)"
python3 - "$work" "$skyquant" "$text" "$llamacpp" <<'PYTHON'
import json, os, re, resource, statistics, subprocess, sys, time
work, program, text, llamacpp = sys.argv[1:]
prompt_count, new_tokens, alone, rounds, threads = (
    int(os.environ.get(name, default)) for name, default in
    [("PROMPTS", 64), ("TOKENS", 128), ("ALONE", 4), ("ROUNDS", 3), ("THREADS", os.cpu_count())])
content = open(text, encoding="utf-8").read()
prompts = [content[800 * i : 800 * (i + 1)] for i in range(prompt_count)]
assert len(prompts[-1]) == 800, "the text is too short"


def timed(*command):
    """What a command printed, seconds from its start to its end, and the processor's seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def answers(count, *more, tokens=new_tokens):
    """Tokens that `skyquant run` answered with, and its seconds."""
    path = f"{work}/questions-{count}.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": prompt}) + "\n" for prompt in prompts[:count])
    done, seconds, processor = timed(
        program, "run", f"{work}/model.skyq", "--questions", path, "--max-tokens", str(tokens), "--threads", str(threads),
        "--json", "--quiet", *more)
    return sum(item["tokens"] for item in json.loads(done.stdout)["answers"]), seconds, processor


def prompt_tokens():
    """How many tokens a prompt has on average, as llama.cpp cuts them."""
    open(f"{work}/prompts.txt", "w", encoding="utf-8").write("".join(prompts))
    done, *_ = timed(f"{llamacpp}/llama-tokenize", "-m", f"{work}/model.gguf", "-f", f"{work}/prompts.txt", "--ids",
                     "--show-count")
    return round(int(re.search(r"number of tokens: (\d+)", done.stdout + done.stderr)[1]) / prompt_count)


def batched():
    """llama.cpp's new tokens a second for all prompts together, from its own clock."""
    size = prompt_count * (length + new_tokens)
    done, _, processor = timed(
        f"{llamacpp}/llama-batched-bench", "-m", f"{work}/model.gguf", "-c", str(size), "-npp", str(length), "-ntg",
        str(new_tokens), "-npl", str(prompt_count), "-t", str(threads), "-tb", str(threads), "--output-format", "jsonl")
    line = json.loads(next(line for line in (done.stdout + done.stderr).splitlines() if line.startswith("{")))
    return prompt_count * new_tokens / (line["t_pp"] + line["t_tg"]), line, processor


def single(flash):
    """llama.cpp's milliseconds a token behind a prompt."""
    done, *_ = timed(f"{llamacpp}/llama-bench", "-m", f"{work}/model.gguf", "-p", "0", "-n", str(new_tokens), "-d",
                     str(length), "-t", str(threads), "-fa", flash, "-r", str(alone), "-o", "json")
    return 1e3 / json.loads(done.stdout)[0]["avg_ts"]


def note(name, value, text):
    results.setdefault(name, []).append(value)
    print(f"  {name}: {text}", file=sys.stderr, flush=True)


length = prompt_tokens()
results = {}
for _ in range(rounds):
    count, seconds, processor = answers(prompt_count)
    note("skyquant together", count / seconds, f"{count} tokens in {seconds:.1f} s, processor {processor:.1f} s")
    rate, line, processor = batched()
    note("llama.cpp together", rate,
         f"prompts {line['t_pp']:.1f} s, answers {line['t_tg']:.1f} s, processor {processor:.1f} s")
    long, long_seconds, _ = answers(alone, "--batch-size", "1")
    short, short_seconds, _ = answers(alone, "--batch-size", "1", tokens=1)
    step = 1e3 * (long_seconds - short_seconds) / (long - short)
    note("skyquant alone", step, f"{step:.1f} ms a token")
    for flash in ["on", "off"]:  # which is faster depends on the processor
        step = single(flash)
        note(f"llama.cpp alone, flash attention {flash}", step, f"{step:.1f} ms a token")

print(f"- command: `Scripts/measure/llamacpp.sh`, {threads} threads, {rounds} rounds; {prompt_count} prompts of "
      f"{length} tokens on average, {new_tokens} new tokens each")
for name, values in results.items():
    unit = "new tokens a second" if "together" in name else "ms a token"
    print(f"- {name}: {statistics.median(values):.1f} {unit} ({', '.join(f'{value:.1f}' for value in values)})")
for kind, is_rate in [("together", True), ("alone", False)]:
    theirs = [(max if is_rate else min)(pair) for pair in zip(
        *(values for name, values in results.items() if name.startswith(f"llama.cpp {kind}")))]
    ratios = [a / b if is_rate else b / a for a, b in zip(results[f"skyquant {kind}"], theirs)]
    print(f"- {kind}: skyquant is {statistics.median(ratios):.2f} times as fast as llama.cpp's better way "
          f"({min(ratios):.2f} to {max(ratios):.2f})")
PYTHON
