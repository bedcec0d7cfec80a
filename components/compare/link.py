"""The Compare page as a link: every view has a query string, and every query string is checked."""

import math
from dataclasses import dataclass, fields
from urllib.parse import urlencode

from core.design.sweep import ALONG, FEWEST, MOST, QUANTITIES
from core.errors import InputError
from core.structure.sample import Sample

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
    values, problems = {}, []
    known = {field.name: field for field in fields(CompareLink)}
    for name, text in query.items():
        if name not in known:
            problems.append(f"The link's entry {str(name)[:30]!r} is not known and was left out")
            continue
        try:
            last = text[-1] if isinstance(text, list) and text else text  # an entry given twice arrives as a list
            values[name] = _decoded(name, str(last), type(known[name].default))
        except InputError as error:
            problems.append(str(error))
    if values.get("along", CompareLink.along) != CompareLink.along:  # numbers that are not named are those proposed
        proposed = dict(zip(("low", "high", "points"), ALONG[values["along"]].proposed, strict=True))
        values = proposed | values
    return CompareLink(**values), problems


def link_defaults() -> dict:
    """The defaults as plain JSON, for the browser that writes links."""
    return {field.name: field.default for field in fields(CompareLink)}


def compose_address(sample: Sample, spin_orbit: bool = False) -> str:
    """The address of a sample on Compose."""
    entries = {"stack": sample.stack, "substrate": sample.substrate}
    entries |= {"mixing": f"{sample.mixing:g}"} if sample.mixing else {}
    return "/compose?" + urlencode(entries | ({"so": "1"} if spin_orbit else {}))


def _decoded(name: str, text: str, kind: type):
    if len(text) > _TEXT_LIMIT:
        raise InputError(f"The link's {name} has {len(text)} characters; at most {_TEXT_LIMIT} are read")
    if kind is bool:
        return _one_of(name, text, ("0", "1")) == "1"
    if kind in (int, float):
        return _number(name, text, kind)
    return _one_of(name, text, tuple(_NAMED[name])) if name in _NAMED else text


def _number(name: str, text: str, kind: type) -> float:
    try:
        value = kind(text)
    except (ValueError, OverflowError):
        raise InputError(f"The link's {name} is {text[:40]!r}, which is no number; the default is used") from None
    low, high = _RANGES.get(name, (-1e6, 1e6))
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"The link's {name} is {text[:40]}; {low:g} to {high:g} is allowed, the default is used")
    return value


def _one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise InputError(f"The link's {name} is {text[:40]!r}; allowed are {', '.join(allowed)}, the default is used")
    return text
