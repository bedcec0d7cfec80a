"""What the guided tours consist of: steps, where their "try it" leads, and what sets their pictures. No words.

The words stand in docs/learn/LANGUAGE, one file a tour, one section a step.
"""

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True)
class Slider:
    """Numbers that set a picture."""

    low: float
    high: float
    step: float
    start: float
    unit: str = ""

    def checked(self, value) -> float:
        """A value that a browser sends, on the slider; its start for anything else."""
        fits = isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high
        return self.low + round((value - self.low) / self.step) * self.step if fits else self.start


@dataclass(frozen=True)
class Choice:
    """Names that set a picture; the first is shown at the start."""

    values: tuple[str, ...]

    @property
    def start(self) -> str:
        """What is shown first."""
        return self.values[0]

    def checked(self, value) -> str:
        """A value that a browser sends, if it is one of the names; the first otherwise."""
        return value if isinstance(value, str) and value in self.values else self.start


@dataclass(frozen=True)
class Step:
    """One step of a tour.

    anchor: of its section in the text. link: the page and state that "try it" opens. control: what sets its picture.
    """

    anchor: str
    link: str
    control: Slider | Choice | None = None


@dataclass(frozen=True)
class Tour:
    """A guided tour; `key` names it in addresses and files."""

    key: str
    steps: tuple[Step, ...]


def _compose(stack: str, substrate: str, **view: str | int | float) -> str:
    return "/compose?" + urlencode({"stack": stack, "substrate": substrate} | view)


SUBSTRATE = Slider(0, 100, 5, 30, "%")

TOURS = (
    Tour(
        "atom",
        (
            Step("bands", _compose("Si2", "Si", view="total")),
            Step("folding", _compose("Si8", "Si", view="total"), Choice(("folded", "unfolded", "superlattice"))),
            Step("atoms", _compose("Si4Ge4", "Si", view="atom"), Choice(("all", *map(str, range(1, 9))))),
            Step("broadening", _compose("Si4Ge4", "Si", view="total", sigma=0.03), Slider(0.02, 0.3, 0.02, 0.1, "eV")),
            Step("orbitals", _compose("Si2", "Si", view="total", shells="s"), Choice(("p", "s", "d", "S"))),
            Step(
                "differences",
                _compose("Si4Ge4", "Si", view="difference", atom=5, other=1),
                Choice(("elements", "places")),
            ),
        ),
    ),
    Tour(
        "strain",
        (
            Step("valleys", _compose("Si2", "Si", view="total")),
            Step("lattice", _compose("Si2", "Si0.7Ge0.3", view="total"), SUBSTRATE),
            Step("electrons", _compose("Si2", "Si0.7Ge0.3", view="total"), SUBSTRATE),
            Step("holes", _compose("Si2", "Si0.7Ge0.3", view="total", so=1), SUBSTRATE),
            Step("germanium", _compose("Ge2", "Si", view="total"), Slider(0, 100, 5, 0, "%")),
            Step("devices", _compose("Si4Ge4", "Ge", view="total")),
        ),
    ),
    Tour(
        "interface",
        (
            Step("neighbours", _compose("Si6Ge6", "Si0.5Ge0.5", view="atom"), Slider(1, 10, 1, 4, "ML")),
            Step(
                "descriptors",
                _compose("Si6Ge6", "Si0.5Ge0.5", atom=5),
                Choice(("1_order", "2_order", "3_order", "tot_cell_volume", "bond_length")),
            ),
            Step(
                "spectra",
                _compose("Si4Ge4", "Si0.5Ge0.5", view="difference", atom=0, other=1),
                Choice(("inner", "interfacial", "difference")),
            ),
            Step("edges", _compose("Si8Ge8", "Si0.5Ge0.5", atom=11), Choice(("4", "1", "2", "8"))),
            Step("mixing", _compose("Si8Ge8", "Si0.5Ge0.5", view="total", mixing=1.5), Slider(0, 4, 0.5, 0, "ML")),
            Step(
                "prediction",
                _compose("Si6Ge4", "Si0.6Ge0.4", view="total", engine="forward"),
                Choice(("predicted", "exact", "difference")),
            ),
        ),
    ),
    Tour(
        "picture",
        (
            Step("photoemission", _compose("Si2", "Si", view="total")),
            Step("kz", "/interpret?example=alloy", Slider(60, 150, 2, 74, "eV")),
            Step("measured", "/interpret?example=sharp", Choice(("bare", "elements", "blurred", "counted"))),
            Step("intervals", "/interpret?example=graded", Choice(("clean", "realistic"))),
            Step("domain", "/interpret", Choice(("crystal", "cones", "parabolas", "noise"))),
            Step("loop", "/interpret?example=sharp", Choice(("image", "right", "wrong"))),
        ),
    ),
)


def tour_named(key: str) -> Tour | None:
    """The tour of a key; None where there is none."""
    return next((tour for tour in TOURS if tour.key == key), None)
