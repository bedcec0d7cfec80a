"""What a simulated image was made from, beside what is read from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import InputError
from core.learning.samples import profile_key
from core.reverse.inference import Estimate, Inference
from core.reverse.quantities import QUANTITIES, crystal_figures, profile_period
from core.structure.sample import Sample
from core.structure.stack import parse_stack

ATTRIBUTE = "simulated_from"
"""Of a file that `core.experiment.photoemission.experiment` wrote."""

MOST_ATOMS = 512

LONGEST_PERIOD = int(QUANTITIES["period"].high)


@dataclass(frozen=True)
class Truth:
    """The sample of a simulated image, and how it was measured: cut, kz in 2π/c̄, fermi_above_vbm in eV."""

    sample: Sample
    cut: str
    kz: float
    fermi_above_vbm: float

    def figures(self) -> dict[str, float]:
        """QUANTITIES, k_z and Fermi level above the valence band maximum by name."""
        figures = crystal_figures(self.sample.crystal(), self.sample.mixing)
        return figures | {"kz": self.kz, "fermi_above_vbm": self.fermi_above_vbm}

    @property
    def words(self) -> str:
        """Stack, substrate and interfaces."""
        mixed = f"interfaces mixed over {self.sample.mixing:g} ML" if self.sample.mixing else "sharp interfaces"
        return f"{self.sample.stack} on {self.sample.substrate}, {mixed}"

    def is_stack(self, stack: str) -> bool:
        """Whether another notation means the same stack, in any rotation or growth direction."""
        return profile_key(parse_stack(stack)) == profile_key(parse_stack(self.sample.stack))


@dataclass(frozen=True)
class Compared:
    """A figure as it was read, as it is, and whether the 90 % interval holds it."""

    read: Estimate
    true: float

    @property
    def inside(self) -> bool:
        """Whether it does, within half a unit of the last digit kept."""
        return self.read.low - 5e-6 <= self.true <= self.read.high + 5e-6

    @property
    def off(self) -> float:
        """What was read less what is."""
        return self.read.value - self.true


def truth_of(attrs: Mapping) -> Truth | None:
    """What an image says that it was simulated from; None where it says nothing that can be."""
    try:
        told = json.loads(attrs[ATTRIBUTE])
        sample = Sample(str(told["stack"]), str(told["substrate"]), float(told["mixing"]))
        truth = Truth(sample, str(told["cut"]), float(told["kz"]), float(told["fermi_above_vbm"]))
        possible = abs(truth.kz) <= 1 and abs(truth.fermi_above_vbm) <= 10 and len(sample.crystal()) <= MOST_ATOMS
        return truth if possible else None
    except (LookupError, TypeError, ValueError, OverflowError, RecursionError):
        return None


def compared(found: Inference, truth: Truth) -> dict[str, Compared]:
    """The figures of one image's reading that the truth has too, by name."""
    true = truth.figures()
    return {name: Compared(read, true[name]) for name, read in found.descriptors.items() if name in true}


def check_period(stack: str) -> None:
    """Refuse a stack whose period the reading cannot tell.

    Raises:
        InputError: it repeats after more than LONGEST_PERIOD monolayers.
    """
    period = profile_period(parse_stack(stack).doubled_if_odd()[0].ge_fractions)
    if period > LONGEST_PERIOD:
        raise InputError(
            f"{stack.strip()} repeats after {period} monolayers. Images are read as those of stacks that repeat within "
            f"{LONGEST_PERIOD}: of this one interfaces and period would be wrong. Use shorter blocks, or one material"
        )
