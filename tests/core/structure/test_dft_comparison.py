"""Bond lengths against DFT relaxations; DFT bulk lattice constants are 5.4757 (Si) and 5.7402 Å (Ge)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.parameters.keating import keating_parameters
from core.structure.files import read_structure
from core.structure.keating import relax_spacings
from core.structure.relaxation import relaxed

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


def scaled_deviation(substrate, crystal, parameters):
    """Bond kind (gap,) and our length less the DFT length scaled kind by kind to experiment (gap,) Å."""
    kind, dft = gaps_of(crystal)
    lattice = SILICON if substrate == "Si" else GERMANIUM
    return kind, relaxed_lengths(crystal.plane_ge_fraction, lattice, parameters) - dft / RATIO[kind]


def test_scaled_to_experiment(superlattice):
    """Bonds scaled kind by kind: each kind's mean within 0.010 Å (met: 0.0087), every gap but one too."""
    kind, deviation = scaled_deviation(*superlattice, keating_parameters())
    assert np.abs([deviation[kind == k].mean() for k in range(3)]).max() < 0.010
    assert np.sort(np.abs(deviation))[-2] < 0.010


@pytest.mark.xfail(strict=True, reason="the middle Si-Si gap on Ge is 0.0109 Å off, see docs/attempts.md")
def test_every_scaled_gap_on_germanium():
    crystal = read_structure(DFT_RELAXED / "Si4Ge4_on_Ge.vasp")
    assert np.abs(scaled_deviation("Ge", crystal, keating_parameters())[1]).max() < 0.010


def biaxial_bond_length(bulk, lattice, second, third):
    """Bond (Å) of a cubic crystal at a∥ with free c, from elastic constants to third order (GPa, Lagrangian strain)."""
    (c11, c12), (c111, c112, c123) = second, third
    plane = ((lattice / bulk) ** 2 - 1) / 2
    a, b = 0.5 * c111, c11 + 2 * c112 * plane
    c = 2 * c12 * plane + (c112 + c123) * plane**2
    growth = (-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)
    return np.sqrt(lattice**2 / 8 + bulk**2 * (1 + 2 * growth) / 16)


def test_attempts_of_the_appendix():
    """The figures of docs/attempts.md: no published set of constants takes the last gap below 0.010 Å."""
    crystal = read_structure(DFT_RELAXED / "Si4Ge4_on_Ge.vasp")
    ours = keating_parameters()
    original = replace(ours, alpha=np.array([48.5, 38.0]), beta=np.array([13.8, 12.0]))
    natural = ours.natural_length.copy()
    natural[0, 1] = natural[1, 0] = natural.diagonal().mean()
    for parameters in (original, replace(ours, natural_length=natural)):
        assert np.abs(scaled_deviation("Ge", crystal, parameters)[1]).max() == pytest.approx(0.0109, abs=5e-5)

    harmonic = relaxed_lengths(np.zeros(2), GERMANIUM, ours)[0]
    third_order = biaxial_bond_length(SILICON, GERMANIUM, (165.8, 63.9), (-825.0, -451.0, -64.0))
    assert third_order - harmonic == pytest.approx(0.0006, abs=5e-5)


def test_random_alloy_mean_lengths():
    """All atoms and the cell relaxed: mean bond length of each kind within 0.010 Å of DFT (met: 0.0061).

    The mean lattice constant of this file, 5.615 Å, fits the constants of the PBE functional, not those above.
    """
    crystal = read_structure(DFT_RELAXED / "SiGe_random_16.vasp")
    vectors = relaxed(crystal, "free", keating_parameters().with_lattice_constants(*PBE)).bond_vector
    kind = np.round(crystal.ge_fraction[crystal.bond_atoms].sum(axis=1)).astype(int)
    deviation = np.linalg.norm(vectors, axis=1) - crystal.bond_length
    assert np.abs([deviation[kind == k].mean() for k in range(3)]).max() < 0.010
    assert np.abs(deviation).max() < 0.012
