"""Sum rules and invariances of the spectral function: translation, growth reversal, choice of the supercell."""

import numpy as np
import pytest

from core.electronic.calculation import calculate_bands
from core.electronic.diagonalise import Bands
from core.electronic.kpath import build_path, sample_path
from core.electronic.spectral import (
    STEEPEST_BAND,
    Broadening,
    EnergyGrid,
    covering_window,
    spectral_function,
    total_spectral_function,
)
from core.errors import InputError
from core.structure.build import build_crystal
from core.structure.stack import Stack, parse_stack
from core.structure.substrate import parse_substrate
from tests.core.electronic.samples import SMEARINGS, bands_and_path, by_atom, crystal, total

GRID = EnergyGrid()
PROFILE = "Si3Ge1Si1Ge2Si1"
"""Eight planes without any symmetry of their own."""


@pytest.mark.parametrize("broadening", SMEARINGS, ids=lambda broadening: broadening.smearing)
@pytest.mark.parametrize("spin_orbit", [False, True])
def test_atoms_add_up_to_the_total(spin_orbit, broadening):
    bands, path = bands_and_path(crystal("Si4Ge4", "Si0.5Ge0.5"), spin_orbit)
    asf = spectral_function(bands, path.step, GRID, broadening)
    assert np.abs(asf.sum(axis=0) - total_spectral_function(bands, path.step, GRID, broadening)).max() <= 1e-10
    assert asf.min() >= 0
    assert asf.max() > 0.5


def test_shells_add_up_to_the_atoms():
    bands, path = bands_and_path(crystal("Si3Ge3", "Ge"))
    shells = [spectral_function(bands, path.step, GRID, SMEARINGS[0], (n,)) for n in range(4)]
    assert np.abs(sum(shells) - spectral_function(bands, path.step, GRID, SMEARINGS[0])).max() <= 1e-10
    assert min(shell.min() for shell in shells) >= 0
    both = spectral_function(bands, path.step, GRID, SMEARINGS[0], (0, 1))
    assert np.abs(both - shells[0] - shells[1]).max() <= 1e-10


def test_area_counts_orbitals():
    """∫ A dE = 20, 40 with spin, on a grid that holds every band."""
    wide = EnergyGrid(-30, 60, 3000)
    for spin_orbit, orbitals in ((False, 20), (True, 40)):
        bands, path = bands_and_path(crystal("Si2Ge2"), spin_orbit, points=4)
        area = total_spectral_function(bands, path.step, wide, SMEARINGS[0]).sum(axis=1) * wide.step
        np.testing.assert_allclose(area, orbitals, rtol=1e-9)


@pytest.mark.parametrize("broadening", SMEARINGS, ids=lambda broadening: broadening.smearing)
@pytest.mark.parametrize("spin_orbit", [False, True])
@pytest.mark.parametrize(("species", "substrate"), [("Si", "Si"), ("Si", "Ge"), ("Ge", "Ge"), ("Ge", "Si0.5Ge0.5")])
def test_supercells_of_a_pristine_crystal(species, substrate, spin_orbit, broadening):
    primitive = total(crystal(f"{species}2", substrate), spin_orbit, broadening)
    assert primitive.max() > 3
    for planes in (4, 8):
        asf = by_atom(crystal(f"{species}{planes}", substrate), spin_orbit, broadening)
        assert np.abs(asf.sum(axis=0) - primitive).max() <= 1e-8
        assert np.abs(asf - primitive / planes).max() <= 1e-8


def test_repeated_superlattice():
    once, twice = (crystal(stack, "Si") for stack in ("Si3Ge3", "[Si3Ge3]2"))
    assert np.abs(total(twice, True) - total(once, True)).max() <= 1e-8


def test_growth_reversal():
    stack = parse_stack(PROFILE)
    substrate = parse_substrate("Si0.5Ge0.5")
    up, down = (build_crystal(s, substrate) for s in (stack, stack.reversed()))
    for spin_orbit in (False, True):
        asf, reversed_asf = by_atom(up, spin_orbit), by_atom(down, spin_orbit)
        assert np.abs(reversed_asf.sum(axis=0) - asf.sum(axis=0)).max() <= 1e-8
        assert np.abs(reversed_asf - asf[::-1]).max() <= 1e-8


def shifted(planes):
    profile = np.roll(parse_stack(PROFILE).ge_fractions, planes)
    return build_crystal(Stack.from_profile(profile), parse_substrate("Si0.5Ge0.5"))


@pytest.mark.parametrize("spin_orbit", [False, True])
def test_translation_by_two_planes(spin_orbit):
    asf, moved = by_atom(shifted(0), spin_orbit), by_atom(shifted(2), spin_orbit)
    assert np.abs(moved.sum(axis=0) - asf.sum(axis=0)).max() <= 1e-8
    assert np.abs(moved - np.roll(asf, 2, axis=0)).max() <= 1e-8


@pytest.mark.parametrize("spin_orbit", [False, True])
def test_translation_by_one_plane_is_a_quarter_turn(spin_orbit):
    """[110] and [-110] change places: the same at (kx, ky, kz) as before at (-ky, kx, kz); Z-Γ-X stays as it is."""
    here, moved = shifted(0), shifted(1)
    asf = by_atom(here, spin_orbit)
    path = build_path(moved, points_per_segment=8)
    turned = sample_path(
        moved, "turned", path.k_reduced @ [[0, 1, 0], [-1, 0, 0], [0, 0, 1]], [8] * 4, [("A", "B")] * 4
    )
    rotated = spectral_function(calculate_bands(moved, turned, spin_orbit).bands, turned.step, GRID, SMEARINGS[0])
    assert np.abs(rotated - np.roll(asf, 1, axis=0)).max() <= 1e-8
    straight = by_atom(moved, spin_orbit)
    assert np.abs(straight[:, :16] - np.roll(asf, 1, axis=0)[:, :16]).max() <= 1e-8
    assert np.abs(straight.sum(axis=0) - asf.sum(axis=0))[16:].max() > 1e-3


@pytest.mark.parametrize(("si", "ge"), [(4, 4), (6, 2), (2, 4), (3, 3), (5, 1)])
def test_mirror_pairs_share_a_spectrum(si, ge):
    """About the middle of each layer; where the layers are odd, up to the quarter turn that K-Γ-L is not blind to."""
    asf = by_atom(crystal(f"Si{si}Ge{ge}", "Si"))
    partner = [*range(si)[::-1], *range(si, si + ge)[::-1]]
    seen = slice(None) if si % 2 == 0 else slice(0, 16)
    assert np.abs(asf[:, seen] - asf[partner][:, seen]).max() <= 1e-8
    assert np.abs(asf[0] - asf[si]).max() > 0.1


def test_one_state_is_a_gaussian():
    """Height, width and area of one state, fixed and adaptive."""
    bands = Bands(np.array([[0.2]]), np.array([[0.7]]), np.array([[6.0]]), np.full((2, 4, 1, 1), 0.125))
    grid, step = EnergyGrid(-3, 3, 601), np.array([0.1])
    for smearing, sigma in (("fixed", 0.1), ("adaptive", np.hypot(0.1, 0.3))):
        line = total_spectral_function(bands, step, grid, Broadening(0.1, smearing))[0]
        expected = 0.7 * np.exp(-((grid.values - 0.2) ** 2) / (2 * sigma**2)) / np.sqrt(2 * np.pi) / sigma
        np.testing.assert_allclose(line, expected, atol=1e-12)


def test_default_grid():
    assert GRID.points == 176
    assert GRID.step == 1 / 16
    assert (GRID.low, GRID.high) == (-7, 4)
    np.testing.assert_allclose(GRID.values[[0, -1]], [-7 + 1 / 32, 4 - 1 / 32])


@pytest.mark.parametrize("smearing", ["adaptive", "fixed"])
def test_covering_window_loses_nothing(smearing):
    sample = crystal("Ge4", "Si")
    bands, path = bands_and_path(sample, points=12)
    broadening = Broadening(0.2, smearing)
    some = calculate_bands(sample, path, window=covering_window(GRID, broadening, path.step)).bands
    assert some.energy.shape[1] < bands.energy.shape[1]
    pictures = [total_spectral_function(b, path.step, GRID, broadening) for b in (some, bands)]
    assert np.abs(pictures[0] - pictures[1]).max() <= 1e-5


def test_no_band_is_steeper_than_the_bound():
    for species in ("Si", "Ge"):
        bands, _ = bands_and_path(crystal(f"{species}2", species))
        assert np.abs(bands.velocity[(bands.unfolding_weight > 0.1) & (bands.energy < 7)]).max() < STEEPEST_BAND


@pytest.mark.parametrize(
    "make",
    [
        lambda: EnergyGrid(4, -7),
        lambda: EnergyGrid(float("nan"), 4),
        lambda: EnergyGrid(-7, 4, 1),
        lambda: EnergyGrid(-7, 4, 10**6),
        lambda: Broadening(0),
        lambda: Broadening(float("nan")),
        lambda: Broadening(0.1, "square"),
    ],
)
def test_refusals(make):
    with pytest.raises(InputError, match="allowed|below"):
        make()
