#!/usr/bin/env python3
"""Writes what transformers' GotOcr2ImageProcessor makes of pictures by preprocessor_config.json: ModelInputsTests.

Usage: Scripts/golden/native_pictures.py. Pictures are the sample's; tiles have 56 pixels. Needs Python 3.11 with
transformers==5.24.0, torch, numpy and Pillow. The same pictures give the same expectations.
"""
import json
import pathlib

import numpy
from PIL import Image
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "Sources/SampleModel/Resources"
OUTPUT = ROOT / "Tests/ModelInputsTests/Resources/native-pictures.json"
PICTURES = ["calibration/images/0000.jpg", "calibration/images/0006.jpg", "calibration/images/0014.png"]
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
SIZE = {"size": {"height": 56, "width": 56}}
CASES = [
    IMAGENET | SIZE | {"min_patches": 1, "max_patches": 12, "crop_to_patches": True},
    IMAGENET | SIZE | {"max_patches": 2, "crop_to_patches": True},
    IMAGENET | SIZE | {"min_patches": 4, "max_patches": 6, "crop_to_patches": True},
    IMAGENET | SIZE | {"max_patches": 1, "crop_to_patches": True},
    SIZE | {"crop_to_patches": True},
    SIZE | {"crop_to_patches": False, "processor_class": "GotOcr2Processor"},
    SIZE | {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.25, 0.125], "crop_to_patches": True},
    SIZE | {"do_normalize": False, "crop_to_patches": True},
    SIZE | IMAGENET | {"rescale_factor": 0.0078125, "crop_to_patches": True},
]


def main():
    results = []
    for settings in CASES:
        arguments = {key: value for key, value in settings.items() if key != "processor_class"}
        processor = GotOcr2ImageProcessorPil(**arguments)
        pictures = []
        for name in PICTURES:
            pixels = numpy.asarray(processor(Image.open(SAMPLE / name).convert("RGB"))["pixel_values"], dtype="f4")
            # Every 1997th value, which meets all channels, rows and columns.
            pictures.append({"tiles": len(pixels), "values": [round(float(v), 6) for v in pixels.reshape(-1)[::1997]]})
        results.append({"settings": settings, "pictures": pictures})
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps({"pictures": PICTURES, "cases": results}) + "\n")


main()
