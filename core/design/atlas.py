"""Exact levels of all two-block periods up to 20 monolayers over a∥: `python -m core design --atlas`.

Levels are smooth where figures are not: valleys and hole bands cross, and the gap has a kink there. They are
interpolated one by one, and figures are made of what is highest and lowest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from core.damage import DamagedError, read_arrays
from core.design.figures import DIRECT_TOLERANCE, FIGURES, KINDS, LEVELS, OTHERS, edges, offsets, quick_levels
from core.electronic.local_edges import EdgeProfile, strained_bulk_edges
from core.errors import InputError
from core.learning.samples import LATTICE_TRAINED, LONGEST_PERIOD
from core.parameters.checksum import parameters_sha256
from core.structure.sample import Sample
from core.structure.stack import two_block

ATLAS_FILE = Path(__file__).parent / "atlas.npz"
NODES = np.round(np.linspace(*LATTICE_TRAINED, 7), 4)
"""Å: in-plane lattice constants of the table."""


NOWHERE = dict.fromkeys(LEVELS, 9.0) | {"heavy": -9.0, "light": -9.0}
"""eV: levels that no lattice constant shows."""


def pairs() -> list[tuple[int, int]]:
    """(Si, Ge) monolayers of the periods; single crystals are (4, 0) and (0, 4)."""
    every = range(1, LONGEST_PERIOD)
    return [(4, 0), (0, 4)] + [(n, m) for n in every for m in every if n + m <= LONGEST_PERIOD]


@dataclass(frozen=True, eq=False)
class Atlas:
    """The table.

    pairs: (pair, 2) monolayers of Si and Ge. levels: (pair, node, level) eV. others: (pair, node, figure).
    kinds: (pair, node) indices into KINDS.
    """

    pairs: np.ndarray
    levels: np.ndarray
    others: np.ndarray
    kinds: np.ndarray

    def figures(self, lattice: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """FIGURES (pair, lattice) by name, and indices into KINDS and VALLEYS, at lattice constants (lattice,) in Å."""
        levels = dict(
            zip(LEVELS, np.moveaxis(CubicSpline(NODES, _filled(self.levels), axis=1)(lattice), 2, 0), strict=True)
        )
        at = np.clip(np.searchsorted(NODES, lattice) - 1, 0, len(NODES) - 2)
        share = ((lattice - NODES[at]) / (NODES[at + 1] - NODES[at]))[:, None]
        others = self.others[:, at] * (1 - share) + self.others[:, at + 1] * share
        found, valleys = edges(levels)
        figures = found | dict(zip(OTHERS, np.moveaxis(others, 2, 0), strict=True)) | self._offsets(lattice)
        kinds = np.where(
            levels["at_gamma"] - found["cbm"] > DIRECT_TOLERANCE, KINDS.index("indirect"), self._at_gamma(lattice)
        )
        return {name: figures[name] for name in FIGURES}, kinds, valleys

    def _offsets(self, lattice: np.ndarray) -> dict[str, np.ndarray]:
        """OFFSETS (pair, lattice) eV of Ge over Si, nan for single crystals; local edges are smooth, as levels are."""
        silicon, germanium = (_bulk_profile(fraction, lattice) for fraction in (0.0, 1.0))
        both = self.pairs.min(axis=1, keepdims=True) > 0
        return {name: np.where(both, value, np.nan) for name, value in offsets(silicon, germanium).items()}

    def _at_gamma(self, lattice: np.ndarray) -> np.ndarray:
        """(pair, lattice) kinds of the gap where Γ is lowest: those of the nearest node where it is."""
        indirect = KINDS.index("indirect")
        distance = np.abs(lattice[:, None] - NODES) + np.where(self.kinds == indirect, 1e3, 0.0)[:, None, :]
        nearest = np.take_along_axis(self.kinds, distance.argmin(axis=2), axis=1)
        return np.where(nearest == indirect, KINDS.index("pseudo-direct"), nearest)


def _bulk_profile(ge_fraction: float, lattice: np.ndarray) -> EdgeProfile:
    """Local edges of a material at many lattice constants (lattice,), in place of planes."""
    nodes = [strained_bulk_edges(ge_fraction, float(node)) for node in NODES]
    return EdgeProfile(CubicSpline(NODES, nodes)(lattice).T, np.full(len(lattice), ge_fraction), np.nan)


def _filled(levels: np.ndarray) -> np.ndarray:
    """(pair, node, level) without gaps: a level that is not seen at some nodes continues, one never seen is NOWHERE."""
    levels = levels.copy()
    for pair, level in np.argwhere(np.isnan(levels).any(axis=1)):
        line = levels[pair, :, level]
        seen = np.isfinite(line)
        levels[pair, :, level] = np.interp(NODES, NODES[seen], line[seen]) if seen.any() else NOWHERE[LEVELS[level]]
    return levels


@cache
def atlas() -> Atlas:
    """The shipped table.

    Raises:
        InputError: it is missing, damaged, or of other engine parameters.
    """
    try:
        table = read_arrays(ATLAS_FILE)
        engine = str(table.pop("engine"))
    except (OSError, DamagedError, KeyError) as error:
        raise InputError(f"The table of levels cannot be read ({error}); make it by `core design --atlas`") from None
    if engine != parameters_sha256():
        raise InputError("The table of levels is of other engine parameters; make it by `core design --atlas`")
    return Atlas(**{name: values.astype(float if values.dtype.kind == "f" else int) for name, values in table.items()})


def write_atlas(report: Callable[[str], None] = lambda line: None) -> None:
    """Compute the table and keep it."""
    found = []
    for number, (n_si, n_ge) in enumerate(pairs(), 1):
        stack = two_block(n_si, n_ge).notation
        found.append([quick_levels(Sample.on_lattice(stack, lattice)) for lattice in NODES])
        report(f"levels: {number} of {len(pairs())}")
    np.savez_compressed(
        ATLAS_FILE,
        pairs=np.array(pairs(), np.int16),
        levels=np.array([[[one[0][name] for name in LEVELS] for one in row] for row in found], np.float32),
        others=np.array([[[one[1][name] for name in OTHERS] for one in row] for row in found], np.float32),
        kinds=np.array([[KINDS.index(one[2]) for one in row] for row in found], np.int16),
        engine=parameters_sha256(),
    )
