"""The layer window: known stacks, the period's independence, and growth turned round."""

import numpy as np
import pytest

from core.descriptors.layer_window import FAR, LAYER_NAMES, WINDOW_REACH, interface_distances, layer_window
from core.structure.build import crystal_of_planes
from core.structure.sites import crystal_from_atoms
from tests.core.descriptors.samples import crystal_of, relaxed, repeated


def as_array(window):
    """(atom, column) without the plane number, which counts from the start of the period."""
    return np.column_stack([np.asarray(window[name], dtype=float) for name in LAYER_NAMES if name != "plane"])


def test_superlattice():
    crystal = crystal_of("Si4Ge4")
    window = layer_window(crystal)
    assert list(window) == list(LAYER_NAMES)
    spacing = crystal.plane_spacing
    assert window["plane"].tolist() == list(range(8))
    assert window["ge_fraction"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert [window[f"ge_fraction_above_{n}"][2] for n in range(1, 11)] == [0, 1, 1, 1, 1, 0, 0, 0, 0, 1]
    assert [window[f"ge_fraction_below_{n}"][2] for n in range(1, 11)] == [0, 0, 1, 1, 1, 1, 0, 0, 0, 0]
    assert window["spacing_above_angstrom"] == pytest.approx(spacing)
    assert window["spacing_below_angstrom"] == pytest.approx(np.roll(spacing, 1))
    assert window["interface_above_angstrom"][1] == pytest.approx(spacing[1] + spacing[2] + spacing[3] / 2)
    assert window["interface_below_angstrom"][1] == pytest.approx(spacing[0] + spacing[7] / 2)
    assert window["lattice_in_plane_angstrom"] == pytest.approx(5.431)
    assert window["strain_own_bulk_percent"] == pytest.approx([0.0] * 4 + [100 * (5.431 / 5.658 - 1)] * 4, abs=1e-3)
    assert window["strain_silicon_percent"] == pytest.approx(0.0)
    assert window["interfacial"].tolist() == [True, False, False, True] * 2


def test_no_interface_within_reach():
    for stack in ("Si8", "(Si0.5Ge0.5)4"):
        window = layer_window(crystal_of(stack))
        assert np.all(window["interface_above_angstrom"] == FAR)
        assert np.all(window["interface_below_angstrom"] == FAR)
        assert not window["interfacial"].any()
    deep = layer_window(crystal_of("Si160Ge2"))
    assert deep["interface_above_angstrom"][0] == FAR
    assert deep["interface_below_angstrom"][0] < 1.0


def test_mixed_interface_counts_every_step():
    below, above = interface_distances(np.array([0.0, 0.01, 0.5, 1.0]), np.array([1.0, 2.0, 4.0, 8.0]))
    assert above == pytest.approx([2.0, 1.0, 2.0, 4.0])
    assert below == pytest.approx([4.0, 5.0, 1.0, 2.0])


@pytest.mark.parametrize(("short", "long"), [("Si2", "Si8"), ("Si3Ge3", "[Si3Ge3]3"), ("Si1Ge1", "[Si1Ge1]7")])
def test_longer_period_gives_the_same_rows(short, long):
    one, many = (as_array(layer_window(crystal_of(stack))) for stack in (short, long))
    assert many == pytest.approx(np.tile(one, (len(many) // len(one), 1)), abs=1e-8)


def test_lateral_supercell_gives_the_same_rows():
    crystal = crystal_of("Si3Ge3", "Si0.5Ge0.5")
    window = as_array(layer_window(crystal_from_atoms(*repeated(crystal, 2, 2, 1))))
    assert window == pytest.approx(np.tile(as_array(layer_window(crystal)), (4, 1)), abs=1e-8)


def test_growth_reversal_swaps_above_and_below():
    fraction, spacing = np.array([0.0, 0, 0.3, 1, 1, 0]), np.array([1.36, 1.37, 1.4, 1.46, 1.42, 1.38])
    window = layer_window(crystal_of_planes(fraction, spacing, 5.5))
    turned = layer_window(crystal_of_planes(fraction[::-1], np.roll(spacing[::-1], -1), 5.5))
    sides = [f"ge_fraction_above_{n}" for n in range(1, WINDOW_REACH + 1)]
    for name in (*sides, "spacing_above_angstrom", "interface_above_angstrom"):
        assert turned[name][::-1] == pytest.approx(window[name.replace("above", "below")])
        assert turned[name.replace("above", "below")][::-1] == pytest.approx(window[name])


def test_random_alloy_has_plane_means():
    crystal = relaxed("SiGe_random_16")
    window = layer_window(crystal)
    for atom in (0, 7, 15):
        next_plane = crystal.plane == (crystal.plane[atom] + 1) % crystal.plane_count
        assert window["ge_fraction_above_1"][atom] == pytest.approx(crystal.ge_fraction[next_plane].mean())
    assert set(window["ge_fraction"]) == {0.0, 1.0}
    assert all(np.isfinite(as_array(window)).ravel())
