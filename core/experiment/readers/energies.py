"""Which energies an axis counts, and in which direction: by its label, by the file's header, by where electrons end."""

import re
from dataclasses import dataclass

import numpy as np

NEAR_ZERO = 0.05
"""Share of an axis' length by which it may miss zero and still be counted from the Fermi level."""

EMPTIER = 0.8
"""The side without electrons is darker than this share of the other."""

_KINETIC = re.compile(r"kinetic|\bekin|e_?k(?:in)?\b|\bk\.?e\.?\b|\bfinal\b", re.IGNORECASE)
_BINDING = re.compile(r"binding|\be_?b\b|\bb\.?e\.?\b|e\s*[-−]\s*(?:e_?f|mu|μ|µ)", re.IGNORECASE)
_FROM_FERMI = re.compile(r"e\s*[-−]\s*(e_?f|mu|μ|µ)", re.IGNORECASE)


@dataclass(frozen=True)
class EnergyScale:
    """How an energy axis counts.

    kind: `kinetic`, or `binding` for energies against the Fermi level. sign: -1 where occupied states are positive.
    origin: how it is known.
    """

    kind: str
    sign: int
    origin: str


def scale_word(text: str) -> str:
    """`kinetic` or `binding` where a text says one of them; else empty."""
    if _BINDING.search(text):
        return "" if _KINETIC.search(text) and not _FROM_FERMI.search(text) else "binding"
    return "kinetic" if _KINETIC.search(text) else ""


def energy_scale(label: str, header: str, energy: np.ndarray, spectrum: np.ndarray) -> EnergyScale:
    """What an energy axis counts, never from the size of its mean.

    Args:
        label: what the file calls the axis.
        header: what it says of its energies elsewhere.
        energy: (energy,) eV, monotonic.
        spectrum: (energy,) mean intensity.
    """
    for text, origin in ((label, "label"), (header, "header")):
        if word := scale_word(text):
            if word == "kinetic":
                return EnergyScale("kinetic", 1, origin)
            sign = 1 if _FROM_FERMI.search(text) else _occupied_sign(energy, spectrum)
            return EnergyScale("binding", sign, origin)
    margin = NEAR_ZERO * np.ptp(energy)
    if energy.min() > margin:
        return EnergyScale("kinetic", 1, "axis without zero")
    if energy.max() < -margin:
        return EnergyScale("binding", 1, "axis without zero")
    return EnergyScale("binding", _occupied_sign(energy, spectrum), "Fermi edge")


def _occupied_sign(energy: np.ndarray, spectrum: np.ndarray) -> int:
    """-1 where electrons lie at positive energies: the other side of zero is empty, or hardly there."""
    above, below = energy > 0, energy < 0
    least = max(3, 0.02 * len(energy))
    if min(above.sum(), below.sum()) >= least:
        dark = np.nanmin(spectrum)
        high, low = (np.nanmean(spectrum[side]) - dark for side in (above, below))
        if low < EMPTIER * high:
            return -1
        if high < EMPTIER * low:
            return 1
    return -1 if energy.max() > -energy.min() else 1
