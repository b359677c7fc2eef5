#!/usr/bin/env python3
"""Make Tests/QuantizationTests/Resources/pack-quantized-g*.safetensors: the codes and zeros of
awq-g*.safetensors there, packed by compressed-tensors itself.

  pip install compressed-tensors safetensors        # written with compressed-tensors 0.19
  python Scripts/golden/pack_quantized.py Tests/QuantizationTests/Resources
"""
import sys

import torch
from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32
from safetensors.torch import load_file, save_file


def main(directory):
    for group in (128, 64, 32):
        golden = load_file(f"{directory}/awq-g{group}.safetensors")
        # compressed-tensors counts from -8 and adds 8 when it packs.
        codes, zeros = ((golden[name].to(torch.int16) - 8).to(torch.int8) for name in ("codes", "zeros"))
        save_file(
            {
                "weight_packed": pack_to_int32(codes, 4),
                "weight_zero_point": pack_to_int32(zeros, 4, packed_dim=0).contiguous(),
            },
            f"{directory}/pack-quantized-g{group}.safetensors",
        )


main(sys.argv[1])
