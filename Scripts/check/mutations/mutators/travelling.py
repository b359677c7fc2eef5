"""Files that travel with the quantized weights and mean something else than the original's: whoever is to
judge the quantized model as it would be used must notice."""

import json

from mutations.mutants import SEEING, Mutation, mutator, wrong


def judged(what):
    """The quantized model is another one in use."""
    return wrong(what, "judged", {1, 65, 66, 69})


def rewritten(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


@mutator("awq")
def vocabulary(scene, seeded):
    """Two tokens have each other's ids, or all ids are reversed."""
    def change(document):
        words = document["model"]["vocab"]
        if seeded.random() < 0.5:
            document["model"]["vocab"] = {word: len(words) - 1 - identity for word, identity in words.items()}
        else:
            one, other = seeded.sample(list(words), 2)
            words[one], words[other] = words[other], words[one]
    rewritten(scene.awq / "tokenizer.json", change)
    return judged("another vocabulary beside the quantized weights")


@mutator("awq", SEEING)
def settings(scene, seeded):
    """A setting of config.json that shapes prompts or pictures."""
    key, value = seeded.choice([("max_dynamic_patch", 2), ("system_message", "Lie."), ("template", "internlm2-chat"),
                                ("use_thumbnail", False), ("dynamic_image_size", False), ("ps_version", "v1")])
    before = json.loads((scene.awq / "config.json").read_text())
    if before.get(key, value) == value:
        key, value = "max_dynamic_patch", 2
    rewritten(scene.awq / "config.json", lambda document: document.update({key: value}))
    return judged(f"{key} = {value} beside the quantized weights")


@mutator("awq")
def forward_pass(scene, seeded):
    """A number that the forward pass uses."""
    key, value = seeded.choice([("rms_norm_eps", 1e-2), ("rope_theta", 500.0)])

    def change(document):
        document.get("llm_config", document.get("text_config", document))[key] = value
    rewritten(scene.awq / "config.json", change)
    return judged(f"{key} = {value} beside the quantized weights")


@mutator("awq")
def generation(scene, seeded):
    """Where generation ends."""
    end = [seeded.randrange(400)]
    rewritten(scene.awq / "generation_config.json", lambda document: document.update(eos_token_id=end))
    return judged("another eos_token_id beside the quantized weights")


@mutator("awq", SEEING)
def pictures(scene, seeded):
    key = seeded.choice(["image_mean", "image_std"])
    rewritten(scene.awq / "preprocessor_config.json", lambda document: document.update({key: [0.5, 0.5, 0.5]}))
    return judged(f"another {key} beside the quantized weights")


@mutator("awq")
def another_file(scene, seeded):
    """A file that means nothing to the model comes along."""
    (scene.awq / seeded.choice(["README.md", "notes.txt", "x.py"])).write_bytes(seeded.randbytes(100))
    return Mutation("a file of no meaning")
