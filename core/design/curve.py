"""A drawn band: a curve on the picture of the standard path along which spectral weight is wanted."""

import math
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.electronic.kpath import DEFAULT_PATH, POINTS_PER_SEGMENT, parse_path
from core.electronic.spectral import DEFAULT_SIGMA, EnergyGrid
from core.errors import InputError

REACH = 0.08
"""eV: standard deviation of the strip about the curve whose weight counts."""

NEARBY = 2 * REACH
"""eV by which a brighter band may lie off the curve and still count against it."""

LEAST_SEEN, FARTHEST = 0.01, 5 * REACH
"""Share of a band that the strip holds at least where one is in sight; and eV beside the curve that count at most, as
where none is: of a flat band that lies so far off the strip holds about this share."""

MOST_POINTS = 64
POINTS = POINTS_PER_SEGMENT * sum(len(names) - 1 for names in parse_path(DEFAULT_PATH))
"""k-points of the standard path, counted from 0 on the page's left."""

_GRID = EnergyGrid()
LARGEST_FILE = 200_000
"""Bytes of a table that is read."""

_PAIR = re.compile(r"(\d{1,3}(?:\.\d+)?):([-+]?\d{1,2}(?:\.\d+)?)")


@dataclass(frozen=True)
class Curve:
    """Corners (k-point, eV over the VBM of Si) of a polygon along the standard path, k rising; k may be fractional."""

    corners: tuple[tuple[float, float], ...]

    def __post_init__(self):
        """Refuse what is no curve on the picture."""
        k, energy = np.array(self.corners, float).reshape(-1, 2).T
        if not 2 <= len(k) <= MOST_POINTS:
            raise InputError(f"A drawn band has 2 to {MOST_POINTS} corners; {len(k)} are given")
        if not (np.isfinite(k).all() and (np.diff(k) > 0).all() and k[0] >= 0 and k[-1] <= POINTS - 1):
            raise InputError(f"Corners of a drawn band go from left to right, on k-points 0 to {POINTS - 1}")
        if not ((energy >= _GRID.low) & (energy <= _GRID.high)).all():
            raise InputError(f"Corners of a drawn band lie between {_GRID.low:g} and {_GRID.high:g} eV")
        if math.floor(k[-1]) < math.ceil(k[0]):
            raise InputError("A drawn band passes at least one k-point; draw it wider")

    @classmethod
    def drawn(cls, k: np.ndarray, energy: np.ndarray) -> "Curve":
        """From a path of a pen (point,) in any order: heights of the same k-point are averaged.

        Raises:
            InputError: nothing of it lies on the picture.
        """
        k, energy = np.asarray(k, float), np.asarray(energy, float)
        inside = (k >= -0.5) & (k <= POINTS - 0.5) & (energy >= _GRID.low) & (energy <= _GRID.high)
        if not inside.any():
            raise InputError("The line that was drawn lies outside the picture; draw it again")
        near = np.clip(np.round(k[inside]), 0, POINTS - 1).astype(int)
        at = np.unique(near)
        height = np.array([energy[inside][near == one].mean() for one in at])
        if len(at) > MOST_POINTS:
            kept = np.unique(np.round(np.linspace(0, len(at) - 1, MOST_POINTS)).astype(int))
            at, height = at[kept], height[kept]
        return cls(tuple((float(one), round(float(e), 3)) for one, e in zip(at, height, strict=True)))

    @classmethod
    def parse(cls, text: str) -> "Curve":
        """From its text, such as `24:-0.1, 30:-0.35, 36:-0.9`.

        Raises:
            InputError: a text that is none.
        """
        pairs = [part for part in re.split(r"[,;\s]+", text.replace("−", "-").strip()) if part]
        found = [_PAIR.fullmatch(part) for part in pairs]
        for part, match in zip(pairs, found, strict=True):
            if match is None:
                raise InputError(
                    f"The corner {part[:20]!r} of a drawn band is not understood; write k-point:energy in eV, for "
                    "example 24:-0.1, 30:-0.35"
                )
        return cls(tuple((float(match[1]), float(match[2])) for match in found if match))

    @classmethod
    def read(cls, content: bytes) -> "Curve":
        """From a table as text, a line `k-point,energy` in eV each, a heading or remarks in lines without numbers.

        Raises:
            InputError: a table that is none.
        """
        if len(content) > LARGEST_FILE:
            raise InputError(f"A table of {len(content)} bytes is no drawn band; at most {LARGEST_FILE} are read")
        rows = []
        for number, line in enumerate(content.decode("utf-8-sig", "replace").splitlines(), 1):
            columns = [part for part in re.split(r"[,;\s]+", line.replace("−", "-").strip()) if part]
            if not columns or not re.match(r"[-+.\d]", columns[0]):
                continue
            try:
                k, energy = (float(part) for part in columns)
            except ValueError:
                raise InputError(
                    f"Line {number} of the table, {line[:30]!r}, is no k-point and energy; write two numbers with "
                    "decimal points, for example 24,-0.1"
                ) from None
            rows.append((k, energy))
        if not rows:
            raise InputError("The table has no line with numbers; write k-point,energy in eV in each")
        k, energy = np.array(rows).T
        return cls(tuple(rows)) if len(rows) <= MOST_POINTS and (np.diff(k) > 0).all() else cls.drawn(k, energy)

    @property
    def text(self) -> str:
        """The inverse of `parse`."""
        return ", ".join(f"{k:g}:{energy:g}" for k, energy in self.corners)

    @cached_property
    def rows(self) -> np.ndarray:
        """Indices (row,) of the k-points that it passes."""
        return np.arange(math.ceil(self.corners[0][0]), math.floor(self.corners[-1][0]) + 1)

    @cached_property
    def energies(self) -> np.ndarray:
        """(row,) eV at these k-points."""
        k, energy = np.array(self.corners).T
        return np.interp(self.rows, k, energy)

    @cached_property
    def _steepness(self) -> np.ndarray:
        """(row,) eV a row."""
        k, energy = np.array(self.corners).T
        left, right = np.maximum(self.rows - 0.5, k[0]), np.minimum(self.rows + 0.5, k[-1])
        return (np.interp(right, k, energy) - np.interp(left, k, energy)) / (right - left)

    @cached_property
    def _variance(self) -> np.ndarray:
        """(row,) eV²: of one band of the curve's steepness."""
        return DEFAULT_SIGMA**2 + (0.5 * self._steepness) ** 2

    @cached_property
    def _one_band(self) -> np.ndarray:
        """(row,) what the strip holds of one band on the curve, whose integral is 1."""
        return REACH / np.sqrt(REACH**2 + self._variance)

    @cached_property
    def _strips(self) -> np.ndarray:
        """(shift, row, energy) eV: what a picture's pixels count, 1 in all for one band there; the first is unshifted.

        An unfolded band of weight 1 has the integral 1, and the width of `Broadening`: steep ones are wider.
        """
        shift = np.array([0.0, *np.arange(-NEARBY, NEARBY + 1e-9, REACH / 2)])
        off = _GRID.values - self.energies[:, None] - shift[:, None, None]
        return np.exp(-0.5 * (off / REACH) ** 2) * _GRID.step / self._one_band[:, None]

    def score(self, total: np.ndarray) -> float:
        """Share of the curve's k-points at which a band lies on it, 0 to 1; a band beside it counts in part.

        Two bands of the same energy beside it count as one does: the strip is held against the brightest one NEARBY.

        Args:
            total: (k, energy) 1/eV: A(k, E) on the standard path, σ = 0.1 eV, of all atoms.
        """
        found = np.einsum("ske,ke->sk", self._strips, total[self.rows])
        return float((found[0] / np.maximum(found.max(axis=0), 1.0)).mean())

    def off(self, total: np.ndarray) -> float:
        """Energy (eV), root mean square over its k-points, by which a band lies beside it; it parts what scores alike.

        The strip moves the middle of what lies in it towards the curve; of one band by a known share, which is undone.
        FARTHEST at most, and where no band is in sight.

        Args:
            total: as of `score`.
        """
        beside = _GRID.values - self.energies[:, None]
        weight = total[self.rows] * np.exp(-0.5 * (beside / REACH) ** 2)
        held = weight.sum(axis=1)
        seen = held * _GRID.step > LEAST_SEEN * self._one_band
        middle = (weight * beside).sum(axis=1) / np.where(seen, held, 1.0)
        off = np.minimum(np.abs(middle) * (1 + self._variance / REACH**2), FARTHEST)
        return float(np.sqrt((np.where(seen, off, FARTHEST) ** 2).mean()))
