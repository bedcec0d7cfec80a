"""What is asked of a design: ranges of figures, kinds of the gap, valleys, and how far a sample is from them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.design.curve import Curve
from core.design.figures import FIGURES, KINDS, VALLEYS, Measured
from core.errors import InputError

SCALES = {"eV": 0.01, "m₀": 0.05, "": 0.05}
"""By unit: how far outside its range a figure must be to cost one."""

WRONG_KIND = 9.0
"""Cost of another kind of gap, or another valley, than what is asked for."""

MOST_TARGETS = 12

LARGEST = 1000.0
"""Largest end of a range, in the figure's unit."""

CURVE_SCALE = 0.05
"""Share of a drawn band that is missing which costs one."""

OFF_SCALE = 0.08
"""eV beside a drawn band, root mean square, that cost one."""

CURVE_MET = 0.8
"""Share of a drawn band that must be there."""

NAMES = {
    "gap": "gap", "direct": "direct_gap", "delta": "delta2_delta4_splitting", "hhlh": "hh_lh_splitting", "vbm": "vbm",
    "cbm": "cbm", "me100": "electron_mass_100", "me001": "electron_mass_001", "mh100": "hole_mass_100",
    "mh001": "hole_mass_001", "electron": "electron_in_ge", "hole": "hole_in_ge", "miniband": "electron_miniband",
    "hole-miniband": "hole_miniband", "vbo": "valence_offset", "cbo": "conduction_offset",
}  # fmt: skip
"""What a person types for FIGURES."""

_NUMBER = r"([-+]?\d*\.?\d+(?:e[-+]?\d+)?)"
_AROUND = re.compile(rf"([\w-]+)={_NUMBER}(?:(?:±|\+-|\+/-){_NUMBER})?", re.IGNORECASE)
_BETWEEN = re.compile(rf"([\w-]+)={_NUMBER}\.\.{_NUMBER}", re.IGNORECASE)
_BOUND = re.compile(rf"([\w-]+)([<>])=?{_NUMBER}", re.IGNORECASE)
_WEIGHTED = re.compile(rf"(.+)[*×]{_NUMBER}", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """A range that a figure shall lie in, in the figure's unit; ends may be infinite. weight: of its miss."""

    figure: str
    low: float
    high: float
    weight: float = 1.0

    def __post_init__(self):
        """Refuse unknown figures, empty ranges, and weights that are none."""
        if self.figure not in FIGURES:
            raise InputError(f"A target of {self.figure!r} is not known; targets are {', '.join(FIGURES)}")
        if math.isnan(self.low) or math.isnan(self.high) or self.low > self.high:
            raise InputError(
                f"{FIGURES[self.figure].label}: {self.low:g} to {self.high:g} is no range; give low ≤ high"
            )
        ends = [end for end in (self.low, self.high) if not math.isinf(end)]
        if not ends or self.low == math.inf or self.high == -math.inf or max(map(abs, ends)) > LARGEST:
            raise InputError(
                f"{FIGURES[self.figure].label}: {self.low:g} to {self.high:g} is not searched; "
                f"give numbers between {-LARGEST:g} and {LARGEST:g}"
            )
        if not (math.isfinite(self.weight) and 0 < self.weight <= 100):
            raise InputError(f"{FIGURES[self.figure].label}: a weight of {self.weight:g} is none; give up to 100")

    def miss(self, value: np.ndarray) -> np.ndarray:
        """How far values lie outside, in units of SCALES; infinite where a sample has no such figure."""
        outside = np.maximum(np.maximum(self.low - value, value - self.high), 0.0)
        return np.nan_to_num(outside / SCALES[FIGURES[self.figure].unit], nan=np.inf)

    def text(self) -> str:
        """In words."""
        figure = FIGURES[self.figure]
        unit = f" {figure.unit}" if figure.unit else ""
        unit += f" ({self.weight:g} times as important)" if self.weight != 1.0 else ""
        if math.isinf(self.low):
            return f"{figure.label} ≤ {self.high:g}{unit}"
        if math.isinf(self.high):
            return f"{figure.label} ≥ {self.low:g}{unit}"
        return f"{figure.label} {self.low:g} to {self.high:g}{unit}"


@dataclass(frozen=True)
class Wanted:
    """All that is asked for. kinds, valleys: that are allowed; all where empty. curve: a drawn band."""

    targets: tuple[Target, ...] = ()
    kinds: tuple[str, ...] = ()
    valleys: tuple[str, ...] = ()
    curve: Curve | None = None

    def __post_init__(self):
        """Refuse kinds and valleys that do not exist, and nothing at all."""
        for given, allowed, what in ((self.kinds, KINDS, "kind of gap"), (self.valleys, VALLEYS, "valley")):
            for one in given:
                if one not in allowed:
                    raise InputError(f"A {what} {one!r} is not known; there are {', '.join(allowed)}")
        if not 0 < len(self.targets) + len(self.kinds) + len(self.valleys) + bool(self.curve) <= MOST_TARGETS:
            raise InputError(f"Give 1 to {MOST_TARGETS} targets, for example a gap of 0.75 to 0.85 eV")

    @property
    def asks_figures(self) -> bool:
        """Whether anything but a drawn band is asked for."""
        return bool(self.targets or self.kinds or self.valleys)

    def costs(self, figures: Mapping[str, np.ndarray], kinds: np.ndarray, valleys: np.ndarray) -> np.ndarray:
        """Of samples (any shape): weighted squares of misses; kinds and valleys are indices into KINDS and VALLEYS."""
        cost = np.zeros(np.shape(kinds))
        for target in self.targets:
            cost = cost + target.weight * target.miss(figures[target.figure]) ** 2
        for given, allowed, found in ((self.kinds, KINDS, kinds), (self.valleys, VALLEYS, valleys)):
            if given:
                cost = cost + WRONG_KIND * ~np.isin(found, [allowed.index(one) for one in given])
        return cost

    def off_centre(self, figures: Mapping[str, np.ndarray]) -> np.ndarray:
        """How far samples lie from the middle of what is asked for: squares, 1 at the end of a range.

        Of two that meet everything, a grower misses less easily with the one nearer to the middle.
        """
        found = np.zeros(np.shape(figures["gap"]))
        for target in self.targets:
            middle, half = (target.low + target.high) / 2, (target.high - target.low) / 2
            if math.isfinite(half) and half > 0:
                found = found + np.nan_to_num((figures[target.figure] - middle) / half, nan=1e3, posinf=1e3) ** 2
        return found

    def cost(self, measured: Measured) -> float:
        """Of one sample; 0 where everything is met, but for a drawn band, which can always be met better."""
        return self._cost_of_figures(measured) + float(curve_cost(measured.curve, measured.off) if self.curve else 0.0)

    def met(self, measured: Measured) -> bool:
        """Whether a sample is all that is asked for."""
        return self._cost_of_figures(measured) == 0.0 and (self.curve is None or measured.curve >= CURVE_MET)

    def _cost_of_figures(self, measured: Measured) -> float:
        kind, valley = np.array(KINDS.index(measured.kind)), np.array(VALLEYS.index(measured.valley))
        return float(self.costs({name: np.array(value) for name, value in measured.figures.items()}, kind, valley))

    def text(self) -> str:
        """In words."""
        parts = [target.text() for target in self.targets]
        parts += [f"{' or '.join(self.kinds)} gap"] * bool(self.kinds)
        parts += [f"conduction band minimum in {' or '.join(self.valleys)}"] * bool(self.valleys)
        parts += ["a band along the drawn curve"] * bool(self.curve)
        return "; ".join(parts)


def curve_cost(score: np.ndarray | float, off: np.ndarray | float) -> np.ndarray:
    """Of a drawn band of which a share `score` is there, `off` eV beside the drawn one."""
    return ((1.0 - np.asarray(score)) / CURVE_SCALE) ** 2 + (np.asarray(off) / OFF_SCALE) ** 2


def parse_wanted(texts: Sequence[str], curve: Curve | None = None) -> Wanted:
    """Targets as typed, several in one text or one in each: `gap=0.8±0.02`, `gap=0.7..0.9`, `gap<1`, `direct`, `Δ2`.

    A range may have a weight of its miss behind it: `gap=0.8±0.02*3`. A kind of gap or a valley may stand alone, or as
    `kind=direct`, `valley=Δ2`. curve: a drawn band beside them.

    Raises:
        InputError: one that is not understood.
    """
    targets, kinds, valleys = [], [], []
    for text in (part for given in texts for part in given.replace(";", ",").split(",") if part.strip()):
        compact = "".join(text.split()).replace("−", "-").replace("≤", "<").replace("≥", ">")
        name, _, value = compact.rpartition("=") if compact[:1].isalpha() else ("", "", compact)
        word = _word(value)
        if name.lower() in ("kind", "valley", "") and (word in KINDS or word in VALLEYS):
            (kinds if word in KINDS else valleys).append(word)
        elif name.lower() in ("kind", "valley"):
            (kinds if name.lower() == "kind" else valleys).append(word)
        elif (target := _range(compact)) is not None:
            targets.append(target)
        else:
            raise InputError(f"The target {text!r} is not understood; write gap=0.8±0.02, gap=0.7..0.9, or gap<0.9")
    return Wanted(tuple(targets), tuple(kinds), tuple(valleys), curve)


def _range(compact: str) -> Target | None:
    """A range of a figure, with its weight; None where a text without blanks is none.

    Raises:
        InputError: the figure is not known, or the range or weight is none.
    """
    weighted = _WEIGHTED.fullmatch(compact)
    compact, weight = (weighted[1], float(weighted[2])) if weighted else (compact, 1.0)
    if match := _BETWEEN.fullmatch(compact):
        return Target(_figure(match[1]), float(match[2]), float(match[3]), weight)
    if match := _AROUND.fullmatch(compact):
        figure, centre = _figure(match[1]), float(match[2])
        reach = float(match[3]) if match[3] else SCALES[FIGURES[figure].unit]
        return Target(figure, centre - reach, centre + reach, weight)
    if match := _BOUND.fullmatch(compact):
        number = float(match[3])
        low, high = (-math.inf, number) if match[2] == "<" else (number, math.inf)
        return Target(_figure(match[1]), low, high, weight)
    return None


def _word(text: str) -> str:
    """A kind of gap or a valley, as VALLEYS and KINDS spell it."""
    greek = {"d2": "Δ2", "d4": "Δ4", "g": "Γ", "gamma": "Γ", "δ2": "Δ2", "δ4": "Δ4", "l": "L", "γ": "Γ"}
    return greek.get(text.lower(), text.lower())


def _figure(name: str) -> str:
    """Of a typed name.

    Raises:
        InputError: it is not known.
    """
    found = NAMES.get(name.lower(), name)
    if found not in FIGURES:
        raise InputError(f"A target of {name!r} is not known; there are {', '.join(NAMES)}, kind and valley")
    return found
