"""The laws that every run on every mutant is held to."""

import hashlib
import json
import re
from dataclasses import dataclass

from directories import changes, entries
from program import MIB

from mutations.explained import EXPLANATIONS, explain
from mutations.layouts import LAYOUTS

MEMORY = 1024 * MIB
UNSUPPORTED = 69
REFUSED = {65, 66, UNSUPPORTED}
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass
class Result:
    """What a command gave, as far as it is the same each time."""
    code: int
    printed: bytes
    outputs: dict


def result_of(scene, run):
    """The result of a run. Speeds and seconds are not the same each time."""
    printed = re.sub(rb"[\d.]+ [KMG]?i?B/s|\b[\d.]+ s\b|(?<=\"seconds\": )[\d.e-]+", b"...", without_sources(run.out))
    outputs = {str(path.relative_to(scene.out)): hashlib.sha256(content(path)).hexdigest()
               for path in sorted(scene.out.rglob("*")) if path.is_file()}
    return Result(run.code, printed, outputs)


def content(path):
    """The bytes of a file; of a skyquant.json and a model card without which bytes the calibration was read from."""
    if path.name == "README.md":
        return re.sub(rb"\b[0-9a-f]{12,64}\b", b"...", path.read_bytes())
    return without_sources(path.read_bytes()) if path.name == "skyquant.json" else path.read_bytes()


def without_sources(report):
    """A report of `quantize` without the digests of questions and pictures: other bytes may mean the same."""
    try:
        document = json.loads(report)
    except ValueError:
        return report
    calibration = document.get("calibration") if isinstance(document, dict) else None
    if not isinstance(calibration, dict) or not calibration.pop("files", None):
        return report
    return json.dumps(document).encode()


def behaviour(command, scene, run, before):
    """Laws that hold whatever a mutant is: (law, detail) for each that is broken."""
    if run.timed_out:
        yield "hangs", "killed after a minute"
        return
    if run.code < 0 or run.code > 128:
        yield "dies of a signal", f"{run.code}: {crash_site(run.err)}"
    elif run.code not in {0, command.reports, command.undisturbed_code(scene)} | REFUSED:
        yield "exit code that is not documented for this", f"{run.code}: {run.err[-200:]}"
    if run.peak > MEMORY:
        yield "takes more than 1 GiB", f"{run.peak // MIB} MiB"
    changed = changes(before, entries(scene.directory), besides=["out/"])
    if changed:
        yield "changes what it only reads", f"{changed[:3]}"
    yield from outputs(command, scene, run)
    yield from streams(command, run)


def crash_site(err):
    """Why and where Swift's backtrace says that the program ended, or the last of what it printed."""
    text = err.decode("utf-8", "replace")
    reasons = re.findall(r"\*\*\* (?!Signal)(.*?) \*\*\*|(Fatal error: .*)", text)
    places = re.findall(r"/(Sources/\S+\.swift:\d+)", text)
    return " ".join(["".join(reasons[0]), *places[:1]]) if reasons and places else text[-200:]


def outputs(command, scene, run):
    """A failure leaves nothing; success its outputs and nothing beside."""
    there = {path.name for path in scene.out.iterdir()}
    expected = set(command.output.split()) if run.code == 0 else set()
    if there != expected:
        yield "leaves files behind" if there - expected else "makes no output", f"{sorted(there ^ expected)}"


def streams(command, run):
    """Text that cannot drive a terminal; an error is one line, the last one."""
    for stream, raw in (("stdout", run.out), ("stderr", run.err)):
        if stream == "stdout" and command.prints_bytes:
            continue
        try:
            text = raw.decode("utf-8", "strict")
            # A model's answer keeps its tabs, also on a terminal.
            found = CONTROLS.search(text.replace("\t", " ") if command.name == "show" else text)
            if found:
                around = raw[max(0, found.start() - 60):][:120]
                yield "prints control characters", f"{stream}: {ascii(found[0])} in {around!r}"
        except UnicodeDecodeError:
            yield "prints what is not UTF-8", f"{stream}: {raw[:120]!r}"
    lines = run.err.decode("utf-8", "replace").split("\n")[:-1]
    errors = [line for line in lines if line.startswith("error: ")]
    is_report = run.code in (0, command.reports) and not errors
    if run.code >= 0 and not is_report and not (run.code and errors == lines[-1:]):
        yield "does not say in one line why it fails", f"{run.code}: {lines[-3:]}"
    if command.prints_json and is_report and any(not line.startswith("warning: ") for line in lines):
        yield "is not quiet", f"{lines[:3]}"
    if command.prints_json and is_report:
        try:
            json.loads(run.out)
        except ValueError as error:
            yield "prints what is not JSON", f"{error}"


def judge(command, scene, facts, mutation, run, before, undisturbed):
    """All laws that a run breaks: those of behaviour, and those of this mutant."""
    yield from behaviour(command, scene, run, before)
    reads = set(command.reads.split())
    if command.name.startswith("check-skyq"):
        yield from second_opinion(command, facts, run)
    refusal = mutation.refusal if mutation.refused_by & reads else facts and refusal_by(facts, command, scene, reads)
    if refusal:
        if run.code not in mutation.refusal_codes:
            yield "accepts what must be refused", f"{run.code}: {refusal}"
        return
    is_harmless = mutation.is_harmless_for(command.name)
    if run.code not in (0, command.reports):
        if is_harmless and not mutation.may_be_refused and run.code != undisturbed.code:
            yield "refuses what means the same", f"{run.code}: {run.err[-200:]}"
        return
    changed = is_harmless and differing(result_of(scene, run), undisturbed)
    if changed:
        yield "gives something else though nothing it needs has changed", changed
    unexplained = command.name in EXPLANATIONS and facts and explain(command, scene, facts, run)
    if unexplained:
        yield "does what does not follow from its input", unexplained


def refusal_by(facts, command, scene, reads):
    if "values-of-one" in reads:
        words = command.arguments(scene)
        return facts.refusal(reads, tensor=words[words.index("--tensor") + 1])
    return facts.refusal(reads)


def second_opinion(command, facts, run):
    """`check` of a .skyq file says what the second implementation of its reader says."""
    if isinstance(facts.file, Exception):
        if f"[{facts.file.code}]".encode() not in run.err:
            yield "refuses for another reason than the second reader", f"{facts.file}: {run.err[-200:]}"
        return
    ours = facts.problems("--full" in command.line)
    theirs = re.findall(r"\[(E\d{3})\]", run.out.decode("utf-8", "replace"))
    if ours != theirs:
        yield "finds other damage than the second reader", f"{theirs}, not {ours}"


def across(runs):
    """Laws about several commands on one mutant, from the run of each."""
    yield from promises(runs, "awq", "doctor", "import")
    for layout in LAYOUTS:
        yield from promises(runs, layout, f"doctor-{layout}", f"import-{layout}")


def promises(runs, subject, doctor, importer):
    """What is promised of a model that nothing can compute with."""
    refusing = next((name for name in (f"verify-{subject}", f"run-{subject}")
                     if name in runs and runs[name].code in REFUSED), None)
    if not refusing or doctor in runs and is_told(runs[doctor].out, runs[refusing]):
        return
    for command, promise in ((doctor, "finds no error in"), (importer, "takes")):
        if command in runs and runs[command].code == 0:
            yield command, f"{promise} what nothing can open", f"{refusing}: {runs[refusing].err[-200:]}"


def is_told(diagnosis, refused):
    """Whether `doctor` says why, and that it need not be wrong: L204, scales that are not F16, which other programs
    read; L205, groups in another order, which vLLM reads; C107, another layout or model, which they may know; C404,
    a template that --template stands in for."""
    return (any(told in diagnosis for told in (b"L204", b"L205"))
            or b"C107" in diagnosis and refused.code == UNSUPPORTED
            or b"C404" in diagnosis and b"give --template" in refused.err)


def differing(result, undisturbed):
    """In what a result is not the undisturbed one."""
    if result.code != undisturbed.code:
        return f"exit code {result.code}, not {undisturbed.code}"
    names = sorted(result.outputs.items() ^ undisturbed.outputs.items())
    if names:
        return f"other bytes in {names[0][0]}"
    return None if result.printed == undisturbed.printed else f"prints {result.printed[:200]!r}"
