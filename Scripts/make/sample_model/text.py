"""The sample model's prompt and its tokenizer:
a byte-level BPE as in Qwen2 with InternVL's special tokens."""

import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from sample_model import world

SYSTEM = "You are a helpful assistant that looks carefully before it answers."
STOP = "<|im_end|>"
PADDING = "<|endoftext|>"
IMAGE_TOKEN = "<IMG_CONTEXT>"
SPECIAL_TOKENS = [
    PADDING,
    "<|im_start|>",
    STOP,
    "<img>",
    "</img>",
    IMAGE_TOKEN,
    "<quad>",
    "</quad>",
    "<ref>",
    "</ref>",
    "<box>",
    "</box>",
]
ADDED_TOKENS = ["<think>", "</think>"]  # kept when special tokens are skipped
BASE_VOCABULARY = 450  # at most; the world has few words
MODEL_MAX_LENGTH = 4096

# Qwen2's pre-tokenizer: digits stand alone.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def prompt(question, image_tokens):
    """Template `internvl2_5` with one picture before the question."""
    image = f"<img>{IMAGE_TOKEN * image_tokens}</img>\n"
    return f"<|im_start|>system\n{SYSTEM}{STOP}\n<|im_start|>user\n{image}{question}{STOP}\n<|im_start|>assistant\n"


def train_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=BASE_VOCABULARY,
        min_frequency=1,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    corpus = [*world.sentences(), *[f"system {SYSTEM} user assistant"] * 4]
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in ADDED_TOKENS])
    return tokenizer


def save_tokenizer(tokenizer, folder):
    """Both forms: tokenizer.json, and vocab.json + merges.txt + added_tokens.json + tokenizer_config.json."""
    tokenizer.save(str(folder / "tokenizer.json"))
    tokenizer.model.save(str(folder))
    ids = {token: tokenizer.token_to_id(token) for token in SPECIAL_TOKENS + ADDED_TOKENS}
    (folder / "added_tokens.json").write_text(json.dumps(ids, indent=2))
    decoder = {
        str(number): {
            "content": token,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": token in SPECIAL_TOKENS,
        }
        for token, number in ids.items()
    }
    config = {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_bos_token": False,
        "add_prefix_space": False,
        "eos_token": STOP,
        "pad_token": PADDING,
        "bos_token": None,
        "unk_token": None,
        "model_max_length": MODEL_MAX_LENGTH,
        "clean_up_tokenization_spaces": False,
        "added_tokens_decoder": decoder,
        "chat_template": chat_template(),
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2))


def chat_template():
    system = r"{{ '<|im_start|>system\n" + SYSTEM + r"<|im_end|>\n' }}"
    return (
        "{% for message in messages %}"
        "{% if loop.first and messages[0]['role'] != 'system' %}" + system + "{% endif %}"
        r"{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
        r"{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
