"""From a file's image to one over E − E_F and k∥, as a list of frozen steps that can be undone, kept and exported."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import ClassVar

import numpy as np
import xarray as xr

from core.errors import InputError
from core.experiment.calibration.background import BACKGROUNDS, subtracted
from core.experiment.calibration.colours import COLOUR_MAPS, colour_table, intensities, recognised_map
from core.experiment.calibration.energies import fitted_edge_reference
from core.experiment.calibration.marks import without_guide_lines, without_letters
from core.parameters.constants import FREE_ELECTRON

_K_LIMIT, _E_LIMIT = 20.0, 100.0
LEAST_SIDE = 8
_OUTSIDE = 0.1
"""Share of an image's width by which it may end short of Γ and still be mirrored there."""

CORE_LEVELS = -14.0
"""eV against E_F, below the valence bands of silicon and germanium (13 eV wide)."""

BRIGHT_ABOVE = (0.5, 0.2)
"""eV above E_F, and the share of the brightest row's mean from which electrons are seen there."""

LASERS = 10.0
"""eV: photons of less are of lasers, whose electrons may have taken two."""

LEAST_WORK_FUNCTION = 2.0
"""eV: of caesium; of no sample less."""


@dataclass(frozen=True)
class Step:
    """One step of a calibration; `name` is what files and pages call it."""

    name: ClassVar[str] = ""

    def apply(self, image: xr.DataArray) -> xr.DataArray:
        """The image after this step.

        Raises:
            InputError: the step does not fit the image.
        """
        raise NotImplementedError

    def document(self) -> dict:
        """Plain JSON, the inverse of `step_from`."""
        return {"step": self.name} | asdict(self)


@dataclass(frozen=True)
class Frame(Step):
    """Cut a picture to the box of its data, in pixels from the upper left; right and bottom lie outside."""

    left: int
    top: int
    right: int
    bottom: int
    name: ClassVar[str] = "frame"

    def apply(self, image):
        """See `Step`."""
        _need(image, "x", "crops pictures")
        left, right = sorted((int(self.left), int(self.right)))
        top, bottom = sorted((int(self.top), int(self.bottom)))
        height, width = image.sizes["y"], image.sizes["x"]
        left, top, right, bottom = max(0, left), max(0, top), min(width, right), min(height, bottom)
        if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
            raise InputError(
                f"The frame {self.left}, {self.top} to {self.right}, {self.bottom} keeps less than {LEAST_SIDE} "
                f"pixels a side of a picture of {width} x {height}: mark a larger one"
            )
        return image.isel(x=slice(left, right), y=slice(top, bottom))


@dataclass(frozen=True)
class Colours(Step):
    """Turn a picture's colours into intensities by a known map, by `auto`, or by the table of its colour bar."""

    map: str = "auto"
    bar: tuple[tuple[float, float, float], ...] = ()
    name: ClassVar[str] = "colours"

    def apply(self, image):
        """See `Step`."""
        _need(image, "channel", "reads the colours of pictures")
        pixels = image.values
        if self.bar:
            table, used = np.asarray(self.bar, dtype=float), "colour bar"
        else:
            used = recognised_map(pixels) if self.map == "auto" else self.map
            if used not in COLOUR_MAPS:
                raise InputError(f"The colour map {used!r} is not known; known: auto, {', '.join(COLOUR_MAPS)}")
            table = colour_table(used)
        values, explained = intensities(pixels, table)
        attrs = image.attrs | {"colour_map": used, "colour_map_explains": explained}
        values = without_letters(without_guide_lines(_without_margins(values)))
        return xr.DataArray(values, dims=("y", "x"), coords={n: image[n] for n in ("y", "x")}, attrs=attrs)


@dataclass(frozen=True)
class PictureAxes(Step):
    """Give a picture's frame its axes: k∥ (1/Å) at its left and right edge, E − E_F (eV) at its bottom and top."""

    k_left: float
    k_right: float
    e_bottom: float
    e_top: float
    name: ClassVar[str] = "picture_axes"

    def apply(self, image):
        """See `Step`."""
        _need(image, "x", "gives axes to pictures")
        if "channel" in image.dims:
            raise InputError("Turn the picture's colours into intensities before its axes are set")
        _check_range("k∥", "1/Å", self.k_left, self.k_right, _K_LIMIT)
        _check_range("E − E_F", "eV", self.e_bottom, self.e_top, _E_LIMIT)
        height, width = image.shape
        kx = self.k_left + (np.arange(width) + 0.5) / width * (self.k_right - self.k_left)
        ev = self.e_top + (np.arange(height) + 0.5) / height * (self.e_bottom - self.e_top)
        return _rising(_band_image(image.values, ev, kx, "kx", image.attrs))


@dataclass(frozen=True)
class FermiLevel(Step):
    """Count energies from E_F, which lies at `level` eV on the image's own axis.

    uncertainty: eV, standard deviation; 0 where nothing is known of it. origin: how the level is known, as in
    `core.experiment.calibration.energies`; empty where a person gave it.
    """

    level: float
    uncertainty: float = 0.0
    origin: str = ""
    name: ClassVar[str] = "fermi_level"

    def apply(self, image):
        """See `Step`."""
        _need(image, "eV", "shifts the energy axis")
        if not np.isfinite(self.level) or abs(self.level) > 1e5:
            raise InputError(f"A Fermi level of {self.level} eV is none: give a number on the image's energy axis")
        return _with_axis(image, "eV", image["eV"].values - self.level, energy_kind="binding")


@dataclass(frozen=True)
class FittedFermiLevel(Step):
    """Count energies from a fitted Fermi edge."""

    name: ClassVar[str] = "fitted_fermi_level"

    def apply(self, image):
        """See `Step`."""
        _need(image, "eV", "fits the Fermi edge")
        level, uncertainty, width = fitted_edge_reference(image)
        moved = FermiLevel(level).apply(image)
        return moved.assign_attrs(fermi_level=level, fermi_width=width, fermi_uncertainty=uncertainty)


@dataclass(frozen=True)
class AngleToMomentum(Step):
    """Emission angle to k∥ = √(2m E_kin)/ħ · sin(α − centre), where electrons from E_F have E_kin = hν − Φ.

    photon_energy, work_function: eV. centre: angle of normal emission in degrees. centre_uncertainty: of it, standard
    deviation; 0 where nothing is known of it. centre_origin: how it is known; empty where a person gave it.
    """

    photon_energy: float
    work_function: float
    centre: float = 0.0
    centre_uncertainty: float = 0.0
    centre_origin: str = ""
    name: ClassVar[str] = "angle_to_momentum"

    def apply(self, image):
        """See `Step`."""
        _need(image, "alpha", "turns angles into momenta")
        kinetic = self.photon_energy - self.work_function
        energy = kinetic + image["eV"].values
        if not (np.isfinite(kinetic) and energy[-1] > 0.5):
            raise InputError(
                f"Photons of {self.photon_energy:g} eV free no electrons at a work function of {self.work_function:g} "
                "eV: give the photon energy in eV, above the work function (two-photon photoemission is not read)"
            )
        if self.photon_energy < LASERS and (self.work_function < LEAST_WORK_FUNCTION or _bright_above(image)):
            raise InputError(
                f"Electrons are seen that have more energy than photons of {self.photon_energy:g} eV give them past a "
                "work function: two-photon photoemission is not read; correct the photon energy or E_F"
            )
        angle = np.deg2rad(image["alpha"].values - self.centre)
        if not np.abs(angle).max() <= np.pi / 2:
            low, high = image["alpha"].values[[0, -1]]
            raise InputError(
                f"Angles reach beyond 90 degrees from normal emission: the axis goes from {low:.4g} to {high:.4g} "
                f"degrees, normal emission is at {self.centre:.4g}: correct it, or name the unit in the file (deg, rad)"
            )
        radius = np.sqrt(FREE_ELECTRON * np.maximum(energy, 0.5))
        ends = radius[-1] * np.sin(angle[[0, -1]])
        kx = np.linspace(ends[0], ends[1], len(angle))
        values = np.stack(
            [
                np.interp(kx, r * np.sin(angle), row, left=np.nan, right=np.nan)
                for r, row in zip(radius, image.values, strict=True)
            ]
        )
        return _band_image(values, image["eV"].values, kx, "kx", image.attrs | {"kinetic_energy": kinetic})


@dataclass(frozen=True)
class Momentum(Step):
    """Move and stretch k∥: k = (k − centre) · scale."""

    centre: float = 0.0
    scale: float = 1.0
    name: ClassVar[str] = "momentum"

    def apply(self, image):
        """See `Step`."""
        _need(image, "kx", "moves the momentum axis")
        if not 0.2 <= self.scale <= 5.0 or not abs(self.centre) <= _K_LIMIT:
            raise InputError(f"A momentum scale of {self.scale:g} about {self.centre:g} 1/Å is out of range (0.2 to 5)")
        return _with_axis(image, "kx", (image["kx"].values - self.centre) * self.scale)


@dataclass(frozen=True)
class Crop(Step):
    """Keep what lies between these momenta (1/Å) and energies (eV)."""

    k_left: float
    k_right: float
    e_bottom: float
    e_top: float
    name: ClassVar[str] = "crop"

    def apply(self, image):
        """See `Step`."""
        _need(image, "kx", "crops calibrated images")
        kept = image.sel(kx=slice(*sorted((self.k_left, self.k_right))), eV=slice(*sorted((self.e_bottom, self.e_top))))
        if min(kept.shape) < LEAST_SIDE:
            raise InputError(
                f"The crop keeps {kept.shape[1]} x {kept.shape[0]} points of an image from {image.kx.values[0]:.2f} to "
                f"{image.kx.values[-1]:.2f} 1/Å and {image.eV.values[0]:.2f} to {image.eV.values[-1]:.2f} eV"
            )
        return kept


@dataclass(frozen=True)
class Background(Step):
    """Subtract a background: none, constant or shirley."""

    kind: str = "shirley"
    name: ClassVar[str] = "background"

    def apply(self, image):
        """See `Step`."""
        _need(image, "eV", "subtracts backgrounds")
        if self.kind not in BACKGROUNDS:
            raise InputError(f"The background {self.kind!r} is not known; known: {', '.join(BACKGROUNDS)}")
        return image.copy(data=subtracted(image.values, self.kind))


@dataclass(frozen=True)
class Symmetrise(Step):
    """Average both signs of k∥ of an image that reaches Γ."""

    name: ClassVar[str] = "symmetrise"

    def apply(self, image):
        """See `Step`."""
        _need(image, "kx", "symmetrises about Γ")
        kx = image["kx"].values
        reach, outside = np.abs(kx).max(), max(kx[0], -kx[-1])
        if outside > _OUTSIDE * np.ptp(kx):
            raise InputError(
                f"Γ lies outside of this image, {kx[0]:.3g} to {kx[-1]:.3g} 1/Å: there is nothing to average over both "
                "signs; correct normal emission or Γ"
            )
        both = np.linspace(-reach, reach, 2 * max(1, round(reach / np.diff(kx).mean())) + 1)
        sides = np.stack(
            [
                np.stack([np.interp(both * sign, kx, row, left=np.nan, right=np.nan) for row in image.values])
                for sign in (1, -1)
            ]
        )
        measured = np.isfinite(sides)
        mean = np.where(measured, sides, 0.0).sum(axis=0) / np.maximum(measured.sum(axis=0), 1)
        mean[~measured.any(axis=0)] = np.nan
        return _band_image(mean, image["eV"].values, both, "kx", image.attrs)


STEPS = {
    kind.name: kind
    for kind in (
        Frame, Colours, PictureAxes, FermiLevel, FittedFermiLevel, AngleToMomentum, Momentum, Crop, Symmetrise,
        Background,
    )
}  # fmt: skip
"""All steps by name, in the order of a usual calibration."""

NEEDED = {
    "colours": "Choose the colour map of this picture",
    "picture_axes": "Give the axes of this picture: k∥ in 1/Å at the left and right edge of its frame, E − E_F in eV "
    "at its bottom and top",
    "fermi_level": "This image's energies are kinetic, and no Fermi edge is seen: give the Fermi level on the file's "
    "energy axis in eV",
    "angle_to_momentum": "This image has angles: give the photon energy in eV, which turns them into momenta",
}
"""Steps that an image cannot do without, by name, and what a person has to give for them."""


def step_from(document: dict) -> Step:
    """A step from plain JSON, checked.

    Raises:
        InputError: an unknown step, or settings that it does not have.
    """
    kind = STEPS.get(str(document.get("step", ""))) if isinstance(document, dict) else None
    if kind is None:
        raise InputError(f"This calibration step is not known; known: {', '.join(STEPS)}")
    given = {name: value for name, value in document.items() if name != "step"}
    known = {field.name: field.type for field in fields(kind)}
    if set(given) - set(known):
        raise InputError(f"The step {kind.name} has no {', '.join(sorted(set(given) - set(known)))}")
    try:
        ready = {name: _checked(value, known[name]) for name, value in given.items()}
        return kind(**ready)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"The step {kind.name} needs {', '.join(known)} as numbers or words") from None


def _checked(value, kind):
    if kind is tuple or "tuple" in str(kind):
        table = np.asarray(value, dtype=float)
        if table.size and (table.ndim != 2 or table.shape[1] != 3 or len(table) > 1024):
            raise ValueError
        return tuple(map(tuple, table.tolist()))
    if kind in (str, "str"):
        return str(value)[:40]
    number = float(value)
    if not np.isfinite(number):
        raise ValueError
    return int(number) if kind in (int, "int") else number


def missing_steps(image: xr.DataArray, steps: Sequence[Step]) -> list[str]:
    """Names in NEEDED of what this image cannot do without and the steps do not hold."""
    names = {step.name for step in steps}
    if "channel" in image.dims:
        needed = ["colours", "picture_axes"]
    else:
        kinetic = image["eV"].attrs.get("energy_kind") == "kinetic" and "fitted_fermi_level" not in names
        needed = ["fermi_level"] * kinetic + ["angle_to_momentum"] * ("alpha" in image.dims)
    return [name for name in needed if name not in names]


def calibrate(image: xr.DataArray, steps: Sequence[Step]) -> xr.DataArray:
    """The image after all steps, over (eV, kx).

    Raises:
        InputError: a step does not fit, or one is missing.
    """
    for name in missing_steps(image, steps):
        raise InputError(NEEDED[name])
    for step in steps:
        image = step.apply(image)
    _check_energies(image)
    return image


def _check_energies(image: xr.DataArray) -> None:
    """Refuse an image of other electrons than those of the valence bands.

    Raises:
        InputError: it lies above E_F, or far below.
    """
    low, high = image["eV"].values[[0, -1]]
    if low >= 0:
        raise InputError(
            f"All of this image lies above E_F, {low:.4g} to {high:.4g} eV: the photon energy or E_F is not of this "
            "image, or two photons freed its electrons (two-photon photoemission is not read)"
        )
    if high < CORE_LEVELS:
        raise InputError(
            f"All of this image lies far below E_F, {low:.4g} to {high:.4g} eV: core levels say nothing of bands; give "
            "an image of -8 to 0 eV, or check the calibration: E_F is not of this image"
        )


def _without_margins(values: np.ndarray) -> np.ndarray:
    """NaN for rows and columns of the frame where nothing was measured: lowest or no intensity along nearly all."""
    empty = ~np.isfinite(values) | (values <= 0.02)
    for axis in (0, 1):
        bare = empty.mean(axis=1 - axis) > 0.98
        inside = np.flatnonzero(~bare)
        if len(inside):
            outside = np.ones(len(bare), bool)
            outside[inside[0] : inside[-1] + 1] = False
            if axis == 1:
                values[:, outside] = np.nan
    return values


def _bright_above(image: xr.DataArray) -> bool:
    """Whether an image over E − E_F has many electrons above E_F."""
    measured = np.isfinite(image.values)
    rows = np.where(measured, image.values, 0.0).sum(axis=1) / np.maximum(measured.sum(axis=1), 1)
    above = rows[image["eV"].values > BRIGHT_ABOVE[0]]
    return bool(len(above) > 2 and above.max() - rows.min() > BRIGHT_ABOVE[1] * np.ptp(rows))


def _need(image: xr.DataArray, dim: str, what: str) -> None:
    if dim not in image.dims:
        raise InputError(f"This step {what}, but the image is over {' and '.join(map(str, image.dims))}")


def _check_range(what: str, unit: str, low: float, high: float, limit: float) -> None:
    if not (np.isfinite([low, high]).all() and abs(low) <= limit and abs(high) <= limit and abs(high - low) > 0.05):
        raise InputError(f"{what} from {low:g} to {high:g} {unit} is no axis: give two values within ±{limit:g}")


def _band_image(values, ev, k, k_name, attrs) -> xr.DataArray:
    coords = {"eV": ("eV", ev, {"units": "eV", "energy_kind": "binding"}), k_name: (k_name, k, {"units": "1/Å"})}
    return xr.DataArray(values, dims=("eV", k_name), coords=coords, name="intensity", attrs=attrs)


def _rising(image: xr.DataArray) -> xr.DataArray:
    return image.sortby("eV").sortby("kx")


def _with_axis(image: xr.DataArray, name: str, values: np.ndarray, **attrs) -> xr.DataArray:
    return image.assign_coords({name: (name, values, image[name].attrs | attrs)})
