"""Pictures to pixel values the way InternVL's remote code does it (OpenGVLab/InternVL,
internvl/train/dataset.py)."""

import numpy
import torch
from PIL import Image

MEAN = numpy.array([0.485, 0.456, 0.406], dtype=numpy.float32)
STD = numpy.array([0.229, 0.224, 0.225], dtype=numpy.float32)


def tile_grid(width, height, tile_size, max_tiles):
    """Columns and rows of tiles whose aspect ratio is nearest to the picture's."""
    candidates = {
        (columns, rows)
        for columns in range(1, max_tiles + 1)
        for rows in range(1, max_tiles + 1)
        if columns * rows <= max_tiles
    }
    best, best_difference = (1, 1), float("inf")
    for columns, rows in sorted(candidates, key=lambda grid: grid[0] * grid[1]):
        difference = abs(width / height - columns / rows)
        # On a tie the larger grid wins only if the picture has more than half of its pixels.
        fills = width * height > 0.5 * tile_size * tile_size * columns * rows
        if difference < best_difference or (difference == best_difference and fills):
            best, best_difference = (columns, rows), difference
    return best


def tiles(image, tile_size, max_tiles):
    """Tiles row by row, then a thumbnail of the whole picture if there is more than one tile."""
    columns, rows = tile_grid(*image.size, tile_size, max_tiles)
    resized = image.resize((tile_size * columns, tile_size * rows), Image.BICUBIC)
    result = [
        resized.crop((x * tile_size, y * tile_size, (x + 1) * tile_size, (y + 1) * tile_size))
        for y in range(rows)
        for x in range(columns)
    ]
    if len(result) > 1:
        result.append(image.resize((tile_size, tile_size), Image.BICUBIC))
    return result


def pixel_values(image, tile_size, max_tiles):
    """[tiles, 3, tile_size, tile_size] in fp32."""
    arrays = [numpy.asarray(tile, dtype=numpy.float32) / 255 for tile in tiles(image, tile_size, max_tiles)]
    normalized = [((array - MEAN) / STD).transpose(2, 0, 1) for array in arrays]
    return torch.from_numpy(numpy.stack(normalized))
