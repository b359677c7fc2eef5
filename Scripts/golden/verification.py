"""Make Tests/VerificationTests/Resources: what torch and numpy say of two models' predictions.

  pip install torch numpy safetensors        # written with torch 2.15, numpy 2
  python Scripts/golden/verification.py Tests/VerificationTests/Resources

`tokens.safetensors`: logits of two models and, by torch in f64, KL divergence, ln p of a token and the first
choice. `summaries.json`: samples with numpy's `inverted_cdf` percentiles, and means with the cluster-robust
standard error of a regression on a constant (Liang and Zeger 1986, no small-sample factor).
"""
import json
import sys

import numpy
import torch
from safetensors.torch import save_file


def write_tokens(path):
    torch.manual_seed(21)
    reference = torch.randn(12, 60) * 4
    quantized = reference + torch.randn(12, 60) * 0.3
    quantized[1] = reference[1]
    reference[2] *= 60  # a softmax that overflows unless it is shifted
    quantized[2] = reference[2] + 1000  # the same distribution
    quantized[3] = torch.randn(60) * 4  # another one
    following = torch.randint(0, 60, (12,))
    p, q = (torch.log_softmax(logits.double(), dim=1) for logits in (reference, quantized))
    rows = torch.arange(12)
    save_file(
        {
            "reference": reference, "quantized": quantized, "next": following.int(),
            "divergence": torch.nn.functional.kl_div(q, p, reduction="none", log_target=True).sum(1),
            "reference_log_probability": p[rows, following], "quantized_log_probability": q[rows, following],
            "same_top": (reference.argmax(1) == quantized.argmax(1)).to(torch.uint8),
        },
        path,
    )


def clustered_error(values, clusters):
    """Sandwich estimate for the regression of `values` on 1."""
    x = numpy.ones((len(values), 1))
    bread = numpy.linalg.inv(x.T @ x)
    residuals = values - values.mean()
    meat = numpy.zeros((1, 1))
    for cluster in numpy.unique(clusters):
        score = x[clusters == cluster].T @ residuals[clusters == cluster]
        meat += numpy.outer(score, score)
    return float(numpy.sqrt((bread @ meat @ bread)[0, 0]))


def summary(generator, count):
    values = generator.exponential(size=count)
    clusters = generator.integers(0, max(2, count // 7), size=count)
    if count > 1:
        clusters[0], clusters[1] = 0, 1
    shares = [0.5, 0.9, 0.99, 0.999]
    return {
        "values": values.tolist(), "clusters": clusters.tolist(), "mean": float(values.mean()),
        "standard_error": clustered_error(values, clusters) if count > 1 else 0.0,
        "percentiles": [float(numpy.quantile(values, share, method="inverted_cdf")) for share in shares],
    }


def main(out):
    write_tokens(f"{out}/tokens.safetensors")
    generator = numpy.random.default_rng(22)
    with open(f"{out}/summaries.json", "w") as file:
        json.dump([summary(generator, count) for count in (1, 2, 3, 10, 70, 100, 1000)], file)
        file.write("\n")


main(sys.argv[1])
