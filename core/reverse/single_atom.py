"""The paper's own reverse task: from the spectral function of one atom to the descriptors of that atom."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from core.descriptors.table import descriptor_table
from core.learning.dataset import Record, read_shard
from core.learning.network import Network, fit_network

WEIGHTS = Path(__file__).parent / "weights" / "single-atom.npz"

DESCRIPTORS = (
    "maximum_packing_efficiency",
    "tot_cell_volume",
    "bond_length",
    "bond_length_a",
    "bond_length_c",
    "tot_face_area",
    "coordination",
    "mean_electronegativities",
    "mean_ionic_character",
    "1_order",
    "2_order",
    "3_order",
    "ge_fraction",
    "lattice_in_plane_angstrom",
)
"""Columns of the descriptor table that are read from a spectrum."""

COMPONENTS = 256
SHARDS = 400
"""Training shards of the forward model's data set that are used, 16 stacks each."""

KEPT = (slice(None), slice(0, 176, 2))
"""Every second energy: the spectra are smooth on that scale."""


@dataclass(frozen=True, eq=False)
class SingleAtomModel:
    """Principal components of spectra, the network behind them, and what its outputs are scaled by.

    mean: (pixel,), components: (pixel, c), scale: (c,). centre, spread: (descriptor,).
    """

    mean: np.ndarray
    components: np.ndarray
    scale: np.ndarray
    network: Network
    centre: np.ndarray
    spread: np.ndarray

    def __call__(self, spectra: np.ndarray) -> np.ndarray:
        """(atom, descriptor) from spectra (atom, k, energy) on the default path, times the number of atoms."""
        pixels = spectra[(slice(None), *KEPT)].reshape(len(spectra), -1)
        return self.network((pixels - self.mean) @ self.components / self.scale) * self.spread + self.centre


def examples(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """(class, k, energy) spectra times the number of atoms, and (class, descriptor), of one record."""
    table = descriptor_table(record.sample.crystal())[list(DESCRIPTORS)].to_numpy(float)
    first = np.unique(record.site_class, return_index=True)[1]
    return record.path.astype(np.float32) * len(record.site_class), table[first]


def _shard_examples(file: Path) -> tuple[np.ndarray, np.ndarray]:
    parts = [examples(record) for record in read_shard(file)]
    spectra, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    return spectra[(slice(None), *KEPT)].reshape(len(spectra), -1).astype(np.float16), targets


def train_single_atom(
    dataset: Path, out: Path = WEIGHTS, shards: int = SHARDS, epochs: int = 20, report: Callable[[str], None] = print
) -> None:
    """Train on the first shards of the forward model's data set and write the weights."""
    from core.reverse.drawing import single_thread_pool

    files = sorted(dataset.glob("train-*.h5"))[:shards]
    with single_thread_pool() as pool:
        parts = pool.map(_shard_examples, files)
    pixels, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    report(f"{len(pixels)} spectra")
    random = np.random.default_rng(0)
    chosen = np.sort(random.choice(len(pixels), min(10000, len(pixels)), replace=False))
    found = PCA(COMPONENTS, svd_solver="randomized", iterated_power=3, random_state=0).fit(
        pixels[chosen].astype(np.float32)
    )
    mean, components = found.mean_.astype(np.float32), found.components_.T.astype(np.float32)
    spread = np.sqrt(found.explained_variance_)
    scale = (spread + 0.01 * spread[0]).astype(np.float32)
    inputs = np.concatenate(
        [(pixels[i : i + 4096].astype(np.float32) - mean) @ components / scale for i in range(0, len(pixels), 4096)]
    )
    centre, width = targets.mean(axis=0), targets.std(axis=0)
    network = fit_network(
        inputs, (targets - centre) / width, (384, 384), epochs, 0, 256,
        report=lambda epoch, loss: report(f"epoch {epoch + 1}, loss {loss:.5f}"),
    )  # fmt: skip
    half = {n: v.astype(np.float16) if v.ndim == 2 else v for n, v in network.arrays("network").items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        out, mean=mean, components=components.astype(np.float16), scale=scale, centre=centre.astype(np.float32),
        spread=width.astype(np.float32), **half,
    )  # fmt: skip


@cache
def single_atom_model() -> SingleAtomModel:
    """The shipped model."""
    with np.load(WEIGHTS, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    single = lambda name: np.asarray(arrays[name], np.float32)  # noqa: E731
    network = Network.from_arrays(arrays, "network")
    return SingleAtomModel(
        single("mean"), single("components"), single("scale"), network, single("centre"), single("spread")
    )


def single_atom_scores(records: list[Record]) -> dict[str, float]:
    """R² of every descriptor over the atoms of some records."""
    model, read, known = single_atom_model(), [], []
    for record in records:
        spectra, targets = examples(record)
        read.append(model(spectra))
        known.append(targets)
    found, exact = np.concatenate(read), np.concatenate(known)
    r2 = 1 - ((found - exact) ** 2).sum(axis=0) / ((exact - exact.mean(axis=0)) ** 2).sum(axis=0)
    return dict(zip(DESCRIPTORS, np.round(r2, 4).tolist(), strict=True))
