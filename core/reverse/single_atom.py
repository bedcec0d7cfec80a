"""The paper's own reverse task: from the spectral function of one atom to the descriptors of that atom."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.descriptors.table import descriptor_table
from core.learning.dataset import Record
from core.learning.network import Network
from core.learning.weights import checked_finite, model

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
        found = self.network((pixels - self.mean) @ self.components / self.scale) * self.spread + self.centre
        return checked_finite(found, "The model of single atoms")


def examples(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """(class, k, energy) spectra times the number of atoms, and (class, descriptor), of one record."""
    table = descriptor_table(record.sample.crystal())[list(DESCRIPTORS)].to_numpy(float)
    first = np.unique(record.site_class, return_index=True)[1]
    return record.path.astype(np.float32) * len(record.site_class), table[first]


def single_atom_model() -> SingleAtomModel:
    """The shipped model, read once.

    Raises:
        WeightsError: its weights are missing or damaged.
    """
    return model(WEIGHTS, _build, WEIGHTS)


def _build(arrays: dict[str, np.ndarray]) -> SingleAtomModel:
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
