#!/usr/bin/env python3
"""Make Tests/PairedStatisticsTests/Resources/statistics.json: what scipy, statsmodels and plain Python say.

  pip install scipy statsmodels        # written with scipy 1.17.1, statsmodels 0.15.0
  python Scripts/golden/paired_statistics.py Tests/PairedStatisticsTests/Resources

Wilson's interval, McNemar's exact test, Holm's adjustment and cluster-robust standard errors are the
libraries'. Those the libraries lack are written here from their formulas: mid-p from scipy's binomial
distribution, the Bonett-Price interval, the detectable loss by scipy's root finder, the bootstrap from its
description in Formats/evaluation.md.
"""
import json
import math
import pathlib
import random
import sys

import numpy
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

MASK = (1 << 64) - 1


def splitmix64(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        yield mixed ^ (mixed >> 31)


def wilson():
    for successes, count in [(0, 1), (1, 1), (0, 40), (40, 40), (3, 10), (1059, 1500), (0.5, 7), (262.5, 525)]:
        for confidence in (0.95, 0.9):
            low, high = proportion_confint(successes, count, alpha=1 - confidence, method="wilson")
            yield {"successes": successes, "count": count, "confidence": confidence, "interval": [low, high]}


def tests():
    for b, c in [(0, 0), (1, 0), (0, 1), (5, 5), (12, 4), (30, 20), (45, 27), (60, 40), (41, 30), (3, 900), (2500, 2600), (1, 4000)]:
        n, fewer = b + c, min(b, c)
        two_sided = mcnemar([[10, b], [c, 10]], exact=True).pvalue if n else 1.0
        mid = 2 * (stats.binom.cdf(fewer, n, 0.5) - stats.binom.pmf(fewer, n, 0.5) / 2) if n else 1.0
        yield {"b": b, "c": c, "two_sided": two_sided, "mid_p": min(1.0, mid), "loss": stats.binom.cdf(c, n, 0.5)}


def holm():
    for values in [[0.01], [0.04, 0.01, 0.03], [0.5, 0.9, 0.2, 0.2], [1e-9, 0.049, 0.02, 0.7, 0.02]]:
        yield {"p": values, "adjusted": list(multipletests(values, method="holm")[1])}


def bonett_price(lost, gained, count):
    b, c = (lost + 1) / (count + 2), (gained + 1) / (count + 2)
    center, error = b - c, math.sqrt((b + c - (b - c) ** 2) / (count + 2))
    z = stats.norm.ppf(0.975)
    return error, [center - z * error, center + z * error], center + stats.norm.ppf(0.95) * error


def binary():
    for lost, gained, both, neither in [(41, 30, 1018, 411), (0, 0, 900, 100), (7, 0, 3, 0), (1, 2, 30, 10), (0, 1, 0, 0)]:
        count = lost + gained + both + neither
        error, interval, limit = bonett_price(lost, gained, count)
        losses = [1.0] * lost + [-1.0] * gained + [0.0] * (both + neither)
        yield {
            "lost": lost, "gained": gained, "both": both, "neither": neither, "loss": float(numpy.mean(losses)),
            "standard_error": error, "interval": interval, "upper_limit": limit,
        }


def bootstrap(losses, clusters, replicates, seed):
    sums = {}
    for cluster, loss in zip(clusters, losses):
        count, total = sums.get(cluster, (0, 0.0))
        sums[cluster] = (count + 1, total + loss)
    sums, numbers, values = list(sums.values()), splitmix64(seed), []
    for _ in range(replicates):
        drawn = [sums[(next(numbers) * len(sums)) >> 64] for _ in sums]
        values.append(sum(loss for _, loss in drawn) / sum(count for count, _ in drawn))
    values.sort()
    return [values[max(1, math.ceil(share * replicates)) - 1] for share in (0.025, 0.975, 0.95)]


def clustered():
    generator = random.Random(16)
    for clusters_count, scores, replicates, seed in [
        (30, (0, 1), 2000, 16), (12, (0, 0.5, 1), 1000, 3), (60, (0, 0.25, 0.5, 0.75, 1), 1500, 2**63 + 9),
    ]:
        original, candidate, clusters = [], [], []
        for cluster in range(clusters_count):
            shift = generator.random()
            for _ in range(generator.randint(1, 4)):
                original.append(generator.choice(scores))
                candidate.append(original[-1] if generator.random() < 0.4 + shift / 2 else generator.choice(scores))
                clusters.append(cluster * 7 + 1)
        losses = numpy.array(original, dtype=float) - numpy.array(candidate, dtype=float)
        groups = {"groups": numpy.array(clusters), "use_correction": False}
        fit = sm.OLS(losses, numpy.ones(len(losses))).fit(cov_type="cluster", cov_kwds=groups)
        scores_fit = sm.OLS(numpy.array(original, dtype=float), numpy.ones(len(losses))).fit(cov_type="cluster", cov_kwds=groups)
        mean, variance = float(numpy.mean(original)), float(scores_fit.bse[0]) ** 2
        effective = min(len(original), mean * (1 - mean) / variance)
        low, high = proportion_confint(mean * effective, effective, method="wilson")
        lower, upper, limit = bootstrap(losses.tolist(), clusters, replicates, seed)
        yield {
            "original": original, "candidate": candidate, "clusters": clusters, "replicates": replicates, "seed": str(seed),
            "loss": float(losses.mean()), "standard_error": float(fit.bse[0]), "interval": [lower, upper], "upper_limit": limit,
            "score": mean, "score_interval": [low, high],
        }


def pooled():
    parts = [(41, 30, 1018, 411), (5, 9, 600, 286), (12, 2, 300, 86)]
    errors, losses, counts = [], [], []
    for lost, gained, both, neither in parts:
        count = lost + gained + both + neither
        errors.append(bonett_price(lost, gained, count)[0])
        losses.append((lost - gained) / count)
        counts.append(count)
    errors, losses, counts = map(numpy.array, (errors, losses, counts))
    z, result = stats.norm.ppf(0.975), {"parts": parts}
    for name, weights in (("benchmarks", numpy.ones(3) / 3), ("decisions", counts / counts.sum())):
        loss, error = float(weights @ losses), float(math.sqrt((weights**2) @ (errors**2)))
        result[name] = {"loss": loss, "standard_error": error, "interval": [loss - z * error, loss + z * error]}
    lost, gained = sum(p[0] for p in parts), sum(p[1] for p in parts)
    result["two_sided"] = mcnemar([[10, lost], [gained, 10]], exact=True).pvalue
    return result


def detectable():
    def needed(loss, flips):
        alpha, beta = stats.norm.ppf(0.975), stats.norm.ppf(0.8)
        return (alpha * math.sqrt(flips) + beta * math.sqrt(flips - loss**2)) ** 2 / loss**2

    for count in (400, 900, 1000, 1500, 3040):
        for flips in (0.05, 0.1, 0.15):
            smallest = optimize.brentq(lambda loss: needed(loss, flips) - count, 1e-6, flips)
            yield {"count": count, "flips": flips, "smallest": smallest, "needed_for_one_point": needed(0.01, flips)}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    document = {
        "wilson": list(wilson()), "tests": list(tests()), "holm": list(holm()), "binary": list(binary()),
        "clustered": list(clustered()), "pooled": pooled(), "detectable": list(detectable()),
    }
    path = pathlib.Path(sys.argv[1]) / "statistics.json"
    path.write_text(json.dumps(document, default=float, indent=None, separators=(",", ":")).replace("},{", "},\n{") + "\n")


if __name__ == "__main__":
    main()
