"""What the page Two theories shows: a structure's maps and figures, then tables of bulk crystals."""

import json
from itertools import groupby

import dash_mantine_components as dmc
from dash import dcc, html

from components import theme
from components.figures.pair_map import pair_map
from components.ids import Ids
from components.measured import dft_forward_words
from components.tables import data_table, decimal
from components.theories.spectra import FAMILIES, NAMES, Beside, label
from core.dft.dataset import packed_samples
from core.dft.validation import measured_tables
from core.engines.protocol import DEFAULT_PICTURE
from core.validation import EXPERIMENT_FILE

ids = Ids("theories")

LEVEL_NAMES = ["Γ1v", "L2′v", "X1v", "L1v", "X4v", "L3′v", "Γ2′c", "L1c", "X1c", "Γ15c", "L3c"]
"""From the bottom of the valence band of germanium upwards."""


def chooser(number: int, scissor: bool) -> html.Div:
    """Which structure, and whether DFT's gaps are corrected."""
    samples = sorted(enumerate(packed_samples()), key=lambda one: list(FAMILIES).index(one[1].family))
    groups = [
        {"group": FAMILIES[family], "items": [{"value": str(i), "label": label(i)} for i, _ in members]}
        for family, members in groupby(samples, key=lambda one: one[1].family)
    ]
    return html.Div(
        [
            dmc.Select(
                id=ids("structure"), label="Structure", data=groups, value=str(number), searchable=True, size="sm",
                allowDeselect=False, nothingFoundMessage="None of the set is called so", checkIconPosition="right",
                limit=200, className="theories-structure",
            ),
            dmc.Switch(
                id=ids("scissor"), label="Scissor: raise DFT’s empty bands by what its gaps lack", checked=scissor,
                size="sm",
            ),
            dcc.Link("Open in Compose", id=ids("compose"), href="/compose", className="compare-open"),
            dcc.Link("Open in Compose by DFT", id=ids("by-dft"), href="/compose", className="compare-open"),
        ],
        className="theories-chooser",
    )  # fmt: skip


def maps() -> html.Div:
    """Boxes of the maps, empty at first."""
    return html.Div([_box(name) for name in NAMES], className="compare-maps")


def _box(name: str) -> html.Div:
    plot = dcc.Graph(id=ids(f"{name}-map"), figure=theme.EMPTY_FIGURE, config=theme.GRAPH_CONFIG, responsive=True)
    return html.Div(
        [
            html.H2(NAMES[name], className="picture-title"),
            html.P("", id=ids(f"{name}-badge"), className="badge", **{"data-kind": _KINDS[name]}),
            html.Div(plot, className="compare-map", role="group", **{"aria-label": f"{NAMES[name]}: A(k, E)"}),
        ],
        className="compare-box",
    )


_KINDS = {"exact": "exact", "dft": "exact", "forward": "forward", "taught": "forward"}


def figures(found: Beside, scheme: str | None) -> list:
    """The maps, in the order of NAMES, on one energy axis and in the same colours."""
    top = max(float(total.max()) for total in found.totals.values()) or 1.0
    energy = DEFAULT_PICTURE.grid.values
    return [pair_map(found.totals[name], energy, found.path, top, scheme, of="of tight binding") for name in NAMES]


def badges(found: Beside, scissor: bool) -> list[str]:
    """Where each map comes from, in the order of NAMES."""
    raised = "empty bands raised by the scissor" if scissor else "gaps as the functional has them"
    note = next((f" {text}." for text in found.notes if "closes" in text or "direct gap" in text), "")
    return [
        "Exact, sp3d5s* of Niquet and others, without spin-orbit coupling.",
        f"PBE by GPAW, relaxed for the functional; {raised}.{note}",
        "Predicted: it has learned tight binding.",
        "Predicted: a Hamiltonian that DFT taught, most of these structures among what taught it. "
        f"{dft_forward_words()}Domain score {found.score:.1f}, limit 1.",
    ]


def figures_table(found: Beside) -> html.Figure:
    """What each engine says of the structure."""
    edges, lattice = found.edges, found.lattice
    rows = [
        ["a∥ (Å)", *(decimal(lattice[name][0], 4) for name in NAMES)],
        ["c̄ (Å)", *(decimal(lattice[name][1], 4) for name in NAMES)],
        ["Highest filled level (eV)", *(decimal(edges[name][0], 3) for name in NAMES)],
        ["Lowest empty level (eV)", *(decimal(edges[name][1], 3) for name in NAMES)],
        ["Gap along the path (eV)", *(decimal(edges[name][1] - edges[name][0], 3) for name in NAMES)],
    ]
    told = found.comparison
    valence = f"{told.valence_error:.2f} eV on average, {told.valence_left:.2f} eV beyond a shift and a stretch"
    return data_table(
        f"{found.title} by four engines",
        ["", *NAMES.values()],
        rows,
        note=f"Filled bands by DFT lie {valence} from those of tight binding (DFT ≈ {told.valence_shift:+.2f} eV + "
        f"{told.valence_stretch:.3f} E), the lowest empty band {told.conduction_error:.2f} eV with the scissor. "
        "Lattice constants of DFT are those of its functional, which are larger.",
    )


def bulk_section() -> list:
    """Tables of bulk crystals, and what both theories differ by over the whole data set."""
    told = measured_tables()
    if told is None:
        command = html.Code("python -m core dft-compare --write")
        return [
            html.P(["Not measured on this installation yet: ", command, " fills this section."], className="notice")
        ]
    summary = told["summary"]
    error, left, stretch = (summary[name] for name in ("valence_error", "valence_left", "valence_stretch"))
    empty = summary["conduction_error"]
    return [
        html.H2("Over all structures"),
        html.P(
            f"Of {told['structures']} structures PBE leaves {told['structures'] - told['closing']} a direct gap of "
            f"0.1 eV and more along the path. There filled bands differ by {error['mean']:.2f} eV (spread "
            f"{error['spread']:.2f}): PBE’s are narrower by {100 * (1 - stretch['mean']):.1f} %, and "
            f"{left['mean']:.2f} eV are left beyond a shift and a stretch. The lowest empty band, with the scissor, "
            f"differs by {empty['mean']:.2f} eV."
        ),
        html.H2("Bulk crystals"),
        _critical_points(told["critical_points"]),
        _potentials(told),
        _strained(told["strained_bulk"]),
    ]


def _critical_points(rows: list[dict]) -> html.Figure:
    experiment = json.loads(EXPERIMENT_FILE.read_text(encoding="utf-8"))
    names = {"X4v": "X4v_eV", "L3′v": "L3v_upper_eV", "Γ1v": "Gamma1_valence_bottom_eV"}
    ordered = sorted(rows, key=lambda row: (row["species"] != "Si", LEVEL_NAMES.index(row["level"])))
    cells = []
    for row in ordered:
        measured = experiment[row["species"]].get(names.get(row["level"], ""), {})
        columns = ("tight_binding", "dft_scissor", "dft", "plane_waves", "published")
        values = [decimal(row[name], 2) for name in columns]
        cells.append([row["species"], row["level"], *values, decimal(measured.get("value"), 2)])
    sources = sorted({source for row in rows if row["source"] for source in row["source"].split("; ")})
    measured = sorted(
        {e[name]["source"] for e in (experiment["Si"], experiment["Ge"]) for name in names.values() if name in e}
    )
    return data_table(
        "Critical points, eV above Γ25′v, at the lattice constants of experiment",
        ["", "Level", "Tight binding", "DFT, scissor", "DFT", "Plane waves", "Published PBE", "Experiment"],
        cells,
        note=f"Published: {'; '.join(sources)}. Experiment, with spin-orbit coupling, which both theories leave out "
        f"here: {'; '.join(measured)}.",
    )


def _potentials(told: dict) -> html.Figure:
    experiment = json.loads(EXPERIMENT_FILE.read_text(encoding="utf-8"))
    rows = []
    for species in ("Si", "Ge"):
        for name, symbol, key in (("b", "b", "b_eV_linear"), ("xi_u", "Ξu of Δ", "Xi_u_Delta_eV_linear")):
            found = told["deformation_potentials"][species]
            if found["tight_binding"][name] is not None:
                measured = experiment[species].get(key, {}).get("value")
                values = [decimal(found[theory][name], 2) for theory in ("tight_binding", "dft")]
                rows.append([f"{species}: {symbol} (eV)", *values, decimal(measured, 2)])
    offset = told["offset"]
    values = [decimal(offset[theory], 2) for theory in ("tight_binding", "dft")]
    rows.append(["Ge above Si: valence bands, both unstrained (eV)", *values, None])
    sources = sorted(
        {
            experiment[species][key]["source"]
            for species in ("Si", "Ge")
            for key in ("b_eV_linear", "Xi_u_Delta_eV_linear")
            if key in experiment[species]
        }
    )
    return data_table(
        "Deformation potentials and offset",
        ["", "Tight binding", "DFT", "Experiment"],
        rows,
        note="Slopes of the splittings below, for strains of up to 4 %. Offset of DFT: of model solids, after Van de "
        f"Walle and Martin, at the lattice constants of PBE. Experiment: {'; '.join(sources)}.",
    )


def _strained(rows: list[dict]) -> html.Figure:
    cells = []
    for row in rows:
        exact, dft = row["tight_binding"], row["dft"]
        values = [(100 * exact["strain"], 1), (exact["valence"], 3), (exact["delta"], 3)]
        values += [(100 * dft["strain"], 1), (dft["valence"], 3), (dft["delta"], 3)]
        cells.append([row["species"], decimal(row["lattice"], 4), *(decimal(*value) for value in values)])
    head = ["Strain (%)", "(px, py) − pz", "Δ2 − Δ4"]
    return data_table(
        "Bulk under biaxial strain, eV: tight binding, then DFT",
        ["", "a∥ (Å)", *(f"{name}, TB" for name in head), *(f"{name}, DFT" for name in head)],
        cells,
        note="Strain: e_zz − e_xx; it is larger by DFT, whose Si and Ge differ more. Of stretched Ge PBE has Γ2′c "
        "among the states that strain parts; the lowest empty level of Ge is not Δ.",
    )
