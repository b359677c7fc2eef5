"""See Scripts/check-mutations.sh."""

import argparse
import itertools
import multiprocessing
import re
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from mutations import mutators
from mutations.harness import Harness, kind_of
from mutations.mutants import MUTATORS
from mutations.running import limit_this_process

PROCESSES = 2
EXAMPLES = 3
assert mutators.__all__  # importing them registers them


def names(mutator_pattern):
    """Names of mutants without end, each mutator in turn."""
    chosen = [name for name in MUTATORS if re.search(mutator_pattern, name)]
    if not chosen:
        sys.exit(f"check-mutations: no mutator matches {mutator_pattern}; there are {', '.join(MUTATORS)}")
    return (f"{name}/{number}" for number in itertools.count() for name in chosen)


def work(harness, share, amount, deadline, pattern):
    """Every PROCESSES-th mutant, up to a number of them or a moment; findings, mutants and runs."""
    limit_this_process()
    findings, mutants, runs = [], 0, 0
    for position, name in enumerate(itertools.islice(names(pattern), amount)):
        if position % PROCESSES != share:
            continue
        if time.monotonic() > deadline:
            break
        found, count = harness.try_mutant(name, harness.work / f"mutant-{share}")
        findings, mutants, runs = findings + found, mutants + 1, runs + count
    return findings, mutants, runs


def show(findings, seed):
    """Prints findings by groups, the largest first, each with how to see one again."""
    groups = defaultdict(list)
    for finding in findings:
        groups[finding.group].append(finding)
    for (law, mutator, _), members in sorted(groups.items(), key=lambda group: -len(group[1])):
        commands = sorted({finding.command for finding in members})
        print(f"\n{law}: {len(members)} times, by {mutator}, in {', '.join(commands)}")
        for finding in members[:EXAMPLES]:
            print(f"    Scripts/check-mutations.sh {finding.mutant} {seed}   # {finding.what[:100]}")
            print(f"        {finding.command}: {finding.detail[:300]}")


def arguments():
    parser = argparse.ArgumentParser(prog="check-mutations.sh")
    parser.add_argument("amount", nargs="?", default="240s")
    parser.add_argument("seed", nargs="?", default="1")
    parser.add_argument("keep", nargs="?", type=Path)
    parser.add_argument("--program", required=True)
    parser.add_argument("--only", default="", metavar="REGEX")
    return parser.parse_args()


def main():
    given = arguments()
    if given.keep and given.keep.exists():
        sys.exit(f"check-mutations: {given.keep} exists")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="check-mutations-") as directory:
        if given.amount.startswith("undisturbed/"):
            harness = Harness(given.program, directory, given.seed, [given.amount.partition("/")[2]])
            parts = [(harness.run_undisturbed(), 0, 0)]
        elif "/" in given.amount:
            family, subject = kind_of(given.amount)
            harness = Harness(given.program, directory, given.seed, [family])
            parts = [(harness.run_undisturbed([subject]), 0, 0)]
            findings, runs = harness.try_mutant(given.amount, given.keep or Path(directory) / "mutant", given.keep)
            parts.append((findings, 1, runs))
        else:
            is_time = given.amount.endswith("s")
            amount = int(given.amount.removesuffix("s"))
            deadline = start + amount if is_time else float("inf")
            harness = Harness(given.program, directory, given.seed)
            undisturbed = harness.run_undisturbed()
            with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
                parts = pool.starmap(work, [(harness, share, None if is_time else amount, deadline, given.only)
                                            for share in range(PROCESSES)])
            parts.append((undisturbed, 0, 0))
    findings = sorted(itertools.chain(*(part[0] for part in parts)), key=lambda finding: finding.mutant)
    show(findings, given.seed)
    mutants, runs = (sum(part[at] for part in parts) for at in (1, 2))
    kinds = len({finding.group for finding in findings})
    print(f"mutations: seed {given.seed}, {mutants} mutants, {runs} runs, {len(findings)} findings of {kinds} kinds, "
          f"{time.monotonic() - start:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
