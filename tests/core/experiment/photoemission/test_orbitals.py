"""Orbital shares and the matrix elements made of them."""

import numpy as np
import pytest

from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.orbitals import COMBINATIONS, ENERGY, orbital_shares
from core.experiment.photoemission.renderer import simulate

KX, EV = np.linspace(-1.2, 1.2, 97), np.linspace(-6.5, 0.9, 119)


def share(shares: np.ndarray, k: int, energy: float, orbital: str) -> float:
    """Of an orbital on both sublattices, at one momentum."""
    chosen = [i for i, name in enumerate(COMBINATIONS) if name.split()[0] == orbital]
    return float(shares[k, np.abs(ENERGY - energy).argmin(), chosen].sum())


def test_shares_add_up_and_have_the_known_characters():
    shares = orbital_shares(0.0, 5.431, "G-X", 0.0)
    np.testing.assert_allclose(shares.sum(axis=2), 1.0, atol=1e-5)
    assert shares.min() >= -1e-6
    assert share(shares, 0, 0.0, "s") < 0.01  # the valence band's top is of p orbitals
    assert sum(share(shares, 0, 0.0, p) for p in ("p∥", "p⊥", "p_z")) > 0.7
    assert share(shares, 0, 0.0, "p∥") == pytest.approx(share(shares, 0, 0.0, "p⊥"), rel=0.01)
    assert share(shares, 0, -10.5, "s") > 0.8  # its bottom, beyond the last energy, of s orbitals
    x = len(shares) - 1
    assert share(shares, x, -2.9, "p∥") < 0.05  # X4 of the line along x: p_y and p_z
    assert share(shares, x, -2.9, "p⊥") + share(shares, x, -2.9, "p_z") > 0.9


def test_a_band_of_one_orbital_can_vanish_at_one_sign_of_momentum():
    shares = np.zeros((1, 25, len(ENERGY), len(COMBINATIONS)), np.float32)
    shares[..., ENERGY > -2.5, 2] = 1  # an upper band of one kind, a lower one of another
    shares[..., ENERGY <= -2.5, 0] = 1
    signal = np.zeros((1, 49, 176), np.float32)
    signal[:, :, 105:112] = signal[:, :, 50:57] = 1
    plain = simulate(signal, np.array([5.431]), "G-X", [Artefacts()], KX, EV, noise=False)[0]
    found = []
    for seed in range(20):
        seen = [Artefacts(seed=seed, orbital=1.5)]
        image = simulate(signal, np.array([5.431]), "G-X", seen, KX, EV, noise=False, shares=shares)[0]
        upper, lower = (image[:, part].sum(axis=1) for part in (EV > -2.5, EV <= -2.5))
        found.append([upper[-20:].sum() / lower[-20:].sum(), upper[:20].sum() / lower[:20].sum()])
    found = np.log(found) - np.log(plain[-20:, EV > -2.5].sum() / plain[-20:, EV <= -2.5].sum())
    assert found.max() > np.log(10)
    assert found.min() < -np.log(10)
    assert np.abs(found[:, 0] - found[:, 1]).max() > np.log(10)
    assert np.median(found) == pytest.approx(0.0, abs=1.0)
