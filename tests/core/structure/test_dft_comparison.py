"""Bond lengths against DFT relaxations; DFT bulk lattice constants are 5.4757 (Si) and 5.7402 Å (Ge)."""

from pathlib import Path

import numpy as np
import pytest

from core.parameters.keating import keating_parameters
from core.structure.files import read_structure
from core.structure.keating import relax_spacings
from tests.core.structure.force_field import ExplicitKeating

DFT_RELAXED = Path(__file__).with_name("dft_relaxed")
SILICON, GERMANIUM = 5.431, 5.658
DFT_SILICON, DFT_GERMANIUM = 5.4757, 5.7402
PBE = (5.477, 5.774)
RATIO = np.array([DFT_SILICON / SILICON, 0.0, DFT_GERMANIUM / GERMANIUM])
RATIO[1] = RATIO[[0, 2]].mean()
"""DFT over experiment by bond kind: Si-Si, Si-Ge (the mean), Ge-Ge."""


def gaps_of(crystal):
    """Bond kind (0, 1, 2) and mean bond length (gap,) Å of every plane gap."""
    x = crystal.plane_ge_fraction
    kind = np.round(x + np.roll(x, -1)).astype(int)
    lower = np.where(crystal.bond_site[:, 2] > 0, crystal.bond_atoms[:, 0], crystal.bond_atoms[:, 1])
    gap = crystal.plane[lower]
    return kind, np.bincount(gap, weights=crystal.bond_length) / np.bincount(gap)


def relaxed_lengths(profile, lattice, parameters):
    return np.sqrt(lattice**2 / 8 + relax_spacings(profile, lattice, parameters) ** 2)


@pytest.fixture(params=["Si", "Ge"])
def superlattice(request):
    return request.param, read_structure(DFT_RELAXED / f"Si4Ge4_on_{request.param}.vasp")


def test_like_for_like_at_the_strain_of_the_calculation(superlattice):
    """The force field with DFT's own bulk lengths at DFT's own a∥: every plane gap within 0.010 Å (met: 0.0053)."""
    _, crystal = superlattice
    _, dft = gaps_of(crystal)
    parameters = keating_parameters().with_lattice_constants(DFT_SILICON, DFT_GERMANIUM)
    ours = relaxed_lengths(crystal.plane_ge_fraction, crystal.lattice_in_plane, parameters)
    assert np.abs(ours - dft).max() < 0.006


def test_scaled_to_experiment(superlattice):
    """Bonds scaled kind by kind: each kind's mean within 0.010 Å (met: 0.0087), single gaps within 0.011 Å.

    The misfit of Si and Ge is 4.83 % in the calculation and 4.18 % in experiment; no scaling of lengths takes the
    extra strain out, which alone amounts to 0.010 Å in a Si-Si bond on Ge.
    """
    substrate, crystal = superlattice
    kind, dft = gaps_of(crystal)
    lattice = SILICON if substrate == "Si" else GERMANIUM
    deviation = relaxed_lengths(crystal.plane_ge_fraction, lattice, keating_parameters()) - dft / RATIO[kind]
    assert np.abs([deviation[kind == k].mean() for k in range(3)]).max() < 0.010
    assert np.abs(deviation).max() < 0.011


def test_random_alloy_mean_lengths():
    """All atoms and the cell relaxed: mean bond length of each kind within 0.010 Å of DFT (met: 0.0061).

    The mean lattice constant of this file, 5.615 Å, fits the constants of the PBE functional, not those above.
    """
    crystal = read_structure(DFT_RELAXED / "SiGe_random_16.vasp")
    vectors = ExplicitKeating(crystal, keating_parameters().with_lattice_constants(*PBE)).relax(crystal)
    kind = np.round(crystal.ge_fraction[crystal.bond_atoms].sum(axis=1)).astype(int)
    deviation = np.linalg.norm(vectors, axis=1) - crystal.bond_length
    assert np.abs([deviation[kind == k].mean() for k in range(3)]).max() < 0.010
    assert np.abs(deviation).max() < 0.012
