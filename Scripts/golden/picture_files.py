"""Writes PNG, JPEG and WebP files of every kind, also those that Pillow cannot write.
Used by image_processing.py."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def planes(rgb, channels):
    """The first `channels` planes of a picture, the fourth being its red upside down."""
    return np.dstack([rgb, rgb[::-1, :, 0]])[:, :, :channels]


def png_file(width, height, depth, color_type, adam7, chunks):
    """A PNG of the given chunks between IHDR and IEND."""
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, int(adam7))
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in [(b"IHDR", header), *chunks, (b"IEND", b"")]:
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out


def filtered(rows, step):
    """Each row behind its filter type; the types take turns (PNG specification, section 9)."""
    out, above = b"", np.zeros(rows.shape[1], np.int32)
    for index, row in enumerate(rows.astype(np.int32)):
        left = np.concatenate([np.zeros(step, np.int32), row])[: len(row)]
        corner = np.concatenate([np.zeros(step, np.int32), above])[: len(row)]
        guess = left + above - corner
        distance = np.abs(np.stack([guess - left, guess - above, guess - corner]))
        paeth = np.choose(distance.argmin(0), [left, above, corner])
        kind = index % 5
        predicted = [0, left, above, (left + above) // 2, paeth][kind]
        out += bytes([kind]) + (row - predicted).astype(np.uint8).tobytes()
        above = row
    return out


def packed(samples, depth):
    """Rows of bytes from samples [height, width, channels], the leftmost sample in the high bits."""
    flat = samples.reshape(samples.shape[0], -1)
    if depth == 16:
        return flat.astype(">u2").view(np.uint8).reshape(flat.shape[0], -1)
    if depth == 8:
        return flat.astype(np.uint8)
    bits = (flat[:, :, None] >> np.arange(depth)[::-1]) & 1
    return np.packbits(bits.reshape(flat.shape[0], -1), axis=1)


def png(samples, color_type, depth, adam7=False, palette=None, trns=None, extra=()):
    """A PNG of samples [height, width, channels], its data split over two IDAT chunks."""
    height, width, channels = samples.shape
    step = max(1, channels * depth // 8)
    passes = [samples]
    if adam7:
        passes = [samples[top::down, left::right] for left, top, right, down in ADAM7]
    raw = b"".join(filtered(packed(part, depth), step) for part in passes if part.size)
    stream = zlib.compress(raw, 9)
    middle = len(stream) // 2
    chunks = list(extra)
    if palette is not None:
        chunks.append((b"PLTE", palette.astype(np.uint8).tobytes()))
    if trns is not None:
        chunks.append((b"tRNS", trns))
    chunks += [(b"IDAT", stream[:middle]), (b"IDAT", stream[middle:])]
    return png_file(width, height, depth, color_type, adam7, chunks)


def pillow_jpeg(image, subsampling, progressive=False, **options):
    """A JPEG as Pillow writes it; `subsampling` is 444, 422 or 420."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85, subsampling={444: 0, 422: 1, 420: 2}[subsampling],
               progressive=progressive, **options)
    return out.getvalue()


def pillow_webp(image, lossless, **options):
    """A WebP as Pillow writes it."""
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=lossless, **{"quality": 80, "method": 4, **options})
    return out.getvalue()


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def segments(jpeg):
    """The marker segments of a single-scan JPEG as (marker, body), the scan's entropy-coded data last."""
    found, position = [], 2
    while True:
        marker, length = jpeg[position + 1], int.from_bytes(jpeg[position + 2 : position + 4], "big")
        found.append((marker, jpeg[position + 4 : position + 2 + length]))
        position += 2 + length
        if marker == 0xDA:
            return found, jpeg[position:-2]


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def composed_jpeg(samples, factors, transform=None, ids=None):
    """A baseline JPEG with one scan for each plane of samples [height, width, channels], taken as they are.

    `factors` are the planes' (horizontal, vertical) sampling factors: any, since each scan is a gray JPEG of
    its own. `transform` is the value of an Adobe marker; None leaves the marker out.
    """
    height, width, _ = samples.shape
    ids = ids or bytes(range(1, len(factors) + 1))
    widest, tallest = max(h for h, _ in factors), max(v for _, v in factors)
    tables, scans, components = b"", b"", b""
    for index, (across, down) in enumerate(factors):
        size = (-(-width * across // widest), -(-height * down // tallest))
        plane = Image.fromarray(np.ascontiguousarray(samples[:, :, index])).resize(size)
        found, entropy = segments(pillow_jpeg(plane, 444))
        tables = b"".join(segment(marker, body) for marker, body in found if marker in (0xDB, 0xC4))
        components += bytes([ids[index], across << 4 | down, 0])
        scans += segment(0xDA, bytes([1, ids[index], 0, 0, 63, 0])) + entropy
    adobe = b"" if transform is None else segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform))
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, len(factors)) + components)
    return b"\xff\xd8" + adobe + tables + frame + scans + b"\xff\xd9"
