"""Two samples side by side: their spectra, where these come from, and their figures with differences."""

import dash_mantine_components as dmc
from dash import dcc, html

from components.compare.controls import choice, graph, ids, sample_fields
from components.compare.job import job_line
from components.compare.link import ENGINES as ENGINE_NAMES
from components.compare.link import VIEWS, CompareLink
from components.measured import edge_errors
from core.engines import ENGINES, AtomicSpectra
from core.engines.exact import ExactSpectra
from core.forward.edges import GAMMA, read_edges
from core.forward.model import domain_score
from core.sessions.requests import Request, is_known, is_quick, is_solvable, read_out, solve
from core.structure.crystal import Crystal
from core.structure.substrate import bulk_lattice_constant, strain_against

NO_COUPLING = "Without spin-orbit coupling, as the forward model has it; the switch at the left brings it in, exactly."


def pair_controls(link: CompareLink) -> html.Div:
    """The second sample, who computes, what is drawn."""
    return html.Div(
        [
            html.Button(
                "Swap the samples", id=ids("swap"), type="button", className="button",
                title="The first sample becomes the second one",
            ),
            sample_fields("Other sample", link.stack2, link.substrate2, link.mixing2, "2"),
            choice("engine", ENGINE_NAMES, link.engine, "Engine"),
            choice("view", VIEWS, link.view, "Spectra"),
            dmc.Switch(id=ids("so"), label="Spin-orbit coupling", checked=link.so, size="sm"),
        ],
        id=ids("pair-controls"),
        className="compare-group",
        hidden=link.part != "pair",
    )  # fmt: skip


def pair_panel(link: CompareLink) -> html.Section:
    """Both spectra, how the exact calculation stands, the table."""
    return html.Section(
        [
            html.H2("Two samples", className="visually-hidden"),
            job_line("pair", "Compute", "Exact calculation of both samples"),
            html.P(id=ids("pair-error"), className="field-error", role="alert"),
            html.Div([_map("first"), _map("second")], className="compare-maps", id=ids("maps")),
            html.P(
                "Both maps have one energy axis and one colour scale; high-symmetry points of both zones are aligned. "
                "Zoom one, and the other follows; a double click shows everything again.",
                className="muted small",
            ),
            html.Div(id=ids("pair-table")),
            dcc.Store(id=ids("pair")),
        ],
        id=ids("pair-panel"),
        className="compare-panel",
        hidden=link.part != "pair",
        **{"aria-label": "Two samples"},
    )


def _map(name: str) -> html.Div:
    return html.Div(
        [
            html.P("", id=ids(f"{name}-title"), className="picture-title", role="status"),
            html.P("", id=ids(f"{name}-badge"), className="badge"),
            graph(f"{name}-map", "compare-map", f"Spectral function of the {name} sample"),
        ],
        id=ids(f"{name}-box"),
        className="compare-box",
    )


def pair_source(request: Request, engine: str) -> AtomicSpectra | None:
    """Spectra of a sample: by the exact engine where it is asked for and they are at hand, else predicted.

    None where it cannot be predicted, and is not known yet.
    """
    if engine == "exact" and is_solvable(request) and (is_quick(request) or is_known(request)):
        return ExactSpectra(solve(request))
    if ENGINES["forward"].obstacle(request.crystal(), request.spin_orbit):
        return None
    return ENGINES["forward"].solve(request.crystal())


def pair_badge(request: Request, source: AtomicSpectra | None, engine: str) -> tuple[str, str]:
    """Where a map comes from and how far it holds, and its kind: exact, forward, outside or waiting."""
    crystal = request.crystal()
    if source is None:
        why = ENGINES["forward"].obstacle(crystal, request.spin_orbit)
        then = "it waits for the exact calculation" if engine == "exact" else "choose Exact"
        return f"Not predicted: {why}; {then}.", "waiting"
    if source.engine == "exact":
        return "Exact.", "exact"
    score, error = domain_score(crystal), source.total_error()
    bar = "" if error is None else f", 90 % error bar ±{float(error.mean()):.2f} 1/eV on average"
    then = "; the exact calculation is asked for" if engine == "exact" and is_solvable(request) else ""
    if engine == "exact" and not is_solvable(request):
        then = "; too large for the exact engine"
    if not score.inside:
        where = f"outside what the forward model learned ({score.reason}; score {score.value:.1f}, limit 1)"
        return f"Predicted, {where}{bar}{then}.", "outside"
    return f"Predicted{bar}{then}.", "forward"


Row = tuple[str, str, str | float | None, str | float | None, int]
"""Label, unit, both values, decimals."""


def pair_rows(
    requests: tuple[Request, Request], sources: tuple[AtomicSpectra | None, AtomicSpectra | None]
) -> list[Row]:
    """Figures of both samples: lengths always; bands by the exact engine where both are exact, else by predictions."""
    crystals = [request.crystal() for request in requests]
    rows: list[Row] = [
        (label, unit, *(of(crystal) for crystal in crystals), decimals) for label, unit, decimals, of in _LENGTHS
    ]
    if all(source is not None and source.engine == "exact" for source in sources):
        documents = [read_out(request) for request in requests]
        return rows + [(label, unit, *(of(d) for d in documents), decimals) for label, unit, decimals, of in _BANDS]
    if all(source is not None for source in sources):
        edges = [read_edges(source.total(), GAMMA) for source in sources]
        return rows + [
            (f"{name}, read from the spectrum", "eV", *(getattr(e, key) for e in edges), 2)
            for name, key in (("Gap", "gap"), ("VBM", "vbm"), ("CBM", "cbm"))
        ]
    return rows


def pair_table(rows: list[Row], names: tuple[str, str], note: str) -> html.Div:
    """Both samples and the second minus the first."""
    caption = f"{names[0]} beside {names[1]}"
    head = html.Tr([html.Th(text, scope="col") for text in ("", *names, "Second − first")])
    body = [
        html.Tr(
            [
                html.Th(f"{label} ({unit})" if unit else label, scope="row"),
                *(html.Td(_shown(value, decimals)) for value in (first, second)),
                html.Td(_difference(first, second, decimals)),
            ]
        )
        for label, unit, first, second, decimals in rows
    ]
    table = html.Table([html.Caption(caption), html.Thead(head), html.Tbody(body)], className="small-table")
    return html.Div(
        [
            html.Div(table, className="compare-scroll", tabIndex=0, role="group", **{"aria-label": caption}),
            html.P(note, className="muted small"),
        ]
    )


def table_note(sources: tuple[AtomicSpectra | None, AtomicSpectra | None], spin_orbit: bool) -> str:
    """How far the figures hold."""
    if all(source is not None and source.engine == "exact" for source in sources):
        return "Exact, with spin-orbit coupling." if spin_orbit else f"Exact. {NO_COUPLING}"
    errors = edge_errors()
    held = f" On test stacks 95 % of the edges lay within {1000 * errors:.0f} meV of the exact ones." if errors else ""
    return f"Band edges are read from predicted spectra.{held} Choose Exact for all figures. {NO_COUPLING}"


def _silicon_strain(crystal: Crystal) -> float:
    return 100 * float(strain_against(crystal.lattice_in_plane, bulk_lattice_constant(0.0)))


def _mass(edge: str, direction: str):
    return lambda document: min(map(abs, document["masses"][edge][direction]))


_LENGTHS = (
    ("Atoms in the cell", "", 0, lambda crystal: float(len(crystal))),
    ("Lattice in plane a∥", "Å", 4, lambda crystal: float(crystal.lattice_in_plane)),
    ("Growth c̄", "Å", 4, lambda crystal: float(crystal.lattice_growth)),
    ("Strain against bulk Si", "%", 2, _silicon_strain),
    ("Mean Ge fraction", "", 3, lambda crystal: float(crystal.ge_fraction.mean())),
    ("Shortest bond", "Å", 3, lambda crystal: float(crystal.bond_length.min())),
    ("Longest bond", "Å", 3, lambda crystal: float(crystal.bond_length.max())),
)
_BANDS = (
    ("Gap", "eV", 3, lambda d: d["gap"]),
    ("Kind of the gap", "", 0, lambda d: d["gap_kind"]),
    ("Direct gap at Γ", "eV", 3, lambda d: d["direct_gap"]),
    ("VBM", "eV", 3, lambda d: d["vbm"]),
    ("CBM", "eV", 3, lambda d: d["cbm"]),
    ("Valley of the CBM", "", 0, lambda d: " = ".join(d["cbm_degenerate_valleys"])),
    ("HH − LH", "eV", 3, lambda d: d["hh_lh_splitting"]),
    ("Δ2 − Δ4", "eV", 3, lambda d: d["delta2_delta4_splitting"]),
    ("Split-off below VBM", "eV", 3, lambda d: d["split_off"]),
    ("Electron mass [100]", "m₀", 2, _mass("cbm", "[100]")),
    ("Electron mass [001]", "m₀", 2, _mass("cbm", "[001]")),
    ("Hole mass [100]", "m₀", 2, _mass("vbm", "[100]")),
    ("Hole mass [001]", "m₀", 2, _mass("vbm", "[001]")),
)
"""Label, unit, decimals, and how a value is read."""


def _shown(value: str | float | None, decimals: int) -> str:
    if isinstance(value, str):
        return value
    return "–" if value is None or value != value else f"{value:.{decimals}f}".replace("-", "−")


def _difference(first, second, decimals: int) -> str:
    if isinstance(first, str) or isinstance(second, str):
        return "same" if first == second else "differs"
    if first is None or second is None or first != first or second != second:
        return "–"
    return f"{second - first:+.{decimals}f}".replace("-", "−")
