#!/usr/bin/env python3
"""Writes what Hugging Face's tokenizers makes of a corpus: the expectations of TokenizationTests.

Usage: Scripts/golden/tokenization.py QWEN2_DIRECTORY, the output of Scripts/make/qwen2_tokenizer.py. Run when the corpus
changes. Needs Python 3.11 with tokenizers==0.23.3 (pip install tokenizers). Everything is seeded: a second
run gives the same files, except the trained tokenizer.json files, which are kept if they are there.
"""
import json
import pathlib
import random
import sys
import unicodedata

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "Tests/TokenizationTests/Resources"
SAMPLE = ROOT / "Sources/SampleModel/Resources/tiny-r1v"
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

HAND_WRITTEN = [
    "", " ", "  ", "\n", "\r\n", "\t", "a", "Hello, world!", " leading and trailing  ", "two  spaces   three",
    "line\nline\n\nline\r\n\r\nline\r\rline", " \n \n  x", "x \n", "x\n ", "\n\n\n   ", "tabs\t\tand\u00a0nbsp\u2003em",
    "it's I'm you're they've we'll he'd don't IT'S I'M YOU'RE THEY'VE WE'LL HE'D DON'T", "'s't're've'm'll'd'x'", "''s",
    "'ſtill ſ 'ſ", "'Re 'rE 'Lx 'V", "l'l 'l", "o'clock rock'n'roll",
    "0 1 12 123 1234 12345 1234567890123456789012345678901234567890", "3.14159 1,000,000 1e-05 0x7fff ½ ² Ⅷ ٣٤٥ १२३ ㊿",
    "def f(x):\n    if x > 0:\n        return x ** 2  # square\n    raise ValueError(f'{x!r}')\n",
    "for (int i = 0; i < n; ++i) { a[i] += b[i] * c; }\r\n\treturn;", "<div class=\"a\">&nbsp;</div>\n\n\n<!-- x -->",
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。",
    "今天天气很好，我们去公园吧！２０２４年１２月３１日。", "日本語のテキスト、カタカナとひらがな。ｶﾀｶﾅ", "한국어 문장입니다. 안녕하세요",
    "\u1112\u1161\u11ab\u1100\u1173\u11af \u1100\u1161 \u1100\u1161\u11a8 \uac00\u11a8 \u1161\u11a8 \u1100\u1100",
    "مرحبا بالعالم، كيف حالك؟ السَّلَامُ عَلَيْكُمْ", "שלום עולם שָׁלוֹם", "नमस्ते दुनिया क़ ख़", "สวัสดีชาวโลก น้ำ", "Привет, мир! Ёлка й и\u0306",
    "Ελληνικά ά α\u0301 ς Σ", "e\u0301 \u00e9 E\u0301cole a\u030a \u00e5 \u212b \u2126 n\u0303o o\u0302\u0323 o\u0323\u0302 \u1ed9",
    "\u0301", "\u0301\u0301", " \u0301a", "a\u0301\u0302\u0303\u0304\u0305\u0315\u0327", "x\u0338 =\u0338 <\u0338", "\u0344 \u0958 \ufb1d \u2adc \u0f73",
    "👍 👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 ❤️ 1️⃣ 🧑🏿‍🚀🫠", "mixed 你好world123مرحبا🙂end", "zero\u200bwidth\u200djoin\ufeffbom\u00adsoft",
    "math ∑∫√≠≤≥ →⇒ ℝ 𝔸𝕏 𝐱", "“quotes” ‘single’ —dash– …", "_underscore_ __init__ snake_case CamelCase kebab-case",
    "https://example.com/a?b=c&d=%20#e user@example.org", "{\"key\": [1, 2.5, null, true], \"é\": \"\\u00e9\"}",
    "C:\\path\\file.txt /usr/bin/env $HOME ~/.config", "a/b//c///d ---- ==== ****** !!!! ???? ....... ,,,,", "   (  [  {  <  ",
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\n<img><IMG_CONTEXT><IMG_CONTEXT></img>\nDescribe the image.<|im_end|>\n<|im_start|>assistant\n<think>\n",
    "a<|endoftext|>b <|endoftext|> c", "<|im_start <|im_end|", "<|im_start|><|im_start|>", "<IMG_CONTEXT", "<img>\u0301 <img><",
    "<think>\nstep\n</think>\n\nanswer", " <think> ", "<tool_call>{}</tool_call>", "<image>\nWhat is this?", "<<img>>", "e<ref>\u0301</ref>",
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>", "<s> </s> <unk> <pad>",
    "<sp>  strip <right>  \n x  <left> y", "<both>  <both>  a<both>b", "cat cats concat cat. cat_ (cat) catcat", "\u1ed9 o\u0302\u0323 o\u0323\u0302 x\u1ed9 \u1ed9!",
    "naïve token ▁under", "\u0000null\u0001\u001f\u007f\u0080\u0085\u009f", "\u180e\u2028\u2029\u3000\u205f\u1680x", "\u0e33\u0eb3\uff9e",
    "\uffff\ufffe\U0010ffff\ue000\U000f0000", "\U0001d15e\U0001d1c0", "ﬁ ﬂ ﬅ ŉ ß ẞ İ ı K Å", "🙂" * 30, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
]  # fmt: skip
ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyzABCXYZ", "0123456789", " ", " ", "\n", "\r\n\t", "'\"", ".,;:!?-_()[]{}<>|/\\@#$%^&*+=~`",
    "éàüßñçøåæœ", "\u0300\u0301\u0302\u0308\u030a\u0323\u0327\u0345", "你好世界的一是不了人我在有他这", "가각한글\u1100\u1161\u11a8",
    "абвгдЕЁЖ", "αβγάώΣ", "مرحباسَُ", "नमस्तेक़", "🙂👍🏽👨\u200d👩❤️", "½²Ⅷ٣१", "\u00a0\u2003\u3000\u0085\u2028", "ſK",
]  # fmt: skip
CHUNKS = ["'s", "'LL", " the", "ing", "<|im_end|>", "<img>", "<think>", "</think>", "<|im_start|>", "1234", "\r\n\r\n", "   "]
LONG_RUNS = [["a", 20000], [" ", 20000], ["\n", 20000], ["=", 20000], ["ab", 10000], ["你", 5000], ["9", 5000], ["<|im_end|>", 1000], ["e\u0301", 5000], ["\u0301", 3000], ["hello world ", 1000]]  # fmt: skip


def random_text(generator):
    text = ""
    for _ in range(generator.randint(1, 14)):
        if generator.random() < 0.15:
            text += generator.choice(CHUNKS)
        else:
            alphabet = generator.choice(ALPHABETS)
            text += "".join(generator.choice(alphabet) for _ in range(generator.randint(1, 5)))
    return text


def training_text():
    lines = [text * 3 for text in HAND_WRITTEN if "<" not in text]
    lines += [(ROOT / "LICENSE").read_text()] * 2
    lines += ["The quick brown fox jumps over the lazy dog. It's 12345 o'clock; they'll be here in 1999.\n"] * 20
    return lines


def trained(name, normalizer, pre_tokenizer, added, ignore_merges=False, template=None):
    """A small tokenizer.json, trained unless it is there already."""
    path = RESOURCES / name / "tokenizer.json"
    if not path.exists():
        tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
        tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, pre_tokenizer, decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=700, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
        )
        tokenizer.train_from_iterator(training_text(), trainer)
        for token in added:
            (tokenizer.add_special_tokens if token.special else tokenizer.add_tokens)([token])
        if template:
            ids = [(template, tokenizer.token_to_id(template))]
            processor = processors.TemplateProcessing(single=f"{template} $A", special_tokens=ids)
            tokenizer.post_processor = processors.Sequence([processors.ByteLevel(), processor])
        path.parent.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(path), pretty=False)
        if ignore_merges:
            drop_merges(path)
    return Tokenizer.from_file(str(path))


def drop_merges(path):
    """Takes every fifth merge out, so that whole words exist that merging alone cannot reach:
    ignore_merges shows."""
    document = json.loads(path.read_text())
    merges = document["model"]["merges"]
    document["model"]["merges"] = [merge for index, merge in enumerate(merges) if index % 5 != 4]
    path.write_text(json.dumps(document, ensure_ascii=False))


def special(content, **flags):
    return AddedToken(content, special=True, normalized=False, **flags)


def small_tokenizers():
    split = pre_tokenizers.Split(Regex(WORDS % "{1,3}"), "isolated")
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    llama_tokens = "<|begin_of_text|> <|end_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|>".split()
    smol_tokens = "<|endoftext|> <|im_start|> <|im_end|> <repo_name>".split()
    odd = [
        special("<sp>", lstrip=True, rstrip=True), special("<right>", rstrip=True), special("<left>", lstrip=True),
        special("<both>", lstrip=True, rstrip=True), AddedToken("cat", single_word=True, normalized=True),
        AddedToken("o\u0323\u0302", normalized=True, single_word=True), AddedToken("naïve token", normalized=False),
        AddedToken("▁under", normalized=False), AddedToken("<im", normalized=False), AddedToken("<img>", normalized=False),
    ]  # fmt: skip
    yield "llama3-like", trained(
        "llama3-like", None, pre_tokenizers.Sequence([split, bytes_only]), [special(t) for t in llama_tokens],
        ignore_merges=True, template="<|begin_of_text|>")  # fmt: skip
    digits = pre_tokenizers.Digits(individual_digits=True)
    yield "smollm2-like", trained(
        "smollm2-like", None, pre_tokenizers.Sequence([digits, gpt2]), [special(t) for t in smol_tokens])  # fmt: skip
    yield "odd-added-tokens", trained("odd-added-tokens", normalizers.NFC(), gpt2, odd)


def without_special_tokens(tokenizer, text):
    tokenizer.encode_special_tokens = True
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = False
    return ids


def expectations(tokenizer, corpus):
    """For each text the ids;
    `plain` ids, where special tokens are text, and `all`/`skipped` decodings, if they differ."""
    results = []
    for text in corpus:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        plain = without_special_tokens(tokenizer, text)
        everything, skipped = (tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True))
        result = {"ids": ids}
        result |= {"plain": plain} if plain != ids else {}
        result |= {"all": everything} if everything != text else {}
        result |= {"skipped": skipped} if skipped != everything else {}
        results.append(result)
    runs = []
    for unit, count in LONG_RUNS:
        ids, encoded = tokenizer.encode(unit * count, add_special_tokens=False).ids, []
        for id in ids:
            if encoded and encoded[-1][0] == id:
                encoded[-1][1] += 1
            else:
                encoded.append([id, 1])
        runs.append(encoded if len(encoded) < 60 else {"count": len(ids), "first": ids[:20], "last": ids[-20:]})
    generator = random.Random(7)
    fragments = []
    for _ in range(60):
        ids = [generator.randrange(tokenizer.get_vocab_size()) for _ in range(generator.randint(1, 12))]
        if generator.random() < 0.5:  # tokens of single bytes make broken UTF-8
            ids = [generator.randrange(256) for _ in ids]
        fragments.append([ids, tokenizer.decode(ids, skip_special_tokens=False)])
    return {"texts": results, "runs": runs, "fragments": fragments}


def write(name, value):
    path = RESOURCES / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def scalars():
    return [chr(value) for value in range(0x110000) if not 0xD800 <= value < 0xE000]


def compositions():
    """Inputs and their form C: every scalar that changes, every decomposed scalar, and shuffled marks."""
    nfc = normalizers.NFC()
    inputs = {c for c in scalars() if nfc.normalize_str(c) != c}
    inputs |= {unicodedata.normalize("NFD", c) for c in scalars() if not 0xAC00 <= ord(c) < 0xD7A4}
    inputs = {text for text in inputs if len(text) > 1 or nfc.normalize_str(text) != text}
    marks = [c for c in scalars() if unicodedata.combining(c)]
    generator = random.Random(11)
    for _ in range(400):
        starter = generator.choice("aeoAEOuü가ाα\u1100x")
        inputs.add(starter + "".join(generator.choice(marks) for _ in range(generator.randint(1, 4))))
    return [[[ord(c) for c in text], [ord(c) for c in nfc.normalize_str(text)]] for text in sorted(inputs)]


def class_ranges(pattern):
    """First and last code points of the runs of scalars that match."""
    text = "".join(scalars())
    pieces = pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(text)
    covered = [(start, end) for _, (start, end) in pieces]
    gaps, position = [], 0
    for start, end in [*covered, (len(text), len(text))]:
        if position < start:
            gaps.append([ord(text[position]), ord(text[start - 1])])
        position = end
    return gaps


def main():
    generator = random.Random(3)
    corpus = HAND_WRITTEN + [random_text(generator) for _ in range(150)]
    write("corpus.json", {"texts": corpus, "runs": LONG_RUNS})
    named = {"tiny-r1v": Tokenizer.from_file(str(SAMPLE / "tokenizer.json"))}
    named["qwen2"] = Tokenizer.from_file(str(pathlib.Path(sys.argv[1]) / "tokenizer.json"))
    named |= dict(small_tokenizers())
    for name, tokenizer in named.items():
        write(f"expected/{name}.json", expectations(tokenizer, corpus))
    write("expected/compositions.json", compositions())
    classes = {name: class_ranges(pattern) for name, pattern in (("letter", r"\p{L}"), ("number", r"\p{N}"), ("whitespace", r"\s"))}
    write("expected/classes.json", classes)
    print(f"tokenizers {tokenizers.__version__}: {len(corpus)} texts, {len(named)} tokenizers")


if __name__ == "__main__":
    main()
