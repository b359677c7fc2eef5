"""What the commands are run on: a directory that holds one family's model, what
was made of it, and questions.

    model/      the original         awq/        its linears in int4, plain rounding
    questions/  with pictures        model.skyq  the latter, packed
    ct/, gptq/  the same linears as compressed-tensors and GPTQ store them
    ct8/, gptq8/  the original's in eight bits, by the forms of forms.py
                                 model8.skyq, the former, packed
    out/        for outputs, empty between commands

Beside an undisturbed scene, FAMILY-expected/COMMAND is what quantization makes of it.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from program import run

from mutations import forms, small_model

GROUP = 32


@dataclass
class Scene:
    """A directory as above. Commands run in it, so that all names in their output are relative."""
    family: str
    directory: Path
    origin: "Scene | None" = None  # the undisturbed scene that it was copied from

    model = property(lambda scene: scene.directory / "model")
    awq = property(lambda scene: scene.directory / "awq")
    ct = property(lambda scene: scene.directory / "ct")
    gptq = property(lambda scene: scene.directory / "gptq")
    ct8 = property(lambda scene: scene.directory / "ct8")
    gptq8 = property(lambda scene: scene.directory / "gptq8")
    skyq = property(lambda scene: scene.directory / "model.skyq")
    skyq8 = property(lambda scene: scene.directory / "model8.skyq")
    questions = property(lambda scene: scene.directory / "questions")
    out = property(lambda scene: scene.directory / "out")
    expected = property(lambda scene: scene.origin.directory.with_name(f"{scene.family}-expected"))
    sees = property(lambda scene: small_model.sees(scene.family))

    def copied(self, directory):
        """The same scene in a new directory."""
        shutil.copytree(self.directory, directory, symlinks=True)
        return Scene(self.family, directory, self.origin or self)


def make(family, directory, program):
    """Makes the undisturbed scene of a family."""
    directory.mkdir()
    scene = Scene(family, directory)
    small_model.make(family, scene.model)
    small_model.make_questions(family, scene.questions)
    scene.out.mkdir()
    quantize = f"quantize model --method rtn --group-size {GROUP}"
    prepare(program, directory, f"{quantize} --out awq", "pack awq model.skyq")
    for name, of_families in forms.FORMS.items():
        if family in of_families:
            shutil.copytree(scene.awq, directory / name)
            forms.rewrite_as(of_families[family], directory / name, scene.model)
        else:
            prepare(program, directory, f"{quantize} {forms.MIXED} --out {name}")
    prepare(program, directory, "pack ct8 model8.skyq")
    return scene


def prepare(program, directory, *commands):
    """Runs commands that must succeed."""
    for command in commands:
        made = run(program, [*command.split(), "--quiet"], directory)
        if made.code:
            raise SystemExit(f"skyquant {command}: exit code {made.code}, {made.err.decode()}")
