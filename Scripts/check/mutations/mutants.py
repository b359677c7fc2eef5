"""What a mutator is: one small function that changes a scene and says what that means.

    @mutator("awq")
    def scales_of_nan(scene, seeded):
        ...                                   # change files of scene.awq, with random choices by `seeded` only
        return Mutation("scales of … are NaN")

The laws of facts.py and judging.py apply to every mutant; a mutation adds what they cannot see.
"""

from dataclasses import dataclass

from mutations.layouts import LAYOUTS
from mutations.small_model import FAMILIES

REFUSALS = frozenset({65, 66, 69})
MUTATORS = {}


@dataclass
class Mutation:
    """What was done, and what follows from it."""
    what: str
    refused_by: frozenset = frozenset()  # commands that read one of these must refuse it …
    refusal: str = ""  # … because of this …
    refusal_codes: frozenset = REFUSALS  # … with one of these exit codes
    is_harmless: bool = False  # commands that do not refuse it give what they gave before
    only_for: frozenset = frozenset()  # … but only these commands, if there are any
    may_be_refused: bool = False  # whether a harmless one may be refused all the same

    def is_harmless_for(self, command):
        return self.is_harmless and (not self.only_for or command in self.only_for)


def wrong(what, read_by, codes=REFUSALS):
    """A mutation that whoever reads such things must refuse."""
    return Mutation(what, frozenset(read_by.split()), what, frozenset(codes))


def same(what, only_for=""):
    """Another spelling of the same, to the commands named; by default to all."""
    return Mutation(what, is_harmless=True, only_for=frozenset(only_for.split()))


# Commands that compute with a model and print nothing about how it is stored.
COMPUTING = "verify-model run-model verify-awq gate-awq run-awq " + " ".join(
    f"{command}-{layout}" for layout in LAYOUTS for command in ("verify", "run"))


def damage(what):
    """Bytes that are no longer what was written: refused by all who read them, without effect on others."""
    return Mutation(what, is_harmless=True, may_be_refused=True)


@dataclass
class Mutator:
    """A registered mutator."""
    name: str
    subject: str
    families: tuple
    function: object


def mutator(subject, families=FAMILIES, name=None):
    """Registers a function of a scene and a seeded `random.Random`, which returns a `Mutation`.

    `subject` is what it changes, one of commands.SUBJECTS; it decides which commands are run.
    """
    def register(function, module=None):
        full = f"{(module or function.__module__).rsplit('.', 1)[-1]}.{name or function.__name__}"
        assert full not in MUTATORS, full
        MUTATORS[full] = Mutator(full, subject, tuple(families), function)
        return function
    return register


SEEING = tuple(family for family in FAMILIES if family in ("chat", "native"))
READING = tuple(family for family in FAMILIES if family not in SEEING)


def of_model_and_awq(function):
    """Registers a function of a checkpoint directory and a `random.Random` for
    the original and the quantized model."""
    for subject in ("model", "awq"):
        mutator(subject, name=f"{function.__name__}_of_{subject}")(
            lambda scene, seeded, subject=subject: function(getattr(scene, subject), seeded), function.__module__)
    return function


def of_skyqs(function):
    """Registers a function of the path of a .skyq file and a `random.Random` for the one of four bits and the one with
    eight."""
    for subject, name in (("skyq", function.__name__), ("skyq8", f"{function.__name__}_of_skyq8")):
        mutator(subject, name=name)(
            lambda scene, seeded, subject=subject: function(getattr(scene, subject), seeded), function.__module__)
    return function
