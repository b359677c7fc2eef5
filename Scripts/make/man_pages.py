#!/usr/bin/env python3
"""Writes the manual pages of a built skyquant, DIR/skyquant.1 and DIR/skyquant-COMMAND.1, from its own help.

Usage: Scripts/make/man_pages.py PROGRAM DIR
They say what PROGRAM prints with --experimental-dump-help, so that they cannot tell anything else than --help.
"""
import itertools
import json
import pathlib
import re
import subprocess
import sys
import textwrap


def escaped(text):
    """Text as roff takes it: signs that stay what they are, so that commands can be copied, and no line a request."""
    for sign, escape in (("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga"), ("~", "\\(ti"), ("^", "\\(ha")):
        text = text.replace(sign, escape)
    return re.sub(r"(?m)^\.", r"\\&.", text)


def paragraphs(text):
    """Requests for paragraphs; lines that are indented stay as they stand."""
    for paragraph in re.split(r"\n\n+", text.strip("\n")):
        yield ".PP"
        for indented, lines in itertools.groupby(paragraph.split("\n"), lambda line: line.startswith(" ")):
            block = escaped(textwrap.dedent("\n".join(lines)))
            yield from [".RS 4", ".nf", block, ".fi", ".RE"] if indented else [block]


def split_examples(discussion):
    """The discussion without its examples, and the examples."""
    head, _, examples = re.sub(r"(?m)^Example:$", "Examples:", discussion).partition("Examples:\n")
    return head.strip("\n"), examples.strip("\n")


def spelled(names):
    dashes = {"short": "\\-", "long": "\\-\\-", "longWithSingleDash": "\\-"}
    return ", ".join(f"\\fB{dashes[name['kind']]}{escaped(name['name'])}\\fR" for name in names)


def placeholder(argument):
    return f"\\fI{escaped(argument['valueName'])}\\fR"


def synopsis(command, title):
    """The command with what it must be given."""
    words = [f"\\fB{escaped(title)}\\fR", "[\\fIoptions\\fR]"]
    if command.get("subcommands"):
        return " ".join([words[0], "\\fIsubcommand\\fR"])
    for argument in command["arguments"]:
        if argument["kind"] == "positional":
            words.append(f"[{placeholder(argument)}]" if argument["isOptional"] else placeholder(argument))
        elif argument["kind"] == "option" and not argument["isOptional"]:
            words.append(f"{spelled([argument['preferredName']])} {placeholder(argument)}")
    return " ".join(words)


def described(argument):
    """What the help says of an argument: its line, its values and default, and what else there is to say."""
    text = argument.get("abstract", "")
    facts = []
    if argument.get("allValues"):
        facts.append("values: " + ", ".join(argument["allValues"]))
    if argument.get("defaultValue") is not None:
        facts.append("default: " + argument["defaultValue"])
    yield escaped(text + (f" ({'; '.join(facts)})" if facts else ""))
    for line in argument.get("discussion", "").split("\n"):
        if line:
            yield from [".br", escaped(line)]


def arguments(command, kinds):
    """A tagged paragraph each; flags that say the same, as --think and --no-think, share one."""
    shown = [argument for argument in command["arguments"] if argument["kind"] in kinds and argument["shouldDisplay"]]
    for description, alike in itertools.groupby(shown, lambda argument: list(described(argument))):
        alike = list(alike)
        tags = [placeholder(a) if a["kind"] == "positional" else spelled(a["names"]) for a in alike]
        value = f" {placeholder(alike[0])}" if alike[0]["kind"] == "option" else ""
        yield from [".TP", ", ".join(tags) + value, *description]


def page(command, title, version, others):
    """The lines of one page."""
    file_name = title.replace(" ", "-")
    text, examples = split_examples(command.get("discussion", ""))
    yield f'.TH {file_name.upper()} 1 "" "skyquant {version}" "User Commands"'
    yield from [".nh", ".ad l"]
    yield from [".SH NAME", f"{escaped(file_name)} \\- {escaped(command['abstract'].rstrip('.'))}"]
    yield from [".SH SYNOPSIS", synopsis(command, title)]
    yield from [".SH DESCRIPTION", *paragraphs(text)] if text else []
    for heading, kinds in (("ARGUMENTS", ["positional"]), ("OPTIONS", ["option", "flag"])):
        lines = list(arguments(command, kinds))
        yield from [f".SH {heading}", *lines] if lines else []
    if command.get("subcommands"):
        yield ".SH SUBCOMMANDS"
        for subcommand in command["subcommands"]:
            yield from [".TP", f"\\fB{file_name}\\-{subcommand['commandName']}\\fR(1)", escaped(subcommand["abstract"])]
    yield from [".SH EXAMPLES", *paragraphs(examples)] if examples else []
    if others:
        yield from [".SH SEE ALSO", ", ".join(f"\\fB{escaped(other)}\\fR(1)" for other in others)]


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)

    def told(option):
        return subprocess.run([program, option], capture_output=True, check=True, text=True).stdout

    version, root = told("--version").strip(), json.loads(told("--experimental-dump-help"))["command"]
    subcommands = [c for c in root["subcommands"] if c["shouldDisplay"] and c["commandName"] != "help"]
    pages = [(root | {"subcommands": subcommands}, "skyquant", [])]
    pages += [(command, f"skyquant {command['commandName']}", ["skyquant"]) for command in subcommands]
    for command, title, others in pages:
        lines = "\n".join(page(command, title, version, others)) + "\n"
        (directory / (title.replace(" ", "-") + ".1")).write_text(lines)


if __name__ == "__main__":
    main()
