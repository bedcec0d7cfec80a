"""Against the closed forms of Slater and Koster, Phys. Rev. 94, 1498 (1954), table I."""

import numpy as np
import pytest

from core.electronic.slater_koster import ORBITALS, orbital_rotation, two_centre_blocks

DIRECTIONS = np.array([[0.36, -0.48, 0.8], [1, 1, 1], [-2, 1, 0.3], [0, 0, 1], [0, 0, -1], [1, 0, 0], [0.01, 0, 1]])
DIRECTIONS = DIRECTIONS / np.linalg.norm(DIRECTIONS, axis=1)[:, None]
VALUES = {"ss": [1.3], "sp": [2.1], "sd": [0.7], "pp": [3.2, -1.1], "pd": [-1.9, 0.8], "dd": [-1.7, 1.2, 0.45]}


def table_one(l, m, n, v):  # noqa: E741  (direction cosines)
    """Table I as {(orbital, orbital): energy}; x, y, z for p_x, p_y, p_z."""
    (ss,), (sp,), (sd,), (pp, pq), (pd, pe), (dd, de, df) = (v[key] for key in ("ss", "sp", "sd", "pp", "pd", "dd"))
    r, u, w = np.sqrt(3), l * l - m * m, n * n - (l * l + m * m) / 2
    return {
        ("s", "s"): ss,
        ("s", "px"): l * sp,
        ("s", "pz"): n * sp,
        ("px", "px"): l * l * pp + (1 - l * l) * pq,
        ("px", "py"): l * m * (pp - pq),
        ("px", "pz"): l * n * (pp - pq),
        ("s", "dxy"): r * l * m * sd,
        ("s", "dx2-y2"): r / 2 * u * sd,
        ("s", "dz2"): w * sd,
        ("px", "dxy"): r * l * l * m * pd + m * (1 - 2 * l * l) * pe,
        ("px", "dyz"): l * m * n * (r * pd - 2 * pe),
        ("px", "dzx"): r * l * l * n * pd + n * (1 - 2 * l * l) * pe,
        ("px", "dx2-y2"): r / 2 * l * u * pd + l * (1 - u) * pe,
        ("py", "dx2-y2"): r / 2 * m * u * pd - m * (1 + u) * pe,
        ("pz", "dx2-y2"): r / 2 * n * u * pd - n * u * pe,
        ("px", "dz2"): l * w * pd - r * l * n * n * pe,
        ("py", "dz2"): m * w * pd - r * m * n * n * pe,
        ("pz", "dz2"): n * w * pd + r * n * (l * l + m * m) * pe,
        ("dxy", "dxy"): 3 * l * l * m * m * dd
        + (l * l + m * m - 4 * l * l * m * m) * de
        + (n * n + l * l * m * m) * df,
        ("dxy", "dyz"): 3 * l * m * m * n * dd + l * n * (1 - 4 * m * m) * de + l * n * (m * m - 1) * df,
        ("dxy", "dzx"): 3 * l * l * m * n * dd + m * n * (1 - 4 * l * l) * de + m * n * (l * l - 1) * df,
        ("dxy", "dx2-y2"): l * m * u * (1.5 * dd - 2 * de + 0.5 * df),
        ("dyz", "dx2-y2"): m * n * (1.5 * u * dd - (1 + 2 * u) * de + (1 + u / 2) * df),
        ("dzx", "dx2-y2"): n * l * (1.5 * u * dd + (1 - 2 * u) * de - (1 - u / 2) * df),
        ("dxy", "dz2"): r * l * m * (w * dd - 2 * n * n * de + (1 + n * n) / 2 * df),
        ("dyz", "dz2"): r * m * n * (w * dd + (l * l + m * m - n * n) * de - (l * l + m * m) / 2 * df),
        ("dzx", "dz2"): r * l * n * (w * dd + (l * l + m * m - n * n) * de - (l * l + m * m) / 2 * df),
        ("dx2-y2", "dx2-y2"): 0.75 * u * u * dd + (l * l + m * m - u * u) * de + (n * n + u * u / 4) * df,
        ("dx2-y2", "dz2"): r * u * (w / 2 * dd - n * n * de + (1 + n * n) / 4 * df),
        ("dz2", "dz2"): w * w * dd + 3 * n * n * (l * l + m * m) * de + 0.75 * (l * l + m * m) ** 2 * df,
    }


def integrals():
    values = np.zeros((4, 4, 3))
    for key, column in VALUES.items():
        a, b = ("spd".index(letter) for letter in key)
        values[a, b, : len(column)] = values[b, a, : len(column)] = column
    values[3, 3, 0] = values[0, 3, 0] = values[3, 0, 0] = VALUES["ss"][0]
    values[3, 1:3] = values[1:3, 3] = values[0, 1:3]
    return values


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_closed_forms(direction):
    block = two_centre_blocks(direction[None], integrals()[None])[0]
    for (a, b), energy in table_one(*direction, VALUES).items():
        i, j = ORBITALS.index(a), ORBITALS.index(b)
        parity = (-1) ** (a[0] == "p") * (-1) ** (b[0] == "p")
        assert block[i, j] == pytest.approx(energy, abs=1e-12), (a, b)
        assert block[j, i] == pytest.approx(parity * energy, abs=1e-12), (b, a)


def test_second_s_shell_has_the_angles_of_the_first():
    block = two_centre_blocks(DIRECTIONS, np.tile(integrals(), (len(DIRECTIONS), 1, 1, 1)))
    np.testing.assert_allclose(block[:, 9, :9], block[:, 0, :9], atol=1e-13)
    np.testing.assert_allclose(block[:, :9, 9], block[:, :9, 0], atol=1e-13)


def test_opposite_bond_is_the_transposed_block():
    values = np.tile(integrals(), (len(DIRECTIONS), 1, 1, 1))
    there, back = two_centre_blocks(DIRECTIONS, values), two_centre_blocks(-DIRECTIONS, values)
    np.testing.assert_allclose(back, there.transpose(0, 2, 1), atol=1e-12)


def test_on_site_blocks_are_symmetric():
    block = two_centre_blocks(DIRECTIONS, np.tile(integrals(), (len(DIRECTIONS), 1, 1, 1)), same_atom=True)
    np.testing.assert_allclose(block, block.transpose(0, 2, 1), atol=1e-12)
    assert block[0, 1, 0] == pytest.approx(DIRECTIONS[0, 0] * VALUES["sp"][0])


def test_rotations_are_orthogonal():
    rotation = orbital_rotation(DIRECTIONS)
    np.testing.assert_allclose(
        rotation @ rotation.transpose(0, 2, 1), np.tile(np.eye(10), (len(DIRECTIONS), 1, 1)), atol=1e-13
    )
