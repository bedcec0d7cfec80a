"""Which imperfect samples the model is trained, tuned and tested on: a reproducible stream, split by profile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from core.learning.samples import is_held_back, profile_number
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample
from core.structure.stack import Block, Stack
from core.structure.substrate import bulk_lattice_constant

FAMILIES = {"alloy": 0.18, "mixed": 0.20, "antisite": 0.18, "vacancy": 0.20, "step": 0.10, "two": 0.14}
"""Share of each: random alloys, mixed interfaces, one or two antisites, one vacancy, a monolayer step, two of these."""

SIZES = {(2, 4): 0.25, (2, 6): 0.30, (2, 8): 0.25, (2, 10): 0.07, (2, 12): 0.03, (3, 4): 0.08, (3, 6): 0.02}
"""Share of (lateral, planes): what the exact engine needs grows with the cube of the atoms."""

PLANES_TRAINED = {2: (4, 12), 3: (4, 6)}
"""Fewest and most planes by lateral size."""

MOST_FLAWS = {"antisite": 2, "vacancy": 1}
"""In a cell."""

WIDTHS = (0.5, 3.0)
"""ML of mixed interfaces."""

LATTICE_TRAINED = (float(bulk_lattice_constant(0.0)), float(bulk_lattice_constant(1.0)))
"""Å: substrates from Si to Ge."""

SAMPLES = 280
"""Of the stream: what taught the shipped model, and the test."""

EVERY = 7
"""One composition profile in so many is for the test, another for the error bars."""

CONFIGURATIONS = {"train": (2, 2), "validation": (3, 3), "test": (3, 8)}
"""Computed of every other sample, one where all are alike: of eight it is known how well a few give the mean."""


@dataclass(frozen=True)
class DrawnImperfect:
    """An imperfect sample of a data set, the family it was drawn from, and how many configurations are computed."""

    imperfect: ImperfectSample
    family: str
    configurations: int

    @property
    def split(self) -> str:
        """`test`, `validation` or `train`, by the composition profile alone."""
        return split_of(self.imperfect.sample.stack)


def split_of(stack: str) -> str:
    """Of a composition profile, whatever its flaws and its substrate."""
    if is_held_back(stack, EVERY):
        return "test"
    return "validation" if profile_number(stack) % EVERY == 1 else "train"


def imperfect_stream(seed: int) -> Iterator[DrawnImperfect]:
    """Samples without end: the first of a longer draw are those of a shorter one."""
    random = np.random.default_rng([seed, 19])
    names, shares = list(FAMILIES), list(FAMILIES.values())
    sizes, parts = list(SIZES), list(SIZES.values())
    number = 0
    while True:
        family = names[random.choice(len(names), p=shares)]
        lateral, planes = sizes[random.choice(len(sizes), p=parts)]
        imperfect = _imperfect(random, family, lateral, planes)
        split = split_of(imperfect.sample.stack)
        number += split == "test"
        count = CONFIGURATIONS[split][number % 2] if configurations_differ(imperfect) else 1
        yield DrawnImperfect(imperfect, family, count)


def configurations_differ(imperfect: ImperfectSample) -> bool:
    """Whether the drawing matters: one flaw alone among whole planes of Si and Ge is the same wherever it lies."""
    sample = imperfect.sample
    drawn = bool(sample.mixing) or any(block.ge_fraction not in (0.0, 1.0) for block in sample.layers.blocks)
    return drawn or len(imperfect.antisites) + len(imperfect.vacancies) + imperfect.step > 1


def _imperfect(random: np.random.Generator, family: str, lateral: int, planes: int) -> ImperfectSample:
    kinds = [family]
    if family == "two":
        kinds = [str(kind) for kind in random.choice(list(FAMILIES)[:5], 2, replace=False)]
    stack = (_alloy if "alloy" in kinds else _sharp)(random, planes)
    width = round(float(random.uniform(*WIDTHS)), 2) if "mixed" in kinds else 0.0
    lattice = round(float(random.uniform(*LATTICE_TRAINED)), 4)
    chosen = lambda count: tuple(int(p) + 1 for p in np.atleast_1d(random.choice(planes, count, replace=False)))  # noqa: E731
    return ImperfectSample(
        Sample.on_lattice(stack.notation, lattice, width),
        lateral,
        int(random.integers(2**31)),
        chosen(1 + int(random.random() < 0.3)) if "antisite" in kinds else (),
        chosen(1) if "vacancy" in kinds else (),
        "passivated" if random.random() < 0.5 else "open",
        "step" in kinds,
    )


def _sharp(random: np.random.Generator, planes: int) -> Stack:
    """Blocks of Si and Ge: two of them in half of the stacks; one stack in ten is of half as many planes where odd."""
    if planes % 4 == 2 and random.random() < 0.1:
        planes //= 2
    return _varied(random, planes, lambda number: float(number % 2))


def _alloy(random: np.random.Generator, planes: int) -> Stack:
    """Blocks of Si, Ge and alloys, the first of them an alloy; one in three is an alloy throughout."""
    fraction = lambda: round(float(random.uniform(0.05, 0.95)), 2)  # noqa: E731
    if random.random() < 1 / 3:
        return Stack((Block(fraction(), planes),))
    kinds = random.choice([0.0, 1.0, -1.0], size=planes, p=[0.35, 0.35, 0.3])
    return _varied(random, planes, lambda number: fraction() if number == 0 or kinds[number] < 0 else kinds[number])


def _varied(random: np.random.Generator, planes: int, fraction: Callable[[int], float]) -> Stack:
    """A period in blocks of random length, at least two, turned by a random number of planes."""
    cuts = 1 if random.random() < 0.5 else int(random.integers(1, planes))
    edges = np.sort(random.choice(np.arange(1, planes), cuts, replace=False))
    lengths = np.diff(np.concatenate([[0], edges, [planes]]))
    profile = np.repeat([fraction(number) for number in range(len(lengths))], lengths)
    return Stack.from_profile(np.roll(profile, int(random.integers(planes))))
