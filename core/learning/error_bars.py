"""How wrong a predicted picture may be, pixel by pixel.

Most errors are bands in slightly wrong places or of slightly wrong weight, so that the expected error of a pixel is

    e(k, E) = t √(a (∂A/∂E)² + b A² + c),

with t the typical error of the atom's whole picture, learned from stacks that the networks did not see, and a, b, c the
same for all. The half-width of the nominal 90 % bar is q e, q the 90 % quantile of |error|/e on the validation stacks.
"""

from dataclasses import dataclass

import numpy as np

from core.electronic.spectral import EnergyGrid
from core.learning.network import Network
from core.learning.weights import checked_finite


@dataclass(frozen=True, eq=False)
class PixelShape:
    """a, b, c of the expected error and the quantile q, for one kind of picture."""

    coefficients: np.ndarray
    quantile: float

    def half_width(self, picture: np.ndarray, typical: np.ndarray) -> np.ndarray:
        """(…, k, energy) half-width of the bar of pictures with typical errors (…,)."""
        return self.quantile * np.asarray(typical)[..., None, None] * _expected(picture, self.coefficients)


@dataclass(frozen=True, eq=False)
class ErrorBars:
    """Typical error of an atom's picture from its features, and how it spreads over the pixels.

    scale: network to the logarithm of the typical error. of_atoms, of_totals: shapes for single atoms and for totals.
    """

    scale: Network
    of_atoms: PixelShape
    of_totals: PixelShape

    def typical(self, features: np.ndarray) -> np.ndarray:
        """(sample,) expected root mean square error of the pictures."""
        return checked_finite(np.exp(self.scale(features)[:, 0]), "The error bars of the forward model")

    def atom(self, picture: np.ndarray, typical: np.ndarray) -> np.ndarray:
        """Half-width of the bars of single atoms' pictures."""
        return self.of_atoms.half_width(picture, typical)

    def total(self, picture: np.ndarray, typical: np.ndarray) -> np.ndarray:
        """Half-width of the bars of totals; `typical` is the mean over the atoms."""
        return self.of_totals.half_width(picture, typical)

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        shapes = {"of_atoms": self.of_atoms, "of_totals": self.of_totals}
        return self.scale.arrays(f"{prefix}.scale") | {
            f"{prefix}.{name}": np.append(shape.coefficients, shape.quantile).astype(np.float32)
            for name, shape in shapes.items()
        }

    @classmethod
    def from_arrays(cls, arrays, prefix: str) -> "ErrorBars":
        """The inverse of `arrays`."""
        shapes = [np.asarray(arrays[f"{prefix}.{name}"], float) for name in ("of_atoms", "of_totals")]
        scale = Network.from_arrays(arrays, f"{prefix}.scale")
        return cls(scale, *(PixelShape(shape[:3], float(shape[3])) for shape in shapes))


def _expected(picture: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    return np.sqrt(sum(c * part for c, part in zip(coefficients, error_parts(picture), strict=True)))


def error_parts(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a, b and c are multiplied by, each (…, k, energy)."""
    slope = np.gradient(picture, EnergyGrid().step, axis=-1)
    return slope**2, picture**2, np.ones_like(picture)
