"""The forward model of imperfect samples: from what is wrong with a sample to the mean of its spectra.

The forward model predicts the virtual crystal of each configuration, whose atoms are drawn but neither relaxed nor
diagonalised. What explicit atoms and missing ones make of any such picture is added (`response`), and what is left is
added to the coefficients of the picture,

    Δa_j = Σ_r K(j, r) c_r,    K(j, r) = (f_j·f_r) e^(−|f_j − f_r|²/2φ²) (e^(−|g_j − g_r|²/2γ²) + κ),

a sum over reference planes that were trained on; f the flaws that a plane sees, g its layers, both weighted (see
`core.forward.imperfect.features`). Without flaws f and the correction vanish. Pictures are linear in all of it, so that
means over configurations are taken before anything is decoded.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.forward.imperfect.domain import ImperfectDomain, ImperfectScore, squared_distance, why_untrained
from core.forward.imperfect.features import SeenPlanes, seen_planes
from core.forward.imperfect.response import Response
from core.forward.imperfect.samples import configurations_differ
from core.forward.model import SpectrumModel, spectrum_model
from core.learning.basis import GroupBasis
from core.learning.error_bars import ErrorBars
from core.learning.weights import WeightsError, checked_finite, model
from core.structure.imperfect import ImperfectSample

WEIGHTS = Path(__file__).parents[1] / "weights" / "imperfect.npz"
MODEL_VERSION = "1"
CONFIGURATIONS = 32
"""Drawn for a mean where none is asked for."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """Weights of the features, and the widths φ, γ and the constant κ of K.

    layer_weight, flaw_weight: (feature,).
    """

    layer_weight: np.ndarray
    flaw_weight: np.ndarray
    flaw_width: float
    layer_width: float
    constant: float

    def weighted(self, seen: SeenPlanes) -> SeenPlanes:
        """G and f."""
        return SeenPlanes(seen.layers * self.layer_weight, seen.flaws * self.flaw_weight)

    def __call__(self, one: SeenPlanes, other: SeenPlanes) -> np.ndarray:
        """(row of one, row of other) K of weighted planes."""
        product = one.flaws @ other.flaws.T
        near = np.exp(-squared_distance(one.flaws, other.flaws) / (2 * self.flaw_width**2))
        alike = np.exp(-squared_distance(one.layers, other.layers) / (2 * self.layer_width**2))
        return product * near * (alike + self.constant)


@dataclass(frozen=True, eq=False)
class Correction:
    """Σ_r K(j, r) c_r of planes.

    references: weighted. coefficients: (reference, block × kept). expansion: (block, in block, kept), from what is kept
    of a block of a picture's coefficients back to the block.
    """

    kernel: Kernel
    references: SeenPlanes
    coefficients: np.ndarray
    expansion: np.ndarray

    def __call__(self, seen: SeenPlanes) -> np.ndarray:
        """(row, coefficient) what is added to planes."""
        kept = self.kernel(self.kernel.weighted(seen), self.references) @ self.coefficients
        return expanded(checked_finite(kept, "The forward model of imperfect samples"), self.expansion)


@dataclass(frozen=True, eq=False)
class ImperfectModel:
    """What is added to the virtual crystal, with error bars and domain.

    basis_mark: of the pictures that `correction` is for, see `mark_of`.
    """

    response: Response
    correction: Correction
    errors: ErrorBars
    domain: ImperfectDomain
    basis_mark: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        kernel = self.correction.kernel
        small = lambda values: np.asarray(values, np.float16)  # noqa: E731
        return {
            "response.theta": np.asarray(self.response.theta, np.float32),
            "kernel.layer_weight": np.asarray(kernel.layer_weight, np.float32),
            "kernel.flaw_weight": np.asarray(kernel.flaw_weight, np.float32),
            "kernel.widths": np.array([kernel.flaw_width, kernel.layer_width, kernel.constant], np.float32),
            "references.layers": small(self.correction.references.layers),
            "references.flaws": small(self.correction.references.flaws),
            "coefficients": small(self.correction.coefficients),
            "expansion": small(self.correction.expansion),
            "basis_mark": self.basis_mark,
            "domain.unit": np.array(self.domain.unit, np.float32),
            **self.errors.arrays("errors"),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "ImperfectModel":
        """The inverse of `arrays`."""
        single = lambda name: np.asarray(arrays[name], np.float32)  # noqa: E731
        widths = [float(value) for value in arrays["kernel.widths"]]
        kernel = Kernel(single("kernel.layer_weight"), single("kernel.flaw_weight"), *widths)
        references = SeenPlanes(single("references.layers"), single("references.flaws"))
        correction = Correction(kernel, references, single("coefficients"), single("expansion"))
        domain = ImperfectDomain(references, float(arrays["domain.unit"]))
        return cls(
            Response(single("response.theta")),
            correction,
            ErrorBars.from_arrays(arrays, "errors"),
            domain,
            arrays["basis_mark"],
        )


@dataclass(frozen=True, eq=False)
class ImperfectPrediction:
    """The predicted mean over configurations on the standard path.

    pictures: (plane, k, energy) 1/eV of the planes times their number, before what is below 0 is cut off. typical:
    (plane,) expected errors of these. configurations: that were drawn.
    """

    model: ImperfectModel
    imperfect: ImperfectSample
    configurations: int
    pictures: np.ndarray
    typical: np.ndarray
    score: ImperfectScore

    def planes(self) -> np.ndarray:
        """(plane, k, energy) 1/eV: mean of the sums over the atoms of a plane; but for what is cut off they add up."""
        return np.maximum(self.pictures, 0.0) / len(self.pictures)

    def total(self) -> np.ndarray:
        """(k, energy) 1/eV: mean of A(k, E)."""
        return np.maximum(self.pictures.mean(axis=0), 0.0)

    def plane_error(self) -> np.ndarray:
        """(plane, k, energy) 1/eV: half-width of the 90 % error bar of the planes' means."""
        shown = np.maximum(self.pictures, 0.0)
        return self.model.errors.atom(shown, self.typical) / len(shown)

    def total_error(self) -> np.ndarray:
        """(k, energy) 1/eV: the same of the total."""
        return self.model.errors.total(self.total(), self.typical.mean())


def predict_imperfect(imperfect: ImperfectSample, configurations: int = CONFIGURATIONS) -> ImperfectPrediction:
    """The mean over so many configurations, 0 and those after it; one is enough where all are alike.

    Raises:
        InputError: the model was not trained on such cells, or the sample's strains are not accepted.
    """
    if obstacle := why_untrained(imperfect):
        raise InputError(f"No prediction: {obstacle}; use the exact engine")
    found, known = imperfect_model(), spectrum_model("path")
    numbers = range(configurations if configurations_differ(imperfect) else 1)
    seen = seen_planes(imperfect, numbers)
    by_plane = lambda rows: mean_by_plane(rows, imperfect.planes)  # noqa: E731
    pictures = predicted_pictures(
        found.response,
        by_plane(virtual_coefficients(known, seen)),
        by_plane(found.correction(seen)),
        by_plane(seen.flaws),
    )
    return ImperfectPrediction(
        found,
        imperfect,
        len(numbers),
        pictures,
        by_plane(found.errors.typical(seen.flaws)),
        found.domain.score(imperfect, found.correction.kernel.weighted(seen)),
    )


def virtual_coefficients(known: SpectrumModel, seen: SeenPlanes) -> np.ndarray:
    """(row, coefficient) of the pictures of the planes of virtual crystals."""
    hidden = known.hidden(seen.layers)
    outputs = sum(network.output(part) for network, part in zip(known.networks, hidden, strict=True))
    return checked_finite(outputs, "The forward model") / len(known.networks)


def predicted_pictures(response: Response, virtual: np.ndarray, added: np.ndarray, flaws: np.ndarray) -> np.ndarray:
    """(plane, k, energy) from means over configurations of coefficients (plane, coefficient) and flaws."""
    basis = spectrum_model("path").basis
    return basis.decode(virtual + added) + response(np.maximum(basis.decode(virtual), 0.0), flaws)


def mean_by_plane(rows: np.ndarray, planes: int) -> np.ndarray:
    """(plane, …) means over configurations of rows (configuration × plane, …)."""
    return rows.reshape(-1, planes, *rows.shape[1:]).mean(axis=0)


def expanded(kept: np.ndarray, expansion: np.ndarray) -> np.ndarray:
    """(row, coefficient) of a picture from what is kept of each block; expansion: (block, in block, kept)."""
    blocks, inside, few = expansion.shape
    parts = kept.reshape(len(kept), blocks, few).transpose(1, 0, 2) @ expansion.transpose(0, 2, 1)
    return parts.transpose(1, 0, 2).reshape(len(kept), blocks * inside)


@lru_cache(maxsize=4)
def mark_of(basis: GroupBasis) -> bytes:
    """SHA-256 of a basis of pictures: coefficients mean something in their own basis only."""
    return hashlib.sha256(np.ascontiguousarray(basis.components).tobytes()).digest()


def imperfect_model() -> ImperfectModel:
    """The shipped model, read once.

    Raises:
        WeightsError: the weights are missing, damaged, or made for another forward model.
    """
    found = model(WEIGHTS, ImperfectModel.from_arrays, WEIGHTS)
    if found.basis_mark.tobytes() != mark_of(spectrum_model("path").basis):
        raise WeightsError(
            "The weights of imperfect samples were made for another forward model; train them anew: "
            "python -m core train --line imperfect"
        )
    return found
