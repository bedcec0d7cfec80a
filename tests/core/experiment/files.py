"""Files that the tests of the experiment read."""

from pathlib import Path

import numpy as np

_ARPES = Path(__file__).resolve().parents[4] / "shared" / "data" / "arpes"
BEAMLINES = ("cassiopee_ses_R4000.txt", "sls_sis.h5", "solaris_uranos_DA30.ibw")
ENERGY = np.linspace(-3.0, 0.3, 67)
WAVE_VECTOR = np.linspace(-1.0, 1.2, 45)


def beamline(name: str) -> bytes:
    """A file of the shared data."""
    return (_ARPES / name).read_bytes()


def bands() -> np.ndarray:
    """(energy, wave vector): a parabola below the Fermi level."""
    centre = -0.5 - 1.6 * WAVE_VECTOR[None] ** 2
    return 10 + 100 * np.exp(-(((ENERGY[:, None] - centre) / 0.1) ** 2) / 2)
