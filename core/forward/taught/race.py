"""The race that chose how DFT corrects tight binding: candidates on the same held-out groups, cheapest first.

`python -m core race --line dft` prints the table of docs/attempts.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.dft.calculation import scissor_shift
from core.dft.comparison import matched_levels, tight_binding_bands
from core.dft.dataset import Entry
from core.dft.scissor import in_order, raised_states
from core.electronic.diagonalise import Bands
from core.forward.taught.bands import taught_bands
from core.forward.taught.evaluation import Held, chosen_folds, compared, held_figures
from core.forward.taught.fitting import Settings, Teacher
from core.forward.taught.training import Example, examples

RIDGE = 1.0
SECOND = ("second_hopping", "second_exponent")
Predictor = Callable[[Example], Bands]


def run_taught_race(entries: Sequence[Entry], folder: Path | None, report: Callable[[str], None]) -> list[dict]:
    """A row a candidate: its name and figures of the structures, each predicted without its group.

    folder: keeps fits that are done. report: gets a line a candidate.
    """
    found = examples(entries)
    rows = []
    for name, candidate in CANDIDATES.items():
        held: list[Held] = []
        for left_out in chosen_folds(found):
            seen = [example for place, example in enumerate(found) if place not in set(left_out.tolist())]
            predict = candidate(seen, folder)
            held += [compared(found[place], predict(found[place])) for place in left_out]
        rows.append({"candidate": name} | held_figures(held))
        report(f"{name}: R² {rows[-1]['r2_total']}")
    return rows


def taught_race_table(rows: list[dict]) -> str:
    """Markdown."""
    head = ("candidate", "valence, eV", "conduction, eV", "R² of totals")
    keys = ("candidate", "valence_error", "conduction_error", "r2_total")
    lines = [head, ("---",) * 4, *(tuple(str(row[key]) for key in keys) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _warp(degree: int, with_germanium: bool):
    """Filled and empty levels each moved by a polynomial of their energy and, on request, of the Ge fraction."""

    def columns(energy: np.ndarray, example: Example) -> np.ndarray:
        powers = np.stack([(energy / 5.0) ** power for power in range(degree + 1)], axis=-1)
        germanium = float(example.target.crystal.ge_fraction.mean())
        return np.concatenate([powers, germanium * powers], axis=-1) if with_germanium else powers

    def train(seen: Sequence[Example], folder: Path | None) -> Predictor:
        pairs = [matched_levels(example.entry.result, tight_binding_bands(example.entry)) for example in seen]
        found = []
        for matched in zip(*pairs, strict=True):
            table = np.concatenate([columns(m.tight_binding, e) for m, e in zip(matched, seen, strict=True)])
            off = np.concatenate([m.dft - m.tight_binding for m in matched])
            weight = np.sqrt(np.concatenate([m.weight for m in matched]))
            found.append(np.linalg.lstsq(table * weight[:, None], off * weight, rcond=None)[0])

        def predict(example: Example) -> Bands:
            bands = tight_binding_bands(example.entry)
            energy = np.clip(bands.energy, -14.0, 5.0)
            empty = np.arange(energy.shape[1]) >= 2 * len(example.target.crystal)
            moved = columns(energy, example)
            return in_order(replace(bands, energy=bands.energy + np.where(empty, moved @ found[1], moved @ found[0])))

        return predict

    return train


def _hamiltonian(settings: Settings):
    def train(seen: Sequence[Example], folder: Path | None) -> Predictor:
        values = Teacher(folder, settings).fit([example.target for example in seen]).values
        return lambda example: taught_bands(example.target.crystal, example.path, values)

    return train


def _with_residual(settings: Settings):
    """The taught Hamiltonian, its levels moved by a ridge on energy, shares of shells and species, and strain."""

    def features(bands: Bands, example: Example) -> np.ndarray:
        crystal = example.target.crystal
        shells = bands.atom_shell_weight.sum(axis=0)
        germanium = np.einsum("i,ikn->kn", crystal.ge_fraction, bands.atom_weight)
        energy = np.clip(bands.energy, -14.0, 5.0) / 5.0
        strain = 20.0 * (crystal.lattice_in_plane / 5.6 - 1)
        empty = (np.arange(energy.shape[1]) >= 2 * len(crystal)) * np.ones_like(energy)
        basic = np.stack([np.ones_like(energy), energy, energy**2, germanium, *shells[[0, 2, 3]], empty], axis=-1)
        basic = np.concatenate([basic, strain * basic, germanium[..., None] * basic], axis=-1)
        return np.concatenate([basic, empty[..., None] * basic], axis=-1)

    def train(seen: Sequence[Example], folder: Path | None) -> Predictor:
        values = Teacher(folder, settings).fit([example.target for example in seen]).values
        matrix, vector = 0.0, 0.0
        for example in seen:
            result = example.entry.result
            exact = result.aligned(scissor=False)
            bands = taught_bands(example.target.crystal, example.path, values, scissor=False)
            count = min(exact.energy.shape[1], bands.energy.shape[1] - result.first_band)
            kept = slice(result.first_band, result.first_band + count)
            energy, table = bands.energy[:, kept], features(bands, example)[:, kept]
            off = np.clip(exact.energy[:, :count] - energy, -0.2, 0.2)
            use = exact.unfolding_weight[:, :count] * (exact.energy[:, :count] < 3.6) * np.isfinite(energy)
            off = np.where(use > 0, off, 0.0)
            matrix = matrix + np.einsum("kn,knf,kng->fg", use, table, table, optimize=True)
            vector = vector + np.einsum("kn,knf,kn->f", use, table, off, optimize=True)
        weights = np.linalg.solve(matrix + RIDGE * np.eye(len(vector)), vector)

        def predict(example: Example) -> Bands:
            crystal = example.target.crystal
            bands = taught_bands(crystal, example.path, values, scissor=False)
            shift = np.clip(features(bands, example) @ weights, -0.2, 0.2)
            bands = in_order(replace(bands, energy=bands.energy + shift))
            raised = raised_states(bands, example.path.k_reduced, 2 * len(crystal))
            return in_order(replace(bands, energy=bands.energy + scissor_shift(crystal) * raised))

        return predict

    return train


CANDIDATES = {
    "tight binding as published": lambda seen, folder: lambda example: tight_binding_bands(example.entry),
    "filled and empty levels shifted": _warp(0, False),
    "a cubic warp of the energy": _warp(3, False),
    "a cubic warp that depends on the Ge fraction": _warp(3, True),
    "taught Hamiltonian, bonds only": _hamiltonian(Settings(frozen=SECOND)),
    "taught, with second neighbours, prior a fifth as wide": _hamiltonian(Settings(spread=0.2)),
    "taught, with second neighbours, prior three times as wide": _hamiltonian(Settings(spread=3.0)),
    "taught, with second neighbours (taken)": _hamiltonian(Settings()),
    "the same, and a ridge for what is left": _with_residual(Settings()),
}
