"""The race that chose the forward model: candidates trained on the same stacks, compared on the validation stacks.

Every candidate differs from the shipped design in one thing. `python -m core race` prints the table of docs/race.md.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.decomposition import NMF, PCA
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge

from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_path
from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.forward.features import CORRELATION_REACH, REACH
from core.forward.training import Examples, joined, record_examples
from core.learning.basis import GroupBasis
from core.learning.dataset import read_records
from core.learning.training.basis import fit_basis
from core.learning.training.dense import fit_network
from core.structure.build import crystal_of_planes
from core.structure.substrate import bulk_lattice_constant

EPOCHS = 20
HIDDEN = (512, 512, 512)
FAMILIES = ("unseen_pairs", "unseen_strains", "blocks", "graded_alloy")


def run_race(folder: Path, stacks: int, report: Callable[[str], None] = lambda line: None) -> list[dict]:
    """Rows with candidate, seconds (training and prediction) and R² of totals by family and of single atoms.

    folder: a data set. stacks: training stacks that every candidate sees.
    """
    train, validation, families = _load(folder, stacks)
    rows = []
    for name, candidate in CANDIDATES.items():
        start = time.perf_counter()
        predicted = np.maximum(candidate(train, validation), 0.0)
        rows.append(
            {"candidate": name, "seconds": round(time.perf_counter() - start)}
            | _scores(predicted, validation, families)
        )
        report(str(rows[-1]))
    return rows


def race_table(rows: list[dict]) -> str:
    """The rows as Markdown."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows]) + "\n"


def _load(folder: Path, stacks: int) -> tuple[Examples, Examples, np.ndarray]:
    def some(split: str, limit: int):
        records = [record for record, _ in zip(read_records(folder, split), range(limit), strict=False)]
        return joined([record_examples(r, False, i) for i, r in enumerate(records)]), records

    validation, records = some("validation", 10**6)
    return some("train", stacks)[0], validation, np.array([record.sample.family for record in records])


def _scores(predicted: np.ndarray, exact: Examples, families: np.ndarray) -> dict:
    r2 = lambda p, y: round(float(1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()), 4)  # noqa: E731
    totals, true = exact.totals(predicted), exact.totals(exact.pictures)
    found = {family: r2(totals[families == family], true[families == family]) for family in FAMILIES}
    return found | {"single atoms": r2(predicted, exact.pictures)}


def _local(train: Examples) -> GroupBasis:
    return fit_basis([train.pictures], 4, 64)


def _network(inputs: np.ndarray, targets: np.ndarray, shown: np.ndarray, seed: int = 0) -> np.ndarray:
    return fit_network(inputs, targets, HIDDEN, EPOCHS, seed, batch=256)(shown)


def shipped(train: Examples, shown: Examples) -> np.ndarray:
    """Principal components in groups of four k-points, one network."""
    basis = _local(train)
    return basis.decode(_network(train.features, basis.encode(train.pictures), shown.features))


def ensemble(train: Examples, shown: Examples) -> np.ndarray:
    """The mean of three networks."""
    basis, targets = _local(train), None
    targets = basis.encode(train.pictures)
    return basis.decode(sum(_network(train.features, targets, shown.features, seed) for seed in range(3)) / 3)


def global_components(train: Examples, shown: Examples) -> np.ndarray:
    """256 principal components of whole pictures."""
    flat = train.pictures.reshape(len(train.pictures), -1)
    model = PCA(256, svd_solver="randomized", random_state=0).fit(flat[::4])
    found = model.inverse_transform(_network(train.features, model.transform(flat), shown.features))
    return found.reshape(len(found), *train.pictures.shape[1:]).astype(np.float32)


def non_negative(train: Examples, shown: Examples) -> np.ndarray:
    """96 non-negative components of whole pictures."""
    flat = train.pictures.reshape(len(train.pictures), -1)
    model = NMF(96, init="nndsvda", max_iter=200, random_state=0).fit(flat[::8])
    size = np.linalg.norm(model.components_, axis=1)  # the factors' scales are arbitrary: give all patterns one size
    found = _network(train.features, model.transform(flat) * size, shown.features) @ (model.components_ / size[:, None])
    return found.reshape(len(found), *train.pictures.shape[1:]).astype(np.float32)


def trees(train: Examples, shown: Examples) -> np.ndarray:
    """Extremely randomised trees."""
    basis = _local(train)
    model = ExtraTreesRegressor(20, min_samples_leaf=2, max_features=0.4, n_jobs=-1, random_state=0)
    return basis.decode(
        model.fit(train.features, basis.encode(train.pictures)).predict(shown.features).astype(np.float32)
    )


def kernel(train: Examples, shown: Examples) -> np.ndarray:
    """Ridge regression on 2,000 Gaussian kernel features."""
    basis, spread = _local(train), np.where(train.features.std(axis=0) > 1e-6, train.features.std(axis=0), 1.0)
    features = Nystroem(gamma=0.3 / train.features.shape[1], n_components=2000, random_state=0)
    model = Ridge(1e-3).fit(features.fit_transform(train.features / spread), basis.encode(train.pictures))
    return basis.decode(model.predict(features.transform(shown.features / spread)).astype(np.float32))


def short_window(train: Examples, shown: Examples) -> np.ndarray:
    """Ten planes on either side instead of twenty."""
    return _with_columns(train, shown, np.abs(np.arange(-REACH, REACH + 1)) <= 10, True)


def no_correlations(train: Examples, shown: Examples) -> np.ndarray:
    """Without the pair correlations of the stack."""
    return _with_columns(train, shown, np.ones(2 * REACH + 1, dtype=bool), False)


def residual(train: Examples, shown: Examples) -> np.ndarray:
    """The difference from a virtual crystal of the stack's mean composition."""
    before, after = (np.stack([_virtual_crystal(*row) for row in _bulk_like(part)]) for part in (train, shown))
    number, at = (np.unique(part.stack, return_inverse=True)[1] for part in (train, shown))
    basis = fit_basis([train.pictures - before[number]], 4, 64)
    found = _network(train.features, basis.encode(train.pictures - before[number]), shown.features)
    return basis.decode(found) + after[at]


def _with_columns(train: Examples, shown: Examples, planes: np.ndarray, correlations: bool) -> np.ndarray:
    shared = np.ones(train.features.shape[1] - len(planes), dtype=bool)
    shared[-(CORRELATION_REACH + 1) :] = correlations
    used, basis = np.concatenate([planes, shared]), _local(train)
    return basis.decode(_network(train.features[:, used], basis.encode(train.pictures), shown.features[:, used]))


def _bulk_like(part: Examples) -> np.ndarray:
    """(stack, 3): strain, mean spacing and mean Ge fraction of every stack, as the features say them."""
    _, first = np.unique(part.stack, return_index=True)
    return part.features[first, 2 * REACH + 1 : 2 * REACH + 4]


def _virtual_crystal(strain: float, growth: float, fraction: float) -> np.ndarray:
    """(k, energy): A(k, E) of two virtual-crystal planes."""
    lattice, height = (float(bulk_lattice_constant(float(value))) for value in (strain, growth))
    crystal = crystal_of_planes(np.full(2, min(max(float(fraction), 0.0), 1.0)), np.full(2, height / 4), lattice)
    path, grid, broadening = build_path(crystal), EnergyGrid(), Broadening()
    bands = calculate_bands(crystal, path, window=(-8.5, 5.5), workers=1).bands
    return total_spectral_function(bands, path.step, grid, broadening).astype(np.float32)


CANDIDATES: dict[str, Callable[[Examples, Examples], np.ndarray]] = {
    "k-local components, one network (shipped design)": shipped,
    "mean of three networks": ensemble,
    "256 global components": global_components,
    "96 non-negative components": non_negative,
    "residual against a virtual crystal": residual,
    "window of ±10 planes": short_window,
    "no pair correlations": no_correlations,
    "extremely randomised trees": trees,
    "kernel ridge (Nyström)": kernel,
}
