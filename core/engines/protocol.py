"""What every engine takes and gives: lines through the zone, pictures, atomic spectra with their provenance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import xarray as xr

from core.electronic.kpath import DEFAULT_PATH, POINTS_PER_SEGMENT, KPath, build_cut, build_path
from core.electronic.spectral import Broadening, EnergyGrid
from core.structure.crystal import Crystal


@dataclass(frozen=True)
class Path:
    """A path through high-symmetry points; see `core.electronic.kpath.build_path`."""

    text: str = DEFAULT_PATH
    points_per_segment: int = POINTS_PER_SEGMENT

    def sampled(self, crystal: Crystal) -> KPath:
        """Its k-points in a crystal's zone; InputError where it is no path."""
        return build_path(crystal, self.text, self.points_per_segment)


@dataclass(frozen=True)
class Cut:
    """An in-plane cut at fixed k_z (2π/c̄), both signs of k∥; see `core.electronic.kpath.build_cut`."""

    name: str = "G-X"
    kz: float = 0.0
    points: int = 97

    def sampled(self, crystal: Crystal) -> KPath:
        """Its k-points in a crystal's zone; InputError where it is no cut."""
        return build_cut(crystal, self.name, self.kz, self.points)


Line = Path | Cut
DEFAULT_PATH_LINE = Path()


@dataclass(frozen=True)
class Picture:
    """How spectra are drawn: energy axis, broadening, shells (indices into s, p, d, s*; None for all)."""

    grid: EnergyGrid = EnergyGrid()
    broadening: Broadening = Broadening()
    shells: tuple[int, ...] | None = None


DEFAULT_PICTURE = Picture()


class AtomicSpectra(Protocol):
    """Atomically resolved spectra of a crystal along a line.

    engine: name of the engine. crystal: it belongs to. path: (k,) points of the line.
    spin_orbit: whether coupling is in.
    """

    @property
    def engine(self) -> str: ...  # noqa: D102

    @property
    def crystal(self) -> Crystal: ...  # noqa: D102

    @property
    def path(self) -> KPath: ...  # noqa: D102

    @property
    def spin_orbit(self) -> bool: ...  # noqa: D102

    def total(self, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """(k, energy) 1/eV: A(k, E)."""

    def atoms(self, indices: Sequence[int] | None = None, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """(atom, k, energy) 1/eV: A_i(k, E) of the given atoms, all by default; Σ_i A_i = A."""

    def atom_error(self, atom: int) -> np.ndarray | None:
        """(k, energy) 1/eV: half-width of the 90 % error bar of one atom; None where the engine makes no error."""

    def total_error(self) -> np.ndarray | None:
        """(k, energy) 1/eV: the same of the total."""

    def dataset(self, picture: Picture = DEFAULT_PICTURE, by_shell: bool = False) -> xr.Dataset:
        """Everything with units, structure and provenance, for files."""


class Engine(Protocol):
    """A source of atomic spectra.

    name: what pages and commands call it.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    def obstacle(
        self,
        crystal: Crystal,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        line: Line = DEFAULT_PATH_LINE,
    ) -> str:
        """What keeps the engine from answering along a line, in words; empty where it can."""

    def solve(
        self,
        crystal: Crystal,
        line: Line = DEFAULT_PATH_LINE,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        progress: Callable[[float], None] | None = None,
    ) -> AtomicSpectra:
        """Spectra along a line, ready to be drawn as `picture`.

        Raises:
            InputError: the engine cannot answer, and says why.
        """

    def cut_totals(self, crystal: Crystal, cut: str, kz: np.ndarray) -> np.ndarray:
        """(kz, k, energy) 1/eV: totals on the outward half of a cut, default picture, at many k_z (n,) in 2π/c̄."""


class FoldingEngine(Engine, Protocol):
    """An engine that diagonalises, for which k_z that fold onto each other cost one."""

    def cut_totals(
        self, crystal: Crystal, cut: str, kz: np.ndarray, watch: Callable[[np.ndarray], None] | None = None
    ) -> np.ndarray:
        """See `Engine`; watch: gets the totals so far, NaN where they are still to come, and must not change them."""
