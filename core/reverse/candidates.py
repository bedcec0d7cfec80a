"""Which stacks explain an image: a library ranked by predicted figures, its best tried through the forward model."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from core.experiment.final_state import FinalState
from core.experiment.simulation import Artefacts, simulate
from core.learning.families import LONGEST_BLOCK, profile_key
from core.learning.features import CORRELATION_REACH, pair_correlation
from core.reverse.signals import predicted_signal
from core.reverse.standard import EV, KX, flattened
from core.reverse.targets import interfacial_share, profile_period
from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.mixing import mix_profile
from core.structure.stack import Block, Stack, two_block
from core.structure.substrate import Substrate

CORRELATIONS = tuple(f"correlation_{d}" for d in range(1, CORRELATION_REACH + 1))
"""Outputs of the model beside the figures: pair correlations ⟨x_j x_j+d⟩ of the composition."""

SHARP = 0.15
"""ML: a smaller estimated interface width is tried as a sharp interface only."""

TRIED = 10
"""Candidates that go through the forward model."""

ENERGY_SHIFTS = np.arange(-3, 4)
"""Pixels by which a candidate's picture may lie off the estimated Fermi level."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A stack that may explain an image.

    agreement: correlation of its flattened picture with the image's. probability: among the candidates.
    fermi_level: eV on the theory's scale at which it agrees best.
    """

    stack: str
    mixing: float
    lattice: float
    agreement: float
    probability: float
    fermi_level: float

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
    from core.structure.stack import parse_stack

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
    image: np.ndarray,
    cut: str,
    state: FinalState,
    value: dict[str, float],
    size: dict[str, float],
    count: int = TRIED,
) -> list[Candidate]:
    """The best of the library by estimated figures, ordered by how well their predicted pictures agree with an image.

    Args:
        image: (kx, eV) standard image.
        cut: `G-X` or `G-K`.
        state: k_z of the cut.
        value: estimated figures, correlations and `fermi_level`.
        size: their typical errors.
        count: how many go through the forward model.
    """
    lattice = value["lattice_in_plane"]
    best = ranked(value, size)[:count]
    seen, _ = flattened(image[None])
    rows = []
    for misfit, stack, mixing in best:
        crystal = candidate_crystal(stack.notation, mixing, lattice)
        agreement, level = agreement_with(seen[0], np.isfinite(image), crystal, cut, state, value["fermi_level"])
        rows.append((misfit, stack, mixing, agreement, level))
    score = np.array([-0.5 * MISFIT_WEIGHT * row[0] + AGREEMENT_WEIGHT * row[3] for row in rows])
    weight = np.exp(score - score.max())
    order = np.argsort(-score)
    return [
        Candidate(rows[i][1].notation, rows[i][2], lattice, rows[i][3], float(weight[i] / weight.sum()), rows[i][4])
        for i in order
    ]


MISFIT_WEIGHT = 4.0
RESOLUTION = 0.1
AGREEMENT_WEIGHT = 60.0


def agreement_with(seen, measured, crystal, cut, state, fermi_level) -> tuple[float, float]:
    """Correlation of a flattened image with a crystal's own, and the Fermi level (eV) at which it is highest."""
    signal = predicted_signal(crystal, cut, state)[None]
    step = EV[1] - EV[0]
    levels = fermi_level + ENERGY_SHIFTS * step
    artefacts = [Artefacts(fermi_level=float(level), energy_resolution=RESOLUTION, counts=1e6) for level in levels]
    pictures = simulate(
        np.repeat(signal, len(levels), 0), np.full(len(levels), crystal.lattice_in_plane), cut, artefacts, KX, EV,
        noise=False,
    )  # fmt: skip
    pictures[:, ~measured] = np.nan
    flat, weight = flattened(pictures)
    used = weight > 0
    r = [_correlation(seen[u], f[u]) for f, u in zip(flat, used, strict=True)]
    best = int(np.argmax(r))
    return float(r[best]), float(levels[best])


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-12))
