"""The forward model: from the layers around an atom to its spectral function, with its error and its domain.

One network serves the standard path and one the in-plane cuts, at any k_z. Pictures are linear in the last hidden
layer, so that the total of a stack needs one decoding whatever its number of atoms. Weights are plain arrays.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.forward.baseline import virtual_cut, virtual_cuts
from core.forward.domain import Domain, DomainScore
from core.forward.features import crystal_features, kz_features
from core.learning.basis import GroupBasis
from core.learning.dataset import CUT_POINTS, CUTS
from core.learning.error_bars import ErrorBars
from core.learning.network import Network
from core.learning.versions import in_force, model_of, weights_of
from core.learning.weights import checked_finite, model, weights_sha256
from core.structure.crystal import Crystal

WEIGHTS = Path(__file__).parent / "weights"
MODEL_VERSION = "1"
LIVE_ATOM_LIMIT = 512


@dataclass(frozen=True, eq=False)
class SpectrumModel:
    """Networks whose mean output is a picture's coefficients, the basis of the pictures, and their error bars."""

    networks: tuple[Network, ...]
    basis: GroupBasis
    errors: ErrorBars

    def hidden(self, features: np.ndarray) -> list[np.ndarray]:
        """Last hidden layers (sample, unit) of all networks."""
        return [network.hidden(features) for network in self.networks]

    def pictures(self, hidden: list[np.ndarray]) -> np.ndarray:
        """(sample, k, energy) from hidden layers; linear, so that a mean of layers gives the mean picture."""
        outputs = sum(network.output(part) for network, part in zip(self.networks, hidden, strict=True))
        return self.basis.decode(checked_finite(outputs, "The forward model") / len(self.networks))

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        named = {f"{prefix}.mean": self.basis.mean, f"{prefix}.components": self.basis.components}
        for number, network in enumerate(self.networks):
            named |= network.arrays(f"{prefix}.network{number}")
        return named | self.errors.arrays(f"{prefix}.errors")

    @classmethod
    def from_arrays(cls, arrays, prefix: str) -> "SpectrumModel":
        """The inverse of `arrays`."""
        count = sum(name.startswith(f"{prefix}.network") and name.endswith(".weight0") for name in arrays)
        single = lambda name: np.asarray(arrays[f"{prefix}.{name}"], np.float32)  # noqa: E731
        return cls(
            tuple(Network.from_arrays(arrays, f"{prefix}.network{number}") for number in range(count)),
            GroupBasis(single("mean"), single("components")),
            ErrorBars.from_arrays(arrays, f"{prefix}.errors"),
        )


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted spectra of a stack along one line; pictures are decoded when asked for.

    site_class: (atom,) atoms of one class see the same layers.
    hidden: last hidden layers (class, unit) of all networks.
    features: (class, feature) the networks' inputs.
    part: the k-points of the model's pictures that belong to this line.
    baseline: (k, energy) what the model's pictures are added to.
    mirrored: the line goes on to negative k∥, where spectra are the same.
    """

    model: SpectrumModel
    site_class: np.ndarray
    hidden: list[np.ndarray]
    features: np.ndarray
    part: slice
    mirrored: bool
    baseline: np.ndarray | float = 0.0

    def __len__(self) -> int:
        """Number of atoms."""
        return len(self.site_class)

    @cached_property
    def share(self) -> np.ndarray:
        """(class,) share of the atoms in each class."""
        return (np.bincount(self.site_class) / len(self)).astype(np.float32)

    def total(self) -> np.ndarray:
        """(k, energy) 1/eV: A(k, E)."""
        return self._shown(self.model.pictures([self.share[None] @ part for part in self.hidden]))[0]

    def atoms(self, indices=None) -> np.ndarray:
        """(atom, k, energy) 1/eV: A_i(k, E) of the given atoms, all by default."""
        chosen = self.site_class if indices is None else self.site_class[np.asarray(indices)]
        classes, back = np.unique(chosen, return_inverse=True)
        pictures = self._shown(self.model.pictures([part[classes] for part in self.hidden]))
        return pictures[back] / len(self)

    def total_error(self) -> np.ndarray:
        """(k, energy) 1/eV: half-width of the nominal 90 % error bar of the total."""
        typical = self.share @ self.model.errors.typical(self.features)
        return self.model.errors.total(self.total(), typical)

    def atom_error(self, atom: int) -> np.ndarray:
        """(k, energy) 1/eV: half-width of the nominal 90 % error bar of one atom's spectral function."""
        row = self.features[self.site_class[[atom]]]
        return self.model.errors.atom(self.atoms([atom])[0] * len(self), self.model.errors.typical(row)[0]) / len(self)

    def _shown(self, pictures: np.ndarray) -> np.ndarray:
        pictures = np.maximum(pictures[:, self.part] + self.baseline, 0.0)
        return np.concatenate([pictures[:, :0:-1], pictures], axis=1) if self.mirrored else pictures


def predict(crystal: Crystal) -> Prediction:
    """Spectra on the default path, as `build_path` samples it.

    Raises:
        InputError: the crystal is not a stack of planes with one atom each, or has too many atoms.
    """
    site_class, features = _classes_and_features(crystal)
    model = spectrum_model("path")
    return Prediction(model, site_class, model.hidden(features), features, slice(None), mirrored=False)


def predict_cut(crystal: Crystal, cut: str, kz: float) -> Prediction:
    """Spectra on an in-plane cut, `G-X` or `G-K`, of CUT_POINTS points over both signs, at k_z in 2π/c̄.

    Raises:
        InputError: as `predict`.
    """
    site_class, features = _classes_and_features(crystal)
    model = spectrum_model("cuts")
    features = np.hstack([features, np.tile(kz_features(kz), (len(features), 1))])
    half = CUT_POINTS // 2 + 1
    start = half * list(CUTS.values()).index(cut)
    mean = (float(crystal.plane_ge_fraction.mean()), crystal.lattice_in_plane, float(crystal.plane_spacing.mean()))
    baseline = virtual_cut(*mean, cut, float(kz))
    part = slice(start, start + half)
    return Prediction(model, site_class, model.hidden(features), features, part, mirrored=True, baseline=baseline)


def predict_cuts(crystal: Crystal, cut: str, kz: np.ndarray) -> np.ndarray:
    """(kz, k, energy) 1/eV: totals on the outward half of a cut at many k_z (n,) in 2π/c̄, in one go.

    Raises:
        InputError: as `predict`.
    """
    site_class, features = _classes_and_features(crystal)
    model = spectrum_model("cuts")
    share = (np.bincount(site_class) / len(site_class)).astype(np.float32)
    rows = np.hstack([np.tile(features, (len(kz), 1)), np.repeat(kz_features(kz), len(features), axis=0)])
    hidden = [share @ part.reshape(len(kz), len(features), -1) for part in model.hidden(rows)]
    half = CUT_POINTS // 2 + 1
    start = half * list(CUTS.values()).index(cut)
    mean = (float(crystal.plane_ge_fraction.mean()), crystal.lattice_in_plane, float(crystal.plane_spacing.mean()))
    return np.maximum(model.pictures(hidden)[:, start : start + half] + virtual_cuts(*mean, cut, kz), 0.0)


def domain_score(crystal: Crystal) -> DomainScore:
    """How far a crystal is from what was learned.

    Raises:
        InputError: as `predict`.
    """
    _, features = _classes_and_features(crystal)
    return _domain().score(features, crystal.plane_ge_fraction, crystal.lattice_in_plane)


def _classes_and_features(crystal: Crystal) -> tuple[np.ndarray, np.ndarray]:
    """Class of every atom, and the features (class, feature)."""
    if crystal.plane_count != len(crystal):
        raise InputError(
            f"{crystal.label or 'This structure'} has {len(crystal)} atoms in {crystal.plane_count} planes; the "
            "forward model takes stacks with one atom a plane: use the exact engine"
        )
    if len(crystal) > LIVE_ATOM_LIMIT:
        raise InputError(
            f"{crystal.label or 'This structure'} has {len(crystal)} atoms and the forward model takes at most "
            f"{LIVE_ATOM_LIMIT}: use a shorter period"
        )
    features = crystal_features(crystal)
    rows: dict[bytes, int] = {}
    site_class = np.array([rows.setdefault(row.tobytes(), len(rows)) for row in features])
    return site_class, features[np.unique(site_class, return_index=True)[1]]


def weights_file(line: str) -> Path:
    """The shipped weights of `path` or `cuts`."""
    return WEIGHTS / f"{line}.npz"


def weights_in_force() -> dict[str, str]:
    """SHA-256 of the weights that predict now, by line, for plans and model cards.

    Raises:
        WeightsError: a card is missing or damaged.
    """
    return {line: weights_sha256(weights_of(in_force(), weights_file(line))) for line in ("path", "cuts")}


def spectrum_model(line: str, version: str | None = None) -> SpectrumModel:
    """The model of `path` or `cuts` in force, or of a version, read once.

    Raises:
        WeightsError: the shipped weights are missing or damaged.
    """
    return model_of(weights_file(line), _build, version)


def _build(arrays: dict[str, np.ndarray]) -> SpectrumModel:
    return SpectrumModel.from_arrays(arrays, "model")


def _domain() -> Domain:
    return model(weights_file("path"), _build_domain, weights_file("path"))


def _build_domain(arrays: dict[str, np.ndarray]) -> Domain:
    return Domain.from_arrays(arrays, "domain")
