"""The synthetic world of the sample model: small pictures of digits and coloured shapes,
with questions about them."""

import io
import random
from dataclasses import dataclass

import numpy
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

COLORS = {
    "red": (218, 41, 36),
    "green": (52, 160, 56),
    "blue": (42, 90, 208),
    "yellow": (240, 208, 32),
    "purple": (142, 52, 164),
    "orange": (240, 134, 30),
}
SHAPES = ("circle", "square", "triangle")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
INKS = ((20, 20, 20), (90, 15, 15), (25, 25, 90))
RELATIONS = ("left of", "right of", "above", "below")

# How often each kind of question is asked; the sample has them in about these shares.
KINDS = {"color": 16, "count": 20, "digit": 17, "sum": 26, "where": 18, "wide": 3}
SIZES = {(56, 56): 70, (112, 112): 14, (112, 56): 5, (56, 112): 5, (224, 112): 3, (112, 224): 3}
JPEG_SHARE = 1 / 3
HELD_OUT_SHARE = 0.2


@dataclass(frozen=True)
class Example:
    encoded: bytes  # a PNG or JPEG file
    suffix: str
    question: str
    answer: str
    kind: str

    def image(self):
        return Image.open(io.BytesIO(self.encoded)).convert("RGB")


def count_phrase(count):
    return f"There {'is' if count == 1 else 'are'} {NUMBERS[count]}."


class World:
    """Draws examples; the same seed gives the same pictures. Held-out digits are never seen in training."""

    def __init__(self, seed, held_out):
        self.random = random.Random(seed)
        data = load_digits()  # 1797 grey 8x8 pictures with values 0...16
        split = int(len(data.target) * (1 - HELD_OUT_SHARE))
        chosen = slice(split, None) if held_out else slice(None, split)
        self.digits = {value: data.images[chosen][data.target[chosen] == value] for value in range(10)}

    def example(self):
        kind = self._weighted(KINDS)
        size = (224, 112) if kind == "wide" else self._weighted(SIZES)
        canvas = Image.new("RGB", size, self._background())
        question, answer = getattr(self, f"_{kind}")(canvas)
        jpeg = self.random.random() < JPEG_SHARE
        stream = io.BytesIO()
        canvas.save(stream, **({"format": "JPEG", "quality": 90} if jpeg else {"format": "PNG"}))
        return Example(stream.getvalue(), ".jpg" if jpeg else ".png", question, answer, kind)

    # Kinds of question; each draws on the canvas and returns question and answer.

    def _color(self, canvas):
        shape, color = self.random.choice(SHAPES), self.random.choice(list(COLORS))
        self._draw_shape(canvas, shape, color, self._cells(canvas, 1, 1)[0])
        question = self.random.choice(("What is in the image?", "What is in the image?", "Describe the image."))
        return question, f"There is a {color} {shape}."

    def _count(self, canvas):
        count = self.random.randint(2, 6)
        side = 2 if count <= 4 else 3
        return self._count_among(canvas, self._cells(canvas, side, side), count)

    def _wide(self, canvas):
        return self._count_among(canvas, self._cells(canvas, 4, 2), self.random.randint(6, 8))

    def _count_among(self, canvas, cells, count):
        shown = []
        for cell in self.random.sample(cells, count):
            shape, color = self.random.choice(SHAPES), self.random.choice(list(COLORS))
            self._draw_shape(canvas, shape, color, cell)
            shown.append((shape, color))
        about = self.random.choice(("all", "shape", "color"))
        if about == "shape":
            wanted = self.random.choice(SHAPES)
            return f"How many {wanted}s are there?", count_phrase(sum(shape == wanted for shape, _ in shown))
        if about == "color":
            wanted = self.random.choice(list(COLORS))
            return f"How many {wanted} shapes are there?", count_phrase(sum(color == wanted for _, color in shown))
        return "How many shapes are there?", count_phrase(count)

    def _where(self, canvas):
        shapes, colors = self.random.sample(SHAPES, 2), self.random.sample(list(COLORS), 2)
        first, second = self.random.sample(range(4), 2)
        cells = self._cells(canvas, 2, 2)  # row by row
        for shape, color, cell in zip(shapes, colors, (cells[first], cells[second])):
            self._draw_shape(canvas, shape, color, cell)
        if first % 2 != second % 2:  # on a diagonal, left and right win over above and below
            relation = "left of" if first % 2 < second % 2 else "right of"
        else:
            relation = "above" if first < second else "below"
        answer = f"The {colors[0]} {shapes[0]} is {relation} the {colors[1]} {shapes[1]}."
        return f"Where is the {shapes[0]}?", answer

    def _digit(self, canvas):
        value = self.random.randrange(10)
        self._draw_digit(canvas, value, (0, 0, *canvas.size))
        question = self.random.choice(("Which digit is written?", "What number is this?"))
        return question, f"It is a {NUMBERS[value]}."

    def _sum(self, canvas):
        width, height = canvas.size
        left, right = self.random.randrange(10), self.random.randrange(10)
        self._draw_digit(canvas, left, (0, 0, width // 2, height))
        self._draw_digit(canvas, right, (width // 2, 0, width, height))
        total = left + right
        thought = f"<think>\nI see {left} and {right}. {left} + {right} = {total}\n</think>\n{total}"
        return "What is the sum of the two digits?", thought

    # Drawing

    def _draw_shape(self, canvas, shape, color, cell):
        left, top, right, bottom = cell
        room = min(right - left, bottom - top)
        size = room * self.random.uniform(0.62, 0.88)
        x = left + self.random.uniform(0, right - left - size)
        y = top + self.random.uniform(0, bottom - top - size)
        fill = tuple(max(0, min(255, value + self.random.randint(-18, 18))) for value in COLORS[color])
        draw = ImageDraw.Draw(canvas)
        box = (x, y, x + size, y + size)
        if shape == "circle":
            draw.ellipse(box, fill=fill)
        elif shape == "square":
            draw.rectangle(box, fill=fill)
        else:
            draw.polygon([(x, y + size), (x + size / 2, y), (x + size, y + size)], fill=fill)

    def _draw_digit(self, canvas, value, cell):
        left, top, right, bottom = cell
        size = int(min(right - left, bottom - top) * self.random.uniform(0.7, 1.0))
        picture = self.random.choice(self.digits[value]) / 16 * 255
        mask = Image.fromarray(picture.astype(numpy.uint8)).resize((size, size), Image.BICUBIC)
        x = left + self.random.randint(0, right - left - size)
        y = top + self.random.randint(0, bottom - top - size)
        canvas.paste(self.random.choice(INKS), (x, y), mask)

    def _cells(self, canvas, columns, rows):
        width, height = canvas.size[0] / columns, canvas.size[1] / rows
        return [
            (column * width, row * height, (column + 1) * width, (row + 1) * height)
            for row in range(rows)
            for column in range(columns)
        ]

    def _background(self):
        base = self.random.randint(222, 250)
        return tuple(min(255, base + self.random.randint(-6, 6)) for _ in range(3))

    def _weighted(self, weights):
        return self.random.choices(list(weights), list(weights.values()))[0]


def sentences():
    """Every sentence of the world, for training the tokenizer."""
    yield from ("What is in the image?", "Describe the image.", "Which digit is written?", "What number is this?")
    yield from ("What is the sum of the two digits?", "How many shapes are there?")
    for color in COLORS:
        yield f"How many {color} shapes are there?"
        yield from (f"There is a {color} {shape}." for shape in SHAPES)
    for shape in SHAPES:
        yield from (f"How many {shape}s are there?", f"Where is the {shape}?")
        for other in SHAPES:
            yield from (f"The {color} {shape} is {way} the {color} {other}." for color in COLORS for way in RELATIONS)
    for value, number in enumerate(NUMBERS):
        yield from (count_phrase(value), f"It is a {number}.")
        yield from (f"I see {value} and {other}. {value} + {other} = {value + other}" for other in range(10))
