"""Lets torchvision load where what is compiled in it is for another torch, in vLLM's processes too, which read this at
their start: its Python, which resizes pictures, only wants these operators known."""
import importlib.util
from pathlib import Path

found = importlib.util.find_spec("torchvision")
if found:
    import torch

    try:
        torch.ops.load_library(str(Path(found.origin).with_name("_C.so")))
    except OSError:
        for name in ["nms", "qnms"]:
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
