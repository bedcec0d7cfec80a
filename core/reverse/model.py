"""The reverse model: from a standard band image to the figures of the crystal, with calibrated intervals.

A flattened image is encoded by principal components; what was measured of it, and k_z where it is known, stand beside
them. A first network finds the Fermi level on the theory's scale; the image is moved there, and a second network gives
the figures and the nuisances. A third gives the size of its error; quantiles of error over size, from stacks that none
was trained on, make the intervals. Weights are plain arrays.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.learning.features import kz_features
from core.learning.network import Network
from core.reverse.standard import aligned, flattened

WEIGHTS = Path(__file__).parent / "weights"
POOL = (6, 8)
"""Blocks (k, E) in which the share of measured pixels is given to the network."""

PASSES = 2
"""How often an image is moved by the estimated error of its Fermi level before its figures are read."""

LEVELS = ("fermi_level", "fermi_above_vbm")
"""Outputs that count from the Fermi level by which the image was moved."""


@dataclass(frozen=True, eq=False)
class Encoder:
    """Principal components of flattened images (half k, energy): mean (pixel,), components (pixel, c), scale (c,)."""

    mean: np.ndarray
    components: np.ndarray
    scale: np.ndarray

    def __call__(self, flat: np.ndarray, measured: np.ndarray) -> np.ndarray:
        """(image, input) coefficients and measured shares, of images and weights (image, half k, energy)."""
        coefficients = (flat.reshape(len(flat), -1) - self.mean) @ self.components / self.scale
        return np.hstack([coefficients, pooled(measured)]).astype(np.float32)

    def explained(self, flat: np.ndarray) -> np.ndarray:
        """(image,) share of the variance of flattened images that the components hold."""
        centred = flat.reshape(len(flat), -1) - self.mean
        kept = centred @ self.components
        return (kept**2).sum(axis=1) / np.maximum((centred**2).sum(axis=1), 1e-12)

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        return {
            f"{prefix}.mean": self.mean,
            f"{prefix}.components": self.components.astype(np.float16),
            f"{prefix}.scale": self.scale,
        }

    @classmethod
    def from_arrays(cls, arrays, prefix: str) -> "Encoder":
        """The inverse of `arrays`."""
        return cls(*(np.asarray(arrays[f"{prefix}.{name}"], np.float32) for name in ("mean", "components", "scale")))


def pooled(measured: np.ndarray) -> np.ndarray:
    """(image, block) measured share of each block, −1 for none to 1 for all."""
    part = measured[:, 1:].reshape(len(measured), POOL[0], (measured.shape[1] - 1) // POOL[0], POOL[1], -1)
    return 2 * part.mean(axis=(2, 4)).reshape(len(measured), -1) - 1


def with_kz(inputs: np.ndarray, kz: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Inputs with the marks of k_z (image,) in 2π/c̄, where it is known (image,)."""
    marks = kz_features(np.where(known, kz, 0.0)) * known[:, None]
    return np.hstack([inputs, marks, known[:, None]]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class ReverseModel:
    """A model of one cut.

    first_encoder, first: of the network that finds the Fermi level (eV). names: of the outputs. centre, spread:
    (output,) of the targets. error: network of log |error| in units of the spread. quantile: (output,) half-widths of
    the 90 % intervals over that size. domain: weights and limit of the domain score.
    """

    first_encoder: Encoder
    first: Network
    encoder: Encoder
    network: Network
    error: Network
    names: tuple[str, ...]
    centre: np.ndarray
    spread: np.ndarray
    quantile: np.ndarray
    domain: np.ndarray

    def read(self, images: np.ndarray, kz: np.ndarray, known: np.ndarray) -> "Readings":
        """Values and intervals of standard images (image, kx, eV), k_z (image,) in 2π/c̄ given where `known`."""
        inputs = with_kz(self.first_encoder(*flattened(images)), kz, known)
        level = np.clip(self.first(inputs)[:, 0], -2.0, 4.0)
        where = [self.names.index(name) for name in LEVELS]
        for number in range(PASSES):
            flat, measured = flattened(aligned(images, level))
            inputs = with_kz(self.encoder(flat, measured), kz, known)
            value = self.network(inputs) * self.spread + self.centre
            if number < PASSES - 1:
                level = np.clip(level + value[:, where[0]], -2.0, 4.0)
        value[:, where] += level[:, None]
        size = np.exp(np.clip(self.error(inputs), -8.0, 4.0)) * self.spread
        return Readings(value, size * self.quantile, level, inputs, flat, measured)

    def slope(self, inputs: np.ndarray, name: str) -> np.ndarray:
        """(image, pixel) derivative of an estimate by every flattened pixel, exactly, through the network."""
        values, active = inputs, []
        for weight, bias in zip(self.network.weights[:-1], self.network.biases[:-1], strict=True):
            values = np.maximum(values @ weight + bias, 0.0)
            active.append(values > 0)
        output = self.names.index(name)
        back = np.broadcast_to(self.network.weights[-1][:, output], values.shape)
        for weight, on in zip(self.network.weights[-2::-1], active[::-1], strict=True):
            back = (back * on) @ weight.T
        components = self.encoder.components
        return back[:, : components.shape[1]] / self.encoder.scale @ components.T * self.spread[output]

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        half = lambda arrays: {n: v.astype(np.float16) if v.ndim == 2 else v for n, v in arrays.items()}  # noqa: E731
        plain = {name: getattr(self, name) for name in ("centre", "spread", "quantile", "domain")}
        encoders = self.first_encoder.arrays("first_encoder") | self.encoder.arrays("encoder")
        networks = [getattr(self, name).arrays(name) for name in ("first", "network", "error")]
        return plain | {"names": np.array(self.names)} | encoders | half(networks[0] | networks[1] | networks[2])

    @classmethod
    def from_arrays(cls, arrays) -> "ReverseModel":
        """The inverse of `arrays`."""
        plain = (np.asarray(arrays[name], np.float32) for name in ("centre", "spread", "quantile", "domain"))
        return cls(
            Encoder.from_arrays(arrays, "first_encoder"),
            Network.from_arrays(arrays, "first"),
            Encoder.from_arrays(arrays, "encoder"),
            Network.from_arrays(arrays, "network"),
            Network.from_arrays(arrays, "error"),
            tuple(str(name) for name in arrays["names"]),
            *plain,
        )


@dataclass(frozen=True, eq=False)
class Readings:
    """What a model reads from images.

    value, half: (image, output) in the units of the figures, and half-widths of their 90 % intervals. level: (image,)
    eV by which the images were moved. inputs: (image, input) of the networks. flat, measured: (image, half k, energy)
    on THEORY.
    """

    value: np.ndarray
    half: np.ndarray
    level: np.ndarray
    inputs: np.ndarray
    flat: np.ndarray
    measured: np.ndarray


def weights_file(cut: str) -> Path:
    """The shipped weights for `G-X` or `G-K`."""
    return WEIGHTS / f"{cut.lower()}.npz"


@cache
def reverse_model(cut: str) -> ReverseModel:
    """The shipped model of a cut, read once; nothing in a weights file is code."""
    with np.load(weights_file(cut), allow_pickle=False) as file:
        return ReverseModel.from_arrays({name: file[name] for name in file.files})
