"""Make Tests/QuantizationTests/Resources/*.safetensors: AutoAWQ's rounding and
packing, by its own formulas in torch.

  pip install torch safetensors        # written with torch 2.15
  python Scripts/golden/awq_packing.py Tests/QuantizationTests/Resources

Formulas: casper-hansen/AutoAWQ 88e4c76, `pseudo_quantize_tensor` in awq/quantize/quantizer.py and
`WQLinear_GEMM.from_linear` in awq/modules/linear/gemm.py (asymmetric, 4 bits). They are restated here, not
imported: AutoAWQ needs a GPU stack. Weights are random with a few outliers; a group of zeros and one of
positives are put in.
"""
import sys

import torch
from safetensors.torch import save_file

ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def pseudo_quantize(weight, group):
    """AutoAWQ's ranges: scales in half precision as from_linear stores them, zeros, both [out, groups]."""
    shape = weight.shape
    w = weight.reshape(-1, group)
    high, low = w.amax(dim=1, keepdim=True), w.amin(dim=1, keepdim=True)
    scales = (high - low).clamp(min=1e-5) / 15
    zeros = (-torch.round(low / scales)).clamp_(0, 15)
    scales = scales.clamp(min=2.0**-14)  # skyquant never stores a subnormal scale
    return scales.half().reshape(shape[0], -1), zeros.reshape(shape[0], -1)


def pack(columns_last):
    """int [rows, out] -> int32 [rows, out/8], AutoAWQ's order."""
    rows, out = columns_last.shape
    words = torch.zeros(rows, out // 8, dtype=torch.int64)
    for nibble, column in enumerate(ORDER):
        words |= columns_last[:, column::8].long() << (4 * nibble)
    return torch.where(words >= 2**31, words - 2**32, words).to(torch.int32)


def main(out):
    torch.manual_seed(7)
    for rows, columns, group in [(16, 128, 128), (24, 192, 64), (8, 96, 32)]:
        weight = torch.randn(rows, columns) * 0.05
        weight[torch.rand_like(weight) < 0.01] *= 12
        weight[1, :group] = 0
        weight[2, :group] = weight[2, :group].abs() + 0.01
        scales, zeros = pseudo_quantize(weight, group)
        wide_scales, wide_zeros = (t.float().repeat_interleave(group, dim=1) for t in (scales, zeros))
        codes = torch.clamp(torch.round(weight / wide_scales) + wide_zeros, 0, 15)
        save_file(
            {
                "weight": weight.contiguous(),
                "codes": codes.to(torch.uint8).contiguous(),
                "zeros": zeros.to(torch.uint8).contiguous(),
                "decoded": ((codes - wide_zeros) * wide_scales).contiguous(),
                "qweight": pack(codes.t().contiguous()),
                "qzeros": pack(zeros.t().contiguous()),
                "scales": scales.t().contiguous(),
            },
            f"{out}/awq-g{group}.safetensors",
        )


main(sys.argv[1])
