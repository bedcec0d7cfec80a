"""What a grower can make: critical thickness, strain balance, limits on layers and substrates."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from core.errors import InputError
from core.learning.samples import LATTICE_TRAINED, WIDEST_MIXING
from core.parameters.keating import keating_parameters
from core.structure.sample import Sample
from core.structure.stack import Stack
from core.structure.substrate import bulk_lattice_constant, strain_against

MODELS = {"people-bean": "People and Bean", "matthews-blakeslee": "Matthews and Blakeslee"}
"""People and Bean, Appl. Phys. Lett. 47, 322 (1985) and 49, 229 (1986), for films grown at low temperature;
Matthews and Blakeslee, J. Cryst. Growth 27, 118 (1974), for equilibrium."""

PEOPLE_BEAN_WIDTH = 4.0
"""Å: Burgers vector that People and Bean set in their formula for SiGe."""

LATTICE_ROUNDED = 1e-4
"""Å: samples have their lattice constants rounded to so many digits, and may lie as far outside the range."""

THICKEST = 1e6
"""Å: films without misfit have no critical thickness."""


@dataclass(frozen=True)
class Constraints:
    """lattice: Å, range of a∥ of the substrates. thinnest, thickest: monolayers of a block. longest: of the period.

    model: of MODELS, empty to leave critical thickness out. repeats: of the period that shall stay below it. balance:
    largest mean strain, not in percent; infinite to leave it out. mixing: ML over which all interfaces are mixed.
    """

    lattice: tuple[float, float] = (float(bulk_lattice_constant(0.0)), float(bulk_lattice_constant(1.0)))
    thinnest: int = 1
    thickest: int = 19
    longest: int = 20
    model: str = ""
    repeats: int = 1
    balance: float = math.inf
    mixing: float = 0.0

    def __post_init__(self):
        """Refuse limits that leave nothing."""
        low, high = self.lattice
        if not LATTICE_TRAINED[0] - 1e-6 <= low <= high <= LATTICE_TRAINED[1] + 1e-6:
            raise InputError(
                f"Substrates from {low:g} to {high:g} Å are not searched; give a range within "
                f"{LATTICE_TRAINED[0]:.3f} to {LATTICE_TRAINED[1]:.3f} Å"
            )
        if not 1 <= self.thinnest <= self.thickest <= 40:
            raise InputError(f"Blocks of {self.thinnest} to {self.thickest} monolayers are none; give 1 to 40")
        if not 2 <= self.longest <= 40:
            raise InputError(f"A period of at most {self.longest} monolayers is not searched; give 2 to 40")
        if self.model and self.model not in MODELS:
            raise InputError(f"A critical thickness by {self.model!r} is not known; there are {', '.join(MODELS)}")
        if not 1 <= self.repeats <= 1000 or not self.balance > 0:
            raise InputError("Give 1 to 1000 repeats, and a largest mean strain above 0")
        if not 0 <= self.mixing <= WIDEST_MIXING:
            raise InputError(f"Interfaces mixed over {self.mixing:g} ML are not searched; give 0 to {WIDEST_MIXING:g}")

    def sample(self, stack: Stack, lattice: float) -> Sample:
        """A stack on a lattice constant (Å, rounded) with interfaces as they are grown."""
        mixing = self.mixing if len(stack.blocks) > 1 else 0.0
        return Sample.on_lattice(stack.notation, round(lattice, 4), mixing)

    def obstacle(self, sample: Sample) -> str:
        """Why a sample breaks them, in words; empty where it does not."""
        blocks, lattice = sample.layers.repeat_unit[0].blocks, sample.lattice
        counts = [block.monolayers for block in blocks]
        if not self.lattice[0] - LATTICE_ROUNDED <= lattice <= self.lattice[1] + LATTICE_ROUNDED:
            return f"a∥ of {lattice:.4f} Å is outside the allowed substrates"
        if len(blocks) > 1 and not (min(counts) >= self.thinnest and max(counts) <= self.thickest):
            return f"blocks of {min(counts)} to {max(counts)} ML"
        if sum(counts) > self.longest:
            return f"a period of {sum(counts)} ML"
        if len(blocks) > 1 and sample.mixing < self.mixing:
            return f"interfaces mixed over {sample.mixing:g} ML"
        if math.isfinite(self.balance) and (mean := abs(mean_strain(sample))) > self.balance:
            return f"a mean strain of {100 * mean:.2f} %"
        return self._too_thick(sample) if self.model else ""

    def _too_thick(self, sample: Sample) -> str:
        spacing = np.asarray(sample.crystal().plane_spacing, float)
        heights, start = [], 0
        for block in sample.layers.repeat_unit[0].blocks:
            heights.append((block.ge_fraction, float(spacing[start : start + block.monolayers].sum())))
            start += block.monolayers
        for fraction, height in heights:
            most = critical_thickness(fraction, sample.lattice, self.model)
            if len(heights) > 1 and height > most:
                return f"a block of {height:.0f} Å is above its critical thickness of {most:.0f} Å"
        mean = sum(x * h for x, h in heights) / sum(h for _, h in heights)
        total, most = self.repeats * sum(h for _, h in heights), critical_thickness(mean, sample.lattice, self.model)
        return f"{total:.0f} Å in all are above the critical thickness of {most:.0f} Å" if total > most else ""


def critical_thickness(ge_fraction: float, lattice: float, model: str) -> float:
    """Å up to which a film of a composition stays strained on a substrate.

    Args:
        ge_fraction: of the film.
        lattice: a∥ of the substrate, Å.
        model: of MODELS.
    """
    own = float(bulk_lattice_constant(ge_fraction))
    misfit = abs(float(strain_against(lattice, own)))
    c11, c12 = keating_parameters().elastic_constants(ge_fraction)
    poisson = c12 / (c11 + c12)
    if model == "people-bean":
        width = PEOPLE_BEAN_WIDTH
        factor = (1 - poisson) / (1 + poisson) * width**2 / (16 * math.pi * math.sqrt(2) * own) / max(misfit, 1e-9) ** 2
        return _crossing(lambda h: factor * math.log(h / width), width)
    width = own / math.sqrt(2)
    factor = width * (1 - poisson / 4) / (4 * math.pi * (1 + poisson)) / max(misfit, 1e-9)
    return _crossing(lambda h: factor * (math.log(h / width) + 1), width)


def _crossing(allowed, width: float) -> float:
    """The largest h = allowed(h); 0 where a film is above it from the start, THICKEST where it never is."""
    heights = np.geomspace(width, THICKEST, 400)
    below = np.array([allowed(h) - h for h in heights]) > 0
    if below[-1]:
        return THICKEST
    if not below.any():
        return 0.0
    last = int(np.flatnonzero(below)[-1])
    return float(brentq(lambda h: allowed(h) - h, heights[last], heights[last + 1]))


def mean_strain(sample: Sample) -> float:
    """Mean in-plane strain of a period, weighted by stiffness and thickness; 0 where stresses balance."""
    crystal, lattice = sample.crystal(), sample.lattice
    fractions = crystal.plane_ge_fraction
    own = bulk_lattice_constant(fractions)
    stiffness = np.array([_biaxial(float(x)) for x in fractions]) * crystal.plane_spacing
    return float(np.sum(stiffness * strain_against(lattice, own)) / stiffness.sum())


def _biaxial(ge_fraction: float) -> float:
    c11, c12 = keating_parameters().elastic_constants(ge_fraction)
    return c11 + c12 - 2 * c12**2 / c11
