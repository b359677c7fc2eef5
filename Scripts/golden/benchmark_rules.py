#!/usr/bin/env python3
"""Make Tests/BenchmarksTests/Resources/vlmevalkit.json: what VLMEvalKit's rule
functions say of made-up answers.

  git clone https://github.com/open-compass/VLMEvalKit
  pip install pandas latex2sympy2_extended        # written with pandas 3.1.1, latex2sympy2_extended 1.11.0
  python Scripts/golden/benchmark_rules.py VLMEvalKit Tests/BenchmarksTests/Resources

Each function is read from the two commits named below and run alone, without the package around it: no judge,
no data sets. Nothing of their code is kept. `prompts` is what its classes ask about the rows of
Scripts/golden/benchmark_sample.py.
"""
import ast
import copy
import importlib
import itertools
import json
import os
import pathlib
import random
import re
import string
import subprocess
import sys
import tempfile
import types
from collections import defaultdict

import numpy
import pandas

VERSIONS = {"vlmevalkit-2025-05": "095a1ef", "vlmevalkit-2026-08": "e8e78f0"}


class Silent:
    """A logger."""

    def __getattr__(self, _):
        return lambda *args, **kwargs: None


class Pandas:
    """pandas with one frame for every spreadsheet."""

    def __init__(self, load):
        self.read_excel = load

    def __getattr__(self, name):
        return getattr(pandas, name)


class Kit:
    """The functions of one commit."""

    def __init__(self, clone, commit):
        self.clone, self.commit, self.frame, self.results = clone, commit, None, {}
        latex = __import__("latex2sympy2_extended").latex2sympy
        self.space = {
            "re": re, "os": os, "osp": os.path, "string": string, "cp": copy, "np": numpy, "pd": Pandas(self.load),
            "defaultdict": defaultdict, "logger": Silent(), "get_logger": lambda *_: Silent(), "latex2sympy": latex,
            "load": self.load, "dump": self.dump, "tqdm": lambda rows: rows, "timestr": lambda: "now",
            "get_pred_file_format": lambda: "tsv", "get_intermediate_file_path": lambda *_: "none", "Optional": __import__("typing").Optional,
            "track_progress_rich": self.track, "build_option_str": lambda _: "", "cn_string": lambda _: False, "print": lambda *_: None,
            "build_prompt": lambda *_: "", "build_prompt_cn": lambda *_: "",
        }
        self.take("vlmeval/smp/misc.py", "process_punctuation", "istype")
        self.take("vlmeval/utils/matching_util.py")
        self.take("vlmeval/dataset/utils/yorn.py", "YOrN_Extraction", "Hallusion_rating")
        self.take("vlmeval/dataset/utils/visulogic.py", "Option_list", "extract_last_boxed_content", "extract_lang_content", "extract_answer")
        self.take("vlmeval/dataset/utils/vqa_eval.py", "relaxed_correctness", "process_line")
        self.take("vlmeval/dataset/utils/wemath.py")
        self.take(
            "vlmeval/dataset/utils/multiple_choice.py", "MMMU_preproc", "build_choices", "prefetch_answer", "extract_answer_from_item",
            "prefetch_circular_group", "eval_vanilla", "mcq_vanilla_eval", "mcq_circular_eval")
        self.mathvista = self.module("vlmeval/dataset/utils/mathvista.py", "list_to_dict", "post_check")
        self.mathvision = self.module("vlmeval/dataset/utils/mathv.py", "is_equal", "list_to_dict", "post_check")
        self.take("vlmeval/dataset/image_mcq.py", "cot_postproc", inside="MMMUProDataset")
        self.take("vlmeval/dataset/image_vqa.py", "evaluate", inside="OCRBench")
        self.take("vlmeval/smp/misc.py", "toliststr")
        if commit == VERSIONS["vlmevalkit-2026-08"]:
            self.take("vlmeval/dataset/utils/phyx.py", "FAIL_MSG", "PhyX_process_line_MC")

    def source(self, path):
        return subprocess.run(["git", "-C", self.clone, "show", f"{self.commit}:{path}"], check=True, capture_output=True, text=True).stdout

    def take(self, path, *names, inside=None, space=None):
        """Defines the functions and constants `names` of a file, or all of them,
        without imports and decorators."""
        tree = ast.parse(self.source(path))
        body = next(node.body for node in tree.body if getattr(node, "name", None) == inside) if inside else tree.body
        kept = []
        for node in body:
            name = node.name if isinstance(node, ast.FunctionDef) else getattr(getattr(node, "targets", [None])[0], "id", None)
            if name and name != "logger" and (not names or name in names):
                if isinstance(node, ast.FunctionDef):
                    node.decorator_list = []
                kept.append(node)
        exec(compile(ast.Module(kept, []), path, "exec"), self.space if space is None else space)

    def module(self, path, *names):
        space = dict(self.space)
        self.take(path, *names, space=space)
        return space

    # What the functions take for files and worker pools

    def load(self, path):
        return self.results if path == "results" else self.frame.copy()

    def dump(self, value, path):
        if path != "results":
            self.frame = value.copy()

    def track(self, function, arguments, keys, **_):
        outcomes = [function(**argument) for argument in arguments]
        self.results.update(zip(keys, outcomes))
        return outcomes

    # One row

    def options(self, row, prediction, name="MMStar"):
        self.results = {}
        frame = pandas.DataFrame([{"index": 1, "question": "?", **row, "prediction": prediction}])
        return bool(self.space["mcq_vanilla_eval"](None, frame, frame.copy(), 1, "results", name)["hit"].iloc[0])

    def options_in_answer_line(self, row, prediction):
        return self.options(row, self.space["cot_postproc"](None, prediction), "MMMU_Pro_10c_COT")

    def mathematics(self, space, row, prediction):
        row = {**row, "prediction": prediction}
        found = space["post_check"](row, prefetch=True)
        return bool(found) and bool(space["post_check"]({**row, "res": found}, prefetch=False))

    def first_letter(self, row, prediction):
        self.frame = pandas.DataFrame([{**row, "prediction": prediction}])
        return bool(self.space["load_and_process_data"]("frame")["joker"].iloc[0])

    def contained(self, row, prediction):
        self.frame = pandas.DataFrame([{**row, "prediction": prediction}])
        return self.space["evaluate"](None, "frame")["Final Score"] == 1

    def verdict(self, rule, row, prediction):
        match rule:
            case "options": return self.options(row, prediction)
            case "optionsOrOpen": return self.options(row, prediction, "MMMU_DEV_VAL")
            case "optionsInAnswerLine": return self.options_in_answer_line(row, prediction)
            case "yesNo": return self.space["YOrN_Extraction"](prediction) == row["answer"]
            case "boxedLetter": return self.space["extract_answer"](prediction)[0] == row["answer"]
            case "mathVista": return self.mathematics(self.mathvista, row, prediction)
            case "mathVision": return self.mathematics(self.mathvision, row, prediction)
            case "firstLetterBehindAnswer": return self.first_letter(row, prediction)
            case "contained": return self.contained(row, prediction)
            case "relaxed": return bool(max(self.space["process_line"]({**row, "prediction": prediction}, method="relaxed_accuracy")["match"]))
            case "phyX":
                check = self.space.get("PhyX_process_line_MC")
                return bool(check({**row, "index": 1, "prediction": prediction})["match"]) if check else None


# Made-up rows and answers

SHAPES = {"A": "circle", "B": "triangle", "C": "star", "D": "none of these"}
NUMBERS = {"A": "2", "B": "4", "C": "24", "D": "42", "E": "7"}
PHRASES = [
    "{l}", "{l}.", "({l})", "{l}: {t}", "{l}. {t}", "**{l}**", "*{l}*", "\\boxed{{{l}}}", "Answer: \\boxed{{{l}}}", "\\boxed{{\\text{{{l}}}}}",
    "$\\boxed{{\\mathbf{{{l}}}}}$", "The answer is {l}.", "the correct answer is **{l}**, I think", "Answer: {l}", "Answer: {l}\n", "ANSWER IS {l}",
    "The final answer is: {l}.\nBecause.", "Option {l} is correct", "The correct option is ({l}).", "{t}", "It must be the {t}.", "It is {t}, not {u}.",
    "I choose {l} because the {u} is red and nothing else in the whole picture is", "A quick look shows the {t}", "A circle is above. So {l}",
    "The triangle is left.\n</think>\n\n{l}", "<think>\nA or B?\n</think>\nAnswer: {l}", "So the answer is{l}", "answer is {l}ut",
    "Step 1. A circle.\nStep 2. B.\nAnswer: {l}", "Answer: A\nAnswer: {l}", "  Answer: ${l}  ", "Answer: the {t}", "{l} and {m}", "{l}, {m}",
    "The answer is {l} or {m}", "{l}\n{m}", "Correct: {l}**", "**{l}: {t}**", "correct answer\n\n{l}", "choose {l}:", "\u00a0{l}\u3000", "{l}\u0085end",
    "", " ", "Z", "Z.", "I cannot tell.", "Cannot determine the answer", "Sorry, I can't help with images of people yet.", "x" * 60 + " {t}",
    "Failed to obtain answer via API. {l}", "\\boxed{{}} {l}", "\\boxed{{\\frac{{1}}{{2}}}} so ({l}).", "\\boxed{{{l}}} and \\boxed{{{m}}}",
    "\\boxed{{LETTER {l}}}", "\\boxed{{ {l} }}", "\\boxed{{{l}", "{l}}}", "({l})\nsince", "({l}) {l}\nsince", "{l}\nsince", "the answer should be: {l}. Done",
    "the answer is option {l}\n", "the answer is: the {t}. {l}", "<|endoftext|>{l}<|endoftext|>", "é {l} – ü", "{l}'s the one", "{l}#{l}!",
]
YES_NO = [
    "Yes", "No", "yes.", "NO!", "**Yes**", "`No`", "Yes, there is no gap.", "No, the lines are equal.", "There is not.", "yes/no", "yes-no", "(Yes)",
    "\"No\"", "Yes;", "Answer: Yes", "\\boxed{Yes}", "\\boxed{No}", "It says 1,000, yes", "It says 1,000,yes", "It says 1,000 (yes)", "no.yes", "yes.no 3.5",
    "Yes...", "." * 40 + "yes", "yes" + "." * 40, "a. " * 33 + "no.", "unknown", "", "Yes\nNo", "Nope", "yes_", "_yes", "<answer>No</answer>", "ＹＥＳ", "Yes。",
    "yes: it is", "no@home", "no @home", "yes = 1", "[yes]", "{no}", "yes\tindeed", "no\u00a0way", "¿yes?", "the answer is no, isn't it?",
]
NUMBER_ANSWERS = [
    "3", "3.0", "3.2", " 3.2\n", "3.20", "-3", "+3", "0", "0.0", "-0", "1_000", "1__0", "_1", "1e1", "1E+1", "inf", "nan", "Infinity", "0x3", "3.", ".5", "0.5",
    "50%", "3 cm", "The answer is 3", "3,000", "3000", "", " ", "three", "12345678901234567890", "١", "1e400", "--3", "3e", "3.1.4", "[1, 2]", "[1,2]", "None",
]
VALUES = ["3", "3.0", "3.0000001", "3.1", "1/2", "0.5", "\\frac{1}{2}", "\\sqrt{4}", "2", "x", "X", " x ", "y", "2*3", "6", "-1", "(-1)", "\\pi", "3.14", "2^2", ""]
CHART = ["10", "10%", "0.1", "10.4", "10.5", "10.6", "9.5", "9.4", "0", "0%", "-10", "Blue", "blue", " blue ", "blue.", "nan", "inf", "1e1", "10 %", "%", "10%%"]
TEXTS = ["Hello World", "hello\nworld", "HELLO", "say hello world now", "x ^ 2 + 1", "x^2+1", "X^2+1", "", "a", "it's 12", "12\n", " 12 ", "1 2"]


def letters(answers, seed):
    """Rows of options with answers in many forms: every phrase for each row, letters drawn."""
    generator = random.Random(seed)
    for row, phrase in itertools.product(answers, PHRASES):
        present = [letter for letter in string.ascii_uppercase if letter in row] or list("ABCD")
        one, other = generator.sample(present, 2)
        right = row["answer"] if row["answer"] in present and generator.random() < 0.6 else one
        yield row, phrase.format(l=right, m=other, t=row.get(right, "it"), u=row.get(other, "that"))


def cases():
    gap = {"A": "a dog", "C": "a dog and a cat", "D": "None of them"}
    rows = [{**SHAPES, "answer": "B"}, {**NUMBERS, "answer": "C"}, {**gap, "answer": "D"}]
    for row, prediction in letters(rows, 1):
        yield "options", row, prediction
    opened = [{**SHAPES, "answer": "A"}, {"answer": "7"}, {"answer": "the red square"}, {"answer": "B"}]
    for row, prediction in letters(opened, 2):
        yield "optionsOrOpen", {**dict.fromkeys("AB"), **row}, prediction
    for row, prediction in letters([{**SHAPES, "answer": "A"}, {**SHAPES, "answer": "C"}], 3):
        yield "optionsInAnswerLine", row, prediction
    for row, prediction in letters([{"answer": "A"}, {"answer": "D"}], 4):
        yield "boxedLetter", row, prediction
        yield "firstLetterBehindAnswer", row, prediction
        yield "phyX", row, prediction
    for answer, prediction in itertools.product(("Yes", "No"), YES_NO):
        yield "yesNo", {"answer": answer}, prediction
    choice = {"question_type": "multi_choice", "answer_type": "text", "choices": "['2', \"4's\", '24']", "answer": "24", "answer_option": "C"}
    for phrase in PHRASES:
        yield "mathVista", choice, phrase.format(l="C", m="A", t="24", u="2")
        yield "mathVision", {"choices": "['2', '4', '24']", "answer": "C"}, phrase.format(l="C", m="A", t="24", u="2")
    for kind, answer in [("integer", "3"), ("integer", "0"), ("integer", "12345678901234567890"), ("integer", "3.0"), ("float", "3.2"), ("float", "0.5"), ("text", "three"), ("list", "[1, 2]")]:
        for prediction in NUMBER_ANSWERS:
            yield "mathVista", {"question_type": "free_form", "answer_type": kind, "choices": "[]", "answer": answer}, prediction
    for answer, prediction in itertools.product(("3", "0.5", "x", "2", "6", "4", "-1", "\\pi", "\\frac{1}{2}"), VALUES):
        yield "mathVision", {"choices": "[]", "answer": answer}, prediction
    for answer, prediction in itertools.product(("10", "10%", "0", "blue", "['10', 'Blue']"), CHART):
        yield "relaxed", {"answer": answer}, prediction
    for category, answer in [("Handwriting Recognition", "['hello world', '12']"), ("Handwritten Mathematical Expression Recognition", "['x^2 +1']")]:
        for prediction in TEXTS:
            yield "contained", {"category": category, "answer": answer}, prediction


# Scores of whole benchmarks


def hallusion(kit, generator):
    rows = []
    for kind, group, figure, question in itertools.product(("illusion", "math"), range(3), range(3), range(2)):
        index = f"VD_{kind}_1_{group}_{figure}_{question}"
        rows.append({"index": index, "category": "VD", "l2-category": kind, "score": float(generator.random() < 0.7)})
    kit.frame = pandas.DataFrame(rows)
    overall = kit.space["Hallusion_rating"]("frame").iloc[0]
    return rows, {name: overall[name] / 100 for name in ("aAcc", "fAcc", "qAcc")}


def wemath(kit, generator):
    rows = []
    for steps, number in ((2, 40), (3, 30)):
        for problem in range(number):
            for part in [*map(str, range(1, steps + 1)), "multi"]:
                rows.append({"index": len(rows), "ID": problem, "key": f"{steps}steps_{part}", "score": float(generator.random() < 0.6)})
    kit.frame = pandas.DataFrame([{**row, "hit": row["score"]} for row in rows])
    data = kit.space["load_and_process_data"]("frame")
    merged = [kit.space["evaluate_process_steps_data"](data[data["key"].str.contains(f"{steps}steps")], steps) for steps in (2, 3)]
    counts, _ = kit.space["evaluate_compute_final_scores"](kit.space["evaluate_calculate_metrics"](*merged), 70)
    # The last step of the original, for 70 problems instead of the 525 that are written into it.
    lost = 0.5 * counts["InadequateGeneralization"] + counts["InsufficientKnowledge"]
    return rows, {name: (70 - lost - counts[f"RoteMemorization_{name}"]) / 70 for name in ("strict", "loose")}


def circular(kit, generator):
    rows = []
    for question in range(25):
        for turn in range(4):
            order = [*SHAPES.values()][turn:] + [*SHAPES.values()][:turn]
            answer = "ABCD"[order.index("star")]
            letter = answer if generator.random() < 0.85 else generator.choice("ABCD")
            rows.append({"index": question + turn * 1_000_000, "question": "?", **dict(zip("ABCD", order)), "answer": answer, "prediction": f"**{letter}**"})
    frame = pandas.DataFrame(rows)
    kit.results = {}
    groups = kit.space["mcq_circular_eval"](None, frame.copy(), frame.copy(), 1, "results", "MMBench")
    return rows, {"circular accuracy": float(groups["hit"].mean())}


# What is asked

# Names of sample files, the class and file that words their prompts, and what a class adds to its parent's.
PROMPTS = {
    "MMMU_DEV_VAL": ("image_mcq", "ImageMCQDataset"), "MMMU_Pro_10c": ("image_mcq", "MMMUProDataset"), "MMMU_Pro_10c_COT": ("image_mcq", "MMMUProDataset"),
    "MMMU_Pro_V": ("image_mcq", "MMMUProDataset"), "MMMU_Pro_V_COT": ("image_mcq", "MMMUProDataset"), "MMStar": ("image_mcq", "ImageMCQDataset"),
    "MMBench_DEV_EN_V11": ("image_mcq", "ImageMCQDataset"), "AI2D_TEST": ("image_mcq", "ImageMCQDataset"), "RealWorldQA": ("image_mcq", "ImageMCQDataset"),
    "PHYX": ("image_mcq", "ImageMCQDataset"), "own_choices": ("image_mcq", "ImageMCQDataset"), "WeMath": ("image_mcq", "WeMath"), "WeMath_COT": ("image_mcq", "WeMath"),
    "VisuLogic": ("image_mcq", "VisuLogic"), "HallusionBench": ("image_base", "ImageBaseDataset"), "MathVista_MINI": ("image_base", "ImageBaseDataset"),
    "MathVision": ("image_base", "ImageBaseDataset"), "LogicVista": ("image_base", "ImageBaseDataset"), "OCRBench": ("image_base", "ImageBaseDataset"),
    "ChartQA_TEST": ("image_base", "ImageBaseDataset"), "MME-Reasoning": ("image_vqa", "MMEReasoning"), "PhyX_mini_MC": ("image_vqa", "PhyX"),
    "MathVerse_MINI_Vision_Only": ("image_vqa", "MathVerse"), "MathVerse_MINI_Vision_Only_cot": ("image_vqa", "MathVerse"), "SeePhys": ("image_vqa", "SeePhys"),
}


def prompts(kit):
    """For each benchmark the parts of each row's prompt: texts, and numbers of pictures."""
    sample = importlib.import_module("benchmark_sample")
    kit.take("vlmeval/dataset/image_mcq.py", "split_MMMU", inside="MMMUDataset")
    split = kit.space["split_MMMU"]
    with tempfile.TemporaryDirectory() as directory:
        sys.argv = ["", directory, "2"]
        sample.main()
        for name, (module, inside) in PROMPTS.items():
            space = {**kit.space, "warnings": Silent()}
            kit.take(f"vlmeval/dataset/{module}.py", "build_prompt", inside=inside, space=space)
            stem = name.removesuffix("_COT").removesuffix("_cot")
            frame = pandas.read_csv(f"{directory}/{stem}.tsv", sep="\t")
            if "image" in frame:
                frame = frame[~frame["image"].isna()]
            rows = []
            for _, line in frame.iterrows():
                if "MMMU_Pro_V" in name:
                    line["question"] = "placeholder"
                pictures = [str(number) for number in range(len(space["toliststr"](line["image"])) if "image" in line else 1)]
                dataset = types.SimpleNamespace(dataset_name=name, meta_only=False, dump_image=lambda _, names=pictures: names, split_MMMU=split)
                parts = space["build_prompt"](dataset, line)
                if name == "MMMU_DEV_VAL":
                    parts = split(parts)
                if name == "ChartQA_TEST":  # what ImageVQADataset adds
                    parts[-1]["value"] += "\nAnswer the question using a single word or phrase."
                rows.append([int(part["value"]) if part["type"] == "image" else part["value"] for part in parts])
            yield name, rows


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    kits = {name: Kit(sys.argv[1], commit) for name, commit in VERSIONS.items()}
    answers, seen = [], set()
    for rule, row, prediction in cases():
        key = json.dumps([rule, row, prediction])
        if key in seen:
            continue
        seen.add(key)
        verdicts = [kit.verdict(rule, row, prediction) for kit in kits.values()]
        answers.append({"rule": rule, "row": {k: v for k, v in row.items() if v is not None}, "prediction": prediction, "right": verdicts})
    kit = list(kits.values())[-1]
    benchmarks = {}
    for name, make in (("HallusionBench", hallusion), ("WeMath", wemath), ("MMBench", circular)):
        rows, metrics = make(kit, random.Random(16))
        rows = [{k: v if k == "score" else str(v) for k, v in row.items()} for row in rows]
        benchmarks[name] = {"rows": rows, "metrics": metrics}
    output = pathlib.Path(sys.argv[2])
    document = {"versions": list(VERSIONS), "answers": answers, "benchmarks": benchmarks, "prompts": dict(prompts(kit))}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace('},{"rule"', '},\n{"rule"').replace('},{"index"', '},\n{"index"')
    (output / "vlmevalkit.json").write_text(text + "\n")
    by_rule = defaultdict(int)
    for answer in answers:
        by_rule[answer["rule"]] += 1
    print(len(answers), "answers:", dict(by_rule))


if __name__ == "__main__":
    main()
