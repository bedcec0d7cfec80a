"""One thing about a sample changed step by step, and its figures at every step, by the exact engine with spin-orbit."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np

from core.design.figures import LEVELS, from_levels, verified_levels
from core.electronic.calculation import EXACT_ATOM_LIMIT
from core.errors import InputError
from core.structure.keating import LATTICE_RANGE
from core.structure.sample import Sample
from core.structure.stack import Block, Stack
from core.structure.substrate import check_strain, elemental_substrate

FEWEST, MOST = 3, 25
"""Points of a sweep."""

MOST_SECONDS = 180
"""Of one core that a sweep may take."""

_SQUARE, _CUBE = 3.4e-3, 7.5e-5
"""Seconds a sample by its planes n, _SQUARE n² + _CUBE n³: 0.24, 1.0, 2.7, 5.9 measured for 8, 16, 24, 32 planes."""

_DIGITS = 6


@dataclass(frozen=True)
class Along:
    """What a sweep changes: label, unit, range that is accepted, and what is proposed (low, high, points)."""

    label: str
    unit: str
    low: float
    high: float
    proposed: tuple[float, float, int]


ALONG = {
    "substrate": Along("Ge fraction of the substrate", "", 0.0, 1.0, (0.0, 1.0, 21)),
    "lattice": Along("Lattice constant in the plane a∥", "Å", *LATTICE_RANGE, (5.43, 5.65, 23)),
    "block": Along("Thickness of the block", "ML", 1, 40, (1, 12, 12)),
    "mixing": Along("Interface mixing w", "ML", 0.0, 4.0, (0.0, 3.0, 16)),
}


@dataclass(frozen=True)
class Quantity:
    """Figures that are drawn together: label, unit, labels by name, and whether they span orders of magnitude."""

    label: str
    unit: str
    series: Mapping[str, str]
    logarithmic: bool = False


_MASSES = {"100": "along [100]", "110": "along [110]", "001": "along growth [001]"}

QUANTITIES = {
    "gap": Quantity("Gap", "eV", {"gap": "Gap"}),
    "direct_gap": Quantity("Gap at Γ", "eV", {"direct_gap": "Gap at Γ"}),
    "edges": Quantity("Band edges", "eV", {"cbm": "CBM", "vbm": "VBM"}),
    "valleys": Quantity("Conduction valleys", "eV", {name: name for name in ("Δ2", "Δ4", "L", "Γ")}),
    "holes": Quantity("Hole bands at Γ", "eV", {"heavy": "Heavy hole", "light": "Light hole"}),
    "delta": Quantity("Valley splitting Δ2 − Δ4", "eV", {"delta2_delta4_splitting": "Δ2 − Δ4"}),
    "hh_lh": Quantity("Hole splitting HH − LH", "eV", {"hh_lh_splitting": "HH − LH"}),
    "split_off": Quantity("Split-off band below the VBM", "eV", {"split_off": "VBM − split-off"}),
    "electron_mass": Quantity("Electron mass", "m₀", {f"electron_mass_{k}": v for k, v in _MASSES.items()}, True),
    "hole_mass": Quantity("Hole mass", "m₀", {f"hole_mass_{k}": v for k, v in _MASSES.items()}, True),
    "in_ge": Quantity("Share in Ge", "", {"electron_in_ge": "Electron at the CBM", "hole_in_ge": "Hole at the VBM"}),
    "minibands": Quantity("Width of the minibands along growth", "eV",
                          {"electron_miniband": "Electron", "hole_miniband": "Hole"}),
}  # fmt: skip
"""By name. Energies of edges and valleys count from the VBM of unstrained bulk Si; masses are those of the lightest
state at the edge."""


@dataclass(frozen=True)
class Point:
    """What a sample of a sweep has: figures by name, nan where there is none; kind of its gap, valley of its CBM."""

    figures: dict[str, float]
    kind: str
    valley: str

    def document(self) -> dict:
        """Plain JSON, None where there is no figure."""
        return asdict(self) | {"figures": {k: v if math.isfinite(v) else None for k, v in self.figures.items()}}

    @classmethod
    def from_document(cls, document: Mapping) -> "Point":
        """The inverse of `document`."""
        figures = {name: math.nan if value is None else float(value) for name, value in document["figures"].items()}
        return cls(figures, document["kind"], document["valley"])


def point_of(sample: Sample) -> Point:
    """All figures of QUANTITIES of a sample, with spin-orbit coupling throughout.

    Raises:
        InputError: as `core.design.figures.verified`.
    """
    levels, others, kind = verified_levels(sample)
    found = from_levels(levels, others, kind)
    figures = {name: float(levels[name]) for name in LEVELS} | {name: float(v) for name, v in others.items()}
    return Point(figures | found.figures, found.kind, found.valley)


@dataclass(frozen=True)
class Sweep:
    """A sample, what is changed about it (of ALONG), from where to where, in how many points.

    block: which block of the repeated unit, from 0; used along `block` alone, whose values are whole monolayers.

    Raises:
        InputError: anything out of range, a sample on the way that is not accepted, or what would take too long.
    """

    sample: Sample
    along: str
    low: float
    high: float
    points: int
    block: int = 0

    def __post_init__(self):
        """Check everything but what only the engine finds."""
        if self.along not in ALONG:
            raise InputError(f"A sweep goes along {', '.join(ALONG)}; given was {str(self.along)[:30]!r}")
        given = (self.low, self.high, self.points, self.block)
        if not all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in given):
            raise InputError("A sweep needs numbers: from, to and how many points")
        axis, unit = ALONG[self.along], f" {ALONG[self.along].unit}".rstrip()
        if not axis.low <= self.low < self.high <= axis.high:
            raise InputError(
                f"{axis.label}: {self.low:g} to {self.high:g}{unit} is not accepted; "
                f"give two numbers from {axis.low:g} to {axis.high:g}{unit}, the smaller one first"
            )
        if self.points != int(self.points) or not FEWEST <= self.points <= MOST:
            raise InputError(f"{self.points:g} points are not accepted; give {FEWEST} to {MOST}")
        if self.along == "block":
            self._check_block()
        self._check_samples()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Blocks of the repeated unit."""
        return unit_blocks(self.sample)

    @cached_property
    def values(self) -> tuple[float, ...]:
        """Where the points stand, in the unit of what is changed; whole monolayers where a block grows."""
        even = np.linspace(self.low, self.high, int(self.points))
        if self.along == "block":
            return tuple(float(n) for n in np.unique(np.round(even)))
        return tuple(round(float(value), _DIGITS) for value in even)

    @cached_property
    def samples(self) -> tuple[Sample, ...]:
        """One for each value."""
        return tuple(self._changed(value) for value in self.values)

    @property
    def seconds(self) -> float:
        """Of one core that the sweep may take, by the planes of its samples."""
        return sum(_seconds(_planes(sample)) for sample in self.samples)

    def document(self) -> dict:
        """Plain JSON, the inverse of `from_document`."""
        return asdict(self)

    @classmethod
    def from_document(cls, document) -> "Sweep":
        """A sweep from plain JSON, checked.

        Raises:
            InputError: what is no sweep.
        """
        names = {"sample", "along", "low", "high", "points", "block"}
        if not isinstance(document, dict) or set(document) != names or not isinstance(document["sample"], dict):
            raise InputError("This sweep did not come from the page; reload it")
        return cls(**document | {"sample": Sample.from_document(document["sample"]), "along": str(document["along"])})

    def _changed(self, value: float) -> Sample:
        if self.along == "substrate":
            return replace(self.sample, substrate=elemental_substrate(value).label)
        if self.along == "lattice":
            return self.sample.changed(lattice=value)
        if self.along == "mixing":
            return replace(self.sample, mixing=value)
        blocks = list(self.blocks)
        blocks[int(self.block)] = Block(blocks[int(self.block)].ge_fraction, int(value))
        return replace(self.sample, stack=Stack(tuple(blocks)).notation)

    def _check_block(self) -> None:
        count = len(self.blocks)
        if count < 2:
            raise InputError(
                f"{self.sample.stack} is one material throughout: its bands do not depend on how thick it is; "
                "give a stack of two blocks or more, such as Si4Ge4"
            )
        if self.block != int(self.block) or not 0 <= self.block < count:
            raise InputError(f"{self.sample.stack} has blocks 1 to {count}; given was block {self.block + 1:g}")

    def _check_samples(self) -> None:
        for sample in self.samples:
            check_strain(sample.ground, sample.layers.ge_fractions)
        thickest = max(self.samples, key=_planes)
        limit = EXACT_ATOM_LIMIT // 2
        if _planes(thickest) > limit:
            raise InputError(
                f"{thickest.stack} has {_planes(thickest)} planes{_doubled(thickest)}; with spin-orbit coupling the "
                f"exact engine takes at most {limit}: give a shorter period"
            )
        if self.seconds > MOST_SECONDS:
            planes = _planes(thickest)
            allowed = int(MOST_SECONDS / _seconds(planes))
            few = f"at most {allowed} points of this length, or " if allowed >= FEWEST else ""
            raise InputError(
                f"These {len(self.values)} samples would take some {self.seconds / 60:.0f} minutes of one core, and "
                f"{MOST_SECONDS // 60} are allowed. The longest has {planes} planes{_doubled(thickest)}: "
                f"give {few}a shorter period"
            )


def sweep_csv(sweep: Sweep, points: Sequence[Point | None]) -> str:
    """All figures of the points that are known, with units in the head, a row a sample."""
    units = {name: one.unit for one in QUANTITIES.values() for name in one.series}
    along = ALONG[sweep.along]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([
        labelled(along.label, along.unit), "stack", "substrate", "interface_mixing (ML)", "lattice_in_plane (Å)",
        *(labelled(name, unit) for name, unit in units.items()), "gap_kind", "cbm_valley",
    ])  # fmt: skip
    for value, sample, point in zip(sweep.values, sweep.samples, points, strict=True):
        if point is not None:
            figures = [_plain(point.figures.get(name, math.nan)) for name in units]
            about = [f"{value:.10g}", sample.stack, sample.substrate, f"{sample.mixing:g}", f"{sample.lattice:.6f}"]
            writer.writerow([*about, *figures, point.kind, point.valley])
    return stream.getvalue()


def labelled(label: str, unit: str) -> str:
    """A label with its unit, where it has one."""
    return f"{label} ({unit})" if unit else label


def unit_blocks(sample: Sample) -> tuple[Block, ...]:
    """Blocks of the unit that a sample's stack repeats: those whose thickness a sweep can change."""
    return sample.layers.repeat_unit[0].blocks


def _plain(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else ""


def _planes(sample: Sample) -> int:
    count = len(sample.layers)
    return 2 * count if count % 2 else count


def _doubled(sample: Sample) -> str:
    return " (an odd number of monolayers is doubled)" if len(sample.layers) % 2 else ""


def _seconds(planes: int) -> float:
    return _SQUARE * planes**2 + _CUBE * planes**3
