"""The Compare page as a link: every view has a query string, and every query string is checked."""

import math
from dataclasses import dataclass, fields

from components.links import decoded_entries, one_of
from core.design.sweep import ALONG, FEWEST, MOST, QUANTITIES
from core.errors import InputError

PARTS = {"sweep": "Sweep", "pair": "Two samples", "growth": "Along growth"}
ENGINES = {"forward": "Predicted", "exact": "Exact"}
VIEWS = {"beside": "Side by side", "difference": "Difference"}
MIXING_RANGE = ALONG["mixing"].low, ALONG["mixing"].high
"""ML, as on Compose."""

_TEXT_LIMIT = 400
_NAMED = {"part": PARTS, "quantity": QUANTITIES, "along": ALONG, "engine": ENGINES, "view": VIEWS}
_RANGES = {"mixing": MIXING_RANGE, "mixing2": MIXING_RANGE, "block": (1, 99), "points": (FEWEST, MOST)}
_START = ALONG["substrate"].proposed


@dataclass(frozen=True)
class CompareLink:
    """The state of the page in plain values; the defaults are left out of links.

    stack, substrate, mixing: the first sample. stack2 and so on: the second one. so: spin-orbit coupling of the pair.
    low, high, points: of the sweep, in the unit of what it changes. block: from 1.
    """

    part: str = "sweep"
    stack: str = "Si4Ge4"
    substrate: str = "Si"
    mixing: float = 0.0
    quantity: str = "gap"
    along: str = "substrate"
    block: int = 1
    low: float = _START[0]
    high: float = _START[1]
    points: int = _START[2]
    stack2: str = "Si4Ge4"
    substrate2: str = "Ge"
    mixing2: float = 0.0
    engine: str = "forward"
    view: str = "beside"
    so: bool = False


def decode_link(query: dict) -> tuple[CompareLink, list[str]]:
    """The state in a query string; whatever cannot be used keeps its default and is reported.

    Args:
        query: names and texts.

    Returns:
        The state, and one sentence for each entry that was not usable.
    """
    known = {field.name: type(field.default) for field in fields(CompareLink)}
    values, problems = decoded_entries(query, known, _decoded)
    if values.get("along", CompareLink.along) != CompareLink.along:  # numbers that are not named are those proposed
        proposed = dict(zip(("low", "high", "points"), ALONG[values["along"]].proposed, strict=True))
        values = proposed | values
    return CompareLink(**values), problems


def link_defaults() -> dict:
    """The defaults as plain JSON, for the browser that writes links."""
    return {field.name: field.default for field in fields(CompareLink)}


def _decoded(name: str, text: str, kind: type):
    if len(text) > _TEXT_LIMIT:
        raise InputError(f"The link's {name} has {len(text)} characters; at most {_TEXT_LIMIT} are read")
    if kind is bool:
        return one_of(name, text, ("0", "1")) == "1"
    if kind in (int, float):
        return _number(name, text, kind)
    return one_of(name, text, tuple(_NAMED[name])) if name in _NAMED else text


def _number(name: str, text: str, kind: type) -> float:
    try:
        value = kind(text)
    except (ValueError, OverflowError):
        raise InputError(f"The link's {name} is {text[:40]!r}, which is no number; the default is used") from None
    low, high = _RANGES.get(name, (-1e6, 1e6))
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"The link's {name} is {text[:40]}; {low:g} to {high:g} is allowed, the default is used")
    return value
