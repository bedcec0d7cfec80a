"""Training of the forward model at the fidelity of DFT on whatever structures are given, with bars that hold.

Structures are split by composition profile, whole (n, m) and all their strains: what a bar is calibrated on, its
parameters were not fitted to.
"""

import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.dft.dataset import Entry
from core.electronic.calculation import energy_zero
from core.electronic.kpath import DEFAULT_PATH, KPath, build_path
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function, total_spectral_function
from core.forward.taught.bands import taught_bands
from core.forward.taught.derivatives import level_energies
from core.forward.taught.error_bars import KNOTS, LevelError, PixelBar, parameter_error
from core.forward.taught.fitting import Linearised, Target, Taught, Teacher, linearised
from core.forward.taught.model import MODEL_VERSION, WEIGHTS, TaughtModel, open_size, pictures
from core.learning.provenance import made_with
from core.learning.samples import profile_key
from core.learning.weights import save_weights
from core.structure.stack import parse_stack

INNER_FOLDS = 5
CALIBRATED = 80
"""Structures at most that bars are calibrated on, evenly chosen."""

SEED = 0


@dataclass(frozen=True, eq=False)
class Example:
    """A structure of the data set, ready to teach and to be predicted; group: its profile's number."""

    entry: Entry
    target: Target
    path: KPath
    group: int

    def exact(self) -> tuple[np.ndarray, np.ndarray]:
        """(k, energy) and (atom, k, energy) 1/eV by DFT, in the usual picture."""
        bands, grid, broadening = self.entry.result.aligned(), EnergyGrid(), Broadening()
        step = self.path.step
        return (
            total_spectral_function(bands, step, grid, broadening),
            spectral_function(bands, step, grid, broadening),
        )


def examples(entries: Sequence[Entry]) -> list[Example]:
    """Structures with the number of their profile."""
    keys: dict[str, int] = {}
    return [
        Example(
            entry,
            Target.of(entry, number),
            build_path(entry.result.crystal, DEFAULT_PATH),
            keys.setdefault(profile_key(parse_stack(entry.sample.stack)), len(keys)),
        )
        for number, entry in enumerate(entries)
    ]


def folds(found: Sequence[Example], count: int, seed: int = SEED) -> list[np.ndarray]:
    """Numbers (n,) of the examples that each fold holds out; whole groups, as many of these in each."""
    groups = sorted({example.group for example in found})
    order = np.random.default_rng(seed).permutation(groups)
    where = {int(group): place % count for place, group in enumerate(order)}
    fold = np.array([where[example.group] for example in found])
    return [np.flatnonzero(fold == number) for number in range(count) if (fold == number).any()]


def calibrated(found: Sequence[Example], taught: Taught) -> TaughtModel:
    """A model of what a fit to all examples found; its bars from examples that were left out by whole groups.

    The parameters without a group are one Gauss-Newton step from those with it.
    """
    parts = [linearised(example.target, taught.values) for example in found]
    curvature = np.linalg.inv(taught.covariance)
    levels, totals, atoms, cases = [], [], [], []
    chosen = set(np.linspace(0, len(found) - 1, min(CALIBRATED, len(found))).round().astype(int).tolist())
    for left_out in folds(found, INNER_FOLDS):
        values, factor = _without([parts[i] for i in left_out], taught.values, curvature)
        for i in chosen.intersection(left_out.tolist()):
            example = found[i]
            open_error = parameter_error(example.target.crystal, example.path.k_reduced, values, factor)
            levels.append(level_misses(example.target, values, open_error))
            cases.append((example, values, open_error))
    level_error = LevelError.fitted(*(np.concatenate(column) for column in zip(*levels, strict=True)))
    for example, values, open_error in cases:
        total, each = _picture_errors(example, values, level_error, open_error)
        totals.append(total)
        atoms.append(each)
    of_totals, of_atoms = (
        PixelBar.fitted(*(np.concatenate(column) for column in zip(*rows, strict=True))) for rows in (totals, atoms)
    )
    factor = np.linalg.cholesky(taught.covariance)
    seen = [found[i].target.crystal for i in chosen], [found[i].path.k_reduced for i in chosen]
    usual = [parameter_error(crystal, k, taught.values, factor) for crystal, k in zip(*seen, strict=True)]
    return TaughtModel(
        taught.values, factor, level_error, of_totals, of_atoms, max(open_size(error) for error in usual)
    )


def _without(parts: list[Linearised], values: np.ndarray, curvature: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values without some structures' parts, and a factor of their covariance."""
    left = curvature - sum(part.curvature for part in parts)
    moved = values + np.linalg.solve(left, sum(part.gradient for part in parts))
    return moved, np.linalg.cholesky(np.linalg.inv(left))


def level_misses(target: Target, values: np.ndarray, open_error: np.ndarray):
    """Energy by DFT, error, the parameters' part of it and weight, of the levels (n,) of a structure."""
    bands = slice(target.first_band, target.first_band + target.energy.shape[1])
    found = level_energies(target.crystal, target.k_reduced, values)[:, bands] - energy_zero(False)
    miss = (found - target.energy).ravel()
    return found.ravel(), miss, np.interp(found.ravel(), KNOTS, open_error), target.weight.ravel()


def _picture_errors(example: Example, values: np.ndarray, level_error: LevelError, open_error: np.ndarray):
    """Pixels of the total and of single atoms: prediction, by how much it moves, error."""
    model = TaughtModel(values, np.zeros((len(values), 1)), level_error, None, None, 1.0)
    found = predicted(model, example, open_error)
    total, atoms = example.exact()
    count = len(atoms)
    some = np.random.default_rng(example.group).permutation(atoms.size)[: total.size]
    return (
        (found.total.ravel(), found.total_moved.ravel(), (found.total - total).ravel()),
        tuple(count * array.ravel()[some] for array in (found.atoms, found.atoms_moved, found.atoms - atoms)),
    )


def predicted(model: TaughtModel, example: Example, open_error: np.ndarray | None = None):
    """Pictures of a structure by a model; open_error: (knot,), where it is known."""
    crystal, path = example.target.crystal, example.path
    bands = taught_bands(crystal, path, model.values)
    return pictures(bands, model.level_error(crystal, path, bands, open_error=open_error), path.step)


def train_taught(
    entries: Sequence[Entry],
    folder: Path | None,
    out: Path = WEIGHTS,
    held_out: dict | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> dict:
    """Fit all structures and write the weights with their card, which it returns.

    Args:
        entries: the data set, all made alike.
        folder: keeps fits that are done.
        out: of the weights.
        held_out: figures of `core.forward.taught.evaluation`, for the card.
        report: gets lines of progress.
    """
    found = examples(entries)
    taught = Teacher(folder, report=report).fit([example.target for example in found], "all")
    model = calibrated(found, taught)
    card = {
        "model_version": MODEL_VERSION,
        "line": "dft",
        "made_from": made_with() | {"data_set_sha256": data_set_sha256(entries)},
        "recipe": entries[0].result.made_by,
        "structures": len(entries),
        "profiles": len({example.group for example in found}),
        "parameters": len(model.values),
        "held_out": held_out or {},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }
    return save_weights(model.arrays(), out, card, compressed=True)


def data_set_sha256(entries: Sequence[Entry]) -> str:
    """SHA-256 over samples and energies."""
    found = hashlib.sha256()
    for entry in entries:
        found.update(f"{entry.sample.stack} on {entry.sample.substrate};".encode())
        found.update(np.ascontiguousarray(entry.result.bands.energy).tobytes())
    return found.hexdigest()
