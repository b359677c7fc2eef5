#!/usr/bin/env python3
"""Make Tests/ModelFilesTests/Resources/linears/TOOL-*.safetensors: one linear `m` in each layout that TOOL
writes, packed by TOOL's own code, and what that code decodes it to.

    pip install compressed-tensors==0.19.* safetensors
    python Scripts/golden/quantized_linears.py compressed-tensors Tests/ModelFilesTests/Resources/linears
    pip install auto-round==0.16.1 safetensors
    python Scripts/golden/quantized_linears.py auto-round Tests/ModelFilesTests/Resources/linears
    pip install gptqmodel==7.7.0 safetensors
    python Scripts/golden/quantized_linears.py gptqmodel Tests/ModelFilesTests/Resources/linears

Each file is a checkpoint of its own: the tensors of `m`, `decoded` F32 [out, in], and in its metadata the
`quantization_config` that goes into config.json. Weights are random, with a few outliers.
"""
import copy
import json
import sys

import torch
from safetensors.torch import save_file

ROWS, COLUMNS = 8, 256


def weights(rows=ROWS):
    torch.manual_seed(11)
    weight = torch.randn(rows, COLUMNS) * 0.05
    weight[torch.rand_like(weight) < 0.01] *= 12
    return weight


def ranges(weight, group, symmetric, bits=4):
    """Scales and zeros, [out, groups], zeros of so many bits; scales are numbers of half precision."""
    w = weight.reshape(len(weight), -1, group)
    largest = 2**bits - 1
    if symmetric:
        scales = (w.abs().amax(dim=2) / (largest / 2)).half().float()
        return scales, torch.full_like(scales, 2 ** (bits - 1))
    low, high = w.amin(dim=2).clamp(max=0), w.amax(dim=2).clamp(min=0)
    scales = ((high - low) / largest).half().float()
    return scales, torch.round(-low / scales).clamp(0, largest)


def save(directory, name, config, tensors, decoded):
    assert decoded.dtype == torch.float32 and decoded.shape[1] == COLUMNS
    tensors = {f"m.{part}": tensor.contiguous() for part, tensor in tensors.items()}
    tensors["decoded"] = decoded.contiguous()
    save_file(
        tensors, f"{directory}/{name}.safetensors", metadata={"quantization_config": json.dumps(config, sort_keys=True)}
    )


def compressed_tensors(directory):
    from compressed_tensors.compressors.pack_quantized.base import PackedQuantizationCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme

    variants = [  # name, bits, rows, group (COLUMNS: one a row), symmetric, type of the scales
        ("asym-g32-f16", 4, ROWS, 32, False, torch.float16),
        ("asym-channel-f16", 4, ROWS, COLUMNS, False, torch.float16),
        ("asym-g64-12-rows", 4, 12, 64, False, torch.float16),
        ("sym-g64-bf16", 4, ROWS, 64, True, torch.bfloat16),
        ("sym-channel-f32", 4, ROWS, COLUMNS, True, torch.float32),
        ("int8-asym-g32-f16", 8, ROWS, 32, False, torch.float16),
        ("int8-asym-g64-10-rows", 8, 10, 64, False, torch.float16),
        ("int8-sym-g128-f16", 8, ROWS, 128, True, torch.float16),
        ("int8-sym-channel-bf16", 8, ROWS, COLUMNS, True, torch.bfloat16),
    ]
    for name, bits, rows, group, symmetric, dtype in variants:
        weight = weights(rows)
        scales, zeros = ranges(weight, group, symmetric, bits)
        if dtype == torch.float32:
            scales = scales * 1.0001  # no numbers of half precision
        strategy = {"strategy": "channel"} if group == COLUMNS else {"strategy": "group", "group_size": group}
        arguments = QuantizationArgs(num_bits=bits, type="int", symmetric=symmetric, **strategy)
        scheme = QuantizationScheme(targets=["Linear"], weights=arguments)
        offset = 2 ** (bits - 1)
        state = {
            "weight": weight, "weight_scale": scales.to(dtype), "weight_zero_point": (zeros - offset).to(torch.int8),
        }
        packed = PackedQuantizationCompressor.compress(state, scheme)
        wide = dict(packed, weight_scale=packed["weight_scale"].float())
        config = {
            "quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed",
            "config_groups": {"group_0": json.loads(scheme.model_dump_json())}, "ignore": ["lm_head"],
        }
        decoded = PackedQuantizationCompressor.decompress(wide, scheme)["weight"]
        save(directory, f"compressed-tensors-{name}", config, packed, decoded)


def auto_round_config(packing, group, symmetric, bits=4):
    return {
        "quant_method": "auto-round", "packing_format": packing, "bits": bits, "group_size": group, "sym": symmetric,
        "data_type": "int", "block_name_to_quantize": "model.layers", "autoround_version": "0.16.1",
    }


def auto_round(directory):
    from auto_round.export.export_to_awq.utils import WQLinear_GEMM, dequantize_gemm
    from auto_round_extension.torch import qlinear_torch, qlinear_torch_zp

    linear = torch.nn.Linear(COLUMNS, ROWS, bias=False)
    rows = 32  # of its GPTQ packings; a divisor of the rows
    variants = [  # name, bits, module, packing, group (COLUMNS: one a row), symmetric
        ("sym-g32", 4, qlinear_torch_zp, "auto_round:auto_gptq", 32, True),
        ("asym-g64", 4, qlinear_torch, "auto_round", 64, False),
        ("asym-v1-channel", 4, qlinear_torch_zp, "auto_round:auto_gptq", COLUMNS, False),
        ("int8-sym-g64", 8, qlinear_torch_zp, "auto_round:auto_gptq", 64, True),
        ("int8-asym-g128", 8, qlinear_torch, "auto_round", 128, False),
    ]
    for name, bits, module, packing, group, symmetric in variants:
        weight = weights(rows)
        scales, zeros = ranges(weight, group, symmetric, bits)
        zeros = zeros.clamp(min=1)  # zeros of 0 are not in its first packing
        linear.weight.data = weight
        size = -1 if group == COLUMNS else group
        layer = module.QuantLinear(bits, size, COLUMNS, rows, bias=False)
        layer.device = "cpu"
        layer.pack(linear, scales, 2 ** (bits - 1) if symmetric else zeros, None, device="cpu")
        tensors = {"qweight": layer.qweight, "qzeros": layer.qzeros, "scales": layer.scales}
        layer.scales = layer.scales.float()
        decoded = layer(torch.eye(COLUMNS)).t()
        save(directory, f"auto-round-{name}", auto_round_config(packing, size, symmetric, bits), tensors, decoded)
    weight = linear.weight.data = weights()
    scales, zeros = ranges(weight, 64, False)
    scales = scales.bfloat16().float()  # numbers of both half precisions
    layer = WQLinear_GEMM.from_linear(
        linear, 4, 64, scales=scales.t().contiguous(), zeros=zeros.t().contiguous(), device="cpu")
    tensors = {"qweight": layer.qweight, "qzeros": layer.qzeros, "scales": layer.scales}
    decoded = dequantize_gemm(layer.qweight, layer.qzeros, layer.scales.float(), 4, 64).t()
    save(directory, "auto-round-awq-g64", auto_round_config("auto_round:auto_awq", 64, False), tensors, decoded)


def gptqmodel(directory):
    from gptqmodel.nn_modules.qlinear.torch import TorchLinear
    from gptqmodel.quantization import QuantizeConfig
    from gptqmodel.utils.model import convert_gptq_v2_to_v1_format_module

    rows = 32
    variants = [  # name, bits, checkpoint format, group (COLUMNS: one a row), symmetric, act-order
        ("sym-v1-g64", 4, "gptq", 64, True, False),
        ("asym-v1-g32", 4, "gptq", 32, False, False),
        ("asym-v2-channel", 4, "gptq_v2", COLUMNS, False, False),
        ("act-order-sym-v1-g64", 4, "gptq", 64, True, True),
        ("act-order-int8-asym-v2-g32", 8, "gptq_v2", 32, False, True),
    ]
    for name, bits, layout, group, symmetric, act_order in variants:
        linear = torch.nn.Linear(COLUMNS, rows, bias=False)
        linear.weight.data = weights(rows)
        # GPTQ takes input features by the size of their activations, group after group.
        features = torch.randperm(COLUMNS) if act_order else torch.arange(COLUMNS)
        scales, zeros = ranges(linear.weight.data[:, features], group, symmetric, bits)
        if layout == "gptq":
            zeros = zeros.clamp(min=1)  # zeros of 0 are not in the first version
        size = -1 if group == COLUMNS else group
        settings = {"bits": bits, "group_size": size, "sym": symmetric, "desc_act": act_order}
        config = QuantizeConfig(**settings, format=layout, offload_to_disk=False)
        layer = TorchLinear(**settings, in_features=COLUMNS, out_features=rows)
        groups = torch.empty(COLUMNS, dtype=torch.int32)
        groups[features] = torch.arange(COLUMNS, dtype=torch.int32) // group
        layer.pack_original(linear, scales, zeros, groups)
        decoding = copy.deepcopy(layer).eval()
        decoding.scales = decoding.scales.float()
        decoded = decoding.dequantize_weight().t()
        if layout == "gptq":
            convert_gptq_v2_to_v1_format_module(layer, config)
        tensors = {part: getattr(layer, part) for part in ["qweight", "qzeros", "scales", "g_idx"]}
        settings = config.to_dict() | {"meta": {"quantizer": ["gptqmodel:7.7.0"]}}
        save(directory, f"gptqmodel-{name}", settings, tensors, decoded)


TOOLS = {"compressed-tensors": compressed_tensors, "auto-round": auto_round, "gptqmodel": gptqmodel}

if __name__ == "__main__":
    TOOLS[sys.argv[1]](sys.argv[2])
