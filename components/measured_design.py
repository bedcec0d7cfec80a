"""What the program measured of Design's search and of flaws told in images: tables of the methods page."""

from pathlib import Path

from components.measured import DIRECTORY, figures_in
from components.tables import data_table, decimal

FLAW_NAMES = {"mixed": "interfaces mixed over 1 to 2 ML", "antisite": "one antisite", "vacancy": "one vacancy"}


def design_tables(directory: Path = DIRECTORY) -> list | None:
    """Figures of the search in design.json; None where they have not been measured."""
    found = figures_in(directory / "design.json")
    if not found:
        return None
    hidden, drawn, rough, speed = (found[name] for name in ("hidden", "drawn", "drawn_roughly", "speed"))
    rows = [
        ["Targets of hidden stacks, met within 15 meV, verified", f"{hidden['targets']}", _share(hidden["met"])],
        ["Drawn bands whose stack or likeness is in the first five", f"{drawn['bands']}", _share(drawn["found"])],
        ["Drawn bands whose very stack is", f"{drawn['bands']}", _share(drawn["same_stack"])],
        ["Bands drawn through whole pixels, stack or likeness", f"{rough['bands']}", _share(rough["found"])],
    ]
    return [
        data_table(
            "Search of Design",
            ["What", "Tried", "Share"],
            rows,
            note=f"A target is met after {hidden['seconds']:.0f} s (median). A likeness has a picture within 10 %. "
            f"A drawn band is compared with all {speed['samples']} two-block periods and substrates in "
            f"{speed['compared_seconds']:.0f} s; {speed['exact']} exact calculations take {speed['exact_seconds']:.0f} "
            "s.",
        )
    ]


def detection_tables(directory: Path = DIRECTORY) -> list | None:
    """How surely flaws are told in simulated images, in detection.json; None where it has not been measured."""
    found = figures_in(directory / "detection.json")
    if not found:
        return None
    rows = [
        [
            name,
            f"{found[kind]['images']}",
            decimal(found[kind]["auc"], 2),
            _share(found[kind].get("found")),
            _share(found[kind].get("false_alarms")),
        ]
        for kind, name in FLAW_NAMES.items()
        if kind in found
    ]
    return [
        data_table(
            "Flaws told in noisy images of known stacks",
            ["Flaw", "Images", "AUC", "Found", "False alarms"],
            rows,
            note=f"Against {found['pristine']['images']} images of perfect crystals. AUC: chance that a flawed crystal "
            f"is told from a perfect one, 0.5 is guessing. Found, false alarms: at odds of {found['odds']:.0f} to 1.",
        )
    ]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"
