"""Weights and velocities from coefficients, on states whose answers the exact engine has."""

from dataclasses import replace

import numpy as np
import pytest

from core.dft.imported.projections import Projections, lines
from core.electronic.diagonalise import solve_bands
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.kpath import build_path
from core.structure.sample import Sample

ANGULAR = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2, 0])


def states(stack: str, kept: int | None = None, points: int = 12):
    """Tight-binding states of the lowest bands, each turned by a phase at random; exact bands beside them."""
    crystal = Sample(stack, "Si").crystal()
    path, hamiltonian = build_path(crystal, "G-X|K-G-L", points), build_hamiltonian(crystal)
    energy, vector = np.linalg.eigh(hamiltonian.matrices(path.k_reduced))
    vector = vector * np.exp(2j * np.pi * np.random.default_rng(1).random(vector.shape[::2]))[:, None]
    coefficient = vector.reshape(len(path), len(crystal), len(ANGULAR), -1)[..., :kept]
    phase = np.ones((len(path), len(crystal)))
    made = Projections(path.k_cartesian, energy[:, :kept], coefficient, phase, crystal.sublattice, ANGULAR)
    return made, solve_bands(hamiltonian, path.k_reduced, path.direction, workers=1)


def single(energy):
    """States that no other is close to."""
    apart = np.diff(energy, axis=1, prepend=-99, append=99)
    return (apart[:, :-1] > 0.05) & (apart[:, 1:] > 0.05)


@pytest.mark.parametrize("stack", ["Si2", "Si3Ge1"])
def test_all_states_give_what_the_exact_engine_gives(stack):
    made, exact = states(stack)
    found = made.bands()
    np.testing.assert_allclose(found.unfolding_weight.sum(axis=1), 2 * len(ANGULAR), atol=1e-8)
    np.testing.assert_allclose(found.atom_weight.sum(axis=0), 1, atol=1e-10)
    np.testing.assert_allclose(found.energy, exact.energy, atol=1e-3)
    alone = single(exact.energy)
    np.testing.assert_allclose(found.unfolding_weight[alone], exact.unfolding_weight[alone], atol=1e-6)
    np.testing.assert_allclose(found.atom_weight[:, alone], exact.atom_weight[:, alone], atol=1e-6)
    p_and_d = slice(1, 3)
    np.testing.assert_allclose(
        found.atom_shell_weight[:, p_and_d, alone], exact.atom_shell_weight[:, p_and_d, alone], atol=1e-6
    )


def velocity_error(points: int) -> float:
    made, exact = states("Si3Ge1", points=points)
    off = np.abs(made.bands().velocity - exact.velocity)
    return float(off[:, :8][single(exact.energy)[:, :8]].max())  # of filled states


def test_slopes_are_exact_to_second_order_in_the_distance_of_k_points():
    coarse, fine = velocity_error(12), velocity_error(24)
    assert fine < 0.08  # eV Å, of slopes of up to 21
    assert fine < coarse / 3


def test_degenerate_states_have_the_slopes_of_the_exact_engine():
    """At Γ the triplet of silicon is split along the line into what has a slope beside it."""
    made, exact = states("Si4")
    valence = slice(0, 8)
    found = made.bands()
    off = np.abs(np.sort(found.velocity[:, valence], axis=1) - np.sort(exact.velocity[:, valence], axis=1))
    assert np.median(off) < 0.03


def test_filled_states_alone_suffice_for_their_weights():
    made, exact = states("Si4", kept=8)
    found = made.bands()
    assert np.minimum(found.unfolding_weight, np.abs(1 - found.unfolding_weight)).max() < 1e-6
    np.testing.assert_allclose(found.unfolding_weight.sum(axis=1), exact.unfolding_weight[:, :8].sum(axis=1), atol=1e-6)


def test_what_lies_outside_of_the_orbitals_does_not_count():
    """A state that is seen to three quarters has the weights of one that is seen whole."""
    made, _ = states("Si3Ge1", kept=9)
    dimmed = replace(made, coefficient=made.coefficient * 0.75**0.5)
    np.testing.assert_allclose(dimmed.inside(), 0.75)
    np.testing.assert_allclose(dimmed.bands().unfolding_weight, made.bands().unfolding_weight, atol=1e-8)
    np.testing.assert_allclose(dimmed.bands().velocity, made.bands().velocity, atol=1e-8)


def test_states_that_lie_mostly_outside_have_the_slopes_of_their_order():
    made, _ = states("Si3Ge1", kept=9)
    faint = replace(made, coefficient=made.coefficient * np.where(np.arange(9) == 8, 0.4, 1.0))
    slope = np.gradient(faint.bands().energy[:12, 8], np.linalg.norm(made.k[1] - made.k[0]))
    np.testing.assert_allclose(faint.bands().velocity[:12, 8], slope, atol=1e-8)
    assert np.abs(made.bands().velocity[:12, 8] - slope).max() > 0.1


def test_lines_end_at_corners_jumps_and_doubled_points():
    corner = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [2, 1, 0], [2, 2, 0], [9, 9, 9], [9, 9, 9], [9, 9, 8]], float)
    assert list(lines(corner)) == [(0, 3), (3, 5), (5, 6), (6, 8)]
    assert list(lines(np.zeros((1, 3)))) == [(0, 1)]
