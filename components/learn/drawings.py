"""Drawings of the steps that are no spectra: layers, a cell under strain, levels, bars an atom."""

import json
from collections.abc import Sequence
from functools import lru_cache

from dash import html

from components.figures.page_map import energy_title
from components.learn.spectra import edges, hole_levels, substrate_name
from components.measured import DIRECTORY
from components.tables import decimal
from core.descriptors.table import descriptor_table
from core.structure.crystal import Crystal
from core.structure.sample import Sample
from core.structure.substrate import bulk_lattice_constant, strain_against

EXAGGERATION = 8
"""Times the strain of a drawn cell."""

LEVELS = (0.0, 2.35)
"""eV: window of the level diagram."""

DRAWN_PLANES = 20

MOST_NAMED = 12
"""Atoms whose bars have room for their symbols."""

LEVEL_SAMPLES = (("Si2", "Si"), ("Si2", "Si0.7Ge0.3"), ("Ge2", "Ge"), ("Ge2", "Si0.3Ge0.7"))

INFERRED = {
    "lattice_in_plane": ("a∥", "Å", 3),
    "ge_fraction": ("x(Ge)", "", 3),
    "interfacial_fraction": (["N", html.Sub("i"), " / N"], "", 3),
    "interface_width": ("w", "ML", 2),
}
"""What is read from an image: symbol, unit, digits."""


def reverse_figures() -> dict:
    """What the reverse model was last measured to do."""
    return json.loads((DIRECTORY / "reverse.json").read_text(encoding="utf-8"))


def readout(*parts: str | list) -> html.P:
    """Figures below a picture; said again when they change."""
    shown: list = []
    for part in parts:
        shown += [" · "] if shown else []
        shown += [part] if isinstance(part, str) else part
    return html.P(shown, className="readout", role="status")


def layers(count: float):
    """A period of SinGen in growth order, the next ones above it, planes at interfaces marked."""
    crystal = Sample(f"Si{count:g}Ge{count:g}", "Si0.5Ge0.5", 0.0).crystal()
    rows = []
    for place in reversed(range(DRAWN_PLANES)):
        i, again = place % len(crystal), place >= len(crystal)
        texts = ("", "") if again else (f"{i + 1} {crystal.species[i]}", "◆" if crystal.interfacial[i] else "")
        style = {"--ge": f"{100 * crystal.ge_fraction[i]:.0f}%"}
        rows.append(
            html.Div([html.Span(text) for text in texts], className="plane again" if again else "plane", style=style)
        )
    share = f"{int(crystal.interfacial.sum())} / {len(crystal)} = {100 * crystal.interfacial.mean():.0f} %"
    return [html.Div(rows, className="planes"), readout(f"Si{count:g}Ge{count:g}", f"◆ {share}")]


def cell(ge_percent: float):
    """Si's cell on a substrate: in-plane and growth lattice constants, strains drawn larger than they are."""
    crystal = Sample("Si2", substrate_name(ge_percent), 0.0).crystal()
    rest = bulk_lattice_constant(0.0)
    in_plane, growth = (strain_against(a, rest) for a in (crystal.lattice_in_plane, crystal.lattice_growth))
    size = {"--wide": f"{1 + EXAGGERATION * in_plane:.4f}", "--high": f"{1 + EXAGGERATION * growth:.4f}"}
    box = html.Div(
        [
            html.Div(className="cell-rest"),
            html.Div(
                [html.Span("a∥", className="cell-across"), html.Span("c̄", className="cell-along")],
                className="cell-strained",
                style=size,
            ),
        ],
        className="cell",
    )
    shown = readout(
        f"a∥ = {crystal.lattice_in_plane:.3f} Å", f"c̄ = {crystal.lattice_growth:.3f} Å",
        f"ε∥ = {decimal(100 * in_plane, 2)} %", f"ε⊥ = {decimal(100 * growth, 2)} %",
    )  # fmt: skip
    return [box, shown]


def splittings(stack: str, ge_percent: float, spin_orbit: bool, *wanted: str) -> html.P:
    """Gap and splittings of a strained bulk crystal as a readout: any of gap, valleys, holes."""
    substrate = substrate_name(ge_percent)
    found = edges(stack, substrate, spin_orbit)
    texts = {
        "gap": f"gap {found['gap']:.3f} eV ({found['cbm_valley']})",
        "valleys": f"Δ2 − Δ4 = {_milli(found['delta2_delta4_splitting'])}",
        "holes": f"HH − LH = {_milli(found['hh_lh_splitting'])}",
    }
    return readout(f"{stack.rstrip('2')} on {substrate}", *(texts[name] for name in wanted))


def levels():
    """Valleys and hole bands of Si and Ge, relaxed and strained, on one scale."""
    columns = [_column(stack, ground) for stack, ground in LEVEL_SAMPLES]
    ticks = [html.Span(f"{energy:g}", style={"bottom": _height(energy)}) for energy in (0.0, 0.5, 1.0, 1.5, 2.0)]
    return html.Div(
        [
            html.Span(energy_title("VBM", "(Si)"), className="axis-title upward"),
            html.Div(ticks, className="ticks upward"),
            html.Div(columns, className="level-columns"),
        ],
        className="levels",
    )


def _column(stack: str, substrate: str) -> html.Div:
    found = edges(stack, substrate, True)
    named = [(name, found["valleys"][name]["energy"], "electron") for name in ("Δ2", "Δ4", "L")]
    named += [(name, energy, "hole") for name, energy in hole_levels(found).items()]
    merged: list[tuple[str, float, str]] = []
    for name, energy, kind in sorted(named, key=lambda level: level[1]):
        if merged and merged[-1][2] == kind and energy - merged[-1][1] < 0.04:
            merged[-1] = (f"{merged[-1][0]}, {name}", merged[-1][1], kind)
        else:
            merged.append((name, energy, kind))
    bars = [
        html.Span(
            html.Span(f"{name} {decimal(energy, 2)}"), className=f"level {kind}", style={"bottom": _height(energy)}
        )
        for name, energy, kind in merged
        if LEVELS[0] - 0.1 <= energy <= LEVELS[1]
    ]
    title = f"{stack.rstrip('2')} on {substrate}"
    return html.Div([html.Div(bars, className="level-field"), html.Span(title, className="level-title")])


def _height(energy: float) -> str:
    low, high = LEVELS[0] - 0.15, LEVELS[1]
    return f"{100 * (energy - low) / (high - low):.2f}%"


@lru_cache(maxsize=1)
def _described():
    return descriptor_table(Sample("Si6Ge6", "Si0.5Ge0.5", 0.0).crystal())


def descriptor_bars(name: str):
    """One descriptor of every atom of Si6Ge6."""
    table = _described()
    values = [float(value) for value in table[name]]
    low = 0.0 if name.endswith("order") else min(values) - 0.4 * (max(values) - min(values))
    crystal = Sample("Si6Ge6", "Si0.5Ge0.5", 0.0).crystal()
    return [bars(name, crystal, values, low), readout("Si6Ge6 on Si0.5Ge0.5", name)]


def edge_bars(count: str):
    """Where the band edges of SinGen sit, atom by atom."""
    stack, substrate = f"Si{count}Ge{count}", "Si0.5Ge0.5"
    found, crystal = edges(stack, substrate), Sample(stack, substrate, 0.0).crystal()
    parts, shares = [], []
    for edge in ("cbm", "vbm"):
        profile = [100 * share for share in found["profile"][edge]]
        on_ge = sum(share for share, x in zip(profile, crystal.ge_fraction, strict=True) if x > 0.5)
        parts.append(bars(f"{edge.upper()}, %", crystal, profile, 0.0))
        shares.append(f"{edge.upper()}: {100 - on_ge:.0f} % Si, {on_ge:.0f} % Ge")
    return [*parts, readout(stack, *shares)]


def composition_bars(width: float):
    """The Ge fraction of every plane of Si8Ge8 at an interface width in ML."""
    crystal = Sample("Si8Ge8", "Si0.5Ge0.5", width).crystal()
    return bars("x(Ge)", crystal, [float(x) for x in crystal.ge_fraction], 0.0)


def bars(name: str, crystal: Crystal, values: Sequence[float], low: float) -> html.Div:
    """A bar an atom, coloured by its Ge fraction, with its value above and its name below; interfacial ones marked."""
    top = max(values)
    columns = [
        html.Div(
            [
                html.Span(_short(value) if value % 1 else "", className="bar-value"),
                html.Span(
                    className="bar",
                    style={"height": f"{86 * (value - low) / (top - low):.1f}%", "--ge": f"{100 * x:.0f}%"},
                ),
            ],
            className="bar-column",
        )
        for value, x in zip(values, crystal.ge_fraction, strict=True)
    ]
    kind = crystal.species if len(crystal) <= MOST_NAMED else [""] * len(crystal)
    labels = [f"{i + 1} {symbol}".strip() for i, symbol in enumerate(kind)]
    sharp = set(crystal.ge_fraction) <= {0.0, 1.0}
    marks = ["◆" if at and sharp else "" for at in crystal.interfacial]
    feet = [html.Span([label, html.Br(), mark]) for label, mark in zip(labels, marks, strict=True)]
    said = ", ".join(f"{label}: {_short(value)}" for label, value in zip(labels, values, strict=True))
    return html.Div(
        [
            html.Span(name, className="bars-name"),
            html.Div(columns, className="bar-field", role="img", **{"aria-label": f"{name}; {said}"}),
            html.Div(feet, className="bar-names", **{"aria-hidden": "true"}),
        ],
        className="bars",
    )


def inferred_errors(severity: str):
    """Mean absolute errors of the reverse model, as it was last measured, on the scale of what may be."""
    measured = reverse_figures()[severity]
    scales = {"lattice_in_plane": bulk_lattice_constant(1.0) - bulk_lattice_constant(0.0), "interface_width": 4.0}
    rows = []
    for key, (symbol, unit, digits) in INFERRED.items():
        error, inside = measured[key]["mae"], measured[key]["coverage"]
        share = min(1.0, error / scales.get(key, 1.0))
        rows += [
            html.Dt(symbol),
            html.Dd(
                [
                    html.Span(html.Span(style={"width": f"{200 * share:.1f}%"}), className="error-bar"),
                    html.Span(f"±{error:.{digits}f} {unit}".strip()),
                    html.Span(f"{100 * inside:.0f} %", className="muted"),
                ]
            ),
        ]
    return html.Dl(rows, className="errors")


def _short(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 9.995 else f"{value:.1f}"


def _milli(energy: float) -> str:
    milli = round(1000 * energy)
    return f"{milli:+d} meV".replace("-", "−") if milli else "0 meV"
