#!/usr/bin/env python3
"""Writes what transformers makes of the chat templates of the tests: the expectations of JinjaTests.

Usage: Scripts/golden/chat_templates.py [--check]. Run when a template, Scripts/golden/chat_template_inputs or the pinned versions
change; with --check it writes nothing and fails if something would change. Needs Python 3.11
with transformers==5.24.0 and jinja2==3.1.6 (pip install transformers jinja2). Neither a
model nor a network is needed.

What is recorded for a template is its text, `raised` with the message of raise_exception, or `error`:
`syntax` if jinja2 refuses the template, else `evaluation`.
"""
import argparse
import copy
import datetime
import json
import pathlib
import sys
import warnings

import jinja2
import transformers
from transformers.utils import chat_template_utils

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "chat_template_inputs"))
import conversations as inputs  # noqa: E402
import expressions  # noqa: E402

RESOURCES = pathlib.Path(__file__).resolve().parents[2] / "Tests/JinjaTests/Resources"
NOW = datetime.datetime(2024, 7, 26, 15, 4, 9)


class Clock(datetime.datetime):
    """Today as the tests have it."""

    @classmethod
    def now(cls, tz=None):
        return NOW


chat_template_utils.datetime = Clock


def outcome(render):
    """What `render` gives, or how it fails."""
    try:
        return {"text": encodable(render())}
    except jinja2.TemplateSyntaxError:
        return {"error": "syntax"}
    except Exception as error:
        if type(error) is jinja2.TemplateError:
            return {"raised": str(error)}
        return {"error": "evaluation"}


def encodable(text):
    text.encode("utf-8")  # halves of surrogate pairs, which Python's texts may have, are no text for a model
    return text


def rendered(template, variables):
    """The text of a whole template. Variables are copied: a filter can change a list (`[] | indent`)."""
    compiled = chat_template_utils._compile_jinja_template(template)
    return outcome(lambda: compiled.render(**copy.deepcopy(variables)))


def syntax_or_rendered(template, variables):
    try:
        return rendered(template, variables)
    except jinja2.TemplateSyntaxError:
        return {"error": "syntax"}
    except Exception:
        return {"error": "evaluation"}


def chat(template, conversation, setting):
    """What apply_chat_template gives, which is a method of tokenizers but needs nothing of one here."""

    def render():
        messages = chat_template_utils._normalize_chat_messages(copy.deepcopy(inputs.CONVERSATIONS[conversation]))
        options = copy.deepcopy(inputs.SETTINGS[setting])
        variables = {**inputs.TOKENS, **options.pop("variables", {})}
        texts, _ = chat_template_utils.render_jinja_template([messages], chat_template=template, **options, **variables)
        return texts[0]

    return outcome(render)


def files():
    """Names below RESOURCES and what they hold."""
    yield "conversations.json", {
        "conversations": inputs.CONVERSATIONS, "settings": inputs.SETTINGS, "tokens": inputs.TOKENS,
        "cases": [list(case) for case in inputs.cases()],
    }  # fmt: skip
    variables = expressions.VARIABLES
    sections = {
        "expressions": ["{{ %s }}" % expression for expression in expressions.expressions()],
        "faults": expressions.FAULTS,
        "snippets": expressions.SNIPPETS,
    }
    yield "expressions.json", {
        "variables": variables,
        **{name: [[t, syntax_or_rendered(t, variables)] for t in templates] for name, templates in sections.items()},
    }
    for path in sorted((RESOURCES / "templates").glob("*.jinja")):
        template = path.read_text(encoding="utf-8")
        yield f"expected/{path.stem}.json", [chat(template, *case) for case in inputs.cases()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    warnings.simplefilter("ignore", SyntaxWarning)  # of Python, about `'x'()` in generated code
    names, changed = set(), []
    for name, content in files():
        names.add(name)
        path = RESOURCES / name
        # One case a line, so that a change is read as a change.
        lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in content) if isinstance(content, list) else None
        text = f"[\n{lines}\n]\n" if lines else json.dumps(content, ensure_ascii=False, indent=0) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            changed.append(name)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    stale = [path for path in RESOURCES.glob("expected/*.json") if f"expected/{path.name}" not in names]
    print(f"jinja2 {jinja2.__version__}, transformers {transformers.__version__}: {len(names)} files, changed: {changed}")
    if stale or (check and changed):
        sys.exit(f"stale: {[path.name for path in stale]}")


if __name__ == "__main__":
    main()
