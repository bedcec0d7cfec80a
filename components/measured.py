"""What the program measured of itself: tables and figures of the methods page, from files that core writes."""

import json
import math
from pathlib import Path

from dash import get_asset_url, html

import core
from components.tables import data_table, decimal

DIRECTORY = Path(core.__file__).parent / "measured"
PARAMETERS = Path(core.__file__).parent / "parameters"

_SOURCE_KEYS = ("source", "experiment_source")


def validation_rows(directory: Path = DIRECTORY) -> list[dict] | None:
    """The comparisons in validation.json; None where they have not been computed."""
    return _read(directory / "validation.json")


def cost_rows(directory: Path = DIRECTORY) -> list[dict] | None:
    """Seconds by number of atoms in bench.json; None where they have not been measured."""
    measured = _read(directory / "bench.json")
    return measured and measured.get("cost")


def validation_table(rows: list[dict]) -> html.Div:
    """A table a setting: computed, reference, tolerance and, where known, experiment; numbered sources below."""
    sources = list(dict.fromkeys(row[key] for row in rows for key in _SOURCE_KEYS if row.get(key)))
    tables = [
        data_table(
            setting[:1].upper() + setting[1:],
            ["Quantity", "Computed", "Reference", "Tolerance", "Experiment", "Unit", "Sources"],
            [_validation_cells(row, sources) for row in rows if row["setting"] == setting],
        )
        for setting in dict.fromkeys(row["setting"] for row in rows)
    ]
    return html.Div([*tables, html.Ol([html.Li(source) for source in sources], className="source-list")])


def alloy_tables(directory: Path = DIRECTORY) -> list | None:
    """Gaps of relaxed alloys in alloys.json, virtual, random and measured; None where they have not been computed."""
    found = _read(directory / "alloys.json")
    if not found:
        return None
    columns = ("virtual", "random", "random_std", "random_lowest", "experiment")
    rows = [[f"{row['ge_fraction']:g}", *(decimal(row[name], 3) for name in columns)] for row in found["rows"]]
    bowing = found["bowing"]
    rows.append(["Bowing b", *(decimal(bowing.get(name), 3) for name in columns)])
    return [
        data_table(
            "Gap of relaxed SiGe alloys, valence edge to Δ, eV",
            ["Ge fraction", "Virtual crystal", "Random", "Its spread", "Its lowest axis", "Experiment"],
            rows,
            note=f"Mean of the three Δ axes; Si {found['ends']['Si']:.3f} and Ge {found['ends']['Ge']:.3f} eV. Random: "
            f"{found['configurations']} configurations of {found['atoms']} atoms, all relaxed. E(x) = (1 − x) E(0) + "
            f"x E(1) − b x (1 − x). Experiment: {found['experiment_source']}, the energy of an exciton, which lies "
            "in Si 15 meV below the gap.",
        )
    ]


FAMILY_NAMES = {
    "unseen_pairs": "SiₙGeₘ, (n, m) never trained on",
    "unseen_strains": "SiₙGeₘ of trained (n, m), unseen strain",
    "blocks": "random block stacks",
    "graded_alloy": "graded interfaces and alloys",
    "bulk": "strained bulk",
    "all": "all",
}


def forward_tables(directory: Path = DIRECTORY) -> list | None:
    """Figures of the forward model on test stacks in forward.json; None where they have not been measured."""
    found = _read(directory / "forward.json")
    return found and [
        _forward_table("Standard path", found["path"]),
        _forward_table("In-plane cuts at random k_z", found["cuts"]),
        data_table(
            "Band edges read from predicted totals, against the exact bands",
            ["Edge", "Median error (meV)", "95 % below (meV)"],
            [
                [edge.upper(), *(decimal(1000 * values[key], 0) for key in ("median", "p95"))]
                for edge, values in found["edges"].items()
            ],
        ),
    ]


def dft_forward_figures(directory: Path = DIRECTORY) -> dict | None:
    """Those of the forward model of DFT on held-out structures in dft-forward.json; None where not measured."""
    return _read(directory / "dft-forward.json")


def dft_forward_words() -> str:
    """How well the forward model of DFT does on structures that taught it nothing; empty where it was not measured."""
    told = dft_forward_figures()
    if told is None:
        return ""
    found = told["taught"]
    return (
        f"Structures that taught it nothing are told to {1000 * found['valence_error']:.0f} meV (filled) and "
        f"{1000 * found['conduction_error']:.0f} meV (lowest empty band), R² {found['r2_total']:.3f}. "
    )


def dft_forward_tables(directory: Path = DIRECTORY) -> list | None:
    """Those of `dft_forward_figures` as tables."""
    found = dft_forward_figures(directory)
    if not found:
        return None
    rows = [("Tight binding, not corrected", found["tight_binding"])]
    rows += [(f"Taught by {row['taught_by']:g} structures", row) for row in found["learning_curve"]]
    return [
        data_table(
            f"{found['held_out']} of {found['structures']} structures, held out by composition profile, against DFT",
            ["Model", "Filled (meV)", "Lowest empty (meV)", "R² of totals", "R² of atoms", "In the bars", "Of bands"],
            [[name, *_dft_forward_cells(row)] for name, row in rows],
            note="Mean distance of band positions; share of the pixels of totals within the nominal 90 % bars, of all "
            "and of those that show a band.",
        )
    ]


def _dft_forward_cells(row: dict) -> list:
    shares = [f"{100 * row[name]:.0f} %" if name in row else "" for name in ("coverage", "coverage_visible")]
    return [
        *(decimal(1000 * row[name], 0) for name in ("valence_error", "conduction_error")),
        decimal(row["r2_total"], 3),
        decimal(row.get("r2_atoms"), 3),
        *shares,
    ]


def edge_errors(directory: Path = DIRECTORY) -> float | None:
    """Error in eV below which 95 % of the band edges read from predicted totals stay; None where not measured."""
    found = _read(directory / "forward.json")
    return found and max(values["p95"] for values in found["edges"].values())


REVERSE_ROWS = {
    "lattice_in_plane": ("In-plane lattice constant (Å)", 4),
    "ge_fraction": ("Mean Ge fraction", 3),
    "interfacial_fraction": ("Share of interfacial atoms", 3),
    "bond_length_si_si": ("Mean Si-Si bond (Å)", 4),
    "bond_length_si_ge": ("Mean Si-Ge bond (Å)", 4),
    "bond_length_ge_ge": ("Mean Ge-Ge bond (Å)", 4),
    "interface_width": ("Interface width (ML)", 2),
    "period": ("Period (ML)", 1),
}
REVERSE_COLUMNS = {
    "clean": "clean",
    "clean_two_cuts": "clean, two cuts",
    "realistic": "realistic",
    "realistic_two_cuts": "realistic, two cuts",
}


def reverse_tables(directory: Path = DIRECTORY) -> list | None:
    """Figures of the reverse model on test images in reverse.json; None where they have not been measured."""
    found = _read(directory / "reverse.json")
    return found and [
        data_table(
            "Mean absolute errors, and the share of images within the 90 % interval",
            ["Figure", *REVERSE_COLUMNS.values()],
            [
                [
                    label,
                    *(
                        f"{decimal(found[column][name]['mae'], digits)} ({100 * found[column][name]['coverage']:.0f} %)"
                        for column in REVERSE_COLUMNS
                    ),
                ]
                for name, (label, digits) in REVERSE_ROWS.items()
            ],
            note=f"{found['images']} simulated images of {found['stacks']} stacks that were not trained on, at each "
            "severity; k_z known; two cuts are Γ-X and Γ-K of the same sample.",
        ),
        data_table(
            "The true stack among the candidates, where the library has it",
            ["Images", "Number", "First", "Among the first five"],
            [
                [severity, decimal(row["images"], 0), *(f"{100 * row[key]:.0f} %" for key in ("first", "first_five"))]
                for severity, row in found["candidates"].items()
            ],
        ),
        data_table(
            "The domain score against images of other things",
            ["Images", "AUC", "Taken for known"],
            [
                [kind, decimal(value, 3), f"{100 * found['domain']['share_inside'][kind]:.0f} %"]
                for kind, value in found["domain"]["auc"].items()
            ],
        ),
        data_table(
            "One atom's spectral function to that atom's descriptors",
            ["Descriptor", "R²"],
            [[name, decimal(value, 3)] for name, value in found["single_atom"].items()],
        ),
    ]


LIKENESS_COLUMNS = {
    "signal_to_background": "Signal over background",
    "asymmetry": "Asymmetry",
    "brightest": "Brightest over background",
}


LOOP_COLUMNS = ("networks", "loop", "within")
SEVERITIES = ("clean", "realistic")
LOOP_FIGURES = {
    "lattice_in_plane": ("a∥, Å", 4), "ge_fraction": ("Ge fraction", 4),
    "interfacial_fraction": ("interfacial share", 3),
}  # fmt: skip


def loop_tables(directory: Path = DIRECTORY) -> list | None:
    """Figures of the closed loop in loop.json; None where they have not been measured."""
    found = _read(directory / "loop.json")
    return found and [
        data_table(
            "The loop on simulated images of test stacks",
            ["Images", "Closer", "Agreement", "Predicted cuts", "Exact cuts", "True stack first", "Among five"],
            [
                [
                    name,
                    *(f"{100 * figures[key]:.0f} %" for key in ("lowered", "agreement")),
                    *(decimal(figures[key], 0) for key in ("forward_cuts", "exact_cuts")),
                    *(f"{100 * figures['true_stack'][key]:.0f} %" for key in ("first", "first_five")),
                ]
                for name, figures in found["images"].items()
                if name in SEVERITIES
            ],
            note="Closer: share of images whose residual falls; cuts are medians. The true stack is counted where the "
            "library has it.",
        ),
        data_table(
            "Mean absolute errors of the networks and of the loop, and the share within the loop's 90 % interval",
            ["Images", *(f"{label}, {what}" for label, _ in LOOP_FIGURES.values() for what in LOOP_COLUMNS)],
            [
                [
                    name,
                    *(
                        text
                        for key, (_, digits) in LOOP_FIGURES.items()
                        for text in (
                            *(decimal(figures["errors"][key][when], digits) for when in ("mean_before", "mean_after")),
                            f"{100 * figures['errors'][key]['coverage']:.0f} %",
                        )
                    ),
                ]
                for name, figures in found["images"].items()
                if name in SEVERITIES
            ],
        ),
        data_table(
            "Why the loop stopped, by kind of image",
            ["Image", "Reason and number"],
            [
                [kind, ", ".join(f"{reason} {count}" for reason, count in stops.items())]
                for kind, stops in found["stops"].items()
            ],
        ),
    ]


LEARNING_NAMES = {
    "path": "forward, standard path", "cuts": "forward, in-plane cuts", "G-X": "reverse, Γ-X", "G-K": "reverse, Γ-K",
}  # fmt: skip


def learning_tables(directory: Path = DIRECTORY) -> list | None:
    """What was learned from a new family in learning.json; None where it has not been measured."""
    found = _read(directory / "learning.json")
    return found and [
        data_table(
            f"Learning from {found['cases']} cases of SiₙGeₘ with n and m from 11 to 18",
            ["Model", "Others of the family, before", "After", "Fixed test set, before", "After", "Taken"],
            [
                [
                    label,
                    *(decimal(found[of][name][when], 4) for of in ("family", "fixed") for when in ("before", "after")),
                    "yes" if found["accepted"][name] else "no",
                ]
                for name, label in LEARNING_NAMES.items()
                if name in found["fixed"]
            ],
            note="Forward: relative L1 error of A(k, E). Reverse: mean absolute error of figures over their spread. "
            "A model that is not taken stays as it was. After the rollback the errors are "
            + ("exactly those before." if found["restored"] else "not those before."),
        ),
        data_table(
            "Learning curve of the standard path",
            ["Cases", "Cases held back", "Fixed test set"],
            [[decimal(p["cases"], 0), decimal(p["held"], 4), decimal(p["fixed"], 4)] for p in found["curve"]],
        ),
    ]


def learning_curve(directory: Path = DIRECTORY) -> list[dict] | None:
    """Errors of the standard path by the number of cases learned from; None where they have not been measured."""
    found = _read(directory / "learning.json")
    return found and found.get("curve")


def likeness_tables(directory: Path = DIRECTORY) -> list | None:
    """Real beside simulated images, from likeness.json; None where they have not been compared."""
    found = _read(directory / "likeness.json")
    return found and [
        data_table(
            "Real measurements, and what 90 % of the simulated images span",
            ["Image", *LIKENESS_COLUMNS.values()],
            [
                *([label, *(decimal(row[key], 2) for key in LIKENESS_COLUMNS)] for label, row in found["real"].items()),
                [
                    "Simulated, median",
                    *(decimal(found["simulated"][key][1], 2) for key in LIKENESS_COLUMNS),
                ],
                [
                    "Simulated, 5 to 95 %",
                    *(f"{low:.2f} to {high:.2f}" for low, _, high in (found["simulated"][k] for k in LIKENESS_COLUMNS)),
                ],
            ],
            note=f"{found['images']} simulated images. Background: the tenth percentile over momenta at every energy. "
            "Asymmetry: half of the logarithm of the signal at one sign of k∥ over that at the other.",
        ),
        html.Figure(
            [
                html.Img(
                    src=get_asset_url("methods-likeness.png"), width=684, height=532,
                    alt="Three measured band images above three simulated ones: uneven lines on a background.",
                ),
                html.Figcaption(
                    "Measured (above; CASSIOPEE, URANOS and SIS, test data of piva, MIT licence) and simulated (below)."
                ),
            ],
            className="likeness",
        ),
    ]  # fmt: skip


def _forward_table(caption: str, families: dict) -> html.Figure:
    return data_table(
        caption,
        [
            "Test stacks",
            "Stacks",
            "R², total",
            "R², atoms",
            "L1, total",
            "L1, atoms",
            "Covered, total",
            "Covered, atoms",
        ],
        [
            [
                FAMILY_NAMES[name],
                decimal(figures["total"]["pictures"], 0),
                *(decimal(figures[of]["r2"], 4) for of in ("total", "atoms")),
                *(decimal(figures[of]["relative_l1"], 3) for of in ("total", "atoms")),
                *(f"{100 * figures[of]['coverage']:.0f} %" for of in ("total", "atoms")),
            ]
            for name, figures in families.items()
        ],
        note="R² is 1 − Σ(predicted − exact)²/Σ(exact − mean)² over all pixels; L1 is Σ|predicted − exact|/Σ exact; "
        "covered is the share of pixels within the nominal 90 % error bar.",
    )


def parameter_tables(directory: Path = PARAMETERS) -> dict[str, list]:
    """Tables of the shipped parameters by section of the methods page: "tight-binding" and "relaxation"."""
    binding, keating = _read(directory / "niquet2009_sp3d5s.json"), _read(directory / "keating.json")
    hidden = html.Details([html.Summary("The parameters, in three tables"), *_binding_tables(binding)])
    return {"tight-binding": [hidden], "relaxation": [_keating_table(keating)]}


def _validation_cells(row: dict, sources: list[str]) -> list:
    """One row as text, with the decimals that its tolerance can tell apart."""
    tolerance = row.get("tolerance")
    decimals = 3 if not tolerance else min(6, max(0, 1 - math.floor(math.log10(tolerance))))
    computed, reference = (decimal(row.get(key), decimals) for key in ("computed", "reference"))
    experiment = None if row.get("experiment") is None else f"{row['experiment']:g}".replace("-", "−")
    marks = ", ".join(str(1 + sources.index(row[key])) for key in _SOURCE_KEYS if row.get(key))
    allowed = None if tolerance is None else f"{tolerance:.2g}"
    return [row["quantity"], computed, reference, allowed, experiment, row.get("unit"), marks]


def _binding_tables(given: dict) -> list:
    onsite, strain, pairs = given["onsite"], given["onsite_strain"], ("Si-Si", "Si-Ge", "Ge-Ge")
    terms = list(dict.fromkeys(term for pair in ("Si-Ge", "Si-Si") for term in given["hopping"][pair]))
    return [
        data_table(
            "Atoms: levels and spin-orbit coupling, eV",
            ["Orbital", "Si", "Ge"],
            [[_term(name), onsite["Si"][name], onsite["Ge"][name]] for name in onsite["Si"]],
            f"Ge levels are raised by the valence band offset, {given['valence_band_offset_Ge']:g} eV. "
            "Lattice constants: "
            + ", ".join(f"{species} {value:g} Å" for species, value in given["lattice_constant"].items())
            + ".",
        ),
        data_table(
            "Bonds: two-centre integrals V at the bond length d₀, eV, and exponents n",
            ["Integral", *(f"{symbol}({pair})" for pair in pairs for symbol in ("V", "n"))],
            [
                [
                    _term(term),
                    *(given[key][pair].get(term) for pair in pairs for key in ("hopping", "hopping_exponent")),
                ]
                for term in terms
            ],
            "In Si-Ge the first orbital named sits on Si, the second on Ge. Reference lengths d₀: "
            + ", ".join(f"{pair} {given['bond_length_d0'][pair]:g} Å" for pair in pairs)
            + ".",
        ),
        data_table(
            "Strain on the atoms, eV",
            ["Term", "Si", "Ge"],
            [[_term(name), strain["Si"][name], strain["Ge"][name]] for name in strain["Si"]],
            "Source of all three tables: " + given["source"] + ".",
        ),
    ]


def _keating_table(given: dict):
    return data_table(
        f"Force constants, {given['units']}",
        ["", "Si", "Ge"],
        [[symbol, given[key]["Si"], given[key]["Ge"]] for key, symbol in (("alpha", "α"), ("beta", "β"))],
        given["source"] + ".",
    )


def _term(name: str) -> str:
    """Greek letters for the words in a parameter's name: pd_sigma is pd σ."""
    for word, letter in {"alpha": "α", "beta": "β", "sigma": "σ", "delta": "δ", "lambda": "λ", "pi": "π"}.items():
        name = (
            name.replace(f"{word}_", f"{letter} ") if name.startswith(word) else name.replace(f"_{word}", f" {letter}")
        )
    return name.replace("spin_orbit_λ p", "spin-orbit λ").replace("spin_orbit", "spin-orbit").replace("_", " ")


def _read(file: Path):
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
