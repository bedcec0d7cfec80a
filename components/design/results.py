"""Answers of a search on Design: the table, the front, what is known of the chosen one, files."""

import csv
import io

import plotly.graph_objects as go
from dash import html

from components.design.controls import ids
from components.links import compose_address
from components.stack_strip import profile_strip
from components.tables import data_table, decimal
from components.theme import COLOURS, template_name
from core.design.figures import FIGURES
from core.design.targets import Wanted
from core.errors import InputError
from core.loop.moves import named
from core.storage import content_key
from core.structure.sample import Sample

DIGITS = {"eV": 3, "m₀": 3, "": 2}
"""Decimals by unit."""

EMPTY = "Answers appear here while the search goes on, the best first."
BANDS = "drawn band"


def _label(sample: dict) -> str:
    return f"{named(sample['stack'], sample['mixing'])} on {sample['substrate']}"


def mark_of(sample: dict) -> str:
    """A short name of an answer that stays the same whatever comes before it."""
    return content_key("design answer", Sample.from_document(sample).key)[:12]


def columns(wanted: Wanted) -> list[tuple[str, str]]:
    """Key and heading of the table's columns."""
    asked = list(dict.fromkeys(target.figure for target in wanted.targets))
    figures = [*asked, *(["gap"] if "gap" not in asked else [])]
    heads = [(name, f"{FIGURES[name].label}{f' ({unit})' if (unit := FIGURES[name].unit) else ''}") for name in figures]
    band = [("curve", "Band there"), ("off", "Off by (eV)")] if wanted.curve else []
    return [
        ("stack", "Stack"), ("lattice", "a∥ (Å)"), *band, *heads, ("kind", "Gap is"), ("valley", "CBM in"),
        ("strain", "Mean strain (%)"), ("cost", "Misses"), ("bears", "Bears"),
    ]  # fmt: skip


def value_of(design: dict, key: str):
    """What a design has in a column: a number, a text, or None."""
    if key == "stack":
        return design["sample"]["stack"]
    if key == "lattice":
        return Sample.from_document(design["sample"]).lattice
    if key == "strain":
        return 100 * design["strain"]
    if key == "bears":
        held = design["sensitivity"]
        return sum(one["met"] for one in held) / len(held) if held else None
    return design["figures"][key] if key in FIGURES else design[key]


def shown(design: dict, key: str) -> str:
    """The same as text."""
    value = value_of(design, key)
    if key == "bears":
        held = design["sensitivity"]
        return f"{sum(one['met'] for one in held)} of {len(held)}" if held else ""
    if key == "cost" and value is not None:
        return "none" if design["met"] else f"{value:.2f}"
    if value is None or isinstance(value, str):
        return value or "–"
    digits = {"lattice": 4, "strain": 2, "curve": 2, "off": 3}.get(key)
    return decimal(value, digits if digits is not None else DIGITS[FIGURES[key].unit]) or "–"


def in_order(designs: list[dict], key: str, falling: bool) -> list[dict]:
    """Sorted by a column; those without a value come last."""
    known = [one for one in designs if value_of(one, key) is not None]
    rest = [one for one in designs if value_of(one, key) is None]
    return sorted(known, key=lambda one: value_of(one, key), reverse=falling) + rest


def answer_table(wanted: Wanted, designs: list[dict], sort: tuple[str, bool], chosen: str) -> html.Div | html.P:
    """The table, with a heading that sorts and a button that shows in each row."""
    if not designs:
        return html.P(EMPTY, className="muted")
    heads = []
    for key, label in columns(wanted):
        direction = ("descending" if sort[1] else "ascending") if key == sort[0] else "none"
        button = html.Button(label, id=ids.item("sort", key), type="button", className="sort")
        heads.append(html.Th(button, scope="col", **{"aria-sort": direction}))
    body = [_row(wanted, one, chosen) for one in in_order(designs, *sort)]
    return html.Div(
        html.Table([html.Thead(html.Tr([*heads, html.Th("")])), html.Tbody(body)], className="design-table"),
        className="table-scroll", tabIndex=0, role="group", **{"aria-label": "Answers"},
    )  # fmt: skip


def _row(wanted: Wanted, design: dict, chosen: str) -> html.Tr:
    sample, mark = Sample.from_document(design["sample"]), mark_of(design["sample"])
    here = mark == chosen
    show = html.Button(
        [
            profile_strip(sample.crystal().plane_ge_fraction, len(sample.layers)),
            html.Span(named(sample.stack, sample.mixing)),
        ],
        id=ids.item("show", mark), type="button", className="show", title="Show its picture and what it bears",
        **{"aria-pressed": str(here).lower()},
    )  # fmt: skip
    cells = [html.Td(show)]
    cells += [html.Td(shown(design, key), className="number") for key, _ in columns(wanted)[1:]]
    opened = html.A(
        "Compose", target="_blank",
        href=compose_address(sample),
        title=f"Open {sample.stack} on {sample.substrate} in Compose, in a new tab",
    )  # fmt: skip
    return html.Tr([*cells, html.Td(opened)], className="chosen" if here else "")


def front_figure(wanted: Wanted, designs: list[dict], chosen: str, scheme: str | None) -> go.Figure:
    """What the answers reach, two figures against each other; the ranges that are asked for are shaded."""
    colour = COLOURS["dark" if scheme == "dark" else "light"]
    across, up = front_axes(wanted)
    figure = go.Figure(layout={"template": template_name(scheme), "showlegend": True})
    for front, name in ((False, "another is as good in all and better in one"), (True, "on the front")):
        rows = [one for one in designs if one["front"] == front]
        marks = [mark_of(one["sample"]) for one in rows]
        figure.add_scatter(
            x=[value_of(one, across) for one in rows],
            y=[value_of(one, up) for one in rows],
            mode="markers", name=name, customdata=marks,
            text=[_label(one["sample"]) for one in rows],
            hovertemplate="%{text}<br>%{x:.4g}, %{y:.4g}<extra></extra>",
            marker={
                "color": colour["accent"] if front else colour["page"], "opacity": 1,
                "size": [14 if mark == chosen else 9 for mark in marks],
                "line": {"width": [3 if mark == chosen else 1.5 for mark in marks], "color": colour["accent"]},
            },
        )  # fmt: skip
    for axis, key in (("x", across), ("y", up)):
        for target in wanted.targets:
            if target.figure == key:
                _shade(figure, axis, target, [value_of(one, key) for one in designs], colour)
    figure.update_xaxes(title_text=_axis_title(wanted, across))
    figure.update_yaxes(title_text=_axis_title(wanted, up))
    return figure


def front_axes(wanted: Wanted) -> tuple[str, str]:
    """Columns of the front: the first two figures that are asked for, else what goes with one."""
    asked = list(dict.fromkeys(target.figure for target in wanted.targets))
    asked += ["curve"] * bool(wanted.curve)
    asked += [name for name in ("gap", "strain") if name not in asked]
    return asked[0], asked[1]


def _axis_title(wanted: Wanted, key: str) -> str:
    return dict(columns(wanted)).get(key) or _figure_title(key)


def _figure_title(key: str) -> str:
    unit = FIGURES[key].unit
    return f"{FIGURES[key].label} ({unit})" if unit else FIGURES[key].label


def _shade(figure: go.Figure, axis: str, target, values: list, colour: dict) -> None:
    known = [value for value in values if value is not None] or [0.0]
    low = target.low if target.low > -1e9 else min(*known, target.high) - 1
    high = target.high if target.high < 1e9 else max(*known, target.low) + 1
    figure.add_shape(
        type="rect", layer="below", fillcolor=colour["accent-soft"], opacity=0.55, line_width=0,  # both: darker
        **({"xref": "x", "yref": "paper", "x0": low, "x1": high, "y0": 0, "y1": 1} if axis == "x"
           else {"xref": "paper", "yref": "y", "y0": low, "y1": high, "x0": 0, "x1": 1}),
    )  # fmt: skip
    ends = [value for value in (*known, target.low, target.high) if abs(value) < 1e9]
    pad = 0.08 * (max(ends) - min(ends) or 0.1)
    span = [min(ends) - pad, max(ends) + pad]
    if axis == "x":
        figure.update_xaxes(range=span)
    else:
        figure.update_yaxes(range=span)


def details(wanted: Wanted, design: dict | None) -> list:
    """What a chosen answer was expected to be, is, and bears of a grower's mistakes."""
    if design is None:
        return []
    rows = []
    for target in wanted.targets:
        figure, digits = FIGURES[target.figure], DIGITS[FIGURES[target.figure].unit]
        predicted = (design["predicted"] or {}).get(target.figure)
        rows.append(
            [
                target.text(),
                decimal(design["figures"][target.figure], digits),
                decimal(predicted, digits),
                figure.unit or "–",
            ]
        )
    parts = [
        data_table("Asked for, and verified by the exact engine with spin-orbit coupling",
                   ["Target", "Verified", "Before", "Unit"], rows)
    ] if rows else []  # fmt: skip
    held = design["sensitivity"]
    if held:
        caption = "What a grower may get wrong"
        lines = [[one["change"], _then(one)] for one in held]
        parts.append(data_table(caption, ["Change", "Then"], lines))
    else:
        parts.append(html.P("What a grower may get wrong is worked out for the best six.", className="muted small"))
    return parts


def _then(mistake: dict) -> str:
    if mistake["cost"] is None:
        return "has no such figure"
    return "all met" if mistake["met"] else f"misses {mistake['cost']:.2g}"


def answers_csv(wanted: Wanted, designs: list[dict]) -> str:
    """All answers with all figures, one a row."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    heads = [f"{name} ({FIGURES[name].unit or '1'})" for name in FIGURES]
    writer.writerow(
        ["stack", "substrate", "interface mixing (ML)", "lattice (A)", *heads, "kind", "valley", "mean strain",
         "drawn band", "drawn band off by (eV)", "misses", "met", "on the front"]
    )  # fmt: skip
    for one in designs:
        sample = Sample.from_document(one["sample"])
        figures = ["" if (value := one["figures"][name]) is None else value for name in FIGURES]
        writer.writerow(
            [sample.stack, sample.substrate, sample.mixing, sample.lattice, *figures, one["kind"], one["valley"],
             one["strain"], *([one["curve"], one["off"]] if wanted.curve else ["", ""]), one["cost"], one["met"],
             one["front"]]
        )  # fmt: skip
    return stream.getvalue()


def chosen_design(designs: list[dict], chosen) -> dict | None:
    """The answer of a mark, the best one where there is none such."""
    return next((one for one in designs if mark_of(one["sample"]) == chosen), designs[0] if designs else None)


def checked_sort(sort) -> tuple[str, bool]:
    """A column and a direction that a browser kept.

    Raises:
        InputError: values that no page sends.
    """
    if sort is None:
        return "cost", False
    fits = isinstance(sort, list) and len(sort) == 2 and isinstance(sort[0], str) and isinstance(sort[1], bool)
    if not fits:
        raise InputError("This request did not come from the page; reload it")
    return sort[0], sort[1]
