"""Which stacks explain an image: a library in the order of estimated figures, its best tried by the forward model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np

from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal
from core.forward.features import CORRELATION_REACH, pair_correlation
from core.learning.samples import LATTICE_TRAINED, LONGEST_BLOCK, profile_key
from core.reverse.distance import Target
from core.reverse.guess import Guess, Predictor, View
from core.reverse.knowledge import NOTHING, Knowledge
from core.reverse.quantities import interfacial_share, profile_period
from core.reverse.standard import KX, THEORY
from core.structure.crystal import Crystal
from core.structure.mixing import mix_profile
from core.structure.sample import Sample
from core.structure.stack import Block, Stack, two_block

CORRELATIONS = tuple(f"correlation_{d}" for d in range(1, CORRELATION_REACH + 1))
"""Outputs of the model beside the figures: pair correlations ⟨x_j x_j+d⟩ of the composition."""

SHARP = 0.15
"""ML: a smaller estimated interface width is tried as a sharp interface only."""

COMPARED = 10
"""Candidates that go through the forward model."""

LEVEL_SHIFTS, NEARBY_SHIFTS = np.linspace(-0.15, 0.15, 7), np.array([-0.04, 0.0, 0.04])
"""eV by which the Fermi level may lie off the estimated one, and off that of the first candidate."""

BACKGROUNDS, LIFETIMES = (0.0, 0.5, 2.0, 6.0), (0.0, 0.2)
"""In units of the mean signal, and in eV: tried for the first candidate."""

FINAL_STATES = ((0.0, 0.04), (0.0, 0.1), (0.12, 0.04), (0.25, 0.04))
"""Å and 1/Å: bends and half-widths of k_z tried for the first candidate, beside those of its view."""

RESOLUTION = 0.1
"""eV (FWHM) that shown pictures are broadened by, about what measured ones are."""

MISFIT_WEIGHT, DISTANCE_WEIGHT = 2.0, 4.0
"""How much a misfit of figures and a distance, over the least one, count in the logarithm of a probability: chosen on
validation images, so that the first candidate is right about as often as its probability says."""

LEAST_DISTANCE = 0.008
"""What the forward model's own error leaves of the distance of the right stack."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A sample that may explain the images.

    probability: among the candidates. views: how each image was measured if it is this sample. agreements: share of the
    variance of each image's ridges that its picture explains.
    """

    sample: Sample
    probability: float
    views: tuple[View, ...]
    agreements: tuple[float, ...]

    @property
    def stack(self) -> str:
        """Notation of the stack."""
        return self.sample.stack

    @property
    def mixing(self) -> float:
        """Interface width in ML."""
        return self.sample.mixing

    @property
    def lattice(self) -> float:
        """a∥ in Å."""
        return self.sample.lattice

    @property
    def substrate(self) -> str:
        """The substrate as its lattice constant, in the notation of stacks."""
        return f"{self.lattice:.4f} Å"

    @property
    def agreement(self) -> float:
        """Mean over the images."""
        return float(np.mean(self.agreements))

    @property
    def guess(self) -> Guess:
        """As a guess that can be drawn."""
        return Guess(self.sample, self.views)


@cache
def library() -> tuple[Stack, ...]:
    """Bulk crystals and alloys in steps of 5 %, and all two-block periods of up to LONGEST_BLOCK monolayers each."""
    bulk = tuple(Stack((Block(round(0.05 * i, 2), 2),)) for i in range(21))
    blocks = range(1, LONGEST_BLOCK + 1)
    return bulk + tuple(two_block(n, m) for n in blocks for m in blocks)


@cache
def _library_keys() -> frozenset[str]:
    return frozenset(profile_key(stack) for stack in library())


def in_library(stack: Stack) -> bool:
    """Whether a stack is among the candidates, in any rotation or growth direction."""
    return profile_key(stack) in _library_keys()


@lru_cache(maxsize=4096)
def composition_figures(stack: Stack, mixing: float) -> dict[str, float]:
    """What of a stack can be said without relaxing it: figures and pair correlations."""
    profile = mix_profile(stack.doubled_if_odd()[0].ge_fractions, mixing)
    figures = {
        "ge_fraction": float(profile.mean()),
        "interfacial_fraction": interfacial_share(profile),
        "interface_width": mixing if np.ptp(profile) > 0 else 0.0,
        "period": float(profile_period(profile)),
    }
    return figures | dict(zip(CORRELATIONS, pair_correlation(profile)[1:], strict=True))


def rank_by_composition(
    value: dict[str, float], size: dict[str, float], known: Knowledge = NOTHING
) -> list[tuple[float, Stack, float]]:
    """(misfit, stack, mixing) of what of the library is possible, best first.

    Args:
        value: estimated figures and correlations.
        size: their typical errors.
        known: of the sample.
    """
    width = value["interface_width"]
    widths = (
        [0.0] if width < SHARP else [0.0, round(width, 1)] if width < 2 * size["interface_width"] else [round(width, 1)]
    )
    rows = []
    for stack in filter(known.allows, library()):
        for mixing in widths if len(stack.blocks) > 1 else [0.0]:
            rows.append((composition_misfit(stack, mixing, value, size), stack, mixing))
    return sorted(rows, key=lambda row: row[0])


def composition_misfit(stack: Stack, mixing: float, value: dict[str, float], size: dict[str, float]) -> float:
    """Mean squared deviation of a stack's `composition_figures` from estimates, in units of their typical errors."""
    figures = composition_figures(stack, mixing)
    return float(np.mean([((figures[n] - value[n]) / max(size[n], 1e-4)) ** 2 for n in figures if n in value]))


def compare_candidates(
    images: Sequence[np.ndarray],
    views: Sequence[View],
    value: dict[str, float],
    size: dict[str, float],
    count: int = COMPARED,
    known: Knowledge = NOTHING,
) -> list[Candidate]:
    """The best of the library by estimated figures, ordered by how well their predicted pictures agree with the images.

    Args:
        images: (kx, eV) standard images of one sample.
        views: of each, as far as known; background, lifetime and level are settled with the first candidate.
        value: estimated figures and correlations of the sample.
        size: their typical errors.
        count: how many go through the forward model.
        known: of the sample.
    """
    lattice = float(np.clip(value["lattice_in_plane"], *LATTICE_TRAINED))
    samples = [
        (misfit, Sample.on_lattice(stack.notation, lattice, mixing))
        for misfit, stack, mixing in rank_by_composition(value, size, known)[:count]
    ]
    seen = [
        _compared([sample for _, sample in samples], image, view) for image, view in zip(images, views, strict=True)
    ]
    distance = np.array([[1 - agreement for _, agreement in rows] for rows in seen])
    least = np.maximum(distance.min(axis=1), LEAST_DISTANCE)
    misfit = np.array([misfit for misfit, _ in samples])
    score = -0.5 * MISFIT_WEIGHT * misfit - DISTANCE_WEIGHT * (distance / least[:, None]).sum(axis=0)
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    return [
        Candidate(samples[i][1], float(weight[i]), *map(tuple, zip(*(rows[i] for rows in seen), strict=True)))
        for i in np.argsort(-score, kind="stable")
    ]


def _compared(samples: list[Sample], image: np.ndarray, view: View) -> list[tuple[View, float]]:
    """The view in which each sample agrees best with one image, and how well: 1 less the distance."""
    target, predict, rows = Target(image), Predictor(), []
    shifts, settled = LEVEL_SHIFTS, None
    for sample in samples:
        settled = settled or settle(target, predict, Guess(sample, (view,)))
        guesses = [Guess(sample, (replace(settled, level=settled.level + float(shift)),)) for shift in shifts]
        distances = [target.distance(predict.picture(guess, 0)) for guess in guesses]
        best = int(np.argmin(distances))
        rows.append((guesses[best].views[0], 1 - distances[best]))
        if len(rows) == 1:
            settled, shifts = rows[0][0], NEARBY_SHIFTS
    return rows


def settle(target: Target, predict: Predictor, guess: Guess) -> View:
    """The view of a guess with the background, the lifetime and the final state, of a few, that suit an image.

    A final state that is bent already is known from the photon energy, and stays.
    """

    def nearest(trials: list[View]) -> View:
        distances = [target.distance(predict.picture(replace(guess, views=(trial,)), 0)) for trial in trials]
        return trials[int(np.argmin(distances))]

    view = guess.views[0]
    view = nearest([replace(view, background=b, lifetime=w) for b in BACKGROUNDS for w in LIFETIMES])
    if view.bend:
        return view
    return nearest([view, *(replace(view, bend=bend, kz_width=width) for bend, width in FINAL_STATES)])


def predicted_pictures(crystal: Crystal, cut: str, state: FinalState, shifts: np.ndarray) -> np.ndarray:
    """(shift, kx, energy) on THEORY: what the forward model predicts, moved in energy by shifts (shift,) in eV."""
    signal = cut_signal(crystal, cut, state)[None]
    artefacts = [Artefacts(fermi_level=float(shift), energy_resolution=RESOLUTION) for shift in shifts]
    lattice = np.full(len(shifts), crystal.lattice_in_plane)
    return simulate(np.repeat(signal, len(shifts), 0), lattice, cut, artefacts, KX, THEORY, noise=False)
