#!/usr/bin/env python3
"""Holds a report of `skyquant evaluate` to a second computation, in plain Python: what follows from its counts and
from the file of answers. Formats/evaluation.md has the formulas.

    python3 Scripts/check/evaluation.py REPORT.json ANSWERS.jsonl [EXPECTED.json]

EXPECTED.json has the first model's scores by benchmark, as `--write` in its place would write them: decisions,
points, answers of which nothing was read. Exit status 1 if a number differs.
"""
import json
import sys
from math import ceil, comb, exp, isclose, log, sqrt
from statistics import NormalDist

Z, Z_ONE_SIDED, Z_POWER = (NormalDist().inv_cdf(share) for share in (0.975, 0.95, 0.8))
checks, problems = 0, []


def equal(what, found, expected):
    global checks
    checks += 1
    pairs = zip(found, expected) if isinstance(expected, (list, tuple)) else [(found, expected)]
    if not all(a == b or (None not in (a, b) and isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)) for a, b in pairs):
        problems.append(f"{what}: {found}, expected {expected}")


def wilson(share, n):
    center, half = share + Z * Z / (2 * n), Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return [max(0, (center - half) / (1 + Z * Z / n)), min(1, (center + half) / (1 + Z * Z / n))]


def mcnemar(b, c):
    """Two-sided, mid-p and one-sided p of fair coins."""
    def tail(k):
        return sum(comb(b + c, i) for i in range(k + 1)) / 2 ** (b + c)

    fewer = min(b, c)
    return {
        "p": min(1, 2 * tail(fewer)),
        "mid_p": min(1, 2 * (tail(fewer) - comb(b + c, fewer) / 2 ** (b + c) / 2)), "p_loss": tail(c)}


def bonett_price(b, c, n):
    """Center and standard error after one imagined flip each way."""
    lost, gained = (b + 1) / (n + 2), (c + 1) / (n + 2)
    return lost - gained, sqrt((lost + gained - (lost - gained) ** 2) / (n + 2))


def needed(loss, flips):
    return (Z * sqrt(flips) + Z_POWER * sqrt(max(0, flips - loss * loss))) ** 2 / loss ** 2


def check_score(what, score, tokens):
    equal(f"{what} answers", sum(score[state] for state in ("extracted", "none", "empty", "unfinished")), score["answers"])
    equal(f"{what} tokens", [score["mean_tokens"], score["p95_tokens"]], [
        sum(tokens) / len(tokens), sorted(tokens)[ceil(0.95 * len(tokens)) - 1]])
    for metric in score["metrics"]:
        equal(f"{what} {metric['name']} interval", metric["interval"], wilson(metric["score"], metric["effective_decisions"]))
        equal(f"{what} {metric['name']} bounds", metric["bounds"][0] <= metric["score"] <= metric["bounds"][1], True)


def check_loss(what, loss, before, after):
    b, c, n = loss["right_to_wrong"], loss["wrong_to_right"], loss["decisions"]
    equal(f"{what} decisions", n, b + c + loss["both_right"] + loss["both_wrong"])
    equal(f"{what} loss", loss["loss"], before["score"] - after["score"])
    equal(f"{what} bounds", loss["bounds"], [before["bounds"][0] - after["bounds"][1], before["bounds"][1] - after["bounds"][0]])
    if loss["method"] != "adjusted-wald":
        equal(f"{what} test", loss["mcnemar"], None)
        return
    center, error = bonett_price(b, c, n)
    equal(f"{what} interval", loss["interval"], [max(-1, center - Z * error), min(1, center + Z * error)])
    equal(f"{what} upper limit", loss["upper_limit"], min(1, center + Z_ONE_SIDED * error))
    equal(f"{what} test", list(loss["mcnemar"].values()), list(mcnemar(b, c).values()))
    flips = (b + c + 2) / (n + 2)
    if loss["detectable"] is None:
        equal(f"{what} detectable", needed(flips, flips) > n, True)
    else:
        equal(f"{what} detectable", abs(needed(loss["detectable"], flips) - n) < 1e-6 * n, True)


def check_pooled(what, pooled, losses):
    n = sum(loss["decisions"] for loss in losses)
    for key, weights in (
        ("mean_of_benchmarks", [1 / len(losses) for _ in losses]),
        ("mean_of_decisions", [loss["decisions"] / n for loss in losses]),
    ):
        mean = sum(weight * loss["loss"] for weight, loss in zip(weights, losses))
        error = sqrt(sum((weight * loss["standard_error"]) ** 2 for weight, loss in zip(weights, losses)))
        equal(f"{what} {key}", [pooled[key]["loss"], *pooled[key]["interval"]], [
            mean, max(-1, mean - Z * error), min(1, mean + Z * error)])
    if pooled["counts"]:
        b, c = (sum(loss[key] for loss in losses) for key in ("right_to_wrong", "wrong_to_right"))
        equal(f"{what} flips", [pooled["counts"]["right_to_wrong"], pooled["counts"]["wrong_to_right"]], [b, c])
        equal(f"{what} test", pooled["counts"]["mcnemar"]["p"], mcnemar(b, c)["p"])


def check_letters(what, found, before, after):
    def shares(letters):
        total = sum(map(exp, letters.values()))
        return {letter: exp(value) / total for letter, value in letters.items()}

    values = []
    for index, letters in before.items():
        p, q = shares(letters), shares(after[index])
        values.append(sum(p[letter] * log(p[letter] / q[letter]) for letter in p))
    mean, n = sum(values) / len(values), len(values)
    error = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n) if n > 1 else 0
    equal(what, [found["rows"], found["mean"], found["standard_error"]], [n, mean, error])


def main(arguments):
    if len(arguments) not in (2, 3):
        sys.exit(__doc__)
    with open(arguments[0]) as file:
        report = json.load(file)
    with open(arguments[1]) as file:
        answers = [json.loads(line) for line in file]
    ids, samples = [model["content_id"] for model in report["models"]], report["settings"]["samples"]
    found = {}
    for benchmark in report["benchmarks"]:
        name = benchmark["name"]
        equal(f"{name} rows", benchmark["asked"] + len(benchmark["faults"]) <= benchmark["rows"], True)
        for content, score in zip(ids, benchmark["scores"]):
            given = [line for line in answers if line["benchmark"] == benchmark["sha256"] and line["model"] == content]
            equal(f"{name} answers", [score["answers"], len(given)], [benchmark["asked"] * samples] * 2)
            check_score(name, score, [line["tokens"] for line in given])
        for candidate, loss in enumerate(benchmark["losses"], 1):
            for number, metric in enumerate(loss["metrics"]):
                check_loss(f"{name} {metric['name']}", metric, *(
                    benchmark["scores"][model]["metrics"][number] for model in (0, candidate)))
            agreement = loss["agreement"]
            equal(f"{name} agreement", agreement["share"], agreement["equal"] / agreement["answers"])
            if samples == 1:  # answers to one row depend on each other
                equal(f"{name} agreement", agreement["interval"], wilson(agreement["share"], agreement["answers"]))
            if loss["letter_kl_divergence"]:
                check_letters(f"{name} letters", loss["letter_kl_divergence"], *(
                    {line["index"]: line["letters"] for line in answers
                     if line["benchmark"] == benchmark["sha256"] and line["model"] == ids[model]} for model in (0, candidate)))
        first = benchmark["scores"][0]
        found[name] = {
            "unread": first["answers"] - first["extracted"],
            **{metric["name"]: [metric["decisions"], metric["score"] * metric["decisions"]] for metric in first["metrics"]}}
    for candidate, pooled in enumerate(report["pooled"]):
        losses = [benchmark["losses"][candidate]["metrics"][:1] for benchmark in report["benchmarks"]]
        check_pooled("pooled", pooled, sum(losses, []))
    if arguments[2:] == ["--write"]:
        print("{\n" + ",\n".join(f"  {json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in found.items()) + "\n}")
        return 0
    if arguments[2:]:
        with open(arguments[2]) as file:
            expected = json.load(file)
        equal("benchmarks", sorted(found) == sorted(expected), True)
        for name in expected:
            equal(f"{name} as committed", found.get(name) == expected[name], True)
    print("\n".join(problems + [f"{checks} numbers, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
