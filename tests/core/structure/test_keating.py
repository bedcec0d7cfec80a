import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.parameters.keating import PARAMETER_FILE, keating_parameters
from core.structure.build import crystal_of_planes
from core.structure.keating import PlaneEnergy, relax_spacings
from core.structure.relaxation import BondEnergy
from core.structure.stack import parse_stack

SILICON, GERMANIUM = 5.431, 5.658
PROFILES = {name: parse_stack(name).ge_fractions for name in ("Si4Ge4", "Si3Ge1", "Si5(Si0.6Ge0.4)2Ge3", "Si1Ge1")}


def test_force_constants_give_the_measured_elastic_constants():
    """C11 = (α + 3β)/a and C12 = (α − β)/a in the Keating model; N/m over Å is 10 GPa."""
    parameters, checks = keating_parameters(), json.loads(Path(PARAMETER_FILE).read_text())["checks"]
    for i, species in enumerate(("Si", "Ge")):
        alpha, beta, a = parameters.alpha[i], parameters.beta[i], parameters.lattice_constant[i]
        assert 10 * (alpha + 3 * beta) / a == pytest.approx(checks["C11"][species], rel=checks["relative_tolerance"])
        assert 10 * (alpha - beta) / a == pytest.approx(checks["C12"][species], rel=checks["relative_tolerance"])


@pytest.mark.parametrize("planes", [1, 2, 3, 8])
@pytest.mark.parametrize(("ge_fraction", "lattice"), [(0.0, SILICON), (1.0, GERMANIUM)])
def test_bulk_on_itself_is_cubic(planes, ge_fraction, lattice):
    np.testing.assert_allclose(relax_spacings(np.full(planes, ge_fraction), lattice), lattice / 4, rtol=0, atol=1e-13)


def test_small_strain_follows_linear_elasticity():
    parameters, strain = keating_parameters(), 1e-5
    for i, lattice in enumerate((SILICON, GERMANIUM)):
        spacing = relax_spacings([float(i)], lattice * (1 + strain))[0]
        ratio = (parameters.alpha[i] - parameters.beta[i]) / (parameters.alpha[i] + 3 * parameters.beta[i])
        assert spacing / (lattice / 4) - 1 == pytest.approx(-2 * ratio * strain, rel=1e-3)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_plane_polynomial_is_the_energy_of_explicit_atoms(profile):
    spacing = 1.38 + 0.05 * np.random.default_rng(5).standard_normal(len(profile))
    planes = np.tile(profile, 2)[: len(profile) + len(profile) % 2]
    spacing = np.resize(spacing, len(planes))
    crystal = crystal_of_planes(planes, spacing, 5.52)
    explicit = BondEnergy.of(crystal).value(crystal.bond_vector)
    tiles = 2 if len(planes) < 3 else 1
    energy = PlaneEnergy.of(np.tile(planes, tiles), 5.52)
    assert energy.value(np.tile(spacing, tiles)) / tiles == pytest.approx(explicit, rel=1e-12)


def test_derivatives_against_finite_differences():
    random = np.random.default_rng(7)
    energy = PlaneEnergy.of(random.random(6), 5.5)
    spacing, step = 1.38 + 0.05 * random.standard_normal(6), 1e-5
    diagonal, upper = energy.hessian(spacing)
    hessian = np.diag(diagonal)
    for j in range(6):
        hessian[j, (j + 1) % 6] = hessian[(j + 1) % 6, j] = upper[j]
    for j, shift in enumerate(step * np.eye(6)):
        slope = (energy.value(spacing + shift) - energy.value(spacing - shift)) / (2 * step)
        assert energy.gradient(spacing)[j] == pytest.approx(slope, rel=1e-7, abs=1e-7)
        curvature = (energy.gradient(spacing + shift) - energy.gradient(spacing - shift)) / (2 * step)
        np.testing.assert_allclose(hessian[j], curvature, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
@pytest.mark.parametrize("lattice", [5.35, SILICON, 5.55, GERMANIUM, 5.75])
def test_relaxed_planes_feel_no_force(profile, lattice):
    tiles = 1 if len(profile) > 2 else 2
    spacing = np.tile(relax_spacings(profile, lattice), tiles)
    energy = PlaneEnergy.of(np.tile(profile, tiles), lattice)
    assert np.abs(energy.gradient(spacing)).max() < 1e-11
    assert energy.value(spacing) < energy.value(spacing * 1.001)
    assert energy.value(spacing) < energy.value(spacing * 0.999)


def test_invariance_under_repeat_shift_and_growth_reversal():
    profile = parse_stack("Si4Ge2(Si0.5Ge0.5)3").ge_fractions
    spacing = relax_spacings(profile, 5.5)
    np.testing.assert_allclose(relax_spacings(np.tile(profile, 3), 5.5), np.tile(spacing, 3), atol=1e-12)
    np.testing.assert_allclose(relax_spacings(np.roll(profile, 2), 5.5), np.roll(spacing, 2), atol=1e-12)
    np.testing.assert_allclose(relax_spacings(profile[::-1], 5.5), np.roll(spacing[::-1], -1), atol=1e-12)


def test_thousands_of_planes_relax():
    profile = np.random.default_rng(0).integers(0, 2, 4096).astype(float)
    spacing = relax_spacings(profile, 5.5)
    assert np.abs(PlaneEnergy.of(profile, 5.5).gradient(spacing)).max() < 1e-11


@pytest.mark.parametrize("lattice", np.linspace(5.0, 6.1, 12))
def test_far_strain_still_reaches_one_minimum(lattice):
    spacing = relax_spacings(PROFILES["Si4Ge4"], lattice)
    assert np.all((spacing > 1.0) & (spacing < 1.8))


def test_lengths_that_hold_no_crystal_are_refused():
    for lattice in (float("nan"), 1e6):
        with pytest.raises(InputError, match="cannot be relaxed"):
            relax_spacings([0.0, 1.0], lattice)
    with pytest.raises(InputError, match="one a monolayer"):
        relax_spacings([], 5.431)
