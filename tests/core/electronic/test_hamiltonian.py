import numpy as np
import pytest

from core.electronic.hamiltonian import angular_momentum_along_growth, build_hamiltonian
from core.electronic.slater_koster import SHELL_OF_ORBITAL, two_centre_blocks
from core.parameters.tight_binding import tight_binding_parameters
from tests.core.electronic.samples import crystal, hamiltonian, reduced_per_length

SAMPLES = [("Si2", "Si"), ("Si4Ge4", "Si0.5Ge0.5"), ("Si3Ge3", "Ge"), ("Si2(Si0.7Ge0.3)2Ge2", "Si")]
K_POINTS = np.array([[0.13, -0.41, 0.77], [0, 0, 0], [0.3, 0.3, 0.2], [0.4, -0.1, 0], [1, 0, 0], [0.5, 0.5, 0.5]])


@pytest.mark.parametrize("spin_orbit", [False, True])
@pytest.mark.parametrize("sample", SAMPLES)
def test_hermitian(sample, spin_orbit):
    matrix = hamiltonian(*sample, spin_orbit).matrices(K_POINTS)
    assert np.abs(matrix - matrix.conj().transpose(0, 2, 1)).max() <= 1e-12


@pytest.mark.parametrize("spin_orbit", [False, True])
@pytest.mark.parametrize("sample", [("Si2", "Ge"), ("Si3Ge3", "Si")])
def test_levels_of_a_plain_assembly(sample, spin_orbit):
    """Bond by bond in the cubic axes, real orbitals, spin along z and phases of the actual atoms: the same levels."""
    model, silicon_germanium = hamiltonian(*sample, spin_orbit), crystal(*sample)
    for k in K_POINTS[[0, 2, 4]]:
        plain = np.linalg.eigvalsh(plain_matrix(silicon_germanium, k, spin_orbit))
        np.testing.assert_allclose(np.linalg.eigvalsh(model.matrices(k)[0]), plain, atol=1e-10)


def plain_matrix(sample, k_reduced, spin_orbit):
    tb = tight_binding_parameters()
    k = 2 * np.pi * np.linalg.solve(sample.average_cell, k_reduced)
    kind = sample.ge_fraction.astype(int)
    matrix = np.zeros((len(sample), 10, len(sample), 10), dtype=complex)
    for i, x in enumerate(kind):
        matrix[i, range(10), i, range(10)] = tb.onsite[x][SHELL_OF_ORBITAL]
    for (i, j), vector in zip(sample.bond_atoms, sample.bond_vector, strict=True):
        length = np.linalg.norm(vector)
        a, b = kind[i], kind[j]
        reference = tb.bond_length[a, b]
        hopping = tb.hopping[a, b] * (reference / length) ** tb.exponent[a, b]
        block = two_centre_blocks((vector / length)[None], hopping[None])[0] * np.exp(1j * k @ vector)
        matrix[i, :, j] += block
        matrix[j, :, i] += block.conj().T
        stretch = length / reference - 1
        for atom, sign, x in ((i, 1, a), (j, -1, b)):
            strain = tb.beta_constant[x] + tb.beta_slope[x] * stretch
            matrix[atom, :, atom] += two_centre_blocks((sign * vector / length)[None], strain[None], same_atom=True)[0]
            matrix[atom, range(10), atom, range(10)] += 0.75 * stretch * tb.alpha[x][SHELL_OF_ORBITAL]
    matrix = matrix.reshape(10 * len(sample), -1)
    if not spin_orbit:
        return matrix
    x, y, z = np.zeros((3, 3, 3), dtype=complex)
    x[1, 2], y[2, 0], z[0, 1] = -1j, -1j, -1j
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    coupling = sum(np.kron(s, angular + angular.conj().T) for s, angular in zip(pauli, (x, y, z), strict=True))
    matrix = np.kron(np.eye(2), matrix).reshape(2, len(sample), 10, 2, len(sample), 10)
    for i, species in enumerate(kind):
        matrix[:, i, 1:4, :, i, 1:4] += tb.spin_orbit[species] * coupling.reshape(2, 3, 2, 3)
    return matrix.reshape(20 * len(sample), -1)


@pytest.mark.parametrize("order", [1, 2])
def test_derivatives_of_the_blocks(order):
    model = hamiltonian("Si3Ge3", "Ge", True)
    direction = np.array([[0.6, -0.64, 0.48]])
    k, step = K_POINTS[:1], 1e-3 * reduced_per_length(model.crystal, direction)
    difference = {
        1: (model.pair_blocks(k + step) - model.pair_blocks(k - step)) / 2e-3,
        2: (model.pair_blocks(k + step) - 2 * model.pair_blocks(k) + model.pair_blocks(k - step)) / 1e-6,
    }
    np.testing.assert_allclose(model.velocity_blocks(k, direction, order), difference[order], atol=1e-4)


@pytest.mark.parametrize("spin_orbit", [False, True])
def test_symmetries_of_the_levels(spin_orbit):
    """Reciprocal lattice, time reversal, the two mirror planes and the two-fold rotation with time reversal."""
    model = hamiltonian("Si4Ge2", "Si", spin_orbit)
    kx, ky, kz = K_POINTS[0]
    reciprocal = 4 * np.linalg.inv(model.crystal.site_cell)
    same = [[-kx, -ky, -kz], [ky, kx, kz], [-ky, -kx, kz], [kx, ky, -kz], K_POINTS[0] + reciprocal @ [1, 2, -1]]
    levels = np.linalg.eigvalsh(model.matrices(np.vstack([K_POINTS[:1], same])))
    np.testing.assert_allclose(levels, np.broadcast_to(levels[0], levels.shape), atol=1e-10)


def test_virtual_crystal_is_linear_between_the_elements():
    """The trace of an on-site block: the mean of the elements, and their mean shift by the volume strain."""
    tb = tight_binding_parameters()
    pure = [build_hamiltonian(crystal(f"{name}2", name)).onsite[0].real for name in ("Si", "Ge")]
    np.testing.assert_allclose(np.diag(pure[0])[[0, 1, 9]], tb.onsite[0, [0, 1, 3]], atol=2e-3)
    mixed = crystal("(Si0.25Ge0.75)2", "Si0.25Ge0.75")
    trace = np.trace(build_hamiltonian(mixed).onsite[0].real)
    stretch = mixed.bond_length / np.einsum("x,y,xy->", [0.25, 0.75], [0.25, 0.75], tb.bond_length) - 1
    volume = 0.75 * stretch.sum() * np.array([0.25, 0.75]) @ tb.alpha[:, SHELL_OF_ORBITAL].sum(axis=1)
    assert trace == pytest.approx(
        np.array([0.25, 0.75]) @ tb.onsite[:, SHELL_OF_ORBITAL].sum(axis=1) + volume, abs=1e-9
    )


def test_angular_momentum_of_p_states():
    """L_z σ_z has the eigenvalues 1, 0, −1, each twice, on the p shell, and none elsewhere."""
    values = np.linalg.eigvalsh(angular_momentum_along_growth())
    np.testing.assert_allclose(values, [-1, -1, *[0] * 16, 1, 1], atol=1e-12)
