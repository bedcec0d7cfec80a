"""Words of the tours and of the glossary, from docs/learn/LANGUAGE; numbers are put in here."""

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from components.learn.quantities import filled
from components.texts import Section, sections

LANGUAGE = "en"
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "learn"

_UNIT = re.compile(r"(?<=\d) (?=(?:%|eV|meV|Å|1/Å|ML|m<sub>)(?![a-z]))")
"""The space before a unit, where no line must break."""

_PART = re.compile(r"^### (Picture|Control|Try it|Question)$", re.MULTILINE)


class Answer(NamedTuple):
    """One of several answers, whether it is right, and what is said to whoever chooses it."""

    text: str
    right: bool
    reply: str


class StepText(NamedTuple):
    """The words of a step; Markdown but for answers and labels.

    control: label of what sets the picture. labels: of its values, where they are names.
    """

    title: str
    body: str
    picture: str
    control: str
    labels: dict[str, str]
    task: str
    question: str
    answers: tuple[Answer, ...]


@cache
def words() -> dict[str, str]:
    """Words of buttons and headings, by what they are for."""
    return json.loads((FOLDER / LANGUAGE / "words.json").read_text(encoding="utf-8"))


@cache
def text_sections(name: str) -> dict[str, Section]:
    """The sections of a file of the language by their anchors, numbers filled in."""
    text = filled((FOLDER / LANGUAGE / f"{name}.md").read_text(encoding="utf-8"))
    found = sections(_UNIT.sub("\u00a0", text).replace("1/Å", "1/\u2060Å"))
    return {section.anchor: section for section in found}


@cache
def step_text(tour: str, anchor: str) -> StepText:
    """The words of a step of a tour."""
    title, _, text = text_sections(tour)[anchor]
    text = text.replace("](#term-", "](/learn#term-")
    body, *rest = _PART.split(text)
    parts = {name: part.strip() for name, part in zip(rest[::2], rest[1::2], strict=True)}
    control, *labels = parts.get("Control", "").splitlines() or [""]
    question, *answers = re.split(r"^([+-]) ", parts["Question"], flags=re.MULTILINE)
    return StepText(
        title,
        body.strip(),
        parts["Picture"],
        control,
        dict(label.removeprefix("- ").split(": ", 1) for label in labels),
        parts["Try it"],
        question.strip(),
        tuple(_answer(sign, text) for sign, text in zip(answers[::2], answers[1::2], strict=True)),
    )


def _answer(sign: str, text: str) -> Answer:
    answer, reply = text.strip().split(" | ")
    return Answer(answer, sign == "+", reply)
