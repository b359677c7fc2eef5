"""See Scripts/check/mutations.sh."""

import argparse
import itertools
import multiprocessing
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from program import limit_this_process

from mutations import mutators
from mutations.harness import Harness, kind_of
from mutations.mutants import MUTATORS

PROCESSES = 2
EXAMPLES = 3
assert mutators.__all__  # importing them registers them


def names(mutator_pattern):
    """Names of mutants without end, each mutator in turn."""
    chosen = [name for name in MUTATORS if re.search(mutator_pattern, name)]
    if not chosen:
        sys.exit(f"mutations: no mutator matches {mutator_pattern}; there are {', '.join(MUTATORS)}")
    return (f"{name}/{number}" for number in itertools.count() for name in chosen)


def work(harness, share, amount, deadline, pattern):
    """Every PROCESSES-th mutant, up to a number of them or a moment;
    findings, and what became of the runs."""
    limit_this_process()
    findings = []
    for position, name in enumerate(itertools.islice(names(pattern), amount)):
        if position % PROCESSES != share:
            continue
        if time.monotonic() > deadline:
            break
        findings += harness.try_mutant(name, harness.work / f"mutant-{share}")
    return findings, harness.outcomes


def show(findings, seed):
    """Prints findings by groups, the largest first, each with how to see one again."""
    groups = defaultdict(list)
    for finding in findings:
        groups[finding.group].append(finding)
    for (law, mutator, _), members in sorted(groups.items(), key=lambda group: -len(group[1])):
        commands = sorted({finding.command for finding in members})
        print(f"\n{law}: {len(members)} times, by {mutator}, in {', '.join(commands)}")
        for finding in members[:EXAMPLES]:
            print(f"    Scripts/check/mutations.sh {finding.mutant} {seed}   # {finding.what[:100]}")
            print(f"        {finding.command}: {finding.detail[:300]}")


def arguments():
    parser = argparse.ArgumentParser(prog="mutations.sh")
    parser.add_argument("amount", nargs="?", default="240s")
    parser.add_argument("seed", nargs="?", default="1")
    parser.add_argument("keep", nargs="?", type=Path)
    parser.add_argument("--program", required=True)
    parser.add_argument("--only", default="", metavar="REGEX")
    return parser.parse_args()


def try_many(given, directory, start):
    """As many mutants as wanted, by two processes."""
    harness = Harness(given.program, directory, given.seed)
    findings, outcomes = harness.run_undisturbed(), Counter()
    is_time = given.amount.endswith("s")
    amount = int(given.amount.removesuffix("s"))
    shares = [(harness, share, None if is_time else amount, start + amount if is_time else float("inf"), given.only)
              for share in range(PROCESSES)]
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        for found, counted in pool.starmap(work, shares):
            findings, outcomes = findings + found, outcomes + counted
    return findings, outcomes


def try_one(given, directory):
    """One mutant by its name, or the undisturbed models of a family: undisturbed/llama."""
    kind, family = given.amount.rsplit("/", 1)
    if kind == "undisturbed":
        harness = Harness(given.program, directory, given.seed, [family])
        return harness.run_undisturbed(), harness.outcomes
    family, subject = kind_of(given.amount)
    harness = Harness(given.program, directory, given.seed, [family])
    harness.run_undisturbed([subject])
    return harness.try_mutant(given.amount, given.keep or Path(directory) / "mutant", given.keep), harness.outcomes


def main():
    given = arguments()
    if given.keep and given.keep.exists():
        sys.exit(f"mutations: {given.keep} exists")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="check-mutations-") as directory:
        findings, outcomes = try_one(given, directory) if "/" in given.amount else try_many(given, directory, start)
    findings.sort(key=lambda finding: finding.mutant)
    show(findings, given.seed)
    counts = ", ".join(f"{outcomes[kind]} {kind}" for kind in ("mutants", "refused", "explained", "accepted"))
    kinds = len({finding.group for finding in findings})
    print(f"mutations: seed {given.seed}, {counts}; {len(findings)} findings of {kinds} kinds, "
          f"{time.monotonic() - start:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
