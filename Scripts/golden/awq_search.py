"""Make Tests/LayerSearchTests/Resources/*.safetensors: scale rules and Hessian-aware rounding by plain torch in f64.

  pip install torch numpy safetensors        # written with torch 2.15, numpy 2
  python Scripts/golden/awq_search.py Tests/LayerSearchTests/Resources

Formulas: AutoAWQ's scales from casper-hansen/AutoAWQ 88e4c76, `_compute_best_scale` in
awq/quantize/quantizer.py; GPTQ from Frantar et al., arXiv 2210.17323, column by column, with static groups,
act-order and damping 0.01; coordinate descent by trying every level; range fitting by trying every pair of
limits that skyquant's stepwise search could reach. All are restated here.
"""
import sys

import torch
from safetensors.torch import save_file

GROUP = 32
ROWS, COLUMNS, TOKENS = 24, 96, 160
SMALLEST_SCALE = 2.0**-14
DAMPING = 0.01
JOINT_SHRINKS = [1, 0.96, 0.92, 0.88, 0.84, 0.8, 0.75, 0.7, 0.65, 0.6]
END_SHRINKS = [0.8, 0.88, 0.94, 1.06, 1.12]


def scales_of(rule, ratio, mean_abs, energy, weight_mean):
    """AutoAWQ's scales over the channels that carry a signal; the others get 1."""
    live = energy > 0
    if rule == "plain":
        scales = mean_abs.pow(ratio).clamp(min=1e-4)
    elif rule == "energy":
        scales = energy.pow(ratio / 2).clamp(min=1e-4)
    else:
        scales = (mean_abs.pow(ratio) / (weight_mean.pow(1 - ratio) + 1e-4)).clamp(min=1e-4)
    scales = scales / (scales[live].max() * scales[live].min()).sqrt()
    scales[~live] = 1
    return scales


def weight_mean_of(weight, group):
    grouped = weight.reshape(-1, group)
    share = grouped.abs() / (grouped.abs().amax(dim=1, keepdim=True) + 1e-6)
    return share.reshape(weight.shape).mean(0)


def write_scales(path):
    torch.manual_seed(11)
    mean_abs = torch.rand(COLUMNS) * torch.logspace(-3, 2, COLUMNS)
    energy = (mean_abs * (1.2 + torch.rand(COLUMNS))) ** 2
    for dead in (5, 70):
        mean_abs[dead] = energy[dead] = 0
    weight = torch.randn(ROWS, COLUMNS) * 0.05
    weight_mean = weight_mean_of(weight, GROUP)
    tensors = {"mean_abs": mean_abs, "energy": energy, "weight": weight, "weight_mean": weight_mean}
    for rule in ("plain", "duo", "energy"):
        for step in (1, 4, 10, 17, 20):
            tensors[f"{rule}.{step}"] = scales_of(rule, step / 20, mean_abs, energy, weight_mean)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)


def round_to(weight, scales, zeros):
    return torch.clamp(torch.round(weight / scales) + zeros, 0, 15)


def gptq(weight, gram, scales, zeros):
    """Codes [out, in]; scales and zeros are [out, in], one per weight: static groups."""
    order = torch.argsort(gram.diagonal(), descending=True, stable=True)
    weight, scales, zeros = weight[:, order].clone(), scales[:, order], zeros[:, order]
    damped = gram[order][:, order] + DAMPING * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
    upper = torch.linalg.cholesky(torch.linalg.inv(damped), upper=True)
    codes = torch.zeros_like(weight)
    for j in range(weight.shape[1]):
        codes[:, j] = round_to(weight[:, j], scales[:, j], zeros[:, j])
        error = (weight[:, j] - (codes[:, j] - zeros[:, j]) * scales[:, j]) / upper[j, j]
        weight[:, j + 1 :] -= error[:, None] * upper[j, j + 1 :]
    result = torch.empty_like(codes)
    result[:, order] = codes
    return result


def descend(codes, weight, gram, scales, zeros):
    """One sweep: every code in turn takes the best of the sixteen levels, all others held."""
    codes = codes.clone()
    for row in range(len(codes)):
        for j in range(codes.shape[1]):
            tried = codes[row].repeat(16, 1)
            tried[:, j] = torch.arange(16, dtype=tried.dtype)
            delta = (tried - zeros[row]) * scales[row] - weight[row]
            codes[row, j] = ((delta @ gram) * delta).sum(1).argmin()
    return codes


def best_range_loss(group, block):
    """The least error of one group over all pairs of limits,
    each with the scale refitted twice by least squares."""
    low, high = min(group.min().item(), 0), max(group.max().item(), 0)
    ends = [1, *END_SHRINKS]
    pairs = [(min(joint * a, 1), min(joint * b, 1)) for joint in JOINT_SHRINKS for a in ends for b in ends]
    shrinks = torch.tensor(pairs, dtype=torch.float64)
    lows, highs = (low * shrinks[:, :1], high * shrinks[:, 1:])
    scales = ((highs - lows) / 15).clamp(min=SMALLEST_SCALE).half().double()
    zeros = torch.clamp(torch.round(-lows / scales), 0, 15)
    best = float("inf")
    for _ in range(3):
        steps = round_to(group, scales, zeros) - zeros
        delta = steps * scales - group
        best = min(best, ((delta @ block) * delta).sum(1).min().item())
        fitted = (steps @ block @ group)[:, None] / ((steps @ block) * steps).sum(1, keepdim=True)
        scales = torch.where(fitted > SMALLEST_SCALE, fitted, scales).half().double()
    return best


def write_rounding(path):
    torch.manual_seed(12)
    weight = torch.randn(ROWS, COLUMNS) * 0.05
    weight[torch.rand_like(weight) < 0.02] *= 5
    mixing = torch.randn(COLUMNS, COLUMNS) * 0.3 + torch.eye(COLUMNS)
    tokens = (torch.randn(TOKENS, COLUMNS) @ mixing) * torch.logspace(-1, 1, COLUMNS)
    tokens[:, 40] = 0
    gram = (tokens.double().T @ tokens.double()).float()
    grouped = weight.reshape(ROWS, -1, GROUP)
    low, high = grouped.amin(2).clamp(max=0), grouped.amax(2).clamp(min=0)
    scales = ((high - low) / 15).clamp(min=SMALLEST_SCALE).half()
    zeros = torch.clamp(torch.round(-low / scales.float()), 0, 15)
    exact = [t.double() for t in (weight, gram)]
    wide = [t.double().repeat_interleave(GROUP, dim=1) for t in (scales, zeros)]
    rounded = round_to(exact[0], *wide)
    once = descend(rounded, *exact, *wide)
    range_losses = torch.tensor(
        [
            [
                best_range_loss(exact[0][row, at : at + GROUP], exact[1][at : at + GROUP, at : at + GROUP])
                for at in range(0, COLUMNS, GROUP)
            ]
            for row in range(ROWS)
        ]
    )
    tensors = {
        "weight": weight, "tokens": tokens, "gram": gram, "scales": scales, "zeros": zeros.to(torch.uint8),
        "rounded": rounded.to(torch.uint8), "gptq": gptq(*exact, *wide).to(torch.uint8),
        "descended": once.to(torch.uint8), "range_losses": range_losses.float(),
    }
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)


def main(out):
    write_scales(f"{out}/scales.safetensors")
    write_rounding(f"{out}/rounding.safetensors")


main(sys.argv[1])
