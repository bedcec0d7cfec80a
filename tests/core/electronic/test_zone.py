"""One diagonalisation tells every k_z that a superlattice folds onto it, exactly as one of its own would."""

import numpy as np
import pytest

from core.electronic.calculation import calculate_bands
from core.electronic.spectral import total_spectral_function
from core.electronic.zone import classes, folded_spacing
from core.engines import engine_named
from core.engines.exact import ExactEngine
from core.engines.protocol import DEFAULT_PICTURE
from core.learning.dataset import half_cut
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample


def solved_directly(crystal, cut: str, kz: float) -> np.ndarray:
    """(k, energy): the same cut, its bands found at this k_z and drawn as ever."""
    path = half_cut(crystal, cut, kz)
    bands = calculate_bands(crystal, path, window=(-14.0, 5.5), workers=1).bands
    return total_spectral_function(bands, path.step, DEFAULT_PICTURE.grid, DEFAULT_PICTURE.broadening)


@pytest.mark.parametrize("cut", ["G-X", "G-K"])
@pytest.mark.parametrize(("stack", "mixing"), [("Si2", 0.0), ("Si2Ge1", 0.0), ("Si3Ge5", 0.0), ("Si3Ge1Si2Ge4", 0.7)])
def test_folded_cuts_are_those_of_their_own_diagonalisation(stack, mixing, cut):
    """At zone planes with their degeneracies, between them, and where the two-fold axis turns one into another."""
    crystal = Sample.on_lattice(stack, 5.5, mixing).crystal()
    spacing = folded_spacing(crystal)
    kz = np.array([0.0, 1.0, 0.13, 0.13 + spacing, 2 * spacing - 0.13, -0.13, 0.5 * spacing])
    found = engine_named("exact").cut_totals(crystal, cut, kz)
    for picture, value in zip(found, kz, strict=True):
        direct = solved_directly(crystal, cut, float(value))
        assert np.abs(picture - direct).max() < 2e-4 * direct.max()


def test_lateral_supercells_fold_along_growth_as_their_period_does():
    """Also where atoms are drawn and one is missing; there is no two-fold axis, and k_z is not −k_z."""
    flawed = ImperfectSample(Sample.on_lattice("Si1Ge1", 5.5, 1.0), lateral=2, seed=3, antisites=(1,), vacancies=(2,))
    crystal = flawed.crystal()
    assert folded_spacing(crystal) == 2.0
    crystal = ImperfectSample(Sample.on_lattice("Si2Ge2", 5.5), lateral=2, seed=3, vacancies=(2,)).crystal()
    assert folded_spacing(crystal) == 1.0
    kz = np.array([0.13, 1.13, -0.13])
    found = engine_named("exact").cut_totals(crystal, "G-X", kz)
    for picture, value in zip(found, kz, strict=True):
        direct = solved_directly(crystal, "G-X", float(value))
        assert np.abs(picture - direct).max() < 2e-4 * direct.max()


def test_totals_are_seen_as_they_come():
    """Nothing of them changes by that, nor once it is there."""
    crystal, kz, seen = Sample.on_lattice("Si2Ge2", 5.5).crystal(), np.array([0.0, 0.13, 0.4, 1.13]), []
    totals = ExactEngine().cut_totals(crystal, "G-X", kz, lambda so_far: seen.append(so_far.copy()))
    assert np.array_equal(totals, ExactEngine().cut_totals(crystal, "G-X", kz))
    assert len(seen) == len(classes(crystal, kz)[0])
    known = [np.isfinite(one).all(axis=(1, 2)).sum() for one in seen]
    assert known == sorted(known)
    assert known[0] < known[-1] == len(kz)
    for one in seen:
        assert np.array_equal(np.where(np.isnan(one), totals, one), totals)


def test_evenly_spaced_values_cost_as_many_diagonalisations_as_they_must():
    """Values 1/16 apart in a period of eight planes fold onto four: spacing 1/2, and both signs of what is left."""
    crystal = Sample.on_lattice("Si4Ge4", 5.5).crystal()
    kz = (np.arange(32) + 0.5) / 16
    points, which, foldings = classes(crystal, kz)
    assert len(points) == 4
    assert folded_spacing(crystal) == 0.5
    told = points[which] + foldings * 0.5
    even = np.abs((kz - told + 1) % 2 - 1) < 1e-9
    odd = np.abs((kz + told + 1) % 2 - 1) < 1e-9
    assert np.all(even | odd)
    assert even.any()
    assert odd.any()


def test_evenness_in_kz_is_claimed_for_stacks_alone():
    """A crystal whose plane holds two kinds of atoms, or whose bonds lean, has no two-fold axis."""
    crystal = Sample.on_lattice("Si4Ge4", 5.5).crystal()
    assert crystal.twofold_axis
    leaning = crystal.bond_vector.copy()
    leaning[0, 0] += 0.01
    assert not type(crystal)(
        crystal.cell, crystal.positions, crystal.ge_fraction, crystal.site, crystal.sublattice, crystal.site_cell,
        crystal.bond_atoms, crystal.bond_site, leaning,
    ).twofold_axis  # fmt: skip
