"""What is asked for on Design: targets, a drawn band, limits of growth; and the page as a link."""

from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from components.ids import Ids
from components.links import decoded_entries
from core.design.figures import FIGURES, KINDS, VALLEYS
from core.design.growth import MODELS
from core.design.targets import NAMES
from core.errors import InputError
from core.learning.samples import WIDEST_MIXING

ids = Ids("design")

DEFAULTS: dict = {
    "targets": "gap=0.75..0.85, hhlh>0.05", "curve": "", "first": "Si", "last": "Ge", "thinnest": 1, "thickest": 19,
    "longest": 20, "critical": "", "repeats": 1, "balance": None, "mixing": 0.0,
}  # fmt: skip
"""What a new visitor finds, with the entries of `core.sessions.designs.DesignRequest.document`."""

PRESETS = {
    "Gap of 0.8 eV": "gap=0.78..0.82",
    "Folded to Γ": "gap=0.7..1.0, pseudo-direct",
    "Light electrons in the plane": "me100<0.22, Δ2",
    "Both carriers in Ge": "electron>0.6, hole>0.6",
    "Wide miniband of holes": "hole-miniband>0.4, gap>0.6",
}
"""Name → targets."""

TYPED = {figure: name for name, figure in reversed(NAMES.items())}
"""Figure → what a person types for it."""

_LIMITS = {
    "thinnest": ("Thinnest block", "ML", 1, 40),
    "thickest": ("Thickest block", "ML", 1, 40),
    "longest": ("Longest period", "ML", 2, 20),
    "repeats": ("Periods grown", "", 1, 1000),
}


_REAL = {"balance": "Mean strain", "mixing": "Interface mixing"}
"""Limits that need not be whole numbers."""


def linked(query: dict) -> tuple[dict, list[str]]:
    """What a link asks for, defaults where it says nothing or what is none, and a sentence for each of these."""
    values, problems = decoded_entries(query, dict.fromkeys(DEFAULTS, str), _decoded)
    return DEFAULTS | values, problems


def link(document: dict) -> str:
    """The query string of what is asked for; defaults are left out, but for the targets."""
    kept = {name: value for name, value in document.items() if value != DEFAULTS[name] or name == "targets"}
    return "?" + urlencode({name: "" if value is None else value for name, value in kept.items()})


def design_controls(values: dict, problems: list[str]) -> html.Section:
    """The left column; its values start from a link."""
    presets = [
        html.Button(name, id=ids.item("preset", place), type="button", className="chip", title=text)
        for place, (name, text) in enumerate(PRESETS.items())
    ]
    return html.Section(
        [
            html.H2("Wanted"),
            html.Div(presets, className="chips", role="group", **{"aria-label": "Targets to begin with"}),
            dmc.Textarea(
                id=ids("targets"),
                label="Targets",
                value=values["targets"],
                autosize=True,
                minRows=2,
                maxRows=6,
                size="xs",
                spellCheck=False,
                description="gap=0.8±0.02, me100<0.2, hhlh=0.05..0.1, direct, Δ2; commas between; gap<1*3 has a weight",
            ),
            _builder(),
            html.P(id=ids("meaning"), className="muted design-meaning", role="status"),
            dmc.TextInput(
                id=ids("curve"),
                label="Drawn band",
                debounce=300,
                value=values["curve"],
                size="xs",
                placeholder="none; draw it on the picture",
                spellCheck=False,
                description="k-point:energy in eV at each corner, such as 24:-0.1, 36:-0.9",
            ),
            dcc.Upload(
                html.Button(
                    "Open a table of the band",
                    type="button",
                    className="button",
                    title="Text or CSV, in each line a k-point of the path, 0 to 95, and an energy in eV: 24,-0.1",
                ),
                id=ids("band-file"),
                className="upload",
                multiple=False,
            ),
            html.H2("What can be grown"),
            html.Div(
                [
                    dmc.TextInput(id=ids("first"), label="Substrates from", value=values["first"], size="xs"),
                    dmc.TextInput(id=ids("last"), label="to", value=values["last"], size="xs"),
                    *(_limit(name, values[name]) for name in _LIMITS),
                    dmc.Select(
                        id=ids("critical"),
                        label="Critical thickness",
                        value=values["critical"] or "none",
                        size="xs",
                        allowDeselect=False,
                        data=[{"value": "none", "label": "not asked for"}]
                        + [{"value": name, "label": label} for name, label in MODELS.items()],
                        comboboxProps={"withinPortal": False},
                    ),
                    dmc.NumberInput(
                        id=ids("balance"),
                        label="Mean strain up to, %",
                        value=_or_empty(values["balance"]),
                        min=0,
                        size="xs",
                        placeholder="any",
                        step=0.1,
                    ),
                    dmc.NumberInput(
                        id=ids("mixing"),
                        label="Interface mixing, ML",
                        value=values["mixing"],
                        min=0,
                        max=WIDEST_MIXING,
                        size="xs",
                        step=0.5,
                    ),
                ],
                className="design-limits",
            ),
            html.Div(
                [
                    html.Button("Search", id=ids("search"), type="button", className="button primary"),
                    html.Button("Cancel", id=ids("cancel"), type="button", className="button", disabled=True),
                    dcc.Store(id=ids("cancelled")),
                ],
                className="downloads",
            ),
            html.P(" ".join(problems), id=ids("problem"), className="field-error", role="alert"),
        ],
        className="design-controls",
        **{"aria-label": "What is wanted"},
    )


def typed(values: list) -> dict:
    """The document of a request from what the controls hold, in the order of DEFAULTS."""
    document = dict(zip(DEFAULTS, values, strict=True))
    document["critical"] = "" if document["critical"] in ("none", None) else document["critical"]
    document |= {name: _number(name, document[name]) for name in (*_LIMITS, *_REAL)}
    return document | {name: document[name] or "" for name in ("targets", "curve", "first", "last")}


def added(targets, figure, low, high) -> str:
    """The targets with one more: a range of a figure, a kind of gap or a valley.

    Raises:
        InputError: ends that are none.
    """
    before = str(targets or "").strip().rstrip(",;").strip()
    if figure in KINDS or figure in VALLEYS:
        new = str(figure)
    elif isinstance(figure, str) and figure in FIGURES:
        ends = [None if end in ("", None) else end for end in (low, high)]
        if not all(end is None or isinstance(end, int | float) for end in ends) or ends == [None, None]:
            raise InputError(f"{FIGURES[figure].label}: give a smallest value, a largest one, or both")
        name, (least, most) = TYPED[figure], ends
        if least is None:
            new = f"{name}<{most:g}"
        elif most is None:
            new = f"{name}>{least:g}"
        elif least > most:
            raise InputError(
                f"{FIGURES[figure].label}: {least:g} to {most:g} is no range; give the smaller value first"
            )
        else:
            new = f"{name}={least:g}..{most:g}"
    else:
        raise InputError("Choose what the new target is of")
    return f"{before}, {new}" if before else new


def _builder() -> html.Div:
    """A row that adds a target for those who do not want to type its name."""
    groups = [
        {"group": "Figures", "items": [{"value": name, "label": _labelled(name)} for name in FIGURES]},
        {"group": "Kind of gap", "items": [{"value": name, "label": name} for name in KINDS]},
        {"group": "Valley of the CBM", "items": [{"value": name, "label": name} for name in VALLEYS]},
    ]
    return html.Div(
        [
            dmc.Select(
                id=ids("figure"),
                data=groups,
                value="gap",
                size="xs",
                searchable=True,
                allowDeselect=False,
                label="Another target",
                comboboxProps={"withinPortal": False},
            ),
            dmc.NumberInput(id=ids("low"), label="From", size="xs", step=0.01),
            dmc.NumberInput(id=ids("high"), label="to", size="xs", step=0.01),
            html.Button("Add", id=ids("add"), type="button", className="button"),
        ],
        className="design-builder",
    )


def _labelled(name: str) -> str:
    figure = FIGURES[name]
    return f"{figure.label}, {figure.unit}" if figure.unit else figure.label


def _limit(name: str, value: int) -> dmc.NumberInput:
    label, unit, low, high = _LIMITS[name]
    return dmc.NumberInput(
        id=ids(name), label=f"{label}, {unit}" if unit else label, value=value, min=low, max=high, allowDecimal=False,
        size="xs",
    )  # fmt: skip


def _decoded(name: str, text: str, kind: type):
    return _number(name, text) if name in _LIMITS or name in _REAL else text


def _or_empty(value):
    return "" if value is None else value


def _number(name: str, given):
    """A limit as a number; an empty one of _REAL is its default.

    Raises:
        InputError: it is none.
    """
    label = _LIMITS[name][0] if name in _LIMITS else _REAL[name]
    if name in _REAL and given in ("", None):
        return DEFAULTS[name]
    try:
        value = float(given) if name in _REAL else int(str(given))
    except (TypeError, ValueError):
        kind = "number" if name in _REAL else "whole number"
        raise InputError(f"{label}: {str(given)[:20]!r} is no {kind}") from None
    if name == "balance" and not 0 < value <= 100:
        raise InputError(f"{label}: {value:g} % is none; give more than 0, up to 100")
    if name == "mixing" and not 0 <= value <= WIDEST_MIXING:
        raise InputError(f"{label}: {value:g} ML is none; give 0 to {WIDEST_MIXING:g}")
    return value
