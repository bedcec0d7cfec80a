"""What the candidates that are left have in common, and what would decide between them.

It is the cut whose predicted images differ most: each candidate is predicted at the momenta that a next measurement may
choose, seen as a measurement averages them, and the squared difference expected of two candidates drawn by their
probabilities is compared with that in the image at hand.
"""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from core.engines import engine_named
from core.experiment.photoemission.final_state import INNER_POTENTIAL, photon_energies
from core.experiment.photoemission.renderer import GRID, ZONE_EDGE
from core.experiment.photoemission.spectra import predicted_vbm
from core.loop.moves import named
from core.loop.pictures import Pictures

LEAST_PROBABILITY = 0.05
"""Of candidates between which something is left to decide."""

ALIKE = 1 / 3
"""Of the best one's probability, from which another candidate is about as good."""

MOST_CANDIDATES, LEAST_POINTS = 4, 4
SAME_SHARE, SAME_LATTICE, TRADED = 0.01, 0.003, 0.7
"""Differences of Ge fraction and a∥ (Å) up to which candidates agree; a correlation from which both trade off."""

MOMENTA = np.linspace(0.0, 1.0, 11)
"""2π/c̄ that are compared."""

OCCUPIED = np.linspace(-6.0, 0.1, 99)
"""eV against the valence band maximum: what photoemission shows."""

SEEN = (2.0, 1.0, 1.5)
"""Momenta (in steps of MOMENTA, energies and k∥ in pixels) over which a measurement averages: standard deviations."""

LATTICE_STEP = 0.001
"""Å to which a∥ is rounded, so that crystals are built once."""

PHOTONS = (20.0, 200.0)
"""eV of laboratory lamps and soft beamlines."""


@dataclass(frozen=True)
class Decision:
    """The next measurement.

    cut: `G-X` or `G-K`. kz: 2π/c̄. photons: eV at which normal emission has this k_z, within PHOTONS. stacks: between
    which it decides. difference: root mean square difference of their images over the mean intensity; now: that at the
    cut and k_z of the image at hand.
    """

    cut: str
    kz: float
    photons: tuple[float, ...]
    stacks: tuple[str, ...]
    difference: float
    now: float

    @property
    def sentence(self) -> str:
        """In words."""
        names = " and ".join([", ".join(self.stacks[:-1]), self.stacks[-1]])
        cut = self.cut.replace("G", "Γ").replace("-", "–")
        energies = " or ".join(f"{energy:.0f}" for energy in self.photons[:3])
        light = f" ({energies} eV in normal emission)" if energies else ""
        return (
            f"A {cut} cut at k_z = {self.kz:.1f} · 2π/c̄{light} would tell {names} apart best: their images differ by "
            f"{100 * self.difference:.0f} % there, by {100 * self.now:.0f} % in the one at hand."
        )

    def document(self) -> dict:
        """Plain JSON."""
        return asdict(self) | {"sentence": self.sentence}


def ambiguity(candidates: list[tuple[str, float, float, float]], pictures: Pictures) -> str:
    """Which candidates are about as good as each other, and how their a∥ and Ge fraction go together; empty for one.

    Args:
        candidates: (stack, mixing in ML, a∥ in Å, probability), most probable first.
        pictures: that their crystals are kept in.
    """
    left = [one for one in candidates if one[3] >= max(ALIKE * candidates[0][3], LEAST_PROBABILITY)]
    if len(left) < 2:
        return ""
    share = np.array([pictures.crystal(s, w, a).plane_ge_fraction.mean() for s, w, a, _ in left])
    lattice = np.array([a for _, _, a, _ in left])
    names = ", ".join(f"{named(s, w)} ({100 * p:.0f} %)" for s, w, _, p in left[:MOST_CANDIDATES])
    more = ", …" if len(left) > MOST_CANDIDATES else ""
    text = f"{len(left)} candidates explain the image about equally well: {names}{more}."
    if np.ptp(share) < SAME_SHARE and np.ptp(lattice) < SAME_LATTICE:
        return f"{text} They agree on a∥ and on the Ge fraction."
    text += f" Among them a∥ is {lattice.min():.3f} to {lattice.max():.3f} Å"
    text += f" and the Ge fraction {share.min():.2f} to {share.max():.2f}"
    if min(np.ptp(share) / SAME_SHARE, np.ptp(lattice) / SAME_LATTICE) > 1 and len(left) >= LEAST_POINTS:
        together = float(np.corrcoef(share, lattice)[0, 1])
        if abs(together) > TRADED:
            way = "larger" if together > 0 else "smaller"
            text += f": they trade off, more Ge going with a {way} a∥"
    return f"{text}."


def decision(
    candidates: list[tuple[str, float, float, float]], cut: str, kz: float, pictures: Pictures
) -> Decision | None:
    """The cut that tells candidates apart best; None where one of them stands alone.

    Args:
        candidates: (stack, mixing in ML, a∥ in Å, probability), most probable first.
        cut: of the image at hand, `G-X` or `G-K`.
        kz: its k_z in 2π/c̄.
        pictures: that their crystals are kept in.
    """
    left = [one for one in candidates if one[3] >= LEAST_PROBABILITY][:MOST_CANDIDATES]
    if len(left) < 2:
        return None
    weight = np.array([one[3] for one in left])
    weight = np.outer(weight, weight) / weight.sum() ** 2
    crystals = [pictures.crystal(s, w, round(a / LATTICE_STEP) * LATTICE_STEP) for s, w, a, _ in left]
    table = {}
    for name in ZONE_EDGE:
        seen = np.stack([_seen(crystal, name) for crystal in crystals])
        mean = seen.mean(axis=(0, 2, 3))
        apart = ((seen[:, None] - seen[None]) ** 2).mean(axis=(3, 4))
        table[name] = np.sqrt(np.einsum("ab,abz->z", weight, apart)) / mean
    best = max(ZONE_EDGE, key=lambda name: float(table[name].max()))
    place = int(table[best].argmax())
    share = float(np.mean([crystal.plane_ge_fraction.mean() for crystal in crystals]))
    potential = INNER_POTENTIAL["Si"] * (1 - share) + INNER_POTENTIAL["Ge"] * share
    spacing = float(crystals[0].plane_spacing.mean())
    now = float(np.interp(abs((kz + 1) % 2 - 1), MOMENTA, table[cut]))
    return Decision(
        best, float(MOMENTA[place]), tuple(photon_energies(float(MOMENTA[place]), spacing, potential, *PHOTONS)),
        tuple(named(s, w) for s, w, _, _ in left), float(table[best][place]), now,
    )  # fmt: skip


def _seen(crystal, cut: str) -> np.ndarray:
    """(kz, k, energy) predicted totals at MOMENTA as a measurement averages them, of mean 1 at each k_z.

    Energies are those of occupied states against the crystal's own valence band maximum: an experiment knows neither
    the Fermi level nor the intensity.
    """
    totals = engine_named("forward").cut_totals(crystal, cut, MOMENTA)
    place = np.interp(predicted_vbm(crystal) + OCCUPIED, GRID, np.arange(len(GRID)))
    low = np.minimum(place.astype(int), len(GRID) - 2)
    totals = totals[..., low] * (low + 1 - place) + totals[..., low + 1] * (place - low)
    seen = gaussian_filter(totals, (SEEN[0], SEEN[2], SEEN[1]), mode=("mirror", "mirror", "nearest"))
    return seen / seen.mean(axis=(1, 2), keepdims=True)
