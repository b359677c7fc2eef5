"""Makes mutants, gives each to every command for its kind, and collects what breaks a law."""

import random
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from directories import clear, entries
from program import run

from mutations import judging, scenes
from mutations.commands import COMMANDS, SUBJECTS
from mutations.explained import EXPLANATIONS
from mutations.facts import facts_of
from mutations.mutants import MUTATORS, Mutation
from mutations.small_model import FAMILIES


@dataclass
class Finding:
    """A law that a command broke on a mutant."""
    mutant: str
    command: str
    law: str
    detail: str
    what: str

    @property
    def group(self):
        """Findings of one group have one cause, as far as can be told."""
        mutator = re.sub(r"_of_\w+$", "", self.mutant.split("/")[0])
        return self.law, mutator, "signal" in self.law and self.detail


class Harness:
    """The undisturbed scenes and what the commands give on them."""

    def __init__(self, program, work, seed, families=tuple(FAMILIES)):
        self.program, self.work, self.seed = program, Path(work), seed
        self.scenes = {family: scenes.make(family, self.work / family, program) for family in families}
        self.undisturbed = {}
        self.known = set()  # (family, command, law) that is broken without a mutation: not said again of each mutant
        self.outcomes = Counter()

    def run_undisturbed(self, subjects=SUBJECTS):
        """Runs every command without a mutation, to know what it gives;
        returns what breaks a law even there."""
        findings = []
        for family, scene in self.scenes.items():
            copy = scene.copied(self.work / "undisturbed")
            for subject in subjects:
                findings += self.judged(copy, subject, Mutation("nothing", is_harmless=True), f"undisturbed/{family}")
            shutil.rmtree(copy.directory)
            self.known.update((family, finding.command, finding.law) for finding in findings)
        self.outcomes.clear()
        return findings

    def judged(self, scene, subject, mutation, name, keep=None):
        """Runs every command for a subject on a scene; returns the findings."""
        facts, findings, runs = facts_of(scene, subject), [], {}

        def found(command, laws):
            findings.extend(Finding(name, command, law, detail, mutation.what) for law, detail in laws
                            if (scene.family, command, law) not in self.known)

        for command in COMMANDS:
            if command.subject != subject:
                continue
            before = entries(scene.directory)
            made = run(self.program, command.arguments(scene), scene.directory, command.name, command.on_terminal)
            undisturbed = self.undisturbed_result(scene, command, made)
            found(command.name, judging.judge(command, scene, facts, mutation, made, before, undisturbed))
            runs[command.name] = made
            self.outcomes["mutants"] += len(runs) == 1
            self.outcomes["refused" if made.code else "explained" if command.name in EXPLANATIONS else "accepted"] += 1
            if keep:
                keep_run(keep / "runs" / command.name, command, scene, made)
            clear(scene.out)
        for command, law, detail in judging.across(runs):
            found(command, [(law, detail)])
        return findings

    def undisturbed_result(self, scene, command, made):
        """What a command gave in its first run, the undisturbed one; what quantization made is kept."""
        key = scene.family, command.name
        if key not in self.undisturbed:
            self.undisturbed[key] = judging.result_of(scene, made)
            if command.name.startswith("quantize-") and made.code == 0:
                shutil.copytree(scene.out, scene.expected / command.name)
        return self.undisturbed[key]

    def mutant(self, name, directory):
        """The mutant of a name, MUTATOR/NUMBER, in a new directory: its scene,
        its subject and what was done."""
        family, subject = kind_of(name)
        seeded = random.Random(f"{self.seed} {name}")
        scene = self.scenes[family].copied(directory)
        return scene, subject, MUTATORS[name.rpartition("/")[0]].function(scene, seeded)

    def try_mutant(self, name, directory, keep=None):
        """Makes a mutant, judges it and, unless it is to be kept, removes it."""
        try:
            return self.judged(*self.mutant(name, Path(directory)), name, keep)
        except Exception as error:
            raise RuntimeError(f"the harness itself fails on {name}") from error
        finally:
            if not keep:
                shutil.rmtree(directory)


def kind_of(name):
    """Family and subject of the mutant of a name."""
    mutator, _, number = name.rpartition("/")
    if mutator not in MUTATORS or not number.isdecimal():
        raise SystemExit(f"mutations: there is no mutant {name}; mutators are {', '.join(MUTATORS)}")
    families = MUTATORS[mutator].families
    return families[int(number) % len(families)], MUTATORS[mutator].subject


def keep_run(directory, command, scene, made):
    """Keeps what a run printed, and what it made."""
    directory.mkdir(parents=True)
    line = " ".join(["skyquant", *command.arguments(scene)])
    (directory / "command").write_text(f"{line}\n# exit code {made.code}\n")
    (directory / "stdout").write_bytes(made.out)
    (directory / "stderr").write_bytes(made.err)
    shutil.copytree(scene.out, directory / "out")
