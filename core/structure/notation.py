"""Reading and writing the text of a stack; nothing is expanded before its length is known to be acceptable."""

import re
from typing import NoReturn

import numpy as np

from core.errors import InputError

MAX_MONOLAYERS = 4096
MAX_NESTING = 8
MAX_TEXT = 32768
FRACTION_TOLERANCE = 1e-6
EXAMPLES = "e.g. Si4Ge4, (Si0.7Ge0.3)6 or [Si2Ge2]3"

SEPARATORS = "/|"
"""May stand between two blocks: Si4/Ge4."""

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_WORD = re.compile(r"[^\W\d_][a-z]?")

ParsedBlocks = list[tuple[float, int]]


def plain_digits(text: str) -> str:
    """The text with subscript digits as plain ones; every character keeps its place."""
    return text.translate(_SUBSCRIPTS)


def block_text(ge_fraction: float, monolayers: int) -> str:
    """Si4, Ge2 or (Si0.7Ge0.3)6."""
    if ge_fraction in (0.0, 1.0):
        return f"{'Ge' if ge_fraction else 'Si'}{monolayers}"
    return f"({alloy_text(ge_fraction)}){monolayers}"


def alloy_text(ge_fraction: float) -> str:
    """Si0.7Ge0.3, with as many digits as the Ge fraction needs to be read back unchanged."""
    silicon = np.format_float_positional(round(1.0 - ge_fraction, 10), trim="-")
    return f"Si{silicon}Ge{np.format_float_positional(ge_fraction, trim='-')}"


def parse_blocks(text: str) -> ParsedBlocks:
    """(ge_fraction, monolayers) of every block in growth order; InputError with a position for anything else."""
    if not isinstance(text, str):
        raise InputError(f"A stack is written as text, {EXAMPLES}; given was {type(text).__name__}")
    if len(text) > MAX_TEXT:
        raise InputError(f"The stack text has {len(text)} characters; at most {MAX_TEXT} are accepted", MAX_TEXT)
    if not text.strip():
        raise InputError(f"The stack is empty; write its blocks in growth order, {EXAMPLES}", 0)
    reader = _Reader(text)
    blocks = reader.sequence(depth=0)
    if not reader.at_end():
        reader.fail(f"Unexpected {reader.symbol()}", reader.place, f"write {EXAMPLES}")
    return blocks


class _Reader:
    """A cursor over the stack text."""

    def __init__(self, text: str):
        self.original = text
        self.text = plain_digits(text)
        self.place = 0
        self._skip_spaces()

    def sequence(self, depth: int) -> ParsedBlocks:
        """Blocks and groups up to a closing bracket or the end."""
        blocks: ParsedBlocks = []
        start, total = self.place, 0
        while not self.at_end() and self.text[self.place] not in "])":
            if blocks and self.text[self.place] in SEPARATORS:
                self._advance(1)
            item_start = self.place
            item = self._item(depth)
            total += sum(count for _, count in item)
            if total > MAX_MONOLAYERS:
                self._too_long(item_start)
            blocks.extend(item)
        if not blocks:
            at = start if self.at_end() else self.place
            self.fail("A block is missing", at, f"write {EXAMPLES}")
        return blocks

    def at_end(self) -> bool:
        return self.place >= len(self.text)

    def symbol(self) -> str:
        return "end" if self.at_end() else repr(self.original[self.place])

    def fail(self, what: str, place: int, remedy: str) -> NoReturn:
        where = "at the end" if place >= len(self.original) else f"at character {place + 1}"
        raise InputError(f"{what} {where} of {self._quoted(place)}: {remedy}", place)

    def _quoted(self, place: int) -> str:
        text, low, high = self.original, max(0, place - 24), place + 24
        shown = text if len(text) <= 60 else "…" * (low > 0) + text[low:high] + "…" * (high < len(text))
        return f"'{''.join(c if c.isprintable() else '?' for c in shown)}'"

    def _skip_spaces(self):
        while not self.at_end() and self.text[self.place].isspace():
            self.place += 1

    def _advance(self, count: int):
        self.place += count
        self._skip_spaces()

    def _item(self, depth: int) -> ParsedBlocks:
        symbol = "" if self.at_end() else self.text[self.place]
        if symbol == "[" or (symbol == "(" and self._holds_blocks()):
            return self._group(depth)
        if symbol == "(":
            fraction = self._alloy()
            return [(fraction, self._count())]
        if symbol.isdigit():
            self.fail(f"Unexpected number {symbol!r}", self.place, f"a count follows its block, {EXAMPLES}")
        return [(float(self._element()), self._count())]

    def _holds_blocks(self) -> bool:
        """Whether the parenthesis here is meant as a bracket: (Si4Ge4)2 for [Si4Ge4]2, and not an alloy."""
        within = self.text[self.place + 1 :].partition(")")[0]
        if "[" in within or "(" in within:
            return True
        counts = [number.group() for number in _NUMBER.finditer(within)]
        return all(count.isdigit() for count in counts) and any(int(count[:9]) > 1 for count in counts)

    def _group(self, depth: int) -> ParsedBlocks:
        opening = self.place
        closing = "]" if self.text[opening] == "[" else ")"
        if depth >= MAX_NESTING:
            self.fail("Brackets too deep", opening, f"at most {MAX_NESTING} may stand inside one another")
        self._advance(1)
        blocks = self.sequence(depth + 1)
        if self.at_end() or self.text[self.place] != closing:
            self.fail(f"Bracket {self.text[opening]!r} without its {closing!r}", opening, "close it, e.g. [Si2Ge2]3")
        self._advance(1)
        count_start = self.place
        repeats = self._count()
        if repeats * sum(count for _, count in blocks) > MAX_MONOLAYERS:
            self._too_long(count_start)
        return blocks * repeats

    def _element(self) -> bool:
        """True for Ge, False for Si."""
        name = self.text[self.place : self.place + 2].lower()
        if name in ("si", "ge"):
            self._advance(2)
            return name == "ge"
        word = _WORD.match(self.text, self.place)
        if word:
            if word.group().lower() == "on":
                self.fail("Unexpected 'on'", self.place, "the substrate is given apart from the stack")
            self.fail(f"Unknown element {word.group()!r}", self.place, "only Si and Ge can be stacked, e.g. Si4Ge4")
        return self.fail(f"Unexpected {self.symbol()}", self.place, f"write {EXAMPLES}")

    def _count(self) -> int:
        """The whole number here, 1 where there is none."""
        number = _NUMBER.match(self.text, self.place)
        if not number:
            return 1
        digits = number.group()
        if "." in digits:
            self.fail(
                f"Count {digits[:12]} is not whole",
                self.place + digits.index("."),
                "an alloy stands in parentheses, e.g. (Si0.7Ge0.3)6",
            )
        digits = digits.lstrip("0")
        if not digits:
            self.fail("Count 0", self.place, "every block has at least 1 monolayer; leave the block out instead")
        if len(digits) > len(str(MAX_MONOLAYERS)) or int(digits) > MAX_MONOLAYERS:
            self._too_long(self.place)
        self._advance(len(number.group()))
        return int(digits)

    def _too_long(self, place: int) -> NoReturn:
        self.fail("Too many monolayers", place, f"a stack may have at most {MAX_MONOLAYERS} in all")

    def _alloy(self) -> float:
        """The Ge fraction of (Si0.7Ge0.3)."""
        opening = self.place
        self._advance(1)
        parts: dict[bool, float] = {}
        while len(parts) < 2:
            start = self.place
            germanium = False if self.at_end() else self._element()
            if self.at_end() or germanium in parts:
                self.fail("Incomplete alloy", start, "give both elements with their fractions, e.g. (Si0.7Ge0.3)6")
            number = _NUMBER.match(self.text, self.place)
            if not number:
                self.fail("Fraction missing", self.place, "an alloy reads (Si0.7Ge0.3)6, a repeat [Si2Ge2]3")
            parts[germanium] = float(number.group())
            self._advance(len(number.group()))
        if self.at_end() or self.text[self.place] != ")":
            self.fail("Parenthesis '(' without its ')'", self.place, "an alloy reads (Si0.7Ge0.3)6")
        total = parts[False] + parts[True]
        if abs(total - 1.0) > FRACTION_TOLERANCE:
            self.fail(f"Fractions add up to {total:.6g}", opening, "they must add up to 1, e.g. (Si0.7Ge0.3)6")
        self._advance(1)
        return min(parts[True], 1.0)
