"""The density of states behind the background."""

import numpy as np
import pytest

from core.electronic.spectral import EnergyGrid
from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.background_states import COMPOSITION, LATTICE, background_states
from core.experiment.photoemission.renderer import simulate

ENERGY = EnergyGrid().values
KX, EV = np.linspace(-1.0, 1.0, 41), np.linspace(-6.0, 0.5, 66)


def test_silicon_has_its_gap_and_its_peaks():
    states = background_states(np.array([0.0]), np.array([5.431]))[0]
    assert states.mean() == pytest.approx(1.0, abs=0.01)
    gap = states[(ENERGY > 0.45) & (ENERGY < 0.75)]
    assert gap.max() < 0.02
    # Valence band of Si in photoemission: the upper peak lies 2 to 3.5 eV below the top (p states along Σ and at X).
    valence = (ENERGY > -4.5) & (ENERGY < 0)
    assert -3.5 < ENERGY[valence][states[valence].argmax()] < -2.0


def test_germanium_rises_and_narrows_the_gap():
    silicon, germanium = background_states(np.array([0.0, 1.0]), np.array([5.431, 5.658]))
    top = [ENERGY[np.flatnonzero((s > 0.1) & (ENERGY < 1.0))[-1]] for s in (silicon, germanium)]
    assert top[1] - top[0] > 0.3


def test_values_between_the_table_are_interpolated():
    x, a = float(COMPOSITION[2]), float(LATTICE[3])
    corners = background_states(np.array([x, COMPOSITION[3]]), np.array([a, a]))
    between = background_states(np.array([(x + COMPOSITION[3]) / 2]), np.array([a]))[0]
    assert between == pytest.approx(corners.mean(axis=0), rel=1e-4, abs=1e-5)


def test_the_background_follows_the_states_and_not_the_cut():
    signal = np.zeros((1, 49, len(ENERGY)), np.float32)
    signal[:, :, np.abs(ENERGY + 1.0).argmin()] = 1.0
    states = background_states(np.array([0.0]), np.array([5.431]))
    seen = [Artefacts(dos_background=3.0, fermi_level=0.3)]
    image = simulate(signal, np.array([5.431]), "G-X", seen, KX, EV, noise=False, states=states)[0]
    profile = image[5]
    line = np.abs(EV + 1.3) < 0.3
    expected = np.interp(EV + 0.3, ENERGY, states[0])
    assert np.corrcoef(profile[~line], expected[~line])[0, 1] > 0.999
    assert image.std(axis=0)[~line].max() < 1e-3 * image.mean()
