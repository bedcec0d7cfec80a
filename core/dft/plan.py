"""Which structures the DFT data set holds, in which order: any beginning of the list covers what the whole covers.

Candidates are strained bulk, SiₙGeₘ, random stacks of blocks and ordered alloys (every order of single planes), on
substrates from 1 % below Si to 1 % above Ge. One after the other is taken that lies farthest from those before it in
a space of descriptors, divided by a power of what it costs, so that cheap ones come early.
"""

from functools import cache

import numpy as np

from core.errors import InputError
from core.learning.samples import LATTICE_TRAINED, DrawnSample, drawn_sample, profile_key
from core.structure.stack import Block, Stack, two_block

SEED = 11
STRUCTURES = 480
MOST_ATOMS = 16
_SHELLS = 8
_COST_POWER = 0.5
_FIRST = (("bulk", "Si2", 0.0), ("bulk", "Ge2", 1.0), ("pairs", "Si2Ge2", 0.0), ("pairs", "Si4Ge4", 0.0))
"""Stacks that people ask for first, with the Ge fraction of their substrate."""


@cache
def candidates() -> tuple[DrawnSample, ...]:
    """All samples that can be planned."""
    return tuple(_candidates(np.random.default_rng(SEED)))


@cache
def planned_samples(count: int = STRUCTURES) -> tuple[DrawnSample, ...]:
    """The first `count` samples, all different.

    Raises:
        InputError: none, or more than there are.
    """
    if not 1 <= count <= len(candidates()):
        raise InputError(f"{count} structures; 1 to {len(candidates())} can be planned")
    features = np.array([_features(sample) for sample in candidates()])
    cost = np.array([_atoms(sample) for sample in candidates()], float) ** (1.5 * _COST_POWER)
    chosen = list(range(len(_FIRST)))
    distance = np.min([np.linalg.norm(features - features[i], axis=1) for i in chosen], axis=0)
    while len(chosen) < count:
        best = int(np.argmax(distance / cost))
        chosen.append(best)
        distance = np.minimum(distance, np.linalg.norm(features - features[best], axis=1))
    return tuple(candidates()[i] for i in chosen[:count])


def _atoms(sample: DrawnSample) -> int:
    return len(sample.layers.doubled_if_odd()[0])


def _features(sample: DrawnSample) -> np.ndarray:
    """Strain, composition, and how alike planes at each distance are: the same for rotations and growth directions."""
    profile = 2.0 * np.tile(sample.layers.ge_fractions, 2 * _SHELLS)[: 2 * _SHELLS * len(sample.layers)] - 1.0
    alike = [(profile * np.roll(profile, shift)).mean() for shift in range(1, _SHELLS + 1)]
    triple = [(profile * np.roll(profile, 1) * np.roll(profile, shift)).mean() for shift in (2, 3)]
    low, high = LATTICE_TRAINED
    weights = 1.0 / np.sqrt(np.arange(1, _SHELLS + 1))
    strain = 2.0 * (sample.lattice - low) / (high - low)
    return np.concatenate([[1.5 * strain, profile.mean()], weights * alike, 0.5 * np.array(triple)])


def _candidates(random: np.random.Generator):
    seen = set()
    silicon, germanium = LATTICE_TRAINED[0] / 0.99, LATTICE_TRAINED[1] / 1.01
    for family, stack, fraction in _FIRST:
        yield drawn_sample(family, stack, round(silicon + (germanium - silicon) * fraction, 4))
    for family, stack in _stacks(random):
        key = profile_key(stack)
        if family != "bulk" and key in seen:
            continue
        seen.add(key)
        for _ in range(6 if family == "bulk" else 4):
            yield drawn_sample(family, stack.notation, round(float(random.uniform(*LATTICE_TRAINED)), 4))


def _stacks(random: np.random.Generator):
    for element in ("Si2", "Ge2"):
        yield from [("bulk", two_block(*((2, 0) if element == "Si2" else (0, 2))))] * 3
    for n in range(1, MOST_ATOMS):
        for m in range(1, MOST_ATOMS):
            if (n + m) % 2 == 0 and n + m <= MOST_ATOMS or n + m <= MOST_ATOMS // 2:
                yield "pairs", two_block(n, m)
    for period in (3, 4, 5, 6, 8):  # every order of single planes
        for bits in range(1, 2**period - 1):
            yield "ordered", Stack.from_profile([float(bits >> place & 1) for place in range(period)])
    for _ in range(700):
        period = int(random.choice(np.arange(6, MOST_ATOMS + 1, 2)))
        lengths: list[int] = []
        while sum(lengths) < period:
            lengths.append(min(1 + int(random.exponential(random.choice([1.0, 2.0, 4.0]))), period - sum(lengths)))
        yield "blocks", Stack(tuple(Block(float(i % 2), n) for i, n in enumerate(lengths)))
