"""What the app's callbacks may be asked: what no page sends is answered with status 400 and a sentence."""

import json

from dash import Dash
from flask import request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from components import ids
from core.errors import InputError

PATH = "/_dash-update-component"
FOREIGN = "This request did not come from the page; reload it"
_TEXT_LIMIT = 8192


def _count(value) -> bool:
    return value is None or (type(value) is int and 0 <= value < 2**53)


KINDS = {
    "n_clicks": _count,
    "n_intervals": _count,
    "checked": lambda value: value is None or isinstance(value, bool),
    "pathname": lambda value: isinstance(value, str) and value.startswith("/") and len(value) <= _TEXT_LIMIT,
    "search": lambda value: value is None or (isinstance(value, str) and len(value) <= _TEXT_LIMIT),
    f"{ids.THEME}.data": lambda value: value in (None, "light", "dark"),
}
"""What values of some properties are, wherever they stand; all others are the pages' own business."""


def guard_callbacks(app: Dash) -> None:
    """Check every request for a callback before Dash reads it: its output, inputs, states, triggers, and KINDS.

    What is refused is an `InputError`.
    """

    @app.server.before_request
    def check() -> None:
        if request.path == PATH and request.method == "POST":
            check_callback(_body(), app.callback_map)


def check_callback(body, callbacks: dict[str, dict]) -> None:
    """Whether a body asks a known callback for its own outputs, with its own inputs and states.

    Args:
        body: decoded JSON.
        callbacks: the app's `callback_map`.

    Raises:
        InputError: it does not.
    """
    output = body.get("output") if isinstance(body, dict) else None
    entry = callbacks.get(output) if isinstance(output, str) else None
    if entry is None or "callback" not in entry:
        raise InputError("No page asks for this; reload the page")
    fits = all(_same_parts(entry[kind], body.get(kind, [])) for kind in ("inputs", "state"))
    fits = fits and (entry.get("no_output") or _same_outputs(output, body.get("outputs")))
    changed = body.get("changedPropIds", [])
    if not fits or not isinstance(changed, list) or not all(_is_input(name, entry["inputs"]) for name in changed):
        raise InputError(FOREIGN)


def listed(value) -> list:
    """A list that a browser kept, empty for nothing.

    Raises:
        InputError: something else.
    """
    if value is not None and not isinstance(value, list):
        raise InputError(FOREIGN)
    return value or []


def number_in(value, low: float, high: float, default: float) -> float:
    """A number between two others, the default for anything else."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    return value if fits else default


def _body():
    try:
        return request.get_json()
    except RequestEntityTooLarge:
        raise
    except (HTTPException, RecursionError):
        raise InputError("The body of this request is no JSON that a page sends; reload the page") from None


def _same_parts(declared: list[dict], given) -> bool:
    if not isinstance(given, list) or len(given) != len(declared):
        return False
    return all(_same_part(part, found) for part, found in zip(declared, given, strict=True))


def _same_part(declared: dict, given) -> bool:
    pattern = _pattern(declared["id"])
    if pattern is not None and isinstance(given, list):  # of many alike components
        return all(_same_part(declared, one) for one in given)
    if not isinstance(given, dict) or given.get("property") != declared["property"]:
        return False
    identity, value = given.get("id"), given.get("value")
    if "value" in given and not all(KINDS[name](value) for name in _names(declared) if name in KINDS):
        return False
    return identity == declared["id"] if pattern is None else _matches(identity, pattern)


def _names(part: dict) -> tuple[str, str]:
    return part["property"], f"{part['id']}.{part['property']}"


def _same_outputs(output: str, given) -> bool:
    several = output.startswith("..")
    names = output[2:-2].split("...") if several else [output]
    pairs = [name.rpartition(".") for name in names]
    # Outputs that several callbacks share carry @ and a digest behind their property, and browsers send it along.
    declared = [{"id": identity, "property": name} for identity, _, name in pairs]
    return _same_parts(declared, given if several else [given])


def _is_input(name, inputs: list[dict]) -> bool:
    if not isinstance(name, str):
        return False
    identity, _, end = name.rpartition(".")
    declared = [part["id"] for part in inputs if part["property"] == end]
    patterns = [pattern for one in declared if (pattern := _pattern(one)) is not None]
    return identity in declared or any(_matches(_read(identity), pattern) for pattern in patterns)


def _pattern(identity: str) -> dict | None:
    """The id of many alike components as a pattern; None for a plain id."""
    return json.loads(identity) if identity.startswith("{") else None


def _read(identity: str):
    try:
        return json.loads(identity)
    except (ValueError, RecursionError):
        return None


def _matches(identity, pattern: dict) -> bool:
    """Whether an id is one of a pattern: the same keys, fixed values the same, others a number or a text."""
    if not isinstance(identity, dict) or identity.keys() != pattern.keys():
        return False
    return all(
        type(identity[key]) in (int, str) if isinstance(value, list) else identity[key] == value
        for key, value in pattern.items()
    )
