"""A sample along growth: its edge profile, the offsets between its materials, the density on every plane."""

import numpy as np
from dash import html

from components.compare.controls import graph, ids
from components.compare.job import job_line
from components.compare.link import CompareLink
from core.design.sweep import Point
from core.electronic.layer_density import SIGMA
from core.electronic.local_edges import EDGES, VALENCE, EdgeProfile
from core.structure.crystal import species_label

PROFILE_NOTE = (
    "Local edges are those of bulk with the plane's own composition, strained to the sample's a∥ and relaxed along "
    "growth, with spin-orbit coupling. Si and Ge share the one energy scale of the tight-binding parameters, in which "
    "the valence band maxima of the unstrained crystals lie 0.68 eV apart (Niquet et al., 2009). Blocks of a few "
    "planes confine, which moves the edges of the stack, drawn across, away from those of its planes; blocks of one or "
    "two are hardly bulk at all. The tinted ground is germanium."
)
SPIN_NOTE = (
    "Both spins are counted. Without magnetism time reversal gives both the same density on every plane, so that a "
    "spin-resolved map would be zero."
)


def growth_panel(link: CompareLink) -> html.Section:
    """The profile, the offsets, how the calculation stands, the density."""
    return html.Section(
        [
            html.H2("Band edges along growth", id=ids("growth-title")),
            graph("profile", "compare-plot", "Band edges against the plane number; the tables below have their values"),
            html.P(PROFILE_NOTE, className="muted small"),
            html.Div(id=ids("offsets")),
            html.H2("Density of states on every plane"),
            job_line("growth", "Compute", "Exact calculation of the density of states"),
            html.P(id=ids("growth-error"), className="field-error", role="alert"),
            graph("density", "compare-plot", "Density of states against energy and plane number"),
            html.P(
                [
                    f"Each state is a Gaussian of σ = {SIGMA:g} eV, with spin-orbit coupling. Dotted: the highest ",
                    "hole and the lowest electron edge of every plane. ",
                    SPIN_NOTE,
                ],
                className="muted small",
            ),
        ],
        id=ids("growth-panel"),
        className="compare-panel",
        hidden=link.part != "growth",
        **{"aria-label": "Along growth"},
    )


def offsets_panel(profile: EdgeProfile, point: Point | None) -> list:
    """The alignment in words, edges and offsets of the two materials that differ most, and the edges of every plane."""
    low, high = (int(place(profile.ge_fraction)) for place in (np.argmin, np.argmax))
    return [html.P(alignment(profile, point)), _offsets(profile, low, high), _every_plane(profile)]


def alignment(profile: EdgeProfile, point: Point | None) -> str:
    """In which material electrons and holes are lowest, and how far the stack's own edges lie inside."""
    electron, hole = (
        species_label(profile.ge_fraction[int(place)])
        for place in (np.argmin(profile.conduction), np.argmax(profile.valence))
    )
    if np.ptp(profile.ge_fraction) == 0:
        text = f"One material, {electron}: its edges are level."
    elif electron == hole:
        text = f"Electrons and holes both find their lowest local edge in {electron}: type I."
    else:
        text = f"Electrons find their lowest local edge in {electron}, holes in {hole}: type II."
    if point:
        up, down = point.figures["cbm"] - profile.conduction.min(), point.figures["vbm"] - profile.valence.max()
        text += f" In the stack the CBM lies {_beside(up)}, the VBM {_beside(down)} these local edges."
    return text


def _beside(energy: float) -> str:
    return f"{1000 * abs(energy):.0f} meV {'above' if energy >= 0 else 'below'}"


def _offsets(profile: EdgeProfile, low: int, high: int) -> html.Div:
    names = [species_label(profile.ge_fraction[plane]) for plane in (low, high)]
    caption = f"Local edges (eV) and offsets on a∥ = {profile.lattice:.4f} Å"
    rows = [(name, *(profile.of(name)[plane] for plane in (low, high))) for name in EDGES]
    rows.append(("Mean of the three hole bands", *(mean_valence(profile)[plane] for plane in (low, high))))
    if low == high:
        head, body = ("Edge", names[0]), [(name, first) for name, first, _ in rows]
    else:
        head = ("Edge", *names, f"Offset, {names[1]} − {names[0]}")
        body = [(name, first, second, second - first) for name, first, second in rows]
    return _table(caption, head, [(name, *(_number(v) for v in values)) for name, *values in body])


def mean_valence(profile: EdgeProfile) -> np.ndarray:
    """(plane,) eV: the mean of heavy, light and split-off hole, in which offsets are often quoted."""
    return np.mean([profile.of(name) for name in VALENCE], axis=0)


def _every_plane(profile: EdgeProfile) -> html.Details:
    head = ("Plane", "Ge fraction", *(f"{name} (eV)" for name in EDGES))
    rows = [
        (str(plane + 1), f"{profile.ge_fraction[plane]:.3f}", *(_number(v) for v in profile.energy[:, plane]))
        for plane in range(len(profile.ge_fraction))
    ]
    return html.Details(
        [html.Summary("Edges of every plane"), _table("Local band edges, plane by plane", head, rows)],
        className="compare-details",
    )


def _table(caption: str, head, rows) -> html.Div:
    body = [html.Tr([html.Th(name, scope="row"), *(html.Td(text) for text in texts)]) for name, *texts in rows]
    table = html.Table(
        [html.Caption(caption), html.Thead(html.Tr([html.Th(text, scope="col") for text in head])), html.Tbody(body)],
        className="small-table",
    )
    return html.Div(table, className="compare-scroll", tabIndex=0, role="group", **{"aria-label": caption})


def _number(value: float) -> str:
    return "–" if value != value else f"{round(value, 3) + 0.0:+.3f}".replace("-", "−")
