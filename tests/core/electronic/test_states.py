import numpy as np
import pytest

from core.electronic.diagonalise import solve_bands
from core.electronic.states import solve_states
from core.parameters.constants import HBAR2_OVER_ELECTRON_MASS
from tests.core.electronic.samples import hamiltonian, reduced_per_length


@pytest.mark.parametrize("spin_orbit", [False, True])
def test_same_levels_and_weights_as_the_bands(spin_orbit):
    model = hamiltonian("Si3Ge1Si1Ge1", "Si", spin_orbit)
    k = (0.31, -0.17, 0.23)
    states, bands = solve_states(model, k), solve_bands(model, [k], [[1.0, 0, 0]])
    np.testing.assert_allclose(states.energy, bands.energy[0], atol=1e-10)
    alone = np.flatnonzero(np.diff(states.energy, prepend=-np.inf, append=np.inf)[:-1] > 0.01)[:5]
    for n in alone[np.diff(states.energy)[alone] > 0.01]:
        np.testing.assert_allclose(states.atom_weight([n]), bands.atom_weight[:, 0, n], atol=1e-8)
    np.testing.assert_allclose(states.atom_weight(np.arange(model.size)).sum(), 1, atol=1e-12)


@pytest.mark.parametrize(
    ("stack", "substrate", "spin_orbit", "k", "offset", "count"),
    [
        ("Si2", "Si", False, (0, 0, 0.846), 0, 1),
        ("Ge2", "Ge", True, (0.5, 0.5, 0.5), 0, 2),
        ("Si4Ge4", "Si", False, (0.83, 0, 0), 0, 1),
        ("Si2", "Ge", True, (0, 0, 0), -2, 2),
        ("Ge4", "Si", True, (0, 0, 0), -2, 2),
    ],
)
@pytest.mark.parametrize("direction", [(1, 0, 0), (1, 1, 0), (0, 0, 1), (1, -2, 0.5)])
def test_mass_is_the_curvature(stack, substrate, spin_orbit, k, offset, count, direction):
    """k·p theory against the second difference of the energies."""
    model = hamiltonian(stack, substrate, spin_orbit)
    first = len(model.crystal) * (4 if spin_orbit else 2) + offset
    members = np.arange(first, first + count)
    unit = np.array(direction) / np.linalg.norm(direction)
    step = 2e-3
    points = np.array(k) + np.array([-step, 0, step])[:, None] * reduced_per_length(model.crystal, unit)
    energy = np.linalg.eigvalsh(model.matrices(points))[:, members].mean(axis=1)
    curvature = (energy[0] - 2 * energy[1] + energy[2]) / step**2
    masses = solve_states(model, k).effective_mass(members, direction)
    assert np.mean(HBAR2_OVER_ELECTRON_MASS / masses) == pytest.approx(curvature, rel=3e-3)


def test_light_hole_share_of_bulk():
    """Heavy holes 0; light holes ⟨L_z σ_z⟩ = −1/3, split-off −2/3."""
    model = hamiltonian("Ge2", "Ge", True)
    states = solve_states(model, (0, 0, 0))
    np.testing.assert_allclose(states.light_hole_share(np.arange(4, 8)), [0, 0, 2 / 3, 2 / 3], atol=1e-9)
    np.testing.assert_allclose(states.light_hole_share(np.arange(2, 4)), 5 / 6, atol=1e-9)
    plain = solve_states(hamiltonian("Ge2", "Ge"), (0, 0, 0))
    np.testing.assert_allclose(plain.light_hole_share(np.arange(1, 4)), [0, 0, 1], atol=1e-9)
