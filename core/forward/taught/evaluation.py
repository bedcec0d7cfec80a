"""How well the forward model at the fidelity of DFT predicts structures that taught it nothing.

Structures are held out with all others of their composition profile, whole (n, m), a fifth at a time until there are
enough: fits, calibration of bars and all else happen without them. Band positions are compared as `core.dft.comparison`
does, by optimal transport, with the scissor on both sides.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from core.dft.comparison import Matched, matched_levels, tight_binding_bands
from core.dft.dataset import Entry
from core.electronic.diagonalise import Bands
from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.forward.taught.error_bars import VISIBLE
from core.forward.taught.fitting import Target, Teacher
from core.forward.taught.model import TaughtModel, pictures
from core.forward.taught.training import Example, calibrated, examples, folds, level_misses

MEASURED_FILE = Path(__file__).parents[2] / "measured" / "dft-forward.json"
OUTER_FOLDS = 5
LEAST_HELD_OUT = 60
"""Structures: further fifths are held out, with fits of their own, until there are so many."""

CURVE = (10, 40, 160)
"""Structures of the learning curve, from the beginning of the data set; the last point has all."""


@dataclass(frozen=True)
class Sums:
    """Of pixels: their number, squared errors, values by DFT and their squares, how many lie in their bars, bars."""

    pixels: float
    error: float
    value: float
    square: float
    inside: float = np.nan
    bar: float = np.nan

    @classmethod
    def of(cls, predicted: np.ndarray, exact: np.ndarray, bar: np.ndarray | float = np.nan) -> "Sums":
        """Of pictures of one structure, all in one shape."""
        error = np.abs(predicted - exact)
        inside = np.where(np.isnan(bar), np.nan, error <= bar)
        bars = np.broadcast_to(bar, error.shape)
        return cls(error.size, (error**2).sum(), exact.sum(), (exact**2).sum(), inside.sum(), bars.sum())


@dataclass(frozen=True)
class Held:
    """What is kept of a structure that was held out.

    family: of the sample. valence_error, conduction_error: eV, band positions; valence_shifted: once their mean
    difference is taken off. total, visible, atoms: of pixels, the visible ones being those that show a band.
    levels: weight of levels within their 90 % intervals, and of all.
    """

    family: str
    valence_error: float
    conduction_error: float
    valence_shifted: float
    total: Sums
    visible: Sums
    atoms: Sums | None = None
    levels: tuple[float, float] = (np.nan, 1.0)


def evaluate_taught(
    entries: Sequence[Entry],
    folder: Path | None,
    report: Callable[[str], None] = lambda line: None,
    workers: int = 1,
) -> dict:
    """Held-out figures of all structures, of uncorrected tight binding beside them, and the learning curve.

    Args:
        entries: the data set.
        folder: keeps fits that are done, so that a run that was killed goes on.
        report: gets lines of progress.
        workers: processes.
    """
    found = examples(entries)
    chosen = chosen_folds(found)
    tasks = []
    for left_out in chosen:
        most = len(found) - len(left_out)
        tasks += [(found, left_out, count, folder) for count in (most, *(c for c in CURVE if c < most))]
    results: list[list[Held]] = []
    for task, held in zip(tasks, _mapped(_held_out, tasks, workers), strict=True):
        report(f"{len(held)} structures held out, taught by {task[2]}: R² {held_figures(held)['r2_total']:.4f}")
        results.append(held)
    full = [len(found) - len(left_out) for left_out in chosen]
    rows: dict[int, list[tuple[int, Held]]] = {}
    for (_, left_out, count, _), held in zip(tasks, results, strict=True):
        point = max(full) if count == len(found) - len(left_out) else count
        rows.setdefault(point, []).extend((count, each) for each in held)
    held = [each for _, each in rows[max(full)]]
    plain = [compared(found[i], tight_binding_bands(found[i].entry)) for left_out in chosen for i in left_out]
    return {
        "structures": len(found),
        "held_out": len(held),
        "profiles": len({example.group for example in found}),
        "folds": len(chosen),
        "taught": held_figures(held),
        "tight_binding": held_figures(plain),
        "families": {
            family: held_figures([each for each in held if each.family == family])
            for family in sorted({each.family for each in held})
        },
        "learning_curve": [
            {"taught_by": round(float(np.mean([count for count, _ in row])), 1)}
            | held_figures([each for _, each in row])
            for _, row in sorted(rows.items())
        ],
    }


def chosen_folds(found: Sequence[Example]) -> list[np.ndarray]:
    """Numbers (n,) of the examples that each fold holds out; as many folds as there must be."""
    every = folds(found, OUTER_FOLDS)
    enough = np.cumsum([len(left_out) for left_out in every]) >= LEAST_HELD_OUT
    return every[: int(np.argmax(enough)) + 1] if enough.any() else every


def _mapped(function: Callable, tasks: Sequence, workers: int):
    """Results in the order of the tasks, as they get ready."""
    if workers <= 1:
        yield from map(function, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(function, tasks)


def _held_out(task: tuple[Sequence[Example], np.ndarray, int, Path | None]) -> list[Held]:
    """Structures as a model sees them that the first so many of the others taught."""
    found, left_out, count, folder = task
    without = set(left_out.tolist())
    seen = [example for place, example in enumerate(found) if place not in without][:count]
    model = calibrated(seen, Teacher(folder).fit([example.target for example in seen]))
    return [held_example(model, found[place]) for place in left_out]


def held_example(model: TaughtModel, example: Example) -> Held:
    """A structure predicted by a model, with bars."""
    crystal, path = example.target.crystal, example.path
    bands = model.bands(crystal, path)
    open_error = model.open_error(crystal, path)
    error = model.level_error(crystal, path, bands, open_error=open_error)
    found, (total, atoms) = pictures(bands, error, path.step), example.exact()
    count = len(atoms)
    bar = model.of_totals.half_width(found.total, found.total_moved)
    bars = model.of_atoms.half_width(count * found.atoms, count * found.atoms_moved)
    valence, conduction = matched_levels(example.entry.result, bands)
    return Held(
        example.entry.sample.family,
        valence.error(),
        conduction.error(),
        _shifted(valence),
        Sums.of(found.total, total, bar),
        _visible(found.total, total, bar),
        Sums.of(count * found.atoms, count * atoms, bars),
        levels_inside(model, example.target, open_error),
    )


def levels_inside(model: TaughtModel, target: Target, open_error: np.ndarray) -> tuple[float, float]:
    """Weight of the levels within their 90 % intervals, and of all."""
    energy, miss, _, weight = level_misses(target, model.values, open_error)
    inside = np.abs(miss) <= model.levels.quantile * model.levels.at(energy, open_error)
    return float(weight[inside].sum()), float(weight.sum())


def compared(example: Example, bands: Bands) -> Held:
    """Any bands of a structure, without bars."""
    total = total_spectral_function(bands, example.path.step, EnergyGrid(), Broadening())
    valence, conduction = matched_levels(example.entry.result, bands)
    exact = example.exact()[0]
    errors = valence.error(), conduction.error(), _shifted(valence)
    return Held(example.entry.sample.family, *errors, Sums.of(total, exact), _visible(total, exact))


def _visible(predicted: np.ndarray, exact: np.ndarray, bar: np.ndarray | float = np.nan) -> Sums:
    shown = np.maximum(predicted, exact) > VISIBLE
    return Sums.of(predicted[shown], exact[shown], np.broadcast_to(bar, shown.shape)[shown])


def held_figures(held: Sequence[Held]) -> dict:
    """Band positions in eV (means over structures), R², and coverage of the bars where there are any.

    R² = 1 − Σ(predicted − DFT)² / Σ(DFT − mean)², over all pixels of all structures, one mean for all.
    coverage: of all pixels; coverage_visible: of those where either shows a band (VISIBLE).
    """
    figures = {
        "structures": len(held),
        "valence_error": _mean([each.valence_error for each in held]),
        "valence_error_median": round(float(np.median([each.valence_error for each in held])), 4),
        "valence_error_shifted": _mean([each.valence_shifted for each in held]),
        "conduction_error": _mean([each.conduction_error for each in held]),
        "r2_total": _r2([each.total for each in held]),
    }
    atoms = [each.atoms for each in held if each.atoms is not None]
    if len(atoms) < len(held):
        return figures
    inside, counted = np.sum([each.levels for each in held], axis=0)
    return figures | {
        "r2_atoms": _r2(atoms),
        "coverage": _coverage([each.total for each in held]),
        "coverage_visible": _coverage([each.visible for each in held]),
        "coverage_atoms": _coverage(atoms),
        "coverage_levels": round(float(inside / counted), 4),
        "bar_mean": round(float(sum(each.total.bar for each in held) / sum(each.total.pixels for each in held)), 4),
    }


def _r2(sums: Sequence[Sums]) -> float:
    pixels, error, value, square = (sum(getattr(s, n) for s in sums) for n in ("pixels", "error", "value", "square"))
    return round(float(1 - error / (square - value**2 / pixels)), 4)


def _coverage(sums: Sequence[Sums]) -> float:
    return round(float(sum(s.inside for s in sums) / sum(s.pixels for s in sums)), 4)


def _shifted(matched: Matched) -> float:
    """eV: error of the levels once their mean difference is taken off."""
    return float(np.average(np.abs(matched.dft - matched.tight_binding - matched.shift()), weights=matched.weight))


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)
