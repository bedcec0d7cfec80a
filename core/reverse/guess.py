"""A guess at a sample and at how it was measured, and the pictures that follow from it."""

from dataclasses import dataclass, field, replace

import numpy as np

from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.background_states import background_states
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal
from core.learning.samples import LATTICE_TRAINED
from core.reverse.standard import EV, KX
from core.structure.crystal import Crystal
from core.structure.sample import Sample

MOST_MIXED = 4.0
"""ML."""

ESCAPE = 0.04
"""1/Å: half-width of k_z to start from."""

MOST_BENT, FLAT = 0.4, 0.01
"""Å: one over the final state's momentum, of the slowest electrons and of those whose cut counts as flat."""

MOST_BACKGROUND = 15.0

WIDEST = 0.2
"""1/Å: half-width of k_z."""


@dataclass(frozen=True)
class View:
    """How one image of a sample was measured.

    cut: `G-X` or `G-K`. level: Fermi level in eV on the theory's scale. kz: in 2π/c̄, at k∥ = 0. k_stretch, e_stretch:
    relative errors of the scales of k∥ and energy. kz_width: 1/Å, half-width of the k_z that the image averages over.
    bend: Å, one over the final state's momentum; negative where k_z moves away from Γ with k∥. resolution: eV (FWHM).
    lifetime: eV by which lines widen down to −6 eV. background: a density of states at all momenta, in units of the
    mean signal.
    """

    cut: str
    level: float
    kz: float
    k_stretch: float = 0.0
    kz_width: float = 0.0
    bend: float = 0.0
    resolution: float = 0.1
    lifetime: float = 0.0
    background: float = 0.0
    e_stretch: float = 0.0

    @property
    def state(self) -> FinalState:
        """Which k_z the image sees."""
        radius = 1 / abs(self.bend) if abs(self.bend) > FLAT else np.inf
        return FinalState(self.kz if self.bend >= 0 else -self.kz, radius, self.kz_width)


@dataclass(frozen=True)
class Guess:
    """What the images may have come from: a sample, and for each image how it was measured."""

    sample: Sample
    views: tuple[View, ...]

    @property
    def stack(self) -> str:
        """Notation of the sample's stack."""
        return self.sample.stack

    @property
    def lattice(self) -> float:
        """a∥ in Å."""
        return self.sample.lattice

    @property
    def mixing(self) -> float:
        """Interface width in ML."""
        return self.sample.mixing

    def changed(self, **values) -> "Guess":
        """The guess with another stack, lattice (Å) or mixing (ML), seen as before."""
        return replace(self, sample=self.sample.changed(**values))

    @property
    def mixes(self) -> bool:
        """Whether the stack has interfaces."""
        return len(np.unique(self.crystal.plane_ge_fraction)) > 1

    @property
    def crystal(self) -> Crystal:
        """The relaxed crystal."""
        return self.sample.crystal()

    def within_limits(self) -> "Guess":
        """The nearest guess that the forward model knows."""
        views = tuple(
            replace(
                view,
                kz=round(abs((view.kz + 1) % 2 - 1), 9),
                bend=float(np.clip(view.bend, -MOST_BENT, MOST_BENT)),
                kz_width=float(np.clip(view.kz_width, 0.0, WIDEST)),
                k_stretch=float(np.clip(view.k_stretch, -0.05, 0.05)),
                e_stretch=float(np.clip(view.e_stretch, -0.1, 0.1)),
                resolution=float(np.clip(view.resolution, 0.02, 0.6)),
                lifetime=float(np.clip(view.lifetime, 0.0, 0.6)),
                background=float(np.clip(view.background, 0.0, MOST_BACKGROUND)),
            )
            for view in self.views
        )
        lattice = float(np.clip(self.lattice, *LATTICE_TRAINED))
        kept = {"lattice": lattice} if lattice != self.lattice else {}
        sample = self.sample.changed(mixing=float(np.clip(self.mixing, 0.0, MOST_MIXED)), **kept)
        return Guess(sample, views)


@dataclass
class Predictor:
    """Predicted pictures of guesses; remembers signals, counts forward predictions (`count`)."""

    count: int = 0
    _signals: dict = field(default_factory=dict)

    def picture(self, guess: Guess, number: int) -> np.ndarray:
        """(kx, eV) expected picture of a guess for one of its views."""
        return picture_of(self._signal(guess, number), guess, number)

    def _signal(self, guess: Guess, number: int) -> np.ndarray:
        view = guess.views[number]
        key = (guess.sample, view.cut, view.state)
        if key not in self._signals:
            if len(self._signals) > 64:
                self._signals.pop(next(iter(self._signals)))
            self._signals[key] = cut_signal(guess.crystal, view.cut, view.state)
            self.count += 1
        return self._signals[key]


def picture_of(signal: np.ndarray, guess: Guess, number: int) -> np.ndarray:
    """(kx, eV) expected picture of a signal (k, energy) seen as one of the views of a guess."""
    view = guess.views[number]
    artefacts = Artefacts(
        fermi_level=view.level, k_stretch=view.k_stretch, energy_resolution=view.resolution, lifetime=view.lifetime,
        dos_background=view.background, e_stretch=view.e_stretch,
    )  # fmt: skip
    lattice = np.array([guess.lattice])
    states = background_states(guess.sample.layers.ge_fractions.mean(), lattice) if view.background else None
    return simulate(signal[None], lattice, view.cut, [artefacts], KX, EV, noise=False, states=states)[0]


def exact_picture(guess: Guess, number: int) -> np.ndarray:
    """(kx, eV) the same by the exact engine."""
    view = guess.views[number]
    return picture_of(cut_signal(guess.crystal, view.cut, view.state, "exact"), guess, number)
