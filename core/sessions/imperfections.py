"""The imperfections that Compose has switches for, what they cost, and how much of that a page spends."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Self

from core.engines.forward_imperfect import ImperfectForwardSpectra, solve_imperfect
from core.engines.protocol import Cut, Line
from core.errors import InputError
from core.learning.versions import in_force
from core.structure.crystal import Crystal
from core.structure.imperfect import DANGLING, MAX_SEED, ImperfectSample
from core.structure.sample import Sample

LATERAL_RANGE = (2, 3)
"""n of n × n primitive in-plane cells; the command line takes 4."""

MAX_CONFIGURATIONS = 8
MAX_ATOMS = 96
"""Half as many with spin-orbit coupling."""

MAX_SECONDS = 900.0
ASK_SECONDS = 60.0
"""A calculation that takes longer begins when a person asks for it."""

_MEASURED = (9.0, 32, 96)
"""Seconds of so many atoms at so many k-points, on one core; the cube of the matrices' size tells others."""

_COUPLED = 6.0
"""Times as long with spin-orbit coupling."""


@dataclass(frozen=True)
class Imperfections:
    """What is wrong with a stack; see `core.structure.imperfect.ImperfectSample`.

    lateral: n of n × n cells. seed: of the drawing. configurations: drawn, of which totals are the mean. antisite,
    vacancy: plane in growth order, counted from 1, in which one atom is of the other element or missing; 0 for none.
    dangling: open or passivated. step: whether half of the cell lies one monolayer higher.
    """

    lateral: int = LATERAL_RANGE[0]
    seed: int = 0
    configurations: int = 1
    antisite: int = 0
    vacancy: int = 0
    dangling: str = DANGLING[0]
    step: bool = False

    @classmethod
    def from_document(cls, document: Mapping) -> Self:
        """From plain JSON.

        Raises:
            InputError: other entries, or values that are not accepted.
        """
        kinds = {"dangling": str, "step": bool}
        known = isinstance(document, Mapping) and document.keys() <= cls.__dataclass_fields__.keys()
        if not known or any(type(value) is not kinds.get(name, int) for name, value in document.items()):
            raise InputError("These imperfections did not come from the page; reload it")
        made = cls(**document)
        for name, (low, high) in (("lateral", LATERAL_RANGE), ("configurations", (1, MAX_CONFIGURATIONS))):
            value = getattr(made, name)
            if not low <= value <= high:
                what = "A lateral size" if name == "lateral" else "A number of configurations"
                raise InputError(f"{what} of {value} is not taken here; give {low} to {high}")
        if not 0 <= made.seed <= MAX_SEED:
            raise InputError(f"A seed of {made.seed} is not accepted; give a whole number from 0 to {MAX_SEED}")
        return made

    def document(self) -> dict:
        """Plain JSON, the inverse of `from_document`."""
        return asdict(self)

    def of(self, sample: Sample) -> ImperfectSample:
        """The imperfect sample.

        Raises:
            InputError: planes that the stack does not have, or anything else that it refuses.
        """
        planes = {"antisites": self.antisite, "vacancies": self.vacancy}
        named = {name: (plane,) if plane else () for name, plane in planes.items()}
        return ImperfectSample(sample, self.lateral, self.seed, dangling=self.dangling, step=self.step, **named)


@dataclass(frozen=True)
class Cost:
    """What a calculation takes. atoms: of the cell. configurations: of them. seconds: for all, on one core."""

    atoms: int
    configurations: int
    seconds: float

    @property
    def text(self) -> str:
        """`32 atoms, about 10 s`."""
        each = f" in each of {self.configurations} configurations" if self.configurations > 1 else ""
        return f"{self.atoms} atoms{each}, {duration(self.seconds)} on one core"


def cost_of(sample: Sample, imperfect: Imperfections, line: Line, spin_orbit: bool) -> Cost:
    """Atoms and seconds, told before anything is drawn.

    Raises:
        InputError: more than a page spends, or imperfections that the stack cannot have.
    """
    atoms = imperfect.of(sample).planes * imperfect.lateral**2
    points = line.points if isinstance(line, Cut) else line.text.count("-") * line.points_per_segment
    seconds, known, sampled = _MEASURED
    each = seconds * (atoms / known) ** 3 * points / sampled * (_COUPLED if spin_orbit else 1.0)
    cost = Cost(atoms, imperfect.configurations, each * imperfect.configurations)
    limit = MAX_ATOMS // (2 if spin_orbit else 1)
    if atoms > limit:
        coupled = " with spin-orbit coupling" if spin_orbit else ""
        raise InputError(
            f"{sample.stack} in a {imperfect.lateral} × {imperfect.lateral} cell has {atoms} atoms, and at most "
            f"{limit} are calculated here{coupled}: use a shorter period or a smaller cell; the command line takes more"
        )
    if cost.seconds > MAX_SECONDS:
        raise InputError(
            f"This is {cost.text}, and at most {duration(MAX_SECONDS)} are spent here: use fewer configurations, a "
            "smaller cell or a shorter path; the command line takes more"
        )
    return cost


def duration(seconds: float) -> str:
    """`about 20 s`, `about 3 min`."""
    return f"about {max(1, round(seconds))} s" if seconds < 100 else f"about {round(seconds / 60)} min"


@lru_cache(maxsize=16)
def imperfect_crystal(imperfect: ImperfectSample, configuration: int) -> Crystal:
    """The relaxed atoms of a configuration."""
    return imperfect.crystal(configuration)


def predicted_mean(imperfect: ImperfectSample) -> ImperfectForwardSpectra:
    """The mean over configurations by the forward model, kept for those who look at the same sample.

    Raises:
        InputError: the model was not trained on such samples.
    """
    return _predicted_mean(imperfect, in_force())


@lru_cache(maxsize=16)
def _predicted_mean(imperfect: ImperfectSample, version: str) -> ImperfectForwardSpectra:
    return solve_imperfect(imperfect, imperfect_crystal(imperfect, 0))
