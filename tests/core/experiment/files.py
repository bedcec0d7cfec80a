"""Files that the tests of the experiment read."""

import numpy as np

from tests.data import DATA

ENERGY = np.linspace(-3.0, 0.3, 67)
WAVE_VECTOR = np.linspace(-1.0, 1.2, 45)


def beamline(name: str) -> bytes:
    """The content of a file of the test data."""
    return (DATA / name).read_bytes()


def bands() -> np.ndarray:
    """(energy, wave vector): a parabola below the Fermi level."""
    centre = -0.5 - 1.6 * WAVE_VECTOR[None] ** 2
    return 10 + 100 * np.exp(-(((ENERGY[:, None] - centre) / 0.1) ** 2) / 2)
