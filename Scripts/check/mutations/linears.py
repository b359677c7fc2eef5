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
class Quantized:
    """A quantized linear."""
    group: int
    codes: np.ndarray  # [out, in]
    zeros: np.ndarray  # [out, groups]
    scales: np.ndarray  # [out, groups], the 16 bits of each
    has_bf16_scales: bool = False
    bits: int = 4  # of a code
    order: np.ndarray | None = None  # the group of each input feature, if they do not follow each other

    @property
    def shape(self):
        return self.codes.shape

    def steps(self):
        """The scales as float32."""
        return ((self.scales.astype(np.uint32) << 16).view(np.float32) if self.has_bf16_scales
                else self.scales.view(np.float16).astype(np.float32))

    def decoded(self):
        """float32 (q − z)·s, as Formats/awq-checkpoint.md has it."""
        order = np.arange(self.shape[1]) // self.group if self.order is None else self.order
        difference = self.codes.astype(np.float32) - self.zeros[:, order].astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            return difference * self.steps()[:, order]

    def cut(self, group):
        """The same weights in groups that divide its own."""
        count = self.group // group
        zeros, scales = (np.repeat(part, count, axis=1) for part in (self.zeros, self.scales))
        return Quantized(group, self.codes, zeros, scales, self.has_bf16_scales, self.bits)

    @staticmethod
    def rounding(weight, group, bits, is_symmetric, smallest_zero=0):
        """Plain rounding of float32 [out, in]."""
        groups = weight.reshape(len(weight), -1, group).astype(np.float64)
        largest, middle = (1 << bits) - 1, 1 << (bits - 1)
        low, high = np.minimum(groups.min(axis=2), 0), np.maximum(groups.max(axis=2), 0)
        width = 2 * np.maximum(-low, high) if is_symmetric else high - low
        scales = np.maximum(width / largest, 2.0 ** -14).astype(np.float16)
        steps = scales.astype(np.float64)
        zeros = np.full(steps.shape, middle) if is_symmetric else np.clip(np.rint(-low / steps), smallest_zero, largest)
        codes = np.clip(np.rint(groups / steps[..., None]) + zeros[..., None], 0, largest)
        return Quantized(group, codes.reshape(weight.shape).astype(np.uint8), zeros.astype(np.uint8),
                         scales.view(np.uint16), bits=bits)


def unpacked(words, bits=4, order=None):
    """The values of so many bits of 32-bit words [a, b] as [a, 32b / bits], the lowest first or in an order."""
    count = 32 // bits
    values = np.empty((*words.shape, count), np.uint8)
    for position, place in enumerate(order or range(count)):
        values[..., place] = (words >> np.uint32(bits * position)) & np.uint32((1 << bits) - 1)
    return values.reshape(words.shape[0], -1)


def packed(values, bits=4):
    """Values [a, b] as 32-bit words, the first of each lowest."""
    together = values.reshape(values.shape[0], -1, 32 // bits).astype(np.uint32)
    return (together << np.arange(0, 32, bits, dtype=np.uint32)).sum(axis=2, dtype=np.uint32)
