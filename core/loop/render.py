"""The expected image of a sample, with everything that is unknown about how it was measured, and its derivatives.

    μ(k, E) = gain(k) gain(E) · occupation(E) · [M(k, E) A(k, E) after lifetime and resolution + background(k, E)]

The matrix elements M are a smooth field times weighted shares of orbital combinations. The spectral function A comes
from outside, at the k_z that the final state sees. The background is a positive smooth field of its own. Everything
smooth is a logarithm on bumps, whose derivatives are products of a function of k and one of E, so that normal equations
need no large matrix.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.orbitals import COMBINATIONS, ENERGY
from core.experiment.photoemission.renderer import MIXED_SIGNS, broadened, occupation, resampled
from core.reverse.standard import EV, KX


@dataclass(frozen=True)
class Scalar:
    """An unknown of one image: step of its numerical derivative, prior spread, and limits."""

    step: float
    spread: float
    low: float
    high: float


SCALARS = {
    "level": Scalar(0.01, 0.15, -1.0, 3.0),
    "k_shift": Scalar(0.004, 0.02, -0.1, 0.1),
    "k_stretch": Scalar(0.003, 0.01, -0.05, 0.05),
    "e_stretch": Scalar(0.004, 0.03, -0.1, 0.1),
    "asymmetry": Scalar(0.05, 0.6, -2.0, 2.0),
    "resolution": Scalar(0.02, 0.12, 0.0, 0.6),
    "momentum_resolution": Scalar(0.01, 0.03, 0.0, 0.15),
    "lifetime": Scalar(0.03, 0.15, 0.0, 0.6),
    "kz": Scalar(0.01, 0.1, -0.1, 1.1),
    "kz_width": Scalar(0.008, 0.04, 0.0, 0.2),
    "bend": Scalar(0.03, 0.1, 0.0, 0.4),
}
"""level: E_F in eV on the theory's scale. k_shift (1/Å), k_stretch, e_stretch (relative): errors of the calibration.
asymmetry: logarithm of the intensity at one sign of k∥. resolution (eV), momentum_resolution (1/Å): FWHM. lifetime: eV
at −6 eV. kz (2π/c̄), kz_width (1/Å), bend (Å, one over the radius of the final state): what the cut sees."""

TEMPERATURE = 100.0
"""K: the Fermi edge's own width is a fraction of a pixel at any temperature."""

FLAT = 0.01
"""Å: a cut that is bent less lies in a plane."""


def _bumps(axis: np.ndarray, count: int, width: float = 0.8) -> np.ndarray:
    """(point, bump) Gaussians whose sum is 1 everywhere."""
    place = (axis - axis[0]) / (axis[-1] - axis[0]) * (count - 1)
    bumps = np.exp(-0.5 * ((place[:, None] - np.arange(count)) / width) ** 2)
    return bumps / bumps.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Block:
    """A smooth field: coefficients times bumps along k (k, i) and along E (e, j). on: what it multiplies."""

    along_k: np.ndarray
    along_e: np.ndarray
    on: str
    spread: float

    @property
    def shape(self) -> tuple[int, int]:
        """Of the coefficients."""
        return self.along_k.shape[1], self.along_e.shape[1]

    def values(self, coefficients: np.ndarray) -> np.ndarray:
        """(kx, eV) field of coefficients, flat or in their shape."""
        return self.along_k @ coefficients.reshape(self.shape) @ self.along_e.T


_ONE_K, _ONE_E = np.ones((len(KX), 1)), np.ones((len(EV), 1))
BLOCKS = {
    "elements": Block(_bumps(KX, 8), _bumps(EV, 11), "signal", 0.85),
    "background_e": Block(_ONE_K, _bumps(EV, 18), "background", 2.0),
    "background": Block(_bumps(KX, 6), _bumps(EV, 18), "background", 0.15),
    "columns": Block(np.eye(len(KX)), _ONE_E, "all", 0.03),
    "rows": Block(_ONE_K, np.eye(len(EV)), "all", 0.02),
}
"""Matrix elements, the background's dependence on energy and on both, and the detector's columns and rows. The spreads
are those to start from; a fit learns them from the image."""

ORBITAL_SPREAD = 0.7
"""Of the logarithms of orbital matrix elements, to start from."""

_ODD = np.tanh(KX / 0.3)
_SIDES = (1.0, -1.0)


@dataclass(frozen=True, eq=False)
class Nuisance:
    """Everything unknown about one image.

    scalars: SCALARS by name. log_signal, log_background: scales. orbital: (side, combination) logarithms of the matrix
    elements of orbital COMBINATIONS at k∥ > 0 and at k∥ < 0. fields: coefficients of BLOCKS.
    """

    scalars: dict[str, float]
    log_signal: float = 0.0
    log_background: float = 0.0
    orbital: np.ndarray = field(default_factory=lambda: np.zeros((2, len(COMBINATIONS))))
    fields: dict[str, np.ndarray] = field(
        default_factory=lambda: {name: np.zeros(block.shape) for name, block in BLOCKS.items()}
    )

    @property
    def state(self) -> FinalState:
        """Which k_z is seen."""
        return state_of(self.scalars)

    def with_scalars(self, **values: float) -> "Nuisance":
        """The same with other scalars."""
        return replace(self, scalars=self.scalars | values)


def state_of(scalars: dict[str, float]) -> FinalState:
    """The final state of SCALARS."""
    bend = scalars["bend"]
    return FinalState(scalars["kz"], 1 / bend if bend > FLAT else np.inf, scalars["kz_width"])


@dataclass(frozen=True, eq=False)
class Parts:
    """Expected counts (variant, kx, eV) of the signal and of the background.

    orbital: (side · combination, kx, eV) derivatives of the first variant's signal, where they were asked for.
    """

    signal: np.ndarray
    background: np.ndarray
    orbital: np.ndarray | None = None

    @property
    def total(self) -> np.ndarray:
        """Their sum."""
        return self.signal + self.background


def rendered(
    signals: np.ndarray,
    lattice: np.ndarray,
    cut: str,
    variants: list[dict[str, float]],
    nuisance: Nuisance,
    edge: bool,
    shares: np.ndarray,
    derivatives: bool = False,
) -> Parts:
    """Expected images of several variants of the sample and of the scalars, the fields being those of one nuisance.

    Args:
        signals: (variant, k, energy) 1/eV on the outward half of the cut.
        lattice: (variant,) a∥ in Å.
        cut: `G-X` or `G-K`.
        variants: SCALARS of each.
        nuisance: scales and fields.
        edge: whether states above E_F are empty.
        shares: (k, energy, combination) of `photoemission.orbitals`.
        derivatives: whether `Parts.orbital` is wanted.
    """
    column = {name: np.array([v[name] for v in variants], np.float32)[:, None, None] for name in SCALARS}
    k = (KX[None] - column["k_shift"][:, 0]) / (1 + column["k_stretch"][:, 0])
    e = EV[None] / (1 + column["e_stretch"][:, 0])
    energy = e + column["level"][:, 0]
    log_element = BLOCKS["elements"].values(nuisance.fields["elements"]) + nuisance.log_signal
    element = np.exp(log_element[None] + column["asymmetry"] * _ODD[None, :, None]).astype(np.float32)
    image = resampled(signals, lattice, cut, k, energy) * element
    weights = np.exp(nuisance.orbital).astype(np.float32)
    sign = np.tanh(k / MIXED_SIGNS).astype(np.float32)[..., None]
    factor = 0.0
    for side, weight in zip(_SIDES, weights, strict=True):
        table = np.broadcast_to(shares @ weight, (len(variants), *shares.shape[:2]))
        factor = factor + resampled(table, lattice, cut, k, energy, ENERGY) * ((1 + side * sign) / 2)
    widths = {name: column[name] for name in ("resolution", "momentum_resolution", "lifetime")}
    log_background = nuisance.log_background + sum(
        BLOCKS[name].values(nuisance.fields[name]) for name in ("background_e", "background")
    )
    gain = np.exp(nuisance.fields["columns"].reshape(-1, 1) + nuisance.fields["rows"].reshape(1, -1))
    seen = (gain[None] * (occupation(e, column["resolution"], TEMPERATURE) if edge else 1.0)).astype(np.float32)
    signal = np.maximum(broadened(image * factor, **widths, kx=KX, ev=EV), 0.0) * seen
    background = np.exp(log_background).astype(np.float32)[None] * seen
    if not derivatives:
        return Parts(signal, background)
    many = len(COMBINATIONS)
    parts = resampled(
        np.moveaxis(shares, 2, 0), np.repeat(lattice[:1], many), cut, np.repeat(k[:1], many, 0),
        np.repeat(energy[:1], many, 0), ENERGY,
    )  # fmt: skip
    sided = [
        image[:1] * parts * weight[:, None, None] * ((1 + side * sign[:1]) / 2)
        for side, weight in zip(_SIDES, weights, strict=True)
    ]
    return Parts(
        signal,
        background,
        broadened(np.concatenate(sided), **{n: w[:1] for n, w in widths.items()}, kx=KX, ev=EV) * seen[:1],
    )
