"""What the program measured of the predicted means of imperfect samples: the table of the methods page."""

from pathlib import Path

from components.measured import DIRECTORY, figures_in
from components.tables import data_table, decimal

FAMILIES = {
    "alloy": "random alloys",
    "mixed": "mixed interfaces",
    "antisite": "one or two antisites",
    "vacancy": "one vacancy",
    "step": "monolayer steps",
    "two": "two of these",
    "all": "all",
}
KINDS = {
    "virtual": "virtual crystal, uncorrected",
    "predicted": "predicted",
    "floor": "half of 8 exact ones, by the other half",
}


def imperfect_tables(directory: Path = DIRECTORY) -> list | None:
    """Figures by family and kind in imperfect.json; None where they have not been measured."""
    found = figures_in(directory / "imperfect.json")
    if not found:
        return None
    tables = [
        _table(
            f"Means over configurations of {found['samples']} imperfect samples of {found['profiles']} composition "
            "profiles that taught nothing, against exact ones",
            found["families"],
            "L1 is relative. Exact means are of 1 configuration where all are alike, else of 3 or 8. In the bars: "
            "share of the pixels of totals within the nominal 90 % bars.",
        )
    ]
    if found["fifths"]:
        tables.append(
            _table(
                f"The {found['taught']} samples that taught the model, each by a fit without its fifth of the profiles",
                found["fifths"],
                "They are more, but decided how strongly the fit is regularised.",
            )
        )
    return tables


def _table(caption: str, families: dict, note: str):
    rows = []
    for family, name in FAMILIES.items():
        known = families.get(family, {})
        for kind, words in KINDS.items():
            if kind in known:
                total, planes = known[kind]["total"], known[kind]["planes"]
                cells = [decimal(part[figure], 3) for part in (total, planes) for figure in ("r2", "relative_l1")]
                inside = f"{100 * total['coverage']:.0f} %" if "coverage" in total else None
                rows.append([name, words, f"{total['pictures']}", *cells, inside])
    head = ["Flaws", "By", "Samples", "R² of totals", "L1", "R² of planes", "L1", "In the bars"]
    return data_table(caption, head, rows, note=note)
