"""A tensor, and a quantized linear as its mathematics has it. Needs numpy."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Dense:
    """A tensor of a plain type."""
    dtype: str
    shape: tuple
    data: bytes


@dataclass
class Int4:
    """A quantized linear."""
    group: int
    codes: np.ndarray  # [out, in]
    zeros: np.ndarray  # [out, groups]
    scales: np.ndarray  # [out, groups], the 16 bits of each
    has_bf16_scales: bool = False

    @property
    def shape(self):
        return self.codes.shape

    def decoded(self):
        """float32 (q − z)·s, as Formats/awq-checkpoint.md has it."""
        scales = ((self.scales.astype(np.uint32) << 16).view(np.float32) if self.has_bf16_scales
                  else self.scales.view(np.float16).astype(np.float32))
        difference = self.codes.astype(np.float32) - np.repeat(self.zeros, self.group, axis=1).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            return difference * np.repeat(scales, self.group, axis=1)


def nibbles(words, order=range(8)):
    """The 4-bit values of 32-bit words [a, b] as [a, 8b]."""
    values = np.empty((*words.shape, 8), np.uint8)
    for nibble, place in enumerate(order):
        values[..., place] = (words >> np.uint32(4 * nibble)) & np.uint32(15)
    return values.reshape(words.shape[0], -1)
