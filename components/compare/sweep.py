"""The sweep of Compare: what is changed, the plot, the table, the file."""

import math
import re

import dash_mantine_components as dmc
from dash import dcc, html

from components.compare.controls import graph, ids, number, selection
from components.compare.job import job_line
from components.compare.link import CompareLink
from components.links import compose_address
from core.design.sweep import ALONG, FEWEST, MOST, QUANTITIES, Point, Sweep, labelled, unit_blocks
from core.errors import InputError
from core.structure.crystal import species_label
from core.structure.sample import Sample

KIND_NAMES = {"indirect": "indirect", "pseudo-direct": "pseudo-direct", "direct": "direct"}
NOTE = (
    "Exact engine, with spin-orbit coupling throughout. Energies of edges and valleys count from the valence band "
    "maximum of unstrained bulk Si. The mark of a point says the kind of its gap: ● indirect, ◇ pseudo-direct (a "
    "folded valley at Γ), ★ direct. A click opens the point's sample in Compose."
)


def sweep_controls(link: CompareLink) -> html.Div:
    """What is changed, from where to where, and what is drawn."""
    return html.Div(
        [
            html.H2("Sweep"),
            selection("quantity", "Draw", {name: one.label for name, one in QUANTITIES.items()}, link.quantity),
            selection(
                "along", "Against", {name: labelled(one.label, one.unit) for name, one in ALONG.items()}, link.along
            ),
            html.Div(
                dmc.Select(
                    id=ids("block"), label="Block", data=[{"value": str(link.block), "label": str(link.block)}],
                    value=str(link.block), size="xs", allowDeselect=False, checkIconPosition="right",
                ),
                id=ids("block-box"),
                hidden=link.along != "block",
            ),
            html.Div(
                [
                    number("low", "From", link.low, 0.1),
                    number("high", "To", link.high, 0.1),
                    number("points", "Points", link.points, 1, FEWEST, MOST),
                ],
                className="compare-range",
            ),
            html.P(id=ids("sweep-error"), className="field-error", role="alert"),
        ],
        id=ids("sweep-controls"),
        className="compare-group",
        hidden=link.part != "sweep",
    )  # fmt: skip


def sweep_panel(link: CompareLink) -> html.Section:
    """The plot, how its calculation stands, the table."""
    return html.Section(
        [
            html.H2("Sweep", className="visually-hidden"),
            html.P("", id=ids("sweep-title"), className="picture-title", role="status"),
            job_line("sweep", "Compute", "Exact calculation of the sweep"),
            graph("sweep-plot", "compare-plot", "Plot of the sweep; the table below has its values and links"),
            html.P(NOTE, className="muted small"),
            html.Div(
                [
                    html.Span("Download", className="muted"),
                    html.Button("CSV", id=ids("sweep-csv"), type="button", className="button",
                                title="All figures of all known points, with units"),
                ],
                className="downloads",
            ),
            html.Div(id=ids("sweep-table")),
            dcc.Store(id=ids("sweep")),
            dcc.Download(id=ids("sweep-download")),
        ],
        id=ids("sweep-panel"),
        className="compare-panel",
        hidden=link.part != "sweep",
        **{"aria-label": "Sweep"},
    )  # fmt: skip


def asked_sweep(sample: Sample, along, block, low, high, points) -> Sweep:
    """The sweep in the controls.

    Raises:
        InputError: there is none, and why.
    """
    numbers = [value if isinstance(value, int | float) else math.nan for value in (low, high, points)]
    if not isinstance(along, str):
        raise InputError(f"A sweep goes along {', '.join(ALONG)}")
    chosen = int(block) - 1 if isinstance(block, str) and re.fullmatch("[0-9]{1,3}", block, re.ASCII) else 0
    return Sweep(sample, along, *numbers, block=chosen if along == "block" else 0)


def block_choices(sample: Sample) -> list[dict[str, str]]:
    """Options of the field that says which block grows."""
    return [
        {"value": str(number), "label": f"{number}: {species_label(block.ge_fraction)}, {block.monolayers} ML"}
        for number, block in enumerate(unit_blocks(sample), 1)
    ]


def sweep_title(sweep: Sweep, quantity: str) -> str:
    """What is drawn, in words."""
    along = ALONG[sweep.along]
    what = f"{QUANTITIES[quantity].label} of {sweep.sample.stack}"
    if sweep.along == "block":
        block = sweep.blocks[sweep.block]
        changed = f"thickness of block {sweep.block + 1} ({species_label(block.ge_fraction)})"
    else:
        changed = along.label if along.label.startswith("Ge") else along.label[0].lower() + along.label[1:]
    ground = "" if sweep.along in ("substrate", "lattice") else f" on {sweep.sample.substrate}"
    mixed = f", mixed over {sweep.sample.mixing:g} ML" if sweep.sample.mixing and sweep.along != "mixing" else ""
    return f"{what}{ground}{mixed} against the {changed}"


def sweep_state(sweep: Sweep, points: list[Point | None]) -> str:
    """How many points are known, and what the others cost."""
    known, count = sum(point is not None for point in points), len(points)
    if known == count:
        return f"All {count} points are known."
    seconds = sweep.seconds * (count - known) / count
    cost = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"{known} of {count} points are known; the others take some {cost} of one core."


def sweep_table(sweep: Sweep, points: list[Point | None], quantity: str) -> html.Div:
    """The values that are drawn, a row a point, each with its way to Compose."""
    drawn, along = QUANTITIES[quantity], ALONG[sweep.along]
    caption = sweep_title(sweep, quantity)
    heads = [labelled(along.label, along.unit), *(labelled(label, drawn.unit) for label in drawn.series.values())]
    rows = [
        html.Tr(
            [
                html.Th(f"{value:.6g}", scope="row"),
                *(html.Td(_text(point, name)) for name in drawn.series),
                html.Td(KIND_NAMES[point.kind] if point else "–"),
                html.Td(point.valley if point else "–"),
                html.Td(dcc.Link(sample.stack if sweep.along == "block" else sample.substrate,
                                 href=compose_address(sample, True), className="compare-open",
                                 title=f"Open {sample.stack} on {sample.substrate} in Compose")),
            ]
        )
        for value, point, sample in zip(sweep.values, points, sweep.samples, strict=True)
    ]  # fmt: skip
    head = html.Tr([html.Th(text, scope="col") for text in (*heads, "Kind of gap", "CBM in", "Open in Compose")])
    table = html.Table([html.Caption(caption), html.Thead(head), html.Tbody(rows)], className="small-table")
    return html.Div(table, className="compare-scroll", tabIndex=0, role="group", **{"aria-label": caption})


def _text(point: Point | None, name: str) -> str:
    value = point.figures.get(name, math.nan) if point else math.nan
    if not math.isfinite(value):
        return "–"
    return (f"{value:.4f}" if abs(value) < 100 else f"{value:.0f}").replace("-", "−")
