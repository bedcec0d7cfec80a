"""The figures that a band image is asked for, against the crystal's own bonds."""

import numpy as np
import pytest

from core.reverse.quantities import QUANTITIES, crystal_figures, interfacial_share, profile_period
from core.structure.build import build_crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate


def _figures(stack, substrate, mixing=0.0):
    return crystal_figures(build_crystal(parse_stack(stack), parse_substrate(substrate), mixing), mixing)


def test_bond_lengths_are_those_of_the_crystal():
    crystal = build_crystal(parse_stack("Si6Ge4"), parse_substrate("Si0.6Ge0.4"))
    kinds = crystal.ge_fraction[crystal.bond_atoms].sum(axis=1)
    found = crystal_figures(crystal, 0.0)
    for kind, name in enumerate(("si_si", "si_ge", "ge_ge")):
        assert found[f"bond_length_{name}"] == pytest.approx(crystal.bond_length[kinds == kind].mean(), abs=1e-9)


def test_figures_of_a_plain_superlattice():
    found = _figures("[Si4Ge4]2", "Ge")
    assert tuple(found) == tuple(QUANTITIES)
    assert found["period"] == 8
    assert found["ge_fraction"] == 0.5
    assert found["interfacial_fraction"] == 0.5
    assert found["lattice_in_plane"] == pytest.approx(5.658, abs=2e-3)


def test_a_missing_kind_of_bond_has_the_length_it_would_have():
    silicon = _figures("Si2", "Si")
    assert silicon["bond_length_si_si"] == pytest.approx(5.431 * np.sqrt(3) / 4, abs=2e-4)
    assert silicon["bond_length_ge_ge"] > silicon["bond_length_si_ge"] > silicon["bond_length_si_si"]


def test_the_length_is_smooth_where_a_kind_vanishes():
    traces = [_figures(f"(Si{1 - x:g}Ge{x:g})2", "Si")["bond_length_ge_ge"] for x in (0.0, 0.01, 0.05, 0.1)]
    assert np.abs(np.diff(traces)).max() < 0.04
    assert np.ptp(traces[:2]) < 0.002


@pytest.mark.parametrize(("profile", "period"), [([0, 0], 1), ([0, 1], 2), ([0, 1, 0, 1], 2), ([0, 0, 1], 3)])
def test_period(profile, period):
    assert profile_period(np.array(profile, float)) == period


def test_interface_width_needs_an_interface():
    assert _figures("Si4Ge4", "Si", 1.5)["interface_width"] == 1.5
    assert _figures("Si4", "Si", 1.5)["interface_width"] == 0.0


@pytest.mark.parametrize("stack", ["Si4Ge4", "Si1Ge3", "Si8Ge2Si2Ge4", "Si2"])
def test_interfacial_share_of_pure_planes_counts_the_atoms(stack):
    crystal = build_crystal(parse_stack(stack), parse_substrate("Si"))
    assert interfacial_share(crystal.plane_ge_fraction) == pytest.approx(crystal.interfacial.mean(), abs=1e-12)


def test_interfacial_share_of_mixed_planes_is_that_of_random_atoms():
    random, profile = np.random.default_rng(0), np.array([0.0, 0.2, 0.7, 1.0])
    atoms = random.random((4, 200_000)) < profile[:, None]
    others = [random.random((4, 2, 200_000)) < np.roll(profile, shift)[:, None, None] for shift in (1, -1)]
    found = [
        (np.concatenate([part[plane] for part in others]) != atoms[plane]).any(axis=0).mean() for plane in range(4)
    ]
    assert interfacial_share(profile) == pytest.approx(np.mean(found), abs=3e-3)
