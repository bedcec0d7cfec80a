"""Energy and momentum distribution curves of a calibrated image, and fits of them with errors, by lmfit."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import xarray as xr
from lmfit.models import LinearModel, LorentzianModel, VoigtModel
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from core.errors import InputError
from core.experiment.calibration.fermi import Edge
from core.experiment.calibration.fermi import fitted_edge as fitted_edge_of

MOST_PEAKS = 6
SHAPES = {"lorentzian": LorentzianModel, "voigt": VoigtModel}
PARAMETERS = {"lorentzian": 3, "voigt": 4}
"""Shape → parameters of a peak."""

UNITS = {"edc": "eV", "mdc": "1/Å"}
LEAST_POINTS = 12
MOST_POINTS = 1024
"""Points that peaks are fitted to; longer curves are binned, which costs little while peaks are wider than a bin."""

MOST_SECONDS = 5.0
"""Of one fit, which holds a thread of the server."""

LEAST_PROMINENCE = 0.04
"""Share of a curve's range by which a peak stands out."""


@dataclass(frozen=True)
class Value:
    """A fitted number and its standard deviation; None where the fit does not determine it."""

    value: float
    error: float | None


@dataclass(frozen=True, eq=False)
class PeakFit:
    """Peaks of a curve.

    kind: `edc` over eV or `mdc` over 1/Å. axis, curve, fitted: (point,) of the part that was fitted, binned to at most
    MOST_POINTS. peaks: each with
    position, width (full at half maximum), both in the axis' unit, and area; in the order of their positions.
    chi_square: reduced, of intensities whose errors are taken to be all the same.
    """

    kind: str
    axis: np.ndarray
    curve: np.ndarray
    fitted: np.ndarray
    peaks: tuple[dict[str, Value], ...]
    chi_square: float


def curve_of(image: xr.DataArray, kind: str, at: float, half_width: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Axis (point,) and mean intensity (point,) of a curve, without points where nothing was measured.

    Args:
        image: over (eV, kx).
        kind: `edc`, at a momentum, or `mdc`, at an energy.
        at: 1/Å or eV.
        half_width: of the mean across the curve, in the same unit; at least the nearest line.

    Raises:
        InputError: another kind, or a place outside the image.
    """
    if kind not in UNITS:
        raise InputError(f"A curve is an edc or an mdc, not {kind!r}")
    along, across = ("eV", "kx") if kind == "edc" else ("kx", "eV")
    places = image[across].values
    if not places[0] <= at <= places[-1]:
        raise InputError(f"The image lies between {places[0]:.3f} and {places[-1]:.3f}; {at:.3f} is outside")
    chosen = np.abs(places - at) <= half_width
    chosen[np.argmin(np.abs(places - at))] = True
    part = image.transpose(along, across).values[:, chosen]
    measured = np.isfinite(part)
    count = measured.sum(axis=1)
    mean = np.where(measured, part, 0.0).sum(axis=1) / np.maximum(count, 1)
    return image[along].values[count > 0], mean[count > 0]


def fitted_peaks(
    image: xr.DataArray,
    kind: str,
    at: float,
    count: int,
    half_width: float = 0.0,
    within: tuple[float, float] | None = None,
    shape: str = "lorentzian",
) -> PeakFit:
    """Peaks on a straight background, fitted to a curve of an image.

    Args:
        image: over (eV, kx).
        kind: see `curve_of`.
        at: see `curve_of`.
        count: of the peaks, 1 to MOST_PEAKS.
        half_width: see `curve_of`.
        within: ends of the part of the curve that is fitted; all of it by default.
        shape: of SHAPES.

    Raises:
        InputError: too few points, a count or shape that is not accepted, or a fit that does not end.
    """
    if not 1 <= count <= MOST_PEAKS or shape not in SHAPES:
        raise InputError(f"1 to {MOST_PEAKS} peaks are fitted, each {' or '.join(SHAPES)}")
    axis, curve = curve_of(image, kind, at, half_width)
    if within is not None:
        inside = (axis >= min(within)) & (axis <= max(within))
        axis, curve = axis[inside], curve[inside]
    if len(axis) < max(LEAST_POINTS, PARAMETERS[shape] * count + 2):
        raise InputError(f"{len(axis)} points are too few for {count} peaks: fit a longer part of the curve, or fewer")
    axis, curve = _binned(axis), _binned(curve)
    scale = float(np.abs(curve).max()) or 1.0
    y, step, span = curve / scale, float(np.median(np.diff(axis))), float(np.ptp(axis))
    background = np.minimum.reduce([y[:3].mean(), y[-3:].mean()])
    model = LinearModel(prefix="background_")
    parameters = model.make_params(slope=0.0, intercept=background)
    for number, place in enumerate(_starts(axis, y, count)):
        peak = SHAPES[shape](prefix=f"p{number}_")
        sigma = max(2 * step, 0.03 * span)
        height = max(float(np.interp(place, axis, y)) - background, 0.05)
        parameters.update(peak.make_params(amplitude=height * np.pi * sigma, center=place, sigma=sigma))
        if shape == "voigt":  # lmfit ties both widths together unless it is told otherwise
            parameters[f"p{number}_gamma"].set(expr="", vary=True, value=sigma, min=0.0, max=span)
        parameters[f"p{number}_center"].set(min=axis[0], max=axis[-1])
        parameters[f"p{number}_sigma"].set(min=0.2 * step, max=span)
        parameters[f"p{number}_amplitude"].set(min=0.0)
        model = model + peak
    end = perf_counter() + MOST_SECONDS
    try:
        found = model.fit(y, parameters, x=axis, max_nfev=4000, iter_cb=lambda *_, **__: perf_counter() > end)
    except (ValueError, TypeError, np.linalg.LinAlgError):
        found = None
    if found is None or not found.success:
        raise InputError(f"{count} peaks cannot be fitted here: choose another part of the curve, or another number")
    peaks = []
    for number in range(count):
        position, width, area = (
            Value(float(part.value), _error(part.stderr, most))
            for part, most in (
                (found.params[f"p{number}_center"], span),
                (found.params[f"p{number}_fwhm"], span),
                (found.params[f"p{number}_amplitude"], 100.0 * span),
            )
        )
        area = Value(area.value * scale, None if area.error is None else area.error * scale)
        peaks.append({"position": position, "width": width, "area": area})
    peaks.sort(key=lambda peak: peak["position"].value)
    return PeakFit(kind, axis, curve, found.best_fit * scale, tuple(peaks), float(found.redchi * scale**2))


def fitted_fermi_edge(image: xr.DataArray, within: tuple[float, float] = (-0.4, 0.4)) -> tuple[Edge, PeakFit]:
    """The Fermi edge of the momentum-integrated spectrum on the image's own E − E_F axis, and the curve with its fit.

    Args:
        image: over (eV, kx).
        within: eV, where it is looked for.

    Raises:
        InputError: no edge there.
    """
    reach = float(np.ptp(image["kx"].values))
    axis, curve = curve_of(image, "edc", float(image["kx"].values.mean()), reach)
    inside = (axis >= min(within)) & (axis <= max(within))
    axis, curve = axis[inside], curve[inside]
    found = fitted_edge_of(axis, curve) if len(axis) >= LEAST_POINTS else None
    if found is None:
        raise InputError(f"No Fermi edge is seen between {min(within):g} and {max(within):g} eV")
    edge, fitted = found
    return edge, PeakFit("edc", axis, curve, fitted, (), float("nan"))


def _starts(axis: np.ndarray, y: np.ndarray, count: int) -> list[float]:
    """Where peaks are looked for: the most prominent ones, then the middles of the widest gaps."""
    smooth = gaussian_filter1d(y, max(1.0, len(y) / 80))
    places, about = find_peaks(smooth, prominence=LEAST_PROMINENCE * np.ptp(smooth))
    order = np.argsort(-about["prominences"])[:count]
    found = sorted(float(axis[i]) for i in places[order])
    while len(found) < count:
        ends = [float(axis[0]), *found, float(axis[-1])]
        widest = int(np.argmax(np.diff(ends)))
        found = sorted([*found, (ends[widest] + ends[widest + 1]) / 2])
    return found


def _binned(column: np.ndarray) -> np.ndarray:
    """Means (bin,) of as many neighbours as leave at most MOST_POINTS; the last few that fill no bin are left out."""
    size = -(-len(column) // MOST_POINTS)
    return column[: len(column) // size * size].reshape(-1, size).mean(axis=1)


def _error(stderr, most: float) -> float | None:
    """A standard deviation, None where it is none or says that the fit leaves the number open."""
    return float(stderr) if stderr is not None and np.isfinite(stderr) and stderr < most else None
