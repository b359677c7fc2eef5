"""Writes Tests/ImageProcessingTests/Resources: pictures with the RGB that Pillow makes of them, sizes with
the grid InternVL chooses, digests of Pillow's bicubic, and the normalization table of numpy.

Run it when a kind of picture is added:  pip install pillow==13.0.0 numpy==2.4.6
                                         python3 Scripts/golden/image_processing.py
With another Pillow it writes only resized-pillow-MAJOR.txt; that of 11 comes from pillow==11.1.0.
The output is the same for every run with the same versions.
"""

import hashlib
import pathlib
import zlib

import numpy as np
import PIL
from PIL import Image

import picture_files as files

RESOURCES = pathlib.Path(__file__).resolve().parents[2] / "Tests/ImageProcessingTests/Resources"
WIDTH, HEIGHT = 37, 23


def picture(width, height):
    """The test picture [height, width, 3]: noise over a gradient. `TestPicture.swift` computes the same."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij", sparse=True)
    mixed = (x * 73856093 ^ y * 19349663 ^ c * 83492791).astype(np.uint32)
    mixed = (mixed ^ (mixed >> 13)) * np.uint32(0x5BD1E995)
    noise = (mixed >> 15) & 127
    gradient = (x * 128 // width + y * (c == 1) * 60 // height).astype(np.uint32)
    return np.minimum(noise + gradient, 255).astype(np.uint8)


def samples16(channels):
    """16-bit samples [HEIGHT, WIDTH, channels];
    the first row stays below 600, where Pillow's gray does not clamp."""
    high = files.planes(picture(WIDTH, HEIGHT), channels).astype(np.uint16)
    low = files.planes(picture(WIDTH, HEIGHT)[::-1], channels).astype(np.uint16)
    both = high * 256 + low
    both[0] %= 600
    return both


def decoded(name, data):
    """Writes one picture and, as a binary PPM beside it, what Pillow decodes."""
    path = RESOURCES / "decoded" / name
    path.write_bytes(data)
    rgb = Image.open(path).convert("RGB")
    path.with_name(name + ".ppm").write_bytes(b"P6\n%d %d\n255\n" % rgb.size + rgb.tobytes())


def make_pngs():
    rgb = picture(WIDTH, HEIGHT)
    alpha = np.dstack([rgb, rgb[::-1, :, 0]])
    gray = rgb[:, :, :1]
    gray_alpha = np.dstack([gray, rgb[::-1, :, 1:2]])
    palette = picture(16, 16).reshape(-1, 3)
    transparency = bytes(range(0, 256, 16))
    for adam7 in (False, True):
        end = "-adam7.png" if adam7 else ".png"
        for depth in (1, 2, 4, 8):
            levels = gray >> (8 - depth)
            decoded(f"gray-{depth}{end}", files.png(levels, 0, depth, adam7))
            colors = palette[: 2**depth]
            decoded(f"palette-{depth}{end}", files.png(levels, 3, depth, adam7, palette=colors))
        decoded(f"palette-4-trns{end}", files.png(gray >> 4, 3, 4, adam7, palette=palette[:16], trns=transparency))
        decoded(f"gray-16{end}", files.png(samples16(1), 0, 16, adam7))
        decoded(f"gray-alpha-8{end}", files.png(gray_alpha, 4, 8, adam7))
        decoded(f"gray-alpha-16{end}", files.png(samples16(2), 4, 16, adam7))
        decoded(f"rgb-8{end}", files.png(rgb, 2, 8, adam7))
        decoded(f"rgb-16{end}", files.png(samples16(3), 2, 16, adam7))
        decoded(f"rgba-8{end}", files.png(alpha, 6, 8, adam7))
        decoded(f"rgba-16{end}", files.png(samples16(4), 6, 16, adam7))
    key = b"".join(bytes([0, v]) for v in rgb[0, 0])
    decoded("rgb-8-trns.png", files.png(rgb, 2, 8, trns=key))
    decoded("gray-8-trns.png", files.png(gray, 0, 8, trns=bytes([0, gray[0, 0, 0]])))
    decoded("rgb-8-gamma.png", files.png(rgb, 2, 8, extra=[(b"gAMA", (100000).to_bytes(4, "big"))]))
    decoded("rgb-8-1x1.png", files.png(rgb[:1, :1], 2, 8, adam7=True))
    decoded("rgb-8-3x5.png", files.png(rgb[:5, :3], 2, 8, adam7=True))


def make_jpegs():
    rgb = Image.fromarray(picture(WIDTH, HEIGHT))
    for progressive in (False, True):
        end = "-progressive.jpg" if progressive else ".jpg"
        for subsampling in (444, 422, 420):
            decoded(f"ycc-{subsampling}{end}", files.pillow_jpeg(rgb, subsampling, progressive))
        decoded(f"gray{end}", files.pillow_jpeg(rgb.convert("L"), 444, progressive))
        decoded(f"cmyk-adobe{end}", files.pillow_jpeg(rgb.convert("CMYK"), 444, progressive))
    for width, height in ((1, 1), (2, 3), (3, 2), (4, 5), (5, 1), (16, 16), (17, 33)):
        for subsampling in (422, 420):
            small = Image.fromarray(picture(width, height))
            decoded(f"ycc-{subsampling}-{width}x{height}.jpg", files.pillow_jpeg(small, subsampling))
    decoded("exif-turned.jpg", files.pillow_jpeg(rgb, 420, exif=files.orientation(6)))
    decoded("icc-swapped.jpg", files.pillow_jpeg(rgb, 444, icc_profile=bytes(range(200))))
    decoded("rgb-adobe.jpg", files.pillow_jpeg(rgb, 444, keep_rgb=True))
    one = (1, 1)
    for name, luma in {"440": (1, 2), "411": (4, 1), "441": (1, 4), "410": (4, 2), "422-scans": (2, 1)}.items():
        decoded(f"ycc-{name}.jpg", files.composed_jpeg(picture(WIDTH, HEIGHT), [luma, one, one]))
    decoded("ycc-440-cosited.jpg", files.composed_jpeg(picture(WIDTH, HEIGHT), [(2, 2), (2, 1), (2, 1)]))
    decoded("ycc-uneven.jpg", files.composed_jpeg(picture(WIDTH, HEIGHT), [(2, 2), (2, 1), (1, 2)]))
    four = np.dstack([picture(WIDTH, HEIGHT), picture(WIDTH, HEIGHT)[::-1, :, 0]])
    decoded("cmyk-plain.jpg", files.composed_jpeg(four, [one] * 4))
    decoded("cmyk-adobe-scans.jpg", files.composed_jpeg(four, [one] * 4, transform=0))
    decoded("ycck-adobe.jpg", files.composed_jpeg(four, [one] * 4, transform=2))
    decoded("ycck-adobe-420.jpg", files.composed_jpeg(four, [(2, 2), one, one, (2, 2)], transform=2))
    decoded("rgb-by-ids.jpg", files.composed_jpeg(picture(WIDTH, HEIGHT), [one] * 3, ids=b"RGB"))


def make_webps():
    rgb = Image.fromarray(picture(WIDTH, HEIGHT))
    alpha = Image.fromarray(np.dstack([picture(WIDTH, HEIGHT), picture(WIDTH, HEIGHT)[::-1, :, 0]]))
    holes = Image.fromarray(np.dstack([picture(WIDTH, HEIGHT), np.indices((HEIGHT, WIDTH)).sum(0).astype(np.uint8) % 2 * 255]))
    for lossless, kind in ((False, "lossy"), (True, "lossless")):
        decoded(f"{kind}.webp", files.pillow_webp(rgb, lossless))
        decoded(f"{kind}-alpha.webp", files.pillow_webp(alpha, lossless))
        # What is under fully transparent pixels: what the encoder makes of it, or what was there.
        decoded(f"{kind}-holes.webp", files.pillow_webp(holes, lossless))
        decoded(f"{kind}-holes-exact.webp", files.pillow_webp(holes, lossless, exact=True))
        for width, height in ((1, 1), (3, 2), (17, 33)):
            decoded(f"{kind}-{width}x{height}.webp", files.pillow_webp(Image.fromarray(picture(width, height)), lossless))
    decoded("lossy-quality-5.webp", files.pillow_webp(rgb, False, quality=5, method=6))
    decoded("lossless-palette.webp", files.pillow_webp(rgb.quantize(7).convert("RGB"), True))
    decoded("exif-turned.webp", files.pillow_webp(rgb, False, exif=files.orientation(6)))
    decoded("icc-swapped.webp", files.pillow_webp(rgb, True, icc_profile=bytes(range(200))))


def make_malformed():
    """A PNG bomb: 30000 x 30000 black pixels, valid to the last byte; a WebP with two pictures, and one of 9000 x
    9000 black pixels in few bytes."""
    deflate = zlib.compressobj(9)
    row = b"\0" * (1 + 30000 // 8)
    stream = b"".join(deflate.compress(row) for _ in range(30000)) + deflate.flush()
    (RESOURCES / "bomb-30000x30000.png").write_bytes(files.png_file(30000, 30000, 1, 0, False, [(b"IDAT", stream)]))
    frames = [Image.fromarray(picture(8, 8)), Image.fromarray(picture(8, 8)[::-1].copy())]
    (RESOURCES / "animated.webp").write_bytes(
        files.pillow_webp(frames[0], True, save_all=True, append_images=frames[1:], duration=100))
    (RESOURCES / "bomb-9000x9000.webp").write_bytes(files.pillow_webp(Image.new("RGB", (9000, 9000)), True))


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def make_resized():
    """Lines `width height newWidth newHeight sha256`."""
    pairs = [(37, 23, 37, 23), (37, 23, 56, 56), (37, 23, 37, 40), (37, 23, 20, 23), (37, 23, 7, 5), (1, 1, 9, 4)]
    pairs += [(2, 100, 13, 3), (100, 2, 3, 13), (448, 448, 56, 56), (56, 56, 448, 448), (1000, 700, 448, 448)]
    pairs += [(640, 480, 1792, 1344), (3000, 20, 448, 448), (20, 3000, 448, 448), (1921, 1081, 333, 777)]
    # Around Pillow 13's rule for the order of the passes, and for each order a height that stays
    pairs += [(60, 60, 50, 40), (60, 60, 50, 39), (60, 60, 70, 60), (60, 60, 70, 59), (60, 60, 60, 30)]
    lines = []
    for width, height, new_width, new_height in pairs:
        resized = Image.fromarray(picture(width, height)).resize((new_width, new_height), Image.BICUBIC)
        lines.append(f"{width} {height} {new_width} {new_height} {digest(np.asarray(resized))}\n")
    (RESOURCES / f"resized-pillow-{PIL.__version__.split('.')[0]}.txt").write_text("".join(lines))


def best_grid(width, height, minimum, maximum, tile):
    """`find_closest_aspect_ratio` of OpenGVLab/InternVL, internvl_chat/internvl/train/dataset.py."""
    counts = range(minimum, maximum + 1)
    ratios = {(i, j) for n in counts for i in range(1, n + 1) for j in range(1, n + 1) if minimum <= i * j <= maximum}
    aspect, best_difference, best = width / height, float("inf"), (1, 1)
    for ratio in sorted(ratios, key=lambda r: r[0] * r[1]):
        difference = abs(aspect - ratio[0] / ratio[1])
        if difference < best_difference:
            best_difference, best = difference, ratio
        elif difference == best_difference and width * height > 0.5 * tile * tile * ratio[0] * ratio[1]:
            best = ratio
    return best


def tiled(image, grid, tile, thumbnail):
    """`dynamic_preprocess` of the same file, after the choice of the grid."""
    columns, rows = grid
    resized = image.resize((columns * tile, rows * tile))
    tiles = []
    for index in range(columns * rows):
        left, top = index % columns * tile, index // columns * tile
        tiles.append(np.asarray(resized.crop((left, top, left + tile, top + tile))))
    if thumbnail and len(tiles) != 1:
        tiles.append(np.asarray(image.resize((tile, tile))))
    return np.stack(tiles)


def make_grids():
    """Lines `width height maximum tile columns rows`."""
    random = np.random.default_rng(11)
    sizes = [(int(w), int(h)) for w, h in np.exp(random.uniform(0, np.log(5000), (300, 2))).astype(int)]
    sizes += [(k * a, k * b) for a, b in ((1, 1), (2, 1), (3, 2), (4, 3), (1, 5)) for k in (20, 211, 317, 448, 951)]
    lines = []
    for width, height in sizes:
        for maximum, tile in ((1, 448), (4, 56), (6, 448), (12, 448)):
            columns, rows = best_grid(width, height, 1, maximum, tile)
            lines.append(f"{width} {height} {maximum} {tile} {columns} {rows}\n")
    (RESOURCES / "grids.txt").write_text("".join(lines))


def make_tiles():
    """Lines `width height maximum tile thumbnail count sha256`,
    the digest over all tiles one after the other."""
    golden = [(448, 448), (633, 633), (634, 634), (950, 950), (951, 951), (640, 480), (64, 48), (2000, 100)]
    golden += [(1920, 1080), (1280, 720), (1080, 1920), (700, 400), (1750, 1000), (300, 1000), (1, 100)]
    cases = [(w, h, 12, 448, 1) for w, h in golden]
    cases += [(640, 480, 12, 448, 0), (200, 150, 4, 56, 1), (61, 133, 4, 56, 1), (448, 448, 1, 448, 1)]
    lines = []
    for width, height, maximum, tile, thumbnail in cases:
        grid = best_grid(width, height, 1, maximum, tile)
        tiles = tiled(Image.fromarray(picture(width, height)), grid, tile, bool(thumbnail))
        lines.append(f"{width} {height} {maximum} {tile} {thumbnail} {len(tiles)} {digest(tiles)}\n")
    (RESOURCES / "tiles.txt").write_text("".join(lines))


def make_normalization():
    """Lines of one float's bit pattern: 256 for red, 256 for green, 256 for blue."""
    scaled = np.arange(256, dtype=np.float32) / np.float32(255)
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    table = (scaled[None, :] - mean[:, None]) / std[:, None]
    assert table.dtype == np.float32
    (RESOURCES / "normalization.txt").write_text("".join(f"{bits:08x}\n" for bits in table.view(np.uint32).ravel()))


if __name__ == "__main__":
    (RESOURCES / "decoded").mkdir(parents=True, exist_ok=True)
    make_resized()
    if PIL.__version__ == "13.0.0":
        make_pngs()
        make_jpegs()
        make_webps()
        make_malformed()
        make_grids()
        make_tiles()
        make_normalization()
