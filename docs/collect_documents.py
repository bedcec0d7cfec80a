"""Texts of reports, scripts and Markdown files, and what a text to translate is."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from components.translation.catalogue import escaped, has_words
from components.translation.markdown import pieces
from components.translation.scripts import SCRIPT_TEXT

PARTS = ("Picture", "Control", "Try it", "Question")
"""Headings inside a tour's step, which name its parts to the program."""

HOLE, BREAK = "\ufffc", "\ufffd"


class Text(NamedTuple):
    """A text to translate, whether it has placeholders, and where it stands: (file, line)."""

    text: str
    template: bool
    place: tuple[str, int]


def formatted(literal: str) -> list:
    """A literal; one that is made for `format` as a template."""
    parts = re.split(r"(?<!%)\{([a-z_]+)(?::[^{}]*)?\}", literal)
    return [(part,) if i % 2 else part for i, part in enumerate(parts)]


def joined(parts: Iterable) -> tuple[str, bool]:
    """A template, or a plain text where there are no places, stripped of spaces at its ends."""
    parts = list(parts)
    if all(isinstance(part, str) for part in parts):
        return "".join(parts).strip(), False
    text, given, place = "", {}, False
    for part in (part for part in parts if part):
        before, place = place, not isinstance(part, str)
        if isinstance(part, str):
            text += escaped(part)
        elif not before:  # two side by side are one
            given[part[0]] = number = given.get(part[0], 0) + 1
            text += f"{{{part[0]}{number if number > 1 else ''}}}"
    return text.strip(), True


_JINJA = re.compile(r"\{#.*?#\}|(\{\{.*?\}\})|(\{%.*?%\})", re.DOTALL)
_CHOICE = re.compile(r'"([^"]*)" if .+? else "([^"]*)"')


def report_texts(source: str, file: str) -> list[Text]:
    """Texts between the tags of a template, and of its attributes that people read."""
    holes: list[str] = []

    def replaced(found: re.Match) -> str:
        if found[2]:
            return BREAK
        if not found[1]:
            return ""
        holes.append(found[1][2:-2].strip())
        return HOLE

    reader = _ReportReader()
    reader.feed(_JINJA.sub(replaced, source))
    found, number = [], 0
    for text, line in reader.found:
        for piece in text.split(BREAK):
            given = holes[number : number + piece.count(HOLE)]
            number += piece.count(HOLE)
            found += [Text(*parts, (file, line)) for parts in _report_variants(piece, given)]
    return found


class _ReportReader(HTMLParser):
    """Texts and attributes in their order, those without words too: they may hold places."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, int]] = []

    def handle_starttag(self, tag, attrs):
        for _, value in attrs:
            self.found.append((value or "", self.getpos()[0]))

    def handle_data(self, data):
        self.found.append((data, self.getpos()[0]))


def _report_variants(piece: str, holes: list[str]) -> Iterator[tuple[str, bool]]:
    literals = piece.split(HOLE)
    choices = [list(_CHOICE.fullmatch(hole).groups()) if _CHOICE.fullmatch(hole) else [hole] for hole in holes]
    for chosen in itertools.product(*choices):
        parts: list = [literals[0]]
        for hole, words, literal in zip(holes, chosen, literals[1:], strict=True):
            parts += [words if words != hole else (re.split(r"[ |]", hole)[0].split(".")[-1],), literal]
        text = "".join(part for part in parts if isinstance(part, str))
        if has_words(text) and not re.search(
            r"[{;]\s|: \d|^[\w=, -]+$" if not re.search("[A-Z ]", text) else r"\{ [\w-]+:", text
        ):
            yield joined(re.sub(r"\s+", " ", part) if isinstance(part, str) else part for part in parts)


def script_texts(source: str, file: str) -> list[Text]:
    """Texts that a script asks the table of its language for."""
    found = []
    for match in SCRIPT_TEXT.finditer(source):
        text = json.loads(match[1])
        found.append(Text(text, bool(re.search(r"\{\w+\}", text)), (file, source.count("\n", 0, match.start()) + 1)))
    return found


def markdown_texts(source: str, file: str, learn: bool = False) -> list[Text]:
    """Headings and paragraphs of a Markdown file as the pages show them; numbers, `{{name}}`, are places."""
    found, line = [], 1
    if learn and not file.endswith(("glossary.md", "overview.md")):
        source = source.replace("](#term-", "](/learn#term-")
    for piece, words in pieces(_answers(source) if learn else source):
        text = re.sub(r" \{#[\w-]+\}$", "", piece.strip())
        if words and has_words(text) and text not in PARTS:
            parts = [
                (p.replace("-", "_"),) if i % 2 else p for i, p in enumerate(re.split(r"\{\{([a-z0-9-]+)\}\}", text))
            ]
            found.append(Text(*joined(parts if learn else [text]), (file, line)))
        line += piece.count("\n")
    return found


def _answers(source: str) -> str:
    """A tour's answers, `- answer | what is said to it`, and labels, `- value: label`, each part an item of its own."""
    lines, part = [], ""
    for line in source.splitlines():
        part = line if line.startswith("#") else part
        if re.match(r"[+-] .* \| ", line):
            line = "- " + line[2:].replace(" | ", "\n- ")
        lines.append(re.sub(r"^- \w+: ", "- ", line) if part == "### Control" else line)
    return "\n".join(lines)
