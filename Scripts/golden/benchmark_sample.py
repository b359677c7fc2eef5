#!/usr/bin/env python3
"""Makes a small TSV file in the layout of every named benchmark, from the sample's
pictures and evaluation questions.

Usage: Scripts/golden/benchmark_sample.py DIR [QUESTIONS]
QUESTIONS (default 4) is how many of the sample's questions a file is made of; the same number
gives the same bytes. `Scripts/golden/benchmark_sample.py Tests/BenchmarksTests/Resources/sample
2` writes what the tests read.

Files are quoted as VLMEvalKit quotes them (every cell) or, every second one, only where need be. Pictures are
base64, lists of it in Python's and JSON's syntax, base64 with line ends, references to other rows, and paths.
"""
import base64
import csv
import io
import itertools
import json
import pathlib
import sys

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "Sources/SampleModel/Resources/evaluation"
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


class Question:
    """A line of the sample's questions."""

    def __init__(self, number, line):
        self.number, self.text, self.kind = number, line["question"], line["kind"]
        self.answer = line["answer"].split("</think>")[-1].strip()
        self.path = SAMPLE / line["image"]
        self.image = base64.b64encode(self.path.read_bytes()).decode()

    @property
    def value(self):
        """The answer as a number."""
        words = self.answer.rstrip(".").split()
        return int(words[-1]) if words[-1].isdigit() else DIGITS.index(words[-1])

    @property
    def right(self):
        """The letter of the right option."""
        return "ABCD"[self.number % 4]

    def options(self, pool, turn=0):
        """Four texts, the right one at `right`, turned by some places."""
        wrong = [text for text in pool if text != self.answer][:3]
        place = "ABCD".index(self.right)
        texts = wrong[:place] + [self.answer] + wrong[place:]
        texts = texts[turn:] + texts[:turn]
        return dict(zip("ABCD", texts)), "ABCD"[texts.index(self.answer)]


class Sample:
    def __init__(self, count):
        lines = [json.loads(line) for line in (SAMPLE / "questions.jsonl").read_text().splitlines()]
        questions = [Question(number, line) for number, line in enumerate(lines)]
        # Small pictures keep the files small; the sort is stable, so the choice is always the same.
        by_size = sorted(questions, key=lambda question: len(question.image))
        self.pool = sorted({question.answer for question in questions if question.kind == "color"})
        self.shapes = [question for question in by_size if question.kind == "color"][:count]
        self.sums = [question for question in by_size if question.kind == "sum"][:count]
        self.digits = [question for question in by_size if question.kind == "digit"][:count]

    def choices(self):
        for number, question in enumerate(self.shapes):
            options, right = question.options(self.pool)
            yield number, question, options, right

    def plain_choice(self, **more):
        return [
            {"index": n, "question": q.text, **o, "answer": r, "category": q.kind, **more, "image": q.image} for n, q, o, r in self.choices()
        ]

    # One function a layout

    def mmmu(self):
        rows = []
        for number, question, options, right in self.choices():
            other = self.digits[number % len(self.digits)]
            rows.append({
                "index": number, "id": f"validation_Shapes_{number}", "question": f"Look at <image 1> beside <image 2>. {question.text} (first picture)",
                "split": "validation" if number else "dev", **options, "answer": right, "question_type": "multiple-choice",
                "image": repr([question.image, other.image]), "image_path": repr([f"{number}_1.png", f"{number}_2.png"]),
                "category": "Shapes", "l2-category": "Colours"})
        digit = self.digits[0]
        rows.append({
            "index": 900, "id": "validation_Digits_900", "question": f"{digit.text} <image 1>", "split": "validation", "answer": str(digit.value),
            "question_type": "open", "image": digit.image, "image_path": "900_1.png", "category": "Digits", "l2-category": "Reading"})
        return rows

    def mmmu_pro_10c(self):
        rows = []
        for number, question, options, right in self.choices():
            more = dict(zip("EFGHIJ", [text for text in self.pool if text not in options.values()]))
            rows.append({
                "index": number, "question": f"<image 1>\n{question.text}", **options, **more, "answer": right, "category": question.kind,
                "image": json.dumps([question.image])})
        return rows

    def mmmu_pro_v(self):
        return [{"index": n, "image": q.image, "answer": r, "category": q.kind} for n, q, _, r in self.choices()]

    def mmbench(self):
        rows = []
        for number, question, _, _ in self.choices():
            for turn in range(4):
                options, right = question.options(self.pool, turn)
                rows.append({
                    "index": number + turn * 1_000_000, "question": question.text, "hint": "Colours are plain." if number % 2 else None, **options,
                    "answer": right, "category": question.kind, "l2-category": "perception", "split": "dev", "image": question.image if turn == 0 else str(number)})
        return rows

    def hallusion(self):
        rows = []
        for number, question in enumerate(self.digits):
            for asked, text in enumerate([question.value, (question.value + 1) % 10]):
                rows.append({
                    "index": f"VD_digit_1_{number // 2}_{number % 2}_{asked}", "category": "VD", "l2-category": "digit",
                    "question": f"Is the digit {text}?", "answer": "No" if asked else "Yes", "image": question.image})
        rows.append({"index": "VS_digit_1_9_0_0", "category": "VS", "l2-category": "digit", "question": "Is one less than two?", "answer": "Yes", "image": None})
        return rows

    def mathvista(self):
        rows = []
        for number, question in enumerate(self.sums):
            hint = "Hint: Please answer the question requiring an integer answer and provide the final value, e.g., 1, 2, 3, at the end.\n"
            rows.append({
                "index": number, "question": f"{hint}Question: {question.text}", "answer": str(question.value), "question_type": "free_form",
                "answer_type": "integer", "choices": "[]", "answer_option": None, "precision": None, "task": "arithmetic",
                "skills": "['arithmetic reasoning', 'numeric commonsense']", "category": "general-vqa", "image": question.image})
        for number, question, options, right in self.choices():
            listed = "\n".join(f"({letter}) {text}" for letter, text in options.items())
            rows.append({
                "index": 100 + number, "question": f"Hint: Please answer with the letter.\nQuestion: {question.text}\nChoices:\n{listed}",
                "answer": question.answer, "question_type": "multi_choice", "answer_type": "text", "choices": repr(list(options.values())),
                "answer_option": right, "precision": None, "task": "naming", "skills": "['shape reasoning']", "category": "general-vqa", "image": question.image})
        return rows

    def mathvision(self):
        rows = [
            {"index": n, "question": q.text, "choices": "[]", "answer": str(q.value), "category": "arithmetic", "level": 1, "image": q.image}
            for n, q in enumerate(self.sums)]
        rows += [
            {"index": 100 + n, "question": q.text, "choices": repr(list(o.values())), "answer": r, "category": "shapes", "level": 2, "image": q.image}
            for n, q, o, r in self.choices()]
        return rows

    def wemath(self):
        rows = []
        for (number, question), steps in itertools.product(enumerate(self.shapes), (2, 3)):
            for part in [*map(str, range(1, steps + 1)), "multi"]:
                options, right = question.options(self.pool, len(rows) % 4)
                rows.append({
                    "index": len(rows), "ID": number, "key": f"{steps}steps_{part}", "knowledge concept": "shapes", "question": question.text, **options,
                    "answer": right, "requirement": "Answer as <Thought process>: <<your thought process>> <Answer>: <<your option>>.", "image": question.image})
        return rows

    def logicvista(self):
        return [
            {"index": n, "question": f"{q.text} {' '.join(f'{k}: {t}' for k, t in o.items())}", "answer": r if n % 2 else ", ".join(sorted({r, "A"})),
             "skill": "inductive", "image": q.image}
            for n, q, o, r in self.choices()]

    def emma(self):
        rows = [
            {"index": n, "pid": f"shape_{n}", "type": "MCQ", "context": None, "question": f"{q.text} <image 1>", **o, "answer": r, "category": "Shapes", "image": q.image}
            for n, q, o, r in self.choices()]
        rows += [
            {"index": 100 + n, "pid": f"sum_{n}", "type": "OPEN", "context": "Two digits are written.", "question": f"<image 1>{q.text}", "answer": str(q.value),
             "category": "Sums", "image": q.image}
            for n, q in enumerate(self.sums)]
        return rows

    def mmk12(self):
        return [{"index": n, "question": q.text, "answer": f"${q.value}$", "subject": "math", "image": q.image} for n, q in enumerate(self.sums)]

    def mme_reasoning(self):
        rows = [
            {"index": n, "question": q.text, "question_type": "choice", "answer": r, "capability": "naming", "reasoning_type": "inductive", "image": q.image}
            for n, q, _, r in self.choices()]
        return rows + [
            {"index": 100 + n, "question": q.text, "question_type": "open", "answer": str(q.value), "capability": "sums", "reasoning_type": "deductive", "image": q.image}
            for n, q in enumerate(self.sums)]

    def phyx(self):
        return [{"id": n, "question": q.text, **o, "answer": r, "category": "Optics", "image": q.image} for n, q, o, r in self.choices()]

    def phyx_in_text(self):
        return [
            {"index": n, "question": f"{q.text} {' '.join(f'{k}: {t}' for k, t in o.items())}", "answer": r, "category": "Optics", "image": q.image}
            for n, q, o, r in self.choices()]

    def chartqa(self):
        return [
            {"index": n, "question": q.text, "answer": str(q.value), "split": "test_human" if n % 2 else "test_augmented", "image": q.image}
            for n, q in enumerate(self.sums)]

    def ocrbench(self):
        # Base64 with line ends, as some tools write it.
        return [
            {"index": n, "question": q.text, "answer": repr([DIGITS[q.value], str(q.value)]), "category": "Digit String Recognition",
             "image": "\n".join(q.image[i : i + 76] for i in range(0, len(q.image), 76))}
            for n, q in enumerate(self.digits)]

    def mathverse(self):
        return [
            {"index": n, "question": q.text, "query_cot": f"{q.text} Think first.", "answer": str(q.value), "problem_version": "Vision Only", "metadata": "{'subject': 'sums'}",
             "image": q.image}
            for n, q in enumerate(self.sums)]

    def seephys(self):
        return [
            {"index": n, "question": q.text if n else None, "language": "Chinese" if n % 2 else "English", "answer": str(q.value), "sig_figs": "2.0" if n else None,
             "level": 1, "subject": "sums", "image": q.image}
            for n, q in enumerate(self.sums)]

    def generic(self):
        # Without `image`, `image_path` says where the picture is; an option "None" vanishes as in pandas.
        return [
            {"index": n, "question": q.text, **o, "E": "None", "answer": r, "split": "test", "image_path": q.path.relative_to(SAMPLE).as_posix()}
            for n, q, o, r in self.choices()]


LAYOUTS = {
    "MMMU_DEV_VAL": Sample.mmmu, "MMMU_Pro_10c": Sample.mmmu_pro_10c, "MMMU_Pro_V": Sample.mmmu_pro_v, "MMStar": lambda s: s.plain_choice(**{"l2-category": "shapes"}),
    "MMBench_DEV_EN_V11": Sample.mmbench, "HallusionBench": Sample.hallusion, "MathVista_MINI": Sample.mathvista, "MathVision": Sample.mathvision,
    "WeMath": Sample.wemath, "VisuLogic": lambda s: [{k: v for k, v in row.items() if k not in "ABCD"} for row in s.plain_choice()],
    "LogicVista": Sample.logicvista, "EMMA": Sample.emma, "MMK12": Sample.mmk12, "MME-Reasoning": Sample.mme_reasoning, "PHYX": Sample.phyx,
    "PhyX_mini_MC": Sample.phyx_in_text, "AI2D_TEST": Sample.plain_choice, "ChartQA_TEST": Sample.chartqa, "OCRBench": Sample.ocrbench,
    "RealWorldQA": Sample.plain_choice, "MathVerse_MINI_Vision_Only": Sample.mathverse, "SeePhys": Sample.seephys, "own_choices": Sample.generic,
}


def write(path, rows, quoting):
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", quoting=quoting, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column) if row.get(column) is not None else "" for column in columns] for row in rows)
    path.write_text(text.getvalue(), newline="")


def main():
    arguments = sys.argv[1:]
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-") or not all(count.isdigit() for count in arguments[1:]):
        sys.exit(__doc__)
    directory = pathlib.Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    sample = Sample(int(arguments[1]) if len(arguments) == 2 else 4)
    for number, (name, layout) in enumerate(LAYOUTS.items()):
        write(directory / f"{name}.tsv", layout(sample), csv.QUOTE_MINIMAL if number % 2 else csv.QUOTE_ALL)


if __name__ == "__main__":
    main()
