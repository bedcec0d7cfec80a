"""What of the Hamiltonian is taught: directions in the space of its parameters, and how far each is expected to move.

A vector of as many numbers as there are directions is what is fitted; 0 is the published parametrisation, whose
reference bond lengths are put on the lattice constants of the functional.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from core.dft.recipe import GERMANIUM_LATTICE, SILICON_LATTICE
from core.parameters.keating import keating_parameters
from core.parameters.tight_binding import (
    ANGULAR_MOMENTUM,
    BOND_SYMMETRIES,
    SHELLS,
    SPECIES,
    TightBindingParameters,
    onsite_strain_tables,
    parameter_document,
    tight_binding_parameters,
)

HIGHEST = 3.6
"""eV, without scissor: levels up to there are taught; scissored, they leave the usual window."""


@dataclass(frozen=True, eq=False)
class Direction:
    """One number of the fit: what it adds to one field of the parameters, and its prior.

    name: for people. field: of `TightBindingParameters`. change: of the field's shape, for a value of 1.
    spread: standard deviation that is expected of the value before any data.
    """

    name: str
    field: str
    change: np.ndarray
    spread: float


SPREADS = {
    "onsite": 3.0, "neighbour": 2.0, "hopping": 2.0, "second_hopping": 0.6,
    "exponent": 5.0, "second_exponent": 5.0, "alpha": 15.0, "beta": 5.0,
}  # fmt: skip
"""Prior standard deviations, eV but for exponents: wide, as published parameters were fitted to other bands than
those of the functional, without second neighbours; docs/attempts.md has narrower and wider ones."""


@cache
def directions() -> tuple[Direction, ...]:
    """All of them, in a fixed order: part of the weights' format."""
    return tuple(_directions())


def _directions() -> Iterator[Direction]:
    tb = tight_binding_parameters()
    for x, species in enumerate(SPECIES):
        for a, shell in enumerate(SHELLS):
            yield Direction(f"{species} {shell}", "onsite", _unit(tb.onsite, (x, a)), SPREADS["onsite"])
            yield Direction(f"{species} alpha_{shell}", "alpha", _unit(tb.alpha, (x, a)), SPREADS["alpha"])
            yield Direction(
                f"{species} {shell} a neighbour", "neighbour", _unit(tb.neighbour, (x, a)), SPREADS["neighbour"]
            )
        for name in parameter_document()["onsite_strain"][species]:
            if name.startswith("beta"):
                tables = onsite_strain_tables({other: float(other == name) for other in _betas(species)})
                for field, table in zip(("beta_constant", "beta_slope"), tables, strict=True):
                    if table.any():
                        change = np.zeros_like(tb.beta_constant)
                        change[x] = table
                        yield Direction(f"{species} {name}", field, change, SPREADS["beta"])
    for field in ("hopping", "exponent", "second_hopping", "second_exponent"):
        for x, y in ((0, 0), (1, 1), (0, 1)):
            for a, b, m in _integrals(x == y):
                # the bond seen from its other end, and for equal species the same bond turned round
                tied = [(x, y, a, b, m), (y, x, b, a, m)]
                name = f"{SPECIES[x]}-{SPECIES[y]} {SHELLS[a]}{SHELLS[b]}_{BOND_SYMMETRIES[m]} {field}"
                yield Direction(name, field, _unit(getattr(tb, field), *tied), SPREADS[field])


def _betas(species: str) -> dict[str, float]:
    return parameter_document()["onsite_strain"][species]


def _integrals(symmetric: bool) -> Iterator[tuple[int, int, int]]:
    for a in range(len(SHELLS)):
        for b in range(a if symmetric else 0, len(SHELLS)):
            for m in range(min(ANGULAR_MOMENTUM[a], ANGULAR_MOMENTUM[b]) + 1):
                yield a, b, m


def _unit(table: np.ndarray, *places: tuple[int, ...]) -> np.ndarray:
    change = np.zeros_like(table)
    for place in places:
        change[place] = 1.0
    return change


@cache
def starting_parameters() -> TightBindingParameters:
    """The published ones, whose bonds have their reference lengths at the lattice constants of the functional."""
    tb = tight_binding_parameters()
    experiment = keating_parameters().lattice_constant
    ratio = np.array([SILICON_LATTICE, GERMANIUM_LATTICE]) / experiment
    scale = (ratio[:, None] + ratio) / 2
    return replace(tb, bond_length=tb.bond_length * scale, second_length=tb.second_length * scale)


def taught_parameters(values: np.ndarray) -> TightBindingParameters:
    """Parameters moved by (direction,) values."""
    tb = starting_parameters()
    moved = {
        field: getattr(tb, field) + np.tensordot(np.asarray(values)[numbers], changes, axes=1)
        for field, (numbers, changes) in field_changes().items()
    }
    return replace(tb, **moved)


@cache
def field_changes() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By field: numbers (n,) of its directions, and what each adds to the field, (n, …)."""
    found = {}
    for field in dict.fromkeys(direction.field for direction in directions()):
        numbers = [number for number, direction in enumerate(directions()) if direction.field == field]
        found[field] = np.array(numbers), np.array([directions()[number].change for number in numbers])
    return found


def prior_spread() -> np.ndarray:
    """(direction,) standard deviations."""
    return np.array([direction.spread for direction in directions()])
