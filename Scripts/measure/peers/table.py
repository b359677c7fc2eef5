"""Prints the results of peers.sh as a Markdown table: table.py OUT COMMAND"""
import datetime
import json
import os
import platform
import sys

NAMES = {
    "llmc-rtn": "llm-compressor, plain rounding", "llmc-awq": "llm-compressor AWQ (duo: both)",
    "llmc-gptq": "llm-compressor GPTQ (static act-order)", "llmc-awq-gptq": "llm-compressor AWQ, then GPTQ",
    "autoround": "AutoRound", "autoawq": "AutoAWQ", "skyquant": "**skyquant**"}


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} cores of {names[0] if names else platform.machine()}"


def main(out, command):
    rows = []
    for tool, name in NAMES.items():
        if not os.path.exists(os.path.join(out, tool + ".json")):
            continue
        with open(os.path.join(out, tool + ".json"), encoding="utf-8") as file:
            result = json.load(file)
        with open(os.path.join(out, tool + ".time"), encoding="utf-8") as file:
            wall, user, system, peak = map(float, file.read().split()[-4:])
        rows.append((result, name, wall, user + system, peak / 1024))
    print("| | mean KL ± se | perplexity | same top-1 | wall | CPU | peak memory |\n|---|---|---|---|---|---|---|")
    for result, name, wall, cpu, peak in sorted(rows, key=lambda row: -row[0]["mean_kl"]):
        print(f"| {name} | {result['mean_kl']:.4f} ± {result['standard_error']:.4f} | {result['perplexity']:.2f} "
              f"| {100 * result['same_top1']:.1f} % | {wall:.0f} s | {cpu:.0f} s | {peak:.0f} MiB |")
    if rows:
        first = rows[0][0]
        print(f"\nThe original's perplexity is {first['reference_perplexity']:.2f}; {first['windows']} windows, "
              f"{first['tokens']} tokens. {datetime.date.today()}, {processor()}; `{command}`")


if __name__ == "__main__":
    main(*sys.argv[1:])
