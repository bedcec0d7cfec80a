"""The density of states on every plane: counts of electrons, symmetries, the whole zone."""

import numpy as np
import pytest

from core.electronic.calculation import energy_zero
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.layer_density import MOST_PLANES, _states, layer_density, zone_mesh
from core.electronic.spectral import EnergyGrid
from core.errors import InputError
from core.structure.sample import Sample

VALENCE = EnergyGrid(-15.0, 0.85, 640)
"""From below the lowest band into the gap of Si1Ge1 on Si."""


def test_every_plane_has_its_four_electrons_below_the_gap():
    found = layer_density(Sample("Si1Ge1", "Si").crystal(), VALENCE, points=4)
    electrons = found.density.sum(axis=1) * VALENCE.step
    assert electrons.sum() == pytest.approx(8.0, abs=1e-3)
    assert electrons == pytest.approx([4.0, 4.0], abs=0.3)
    assert found.density.min() >= 0


def test_an_eighth_of_the_zone_stands_for_all_of_it():
    crystal = Sample("Si2Ge1Si1", "Si0.5Ge0.5").crystal()
    hamiltonian, zero = build_hamiltonian(crystal, True), energy_zero(True)
    eighth = zone_mesh(4, 4)
    assert len(eighth) == 4 * round(24 / 4 / 2)
    signs = [(u, w, z) for u in (1, -1) for w in (1, -1) for z in (1, -1)]

    def weight(k) -> np.ndarray:
        energy, weights = _states(hamiltonian, k, (zero - 1, zero + 2), 0.05)
        return weights @ np.exp(-(((energy - zero)[:, None] - np.linspace(-1, 2, 20)) ** 2) / 0.02)

    for kx, ky, kz in eighth[::5]:
        along_u, along_w = (kx + ky) / 2, (ky - kx) / 2
        images = [weight(np.array([u * along_u - w * along_w, u * along_u + w * along_w, z * kz])) for u, w, z in signs]
        for image in images[1:]:
            np.testing.assert_allclose(image, images[0], atol=1e-9)


def test_planes_of_one_material_are_alike_and_growth_the_other_way_reverses_them():
    alike = layer_density(Sample("Si4", "Si").crystal(), points=4).density
    np.testing.assert_allclose(alike, np.broadcast_to(alike[0], alike.shape), atol=1e-9)
    one, other = (layer_density(Sample(s, "Si").crystal(), points=4).density for s in ("Si1Ge2Si3", "Si3Ge2Si1"))
    np.testing.assert_allclose(one, other[::-1], atol=1e-9)


def test_the_gap_is_empty_and_progress_is_told():
    done = []
    found = layer_density(Sample("Si2Ge2", "Si").crystal(), points=4, progress=done.append)
    gap = (found.energy > 0.6) & (found.energy < 0.9)
    assert found.density[:, gap].max() < 0.02 * found.density.max()
    assert done[-1] == 1.0


def test_a_window_without_states_has_none():
    found = layer_density(Sample("Si2", "Si").crystal(), EnergyGrid(0.45, 0.65, 10), 0.01, points=2)
    assert found.density.shape == (2, 10)
    assert found.density.max() == 0.0


def test_long_periods_are_refused():
    with pytest.raises(InputError, match=f"at most {MOST_PLANES}"):
        layer_density(Sample("Si30Ge30", "Si").crystal())
