"""Make Tests/QuantizationTests/Resources/symmetric-*.safetensors: a weight rounded to symmetric int4, and int8, by
compressed-tensors' own code, and its ranges as AutoAWQ finds them without zero points.

  pip install compressed-tensors==0.19.* safetensors        # written with 0.19.0 and torch 2.14
  python Scripts/golden/symmetric_rounding.py Tests/QuantizationTests/Resources

AutoAWQ's formula is casper-hansen/AutoAWQ 88e4c76, `pseudo_quantize_tensor` in awq/quantize/quantizer.py, restated
here. Codes are stored with 8, or 128, added; scales are numbers of half precision, and skyquant stores none that is subnormal.
"""
import sys

import torch
from compressed_tensors.quantization import QuantizationArgs
from compressed_tensors.quantization.lifecycle.forward import quantize
from compressed_tensors.quantization.utils import calculate_qparams
from safetensors.torch import save_file


def stored(scales):
    return scales.clamp(min=2.0**-14).half()


def main(out):
    torch.manual_seed(11)
    shapes = [(16, 128, 128), (24, 192, 64), (8, 96, 32)]
    for bits, (rows, columns, group) in [(4, shape) for shape in shapes] + [(8, shape) for shape in shapes]:
        middle = 2 ** (bits - 1)
        weight = torch.randn(rows, columns) * 0.05
        weight[torch.rand_like(weight) < 0.01] *= 12
        weight[1, :group] = 0
        weight[2, :group] = weight[2, :group].abs() + 0.01
        groups = weight.reshape(rows, -1, group)
        arguments = QuantizationArgs(num_bits=bits, type="int", symmetric=True, strategy="group", group_size=group)
        scales, zeros = calculate_qparams(groups.amin(dim=2), groups.amax(dim=2), arguments)
        assert not zeros.any()
        scales = stored(scales)
        codes = quantize(weight, scales.float(), zeros, arguments, dtype=torch.int8).to(torch.int16) + middle
        awq_scales = stored(groups.abs().amax(dim=2).clamp(min=1e-5) / (middle - 1))
        awq_codes = torch.clamp(torch.round(groups / awq_scales.float().unsqueeze(2)), -middle, middle - 1)
        awq_codes = awq_codes.reshape(rows, -1) + middle
        save_file(
            {
                "weight": weight.contiguous(), "scales": scales.contiguous(), "codes": codes.to(torch.uint8),
                "awq_scales": awq_scales.contiguous(), "awq_codes": awq_codes.to(torch.uint8),
            },
            f"{out}/symmetric-{'int8-' if bits == 8 else ''}g{group}.safetensors",
        )


main(sys.argv[1])
