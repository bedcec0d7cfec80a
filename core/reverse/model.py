"""The reverse model: from a standard band image to the figures of the crystal, with calibrated intervals.

A first convolutional network finds the Fermi level on the theory's scale; the image is moved there, and a second one
gives the figures and the nuisances; k_z stands beside the image where it is known. A third network gives the size of
the second's error; quantiles of error over size, from stacks that none was trained on, make the intervals. Weights are
plain arrays.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.forward.features import kz_features
from core.learning.convolution import ConvolutionalNetwork, with_measured
from core.learning.network import Network
from core.learning.versions import model_of
from core.learning.weights import checked_finite
from core.reverse.standard import aligned, relative

WEIGHTS = Path(__file__).parent / "weights"

PASSES = 2
"""How often an image is moved by the estimated error of its Fermi level before its figures are read."""

LEVELS = ("fermi_level", "fermi_above_vbm")
"""Outputs that count from the Fermi level by which the image was moved."""

LEVEL_RANGE = (-2.0, 4.0)
"""eV on the theory's scale."""


def kz_marks(kz: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(image, mark) of k_z (image,) in 2π/c̄, where it is known (image,)."""
    known = np.asarray(known, np.float32)
    marks = kz_features(np.where(known > 0, kz, 0.0)) * known[:, None]
    return np.hstack([marks, known[:, None]]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class ReverseModel:
    """A model of one cut.

    first: network that finds the Fermi level (eV). names: of the outputs of `network`. centre, spread: (output,) of the
    targets. error: network of log |error| in units of the spread, from hidden values. quantile: (output,) half-widths
    of the 90 % intervals over that size. typical, whitening: (unit,) mean hidden values of training images, and (unit,
    component) what makes them uncorrelated. domain: weights and limit of the domain score.
    """

    first: ConvolutionalNetwork
    network: ConvolutionalNetwork
    error: Network
    names: tuple[str, ...]
    centre: np.ndarray
    spread: np.ndarray
    quantile: np.ndarray
    typical: np.ndarray
    whitening: np.ndarray
    domain: np.ndarray

    def read(self, images: np.ndarray, kz: np.ndarray, known: np.ndarray) -> "Readings":
        """Values and intervals of standard images (image, kx, eV), k_z (image,) in 2π/c̄ given where `known`.

        Raises:
            WeightsError: a value is no number.
        """
        marks = kz_marks(kz, known)
        level = self.first.output(self.first.hidden(with_measured(relative(images)), marks))[:, 0]
        level = np.clip(checked_finite(level, "The reverse model"), *LEVEL_RANGE)
        where = [self.names.index(name) for name in LEVELS]
        for number in range(PASSES):
            seen = relative(aligned(images, level))
            hidden = self.network.hidden(with_measured(seen), marks)
            value = checked_finite(self.network.output(hidden) * self.spread + self.centre, "The reverse model")
            if number < PASSES - 1:
                level = np.clip(level + value[:, where[0]], *LEVEL_RANGE)
        value[:, where] += level[:, None]
        size = np.exp(np.clip(self.error(hidden), -8.0, 4.0)) * self.spread
        checked_finite(size, "The reverse model")
        return Readings(value, size * self.quantile, size, level, marks, hidden, seen)

    def strangeness(self, hidden: np.ndarray) -> np.ndarray:
        """(image,) logarithm of the mean squared distance of hidden values from those of training images."""
        return np.log(np.mean(((hidden - self.typical) @ self.whitening) ** 2, axis=1) + 1e-6)

    def slope(self, readings: "Readings", name: str) -> np.ndarray:
        """(image, sign of k∥, half k, energy) derivative of an estimate by every pixel, through the network."""
        output = self.names.index(name)
        slope = self.network.slope(with_measured(readings.seen), readings.marks, output)
        return slope[:, : readings.seen.shape[1]] * self.spread[output]

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        plain = ("centre", "spread", "quantile", "typical", "whitening", "domain")
        found = {name: getattr(self, name) for name in plain} | {"names": np.array(self.names)}
        for name in ("first", "network", "error"):
            layers = getattr(self, name).arrays(name).items()
            found |= {key: value.astype(np.float16) if value.ndim > 1 else value for key, value in layers}
        return found

    @classmethod
    def from_arrays(cls, arrays) -> "ReverseModel":
        """The inverse of `arrays`."""
        plain = ("centre", "spread", "quantile", "typical", "whitening", "domain")
        return cls(
            ConvolutionalNetwork.from_arrays(arrays, "first"),
            ConvolutionalNetwork.from_arrays(arrays, "network"),
            Network.from_arrays(arrays, "error"),
            tuple(str(name) for name in arrays["names"]),
            *(np.asarray(arrays[name], np.float32) for name in plain),
        )


@dataclass(frozen=True, eq=False)
class Readings:
    """What a model reads from images.

    value, half: (image, output) in the units of the figures, and half-widths of their 90 % intervals. size: (image,
    output) typical errors. level: (image,) eV by which the images were moved. marks: of k_z. hidden: (image, unit) of
    the network. seen: (image, sign of k∥, half k, energy) relative images on THEORY, NaN where nothing was measured.
    """

    value: np.ndarray
    half: np.ndarray
    size: np.ndarray
    level: np.ndarray
    marks: np.ndarray
    hidden: np.ndarray
    seen: np.ndarray


def weights_file(cut: str) -> Path:
    """The shipped weights for `G-X` or `G-K`."""
    return WEIGHTS / f"{cut.lower()}.npz"


def reverse_model(cut: str, version: str | None = None) -> ReverseModel:
    """The model of a cut in force, or of a version, read once.

    Raises:
        WeightsError: the shipped weights are missing or damaged.
    """
    return model_of(weights_file(cut), ReverseModel.from_arrays, version)
