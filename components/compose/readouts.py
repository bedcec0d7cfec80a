"""The figures beside the picture: gap, edges, splittings, masses, and which atoms carry the band edges."""

from dash import html

from components.compose.hints import term
from components.measured import dft_forward_words
from core.structure.crystal import Crystal
from core.structure.substrate import bulk_lattice_constant, strain_against

KINDS = {"direct": "direct", "pseudo-direct": "pseudo-direct (folded valley)", "indirect": "indirect"}
NO_COUPLING = (
    "Spin-orbit coupling is off. It raises the valence edge by a third of the split-off energy, so that measured gaps "
    "are smaller: by some 0.015 eV in Si and 0.1 eV in Ge. The switch under Sample brings it in."
)
"""A third of 0.044 and 0.296 eV (Madelung, Semiconductors: Data Handbook, 2004)."""

CLOSING_NOTE = (
    "The functional leaves no gap here, or next to none, so that filled and empty states may have changed places: this "
    "gap is uncertain, and no more is read from the bands."
)


def structure_readouts(crystal: Crystal) -> html.Dl:
    """Atoms, lattice constants, strain against named references, bond lengths."""
    a = crystal.lattice_in_plane
    cell = "primitive cell of the stack" if len(crystal) == crystal.plane_count else "cell"
    present = sorted({0.0 if x < 0.5 else 1.0 for x in crystal.ge_fraction})
    rows = [
        ("Atoms", f"{len(crystal) - len(crystal.empty_sites)}", f"in the {cell}"),
        ("Lattice in plane a∥", f"{a:.4f} Å", ""),
        ("Growth c̄", f"{crystal.lattice_growth:.4f} Å", "four mean plane spacings"),
    ]
    for x in present:
        name = "Ge" if x else "Si"
        rows.append(
            (f"Strain against bulk {name}", f"{100 * strain_against(a, bulk_lattice_constant(x)):+.2f} %", "in plane")
        )
    rows.append(("Bond lengths", f"{crystal.bond_length.min():.3f} … {crystal.bond_length.max():.3f} Å", ""))
    return _definition_list(rows)


def band_readouts(document: dict) -> list:
    """Gap, edges and splittings, the masses, and a bar an atom for the edge states; by DFT what of it is known."""
    by_dft = "scissor" in document
    note = html.P(_dft_note(document) if by_dft else NO_COUPLING, className="muted coupling-note")
    if document.get("closing"):
        rows = [(name.upper(), f"{document[name]:+.3f} eV", "along the path") for name in ("vbm", "cbm")]
        gap = ("Gap", f"{document['gap']:.3f} eV", "along the path, without spin-orbit")
        return [_definition_list([gap, *rows]), html.P(CLOSING_NOTE, className="muted coupling-note"), note]
    electron = document["cbm_valley"]
    if len(document["cbm_degenerate_valleys"]) > 1:
        electron = " = ".join(document["cbm_degenerate_valleys"])
    coupled = document["spin_orbit"]
    rows = [
        ("Gap", f"{document['gap']:.3f} eV", KINDS[document["gap_kind"]] + ("" if coupled else ", without spin-orbit")),
        ("Direct gap at Γ", f"{document['direct_gap']:.3f} eV", ""),
        ("VBM", f"{document['vbm']:+.3f} eV", "at Γ"),
        ("CBM", f"{document['cbm']:+.3f} eV", f"valley {electron}"),
        (
            "HH − LH",
            _milli(document["hh_lh_splitting"]),
            "at Γ" if coupled else "at Γ, as p(x, y) − p(z)",
        ),
        ("Δ2 − Δ4", _milli(document["delta2_delta4_splitting"]), "negative: Δ2 lowest"),
    ]
    if document["split_off"] is not None:
        rows.append(("Split-off below VBM", _milli(document["split_off"]), ""))
    notes = [] if coupled else [note]
    masses = [] if by_dft else [_masses(document["masses"])]
    return [_definition_list(rows), *notes, *masses, _profiles(document["profile"])]


def _dft_note(document: dict) -> str:
    return (
        f"By the forward model of {document['functional']}, whose empty bands are raised by {document['scissor']:.2f} "
        f"eV. {dft_forward_words()}Spin-orbit coupling is left out, without which gaps come out larger: by some 0.015 "
        "eV in Si and 0.1 eV in Ge. Masses were not compared with those of DFT and are not given."
    )


def _milli(energy: float | None) -> str:
    return "none found" if energy is None or energy != energy else f"{1000 * energy:+.0f} meV"


def _definition_list(rows: list[tuple[str, str, str]]) -> html.Dl:
    parts = []
    for name, value, note in rows:
        parts += [html.Dt([term(name), html.Span(note, className="muted")] if note else term(name)), html.Dd(value)]
    return html.Dl(parts, className="readouts")


def _masses(masses: dict) -> html.Table:
    """Effective masses by edge and direction."""
    directions = list(masses["cbm"])
    names = {"cbm": "electron", "vbm": "holes"}
    return html.Table(
        [
            html.Caption("Effective masses at the band edges (m₀)"),
            html.Thead(html.Tr([html.Th("", scope="col"), *(html.Th(d, scope="col") for d in directions)])),
            html.Tbody(
                [
                    html.Tr(
                        [html.Th(names[edge], scope="row"), *(html.Td(_mass_text(masses[edge][d])) for d in directions)]
                    )
                    for edge in ("cbm", "vbm")
                ]
            ),
        ],
        className="small-table",
    )


def _mass_text(values: list[float]) -> str:
    distinct: list[str] = []
    for value in values:
        text = f"{value:.2f}" if abs(value) < 20 else "> 20"
        if text not in distinct:
            distinct.append(text)
    return ", ".join(distinct[:3])


def _profiles(profile: dict) -> html.Figure:
    """Share of the edge states on every atom, as bars in growth order."""
    edges = (("vbm", "Valence edge"), ("cbm", "Conduction edge"))
    return html.Figure(
        [
            html.Figcaption("Where the edge states sit, atom by atom in growth order"),
            *(_profile_bars(name, profile[edge]) for edge, name in edges),
        ],
        className="profiles",
    )


def _profile_bars(name: str, weight: list[float]) -> html.Div:
    top = max(weight)
    strongest = weight.index(top) + 1
    return html.Div(
        [
            html.Span(name, className="profile-name"),
            html.Div(
                [html.Span(style={"height": f"{100 * value / top:.1f}%"}) for value in weight],
                className="profile-bars",
                role="img",
                **{"aria-label": f"{name}: strongest on atom {strongest} with {100 * top:.0f} %"},
            ),
        ],
        className="profile",
    )
