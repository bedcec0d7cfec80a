"""Which stacks explain an image: a library ranked by predicted figures, its best tried through the forward model."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from core.experiment.final_state import FinalState
from core.experiment.simulation import Artefacts, simulate
from core.learning.families import LATTICE_TRAINED, LONGEST_BLOCK, profile_key
from core.learning.features import CORRELATION_REACH, pair_correlation
from core.reverse.signals import predicted_signal
from core.reverse.standard import KX, THEORY, flattened
from core.reverse.targets import interfacial_share, profile_period
from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.mixing import mix_profile
from core.structure.stack import Block, Stack, parse_stack, two_block
from core.structure.substrate import Substrate

CORRELATIONS = tuple(f"correlation_{d}" for d in range(1, CORRELATION_REACH + 1))
"""Outputs of the model beside the figures: pair correlations ⟨x_j x_j+d⟩ of the composition."""

SHARP = 0.15
"""ML: a smaller estimated interface width is tried as a sharp interface only."""

TRIED = 10
"""Candidates that go through the forward model."""

ENERGY_SHIFTS = np.linspace(-0.15, 0.15, 7)
"""eV by which a candidate's picture may lie off the estimated Fermi level."""

RESOLUTION = 0.1
"""eV (FWHM) that predicted pictures are broadened by, about what measured ones are."""

_LEAST_PIXELS = 100

MISFIT_WEIGHT, AGREEMENT_WEIGHT = 0.8, 64.0
"""How much a misfit of figures and an agreement of pictures count in the logarithm of a probability: chosen on clean
validation images, so that the first candidate is right about as often as its probability says."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A stack that may explain an image.

    agreement: correlation of its flattened picture with the image's. probability: among the candidates. shift: eV
    against the estimated Fermi level at which it agrees best.
    """

    stack: str
    mixing: float
    lattice: float
    agreement: float
    probability: float
    shift: float

    @property
    def substrate(self) -> str:
        """The substrate as its lattice constant, in the notation of stacks."""
        return f"{self.lattice:.4f} Å"

    def crystal(self) -> Crystal:
        """The relaxed crystal."""
        return candidate_crystal(self.stack, self.mixing, self.lattice)


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


def candidate_crystal(stack: str, mixing: float, lattice: float) -> Crystal:
    """The relaxed crystal of a candidate."""
    return build_crystal(parse_stack(stack), Substrate(lattice, f"{lattice:.4f} Å"), mixing)


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


def ranked(value: dict[str, float], size: dict[str, float]) -> list[tuple[float, Stack, float]]:
    """(misfit, stack, mixing) of the library, best first.

    Args:
        value: estimated figures and correlations.
        size: their typical errors.
    """
    width = value["interface_width"]
    widths = (
        [0.0] if width < SHARP else [0.0, round(width, 1)] if width < 2 * size["interface_width"] else [round(width, 1)]
    )
    rows = []
    for stack in library():
        for mixing in widths if len(stack.blocks) > 1 else [0.0]:
            figures = composition_figures(stack, mixing)
            misfit = np.mean([((figures[n] - value[n]) / max(size[n], 1e-4)) ** 2 for n in figures if n in value])
            rows.append((float(misfit), stack, mixing))
    return sorted(rows, key=lambda row: row[0])


def tried(
    image: np.ndarray, cut: str, state: FinalState, value: dict[str, float], size: dict[str, float], count: int = TRIED
) -> list[Candidate]:
    """The best of the library by estimated figures, ordered by how well their predicted pictures agree with an image.

    Args:
        image: (kx, energy) on THEORY, moved there by the estimated Fermi level.
        cut: `G-X` or `G-K`.
        state: k_z of the cut.
        value: estimated figures and correlations.
        size: their typical errors.
        count: how many go through the forward model.
    """
    lattice = float(np.clip(value["lattice_in_plane"], *LATTICE_TRAINED))
    seen, _ = flattened(image[None])
    rows = []
    for misfit, stack, mixing in ranked(value, size)[:count]:
        crystal = candidate_crystal(stack.notation, mixing, lattice)
        agreement, shift = agreement_with(seen[0], np.isfinite(image), crystal, cut, state)
        rows.append((misfit, Candidate(stack.notation, mixing, lattice, agreement, 0.0, shift)))
    score = np.array([-0.5 * MISFIT_WEIGHT * misfit + AGREEMENT_WEIGHT * c.agreement for misfit, c in rows])
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    return [replace(rows[i][1], probability=float(weight[i])) for i in np.argsort(-score, kind="stable")]


def predicted_pictures(crystal: Crystal, cut: str, state: FinalState, shifts: np.ndarray) -> np.ndarray:
    """(shift, kx, energy) on THEORY: what the forward model predicts, moved in energy by shifts (shift,) in eV."""
    signal = predicted_signal(crystal, cut, state)[None]
    artefacts = [Artefacts(fermi_level=float(shift), energy_resolution=RESOLUTION) for shift in shifts]
    lattice = np.full(len(shifts), crystal.lattice_in_plane)
    return simulate(np.repeat(signal, len(shifts), 0), lattice, cut, artefacts, KX, THEORY, noise=False)


def agreement_with(
    seen: np.ndarray, measured: np.ndarray, crystal: Crystal, cut: str, state: FinalState
) -> tuple[float, float]:
    """Correlation of a flattened image with a crystal's own, and the shift in energy (eV) at which it is highest.

    Args:
        seen: (half k, energy) flattened image on THEORY.
        measured: (kx, energy) which pixels were measured.
        crystal: of the candidate.
        cut: `G-X` or `G-K`.
        state: k_z of the cut.
    """
    pictures = predicted_pictures(crystal, cut, state, ENERGY_SHIFTS)
    pictures[:, ~measured] = np.nan
    flat, weight = flattened(pictures)
    r = [_correlation(seen[w > 0], f[w > 0]) for f, w in zip(flat, weight, strict=True)]
    best = int(np.argmax(r))
    return float(r[best]), float(ENERGY_SHIFTS[best])


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < _LEAST_PIXELS:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-12))
