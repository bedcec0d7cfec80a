"""Which samples the models are trained, tuned and tested on: a reproducible stream and fixed evaluation sets.

Samples are split by composition profile, never by atom. Two-block stacks SiₙGeₘ are split by (n, m): the pairs of
HELD_OUT and their mixed-interface variants are in no training sample. Of the other families, a profile of an evaluation
set, in any rotation or growth direction and on any substrate, is in no training sample.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from core.structure.sample import Sample
from core.structure.stack import Block, Stack, parse_stack, two_block
from core.structure.substrate import bulk_lattice_constant

LONGEST_BLOCK = 10
"""Monolayers: n and m of the sliders run from 0 to this."""

LONGEST_PERIOD = 20
"""Monolayers of the longest period that is trained on."""

WIDEST_MIXING = 4.0
"""Monolayers, the end of the mixing slider."""

LATTICE_TRAINED = (0.99 * float(bulk_lattice_constant(0.0)), 1.01 * float(bulk_lattice_constant(1.0)))
"""Å: in-plane lattice constants from 1 % below Si to 1 % above Ge."""

SHARES = {"blocks": 0.48, "pairs": 0.20, "graded": 0.14, "alloy": 0.14, "bulk": 0.04}
"""Share of each family in what the training stream draws, before duplicates are dropped."""

EVALUATION = {"unseen_pairs": 80, "unseen_strains": 60, "blocks": 60, "graded_alloy": 60, "bulk": 12}
"""Samples of each family in an evaluation set."""

SPLITS = ("validation", "test")
_SEEDS = {"validation": 71, "test": 72}


@dataclass(frozen=True)
class DrawnSample(Sample):
    """A sample of a data set: the family it was drawn from, and the k_z of its in-plane cuts.

    kz: in 2π/c̄, 0 to 1; None where no cut is taken.
    """

    family: str = ""
    kz: float | None = None


def drawn_sample(family: str, stack: str, lattice: float, mixing: float = 0.0, kz: float | None = None) -> DrawnSample:
    """A sample of a family on an in-plane lattice constant in Å, mixed over `mixing` ML."""
    return DrawnSample.on_lattice(stack, lattice, mixing, family=family, kz=kz)


@cache
def held_out() -> dict[str, frozenset[tuple[int, int]]]:
    """The pairs (n, m) of each evaluation set that no training sample has: 10 for validation, 12 for the test."""
    pairs = [(n, m) for n in range(1, LONGEST_BLOCK + 1) for m in range(1, LONGEST_BLOCK + 1)]
    order = np.random.default_rng(7).permutation(len(pairs))
    return {
        "validation": frozenset(pairs[i] for i in order[:10]),
        "test": frozenset(pairs[i] for i in order[10:22]),
    }


def trained_pairs() -> list[tuple[int, int]]:
    """The pairs (n, m) in the training stream."""
    kept = frozenset().union(*held_out().values())
    every = range(1, LONGEST_BLOCK + 1)
    return [(n, m) for n in every for m in every if (n, m) not in kept]


def profile_key(stack: Stack) -> str:
    """The same text for all rotations and growth directions of a profile, and for its repeats."""
    unit = stack.repeat_unit[0].ge_fractions
    if len(stack.blocks) == 1:
        unit = unit[:1]
    turned = [tuple(np.roll(line, -shift)) for line in (unit, unit[::-1]) for shift in range(len(unit))]
    return ",".join(f"{x:.6g}" for x in min(turned))


@lru_cache(maxsize=4096)
def profile_number(stack: str) -> int:
    """A number of 63 bits for all stacks of a composition profile, the same in every process: of its SHA-256."""
    digest = hashlib.sha256(profile_key(parse_stack(stack)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def held_back(profiles: np.ndarray, every: int) -> np.ndarray:
    """(sample,) which samples are kept from a training: those of about one composition profile in so many.

    Neither the order nor the number of samples decides. The elements are always trained on: every other profile lies
    between them.

    Args:
        profiles: (sample,) from `profile_number`.
        every: 2 or more.
    """
    return (profiles % every == 0) & ~np.isin(profiles, [profile_number(element) for element in ("Si2", "Ge2")])


def is_held_back(stack: str, every: int) -> bool:
    """Whether stacks of this one's composition profile are kept from a training, see `held_back`."""
    return bool(held_back(np.array([profile_number(stack)]), every)[0])


def training_stream(seed: int) -> Iterator[DrawnSample]:
    """Training samples without end: the first of a longer draw are those of a shorter one; no sample comes twice."""
    forbidden = _evaluated_profiles()
    return (sample for sample in _draws(np.random.default_rng(seed), SHARES, trained_pairs(), forbidden))


def random_stacks(seed: int) -> Iterator[tuple[Stack, float]]:
    """Stacks of many blocks and their interface widths in ML, without end, as the training stream draws them."""
    random, makers = np.random.default_rng(seed), (_blocks, _blocks, _graded, _alloy)
    while True:
        yield makers[random.integers(len(makers))](random, trained_pairs())


def bulk_stream(seed: int) -> Iterator[DrawnSample]:
    """Crystals without interfaces, half of them relaxed, without end: few of all stacks, but what is measured first."""
    random = np.random.default_rng(seed)
    while True:
        stack, _ = _bulk(random, [])
        relaxed = float(bulk_lattice_constant(stack.ge_fractions.mean())) + float(random.normal(0.0, 0.005))
        lattice = float(np.clip(relaxed, *LATTICE_TRAINED)) if random.random() < 0.5 else _lattice(random)
        yield drawn_sample("bulk", stack.notation, round(lattice, 4))


@cache
def evaluation_set(split: str) -> tuple[DrawnSample, ...]:
    """The fixed samples of `validation` or `test`, family by family; graded ones grow from the held-out pairs."""
    random = np.random.default_rng(_SEEDS[split])
    unseen = sorted(held_out()[split])
    samples = []
    for number in range(EVALUATION["unseen_pairs"]):
        stack = two_block(*unseen[number % len(unseen)]).notation
        samples.append(drawn_sample("unseen_pairs", stack, _lattice(random), 0.0, _kz(random)))
    pairs = trained_pairs()
    for index in random.choice(len(pairs), EVALUATION["unseen_strains"], replace=False):
        samples.append(
            drawn_sample("unseen_strains", two_block(*pairs[index]).notation, _lattice(random), 0.0, _kz(random))
        )
    two_blocks = frozenset(profile_key(two_block(n, m)) for n, m in [*pairs, *frozenset().union(*held_out().values())])
    for name, shares in (("blocks", {"blocks": 1.0}), ("graded_alloy", {"graded": 0.5, "alloy": 0.5})):
        draws = _draws(random, shares, unseen, two_blocks - {profile_key(two_block(n, m)) for n, m in unseen})
        samples += [
            drawn_sample(name, s.stack, s.lattice, s.mixing, _kz(random)) for s in _first(draws, EVALUATION[name])
        ]
    samples += _first(_draws(random, {"bulk": 1.0}, pairs, frozenset()), EVALUATION["bulk"])
    return tuple(samples)


def _first(samples: Iterator[DrawnSample], count: int) -> list[DrawnSample]:
    return [next(samples) for _ in range(count)]


@cache
def _evaluated_profiles() -> frozenset[str]:
    """Profiles of the evaluation sets that training must not meet: all but bulk and the trained pairs."""
    free = ("bulk", "unseen_strains")
    keys = {
        profile_key(parse_stack(sample.stack))
        for split in SPLITS
        for sample in evaluation_set(split)
        if sample.family not in free
    }
    pairs = {profile_key(two_block(n, m)) for kept in held_out().values() for n, m in kept}
    return frozenset(keys | pairs)


def _draws(random: np.random.Generator, shares: dict, pairs: list, forbidden: frozenset[str]) -> Iterator[DrawnSample]:
    seen: set[tuple] = set()
    makers = {"blocks": _blocks, "graded": _graded, "alloy": _alloy, "bulk": _bulk}
    names, weights = list(shares), np.array(list(shares.values()))
    while True:
        family = names[random.choice(len(names), p=weights / weights.sum())]
        lattice, kz = _lattice(random), _kz(random) if random.random() < 0.5 else None
        if family == "pairs":
            stack, mixing = two_block(*pairs[random.integers(len(pairs))]), 0.0
        else:
            stack, mixing = makers[family](random, pairs)
        key = profile_key(stack)
        identity = (key, round(lattice, 4), round(mixing, 3))
        if key in forbidden or identity in seen:
            continue
        seen.add(identity)
        yield drawn_sample(family, stack.notation, lattice, mixing, kz)


def _lattice(random) -> float:
    return round(float(random.uniform(*LATTICE_TRAINED)), 4)


def _kz(random) -> float:
    return round(float(random.uniform(0.0, 1.0)), 4)


def _blocks(random, pairs) -> tuple[Stack, float]:
    """Si and Ge blocks of random lengths; one stack in ten has an odd period of up to half the longest."""
    odd = random.random() < 0.1
    period = int(random.choice(np.arange(3, 12, 2) if odd else np.arange(4, LONGEST_PERIOD + 1, 2)))
    return Stack(tuple(Block(float(i % 2), n) for i, n in enumerate(_lengths(random, period)))), 0.0


def _lengths(random, period: int) -> list[int]:
    """Random block lengths that add up to a period; their scale differs from stack to stack and within some."""
    scale, lengths = random.choice([1.0, 2.0, 4.0, 7.0]), []
    varied = random.random() < 0.5
    while sum(lengths) < period:
        if varied:
            scale = random.choice([1.0, 2.0, 4.0, 7.0])
        lengths.append(min(1 + int(random.exponential(scale)), LONGEST_BLOCK, period - sum(lengths)))
    return lengths


def _graded(random, pairs) -> tuple[Stack, float]:
    """Interfaces mixed over 0.3 to 4 monolayers, in a trained pair or in random blocks."""
    width = round(float(random.uniform(0.3, WIDEST_MIXING)), 2)
    if random.random() < 0.6:
        return two_block(*pairs[random.integers(len(pairs))]), width
    return _blocks(random, pairs)[0], width


def _alloy(random, pairs) -> tuple[Stack, float]:
    """Blocks of Si, Ge and alloys, at least one an alloy; mixed interfaces in three of ten."""
    period = int(random.choice(np.arange(4, LONGEST_PERIOD + 1, 2)))
    lengths = _lengths(random, period)
    fractions = random.choice([0.0, 1.0, -1.0], size=len(lengths), p=[0.3, 0.3, 0.4])
    fractions[random.integers(len(lengths))] = -1.0
    fractions = np.where(fractions < 0, np.round(random.uniform(0.02, 0.98, len(lengths)), 2), fractions)
    width = round(float(random.uniform(0.3, 2.0)), 2) if random.random() < 0.3 else 0.0
    return Stack(tuple(Block(float(x), n) for x, n in zip(fractions, lengths, strict=True))), width


def _bulk(random, pairs) -> tuple[Stack, float]:
    """Two planes of Si, of Ge, or of a virtual crystal."""
    fraction = random.choice([0.0, 1.0, np.round(random.uniform(0.02, 0.98), 2)], p=[0.25, 0.25, 0.5])
    return Stack((Block(float(fraction), 2),)), 0.0
