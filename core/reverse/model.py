"""The reverse model: from a standard band image to the figures of the crystal, with calibrated intervals.

A flattened image is encoded by principal components; what was measured of it, and k_z where it is known, stand beside
them. One network gives the figures and the nuisances, a second the size of its own error; quantiles of error over size,
from stacks that neither was trained on, make the intervals. Weights are plain arrays.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.learning.features import kz_features
from core.learning.network import Network
from core.reverse.standard import flattened

WEIGHTS = Path(__file__).parent / "weights"
POOL = (6, 8)
"""Blocks (k, E) in which the share of measured pixels is given to the network."""


@dataclass(frozen=True, eq=False)
class Encoder:
    """Principal components of flattened images (half k, eV): mean (pixel,), components (pixel, c), scale (c,)."""

    mean: np.ndarray
    components: np.ndarray
    scale: np.ndarray

    def __call__(self, flat: np.ndarray, measured: np.ndarray, kz: np.ndarray, known: np.ndarray) -> np.ndarray:
        """(image, input) of the networks.

        Args:
            flat: (image, half k, eV) from `flattened`. measured: the same shape.
            kz: (image,) in 2π/c̄, any number where not known. known: (image,) bool.
        """
        count = len(flat)
        coefficients = (flat.reshape(count, -1) - self.mean) @ self.components / self.scale
        marks = kz_features(np.where(known, kz, 0.0)) * known[:, None]
        return np.hstack([coefficients, pooled(measured), marks, known[:, None]]).astype(np.float32)

    def explained(self, flat: np.ndarray) -> np.ndarray:
        """(image,) share of the variance of flattened images that the components hold."""
        centred = flat.reshape(len(flat), -1) - self.mean
        kept = centred @ self.components
        return (kept**2).sum(axis=1) / np.maximum((centred**2).sum(axis=1), 1e-12)


def pooled(measured: np.ndarray) -> np.ndarray:
    """(image, block) measured share of each block, −1 for none to 1 for all."""
    part = measured[:, 1:].reshape(len(measured), POOL[0], (measured.shape[1] - 1) // POOL[0], POOL[1], -1)
    return 2 * part.mean(axis=(2, 4)).reshape(len(measured), -1) - 1


@dataclass(frozen=True, eq=False)
class ReverseModel:
    """A model of one cut.

    names: of the outputs. centre, spread: (output,) of the targets. error: network of log |error| in units of the
    spread. quantile: (output,) half-widths of the 90 % intervals over that size.
    """

    encoder: Encoder
    network: Network
    error: Network
    names: tuple[str, ...]
    centre: np.ndarray
    spread: np.ndarray
    quantile: np.ndarray

    def inputs(self, images: np.ndarray, kz: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Inputs of the networks from standard images (image, kx, eV)."""
        return self.encoder(*flattened(images), kz, known)

    def estimate(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(image, output) values and half-widths of their 90 % intervals, in the units of the figures."""
        value = self.network(inputs) * self.spread + self.centre
        size = np.exp(np.clip(self.error(inputs), -8.0, 4.0)) * self.spread
        return value, size * self.quantile

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        named = {
            "encoder.mean": self.encoder.mean,
            "encoder.components": self.encoder.components.astype(np.float16),
            "encoder.scale": self.encoder.scale,
            "names": np.array(self.names),
            "centre": self.centre,
            "spread": self.spread,
            "quantile": self.quantile,
        }
        half = lambda arrays: {n: v.astype(np.float16) if v.ndim == 2 else v for n, v in arrays.items()}  # noqa: E731
        return named | half(self.network.arrays("network")) | half(self.error.arrays("error"))

    @classmethod
    def from_arrays(cls, arrays) -> "ReverseModel":
        """The inverse of `arrays`."""
        single = lambda name: np.asarray(arrays[name], np.float32)  # noqa: E731
        encoder = Encoder(single("encoder.mean"), single("encoder.components"), single("encoder.scale"))
        networks = (Network.from_arrays(arrays, name) for name in ("network", "error"))
        names = tuple(str(name) for name in arrays["names"])
        return cls(encoder, *networks, names, single("centre"), single("spread"), single("quantile"))


def weights_file(cut: str) -> Path:
    """The shipped weights for `G-X` or `G-K`."""
    return WEIGHTS / f"{cut.lower()}.npz"


@cache
def reverse_model(cut: str) -> ReverseModel:
    """The shipped model of a cut, read once; nothing in a weights file is code."""
    with np.load(weights_file(cut), allow_pickle=False) as file:
        return ReverseModel.from_arrays({name: file[name] for name in file.files})
