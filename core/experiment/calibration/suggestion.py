"""The usual calibration of an image, from what its file says and what a person gives or clicks."""

import numpy as np
import xarray as xr

from core.errors import InputError
from core.experiment.calibration.colours import table_from_bar
from core.experiment.calibration.energies import counts_from_fermi, fermi_reference, work_function_of
from core.experiment.calibration.frame import find_frame
from core.experiment.calibration.marks import find_colour_bar, map_of_bar
from core.experiment.calibration.normal import normal_emission
from core.experiment.calibration.steps import AngleToMomentum, Colours, FermiLevel, Frame, PictureAxes, Step

_BAR_SHADES = 86
"""Colours that a colour bar is kept by: every third of a table's 256."""


def suggested_steps(
    image: xr.DataArray,
    photon_energy: float | None = None,
    work_function: float | None = None,
    k_range: tuple[float, float] | None = None,
    e_range: tuple[float, float] | None = None,
    fermi: float | None = None,
    normal: float | None = None,
    panel: int | None = None,
) -> tuple[Step, ...]:
    """The usual steps for an image, from what its file says and what is given; `missing_steps` tells what they lack.

    Args:
        image: from `read_images`.
        photon_energy: eV; the file's own by default.
        work_function: eV; the file's own by default, else a typical one.
        k_range: (left, right) of a picture's frame, 1/Å.
        e_range: (bottom, top) of a picture's frame, eV against E_F.
        fermi: Fermi level on the image's energy axis, eV; see `fermi_reference` for what stands in for it.
        normal: angle of normal emission on the image's axis, degrees; see `normal_emission`.
        panel: which panel of a figure, from 0; the largest by default.
    """
    if "channel" in image.dims:
        axes = (PictureAxes(*k_range, *e_range),) if k_range and e_range else ()
        frame = find_frame(image.values, panel)
        return (Frame(*frame), _colours(image, frame), *axes)
    kinetic = image["eV"].attrs.get("energy_kind") == "kinetic"
    phi = work_function_of(image, work_function)[0]
    level = fermi_reference(image, photon_energy, work_function, fermi)
    steps: list[Step] = [] if level is None else [FermiLevel(level.level, level.uncertainty, level.origin)]
    if "alpha" in image.dims:
        photon = photon_energy if photon_energy is not None else image.attrs.get("hv")
        if kinetic and level is not None:
            photon = round(float(photon) if photon else level.level + phi, 4)
            counted = image.attrs.get("kinetic_reference") or counts_from_fermi(photon, level.level, level.origin)
            if not counted:  # electrons from E_F have the kinetic energy of the axis
                phi = round(photon - level.level, 4)
        if photon:
            centre = normal_emission(image, normal)
            known = (centre.angle, centre.uncertainty, centre.origin)
            steps.append(AngleToMomentum(round(float(photon), 4), phi, *known))
    return tuple(steps)


def _colours(image: xr.DataArray, frame: tuple[int, int, int, int]) -> Colours:
    """The colours of a figure by the bar beside it, else to be recognised."""
    box = find_colour_bar(image.values, frame)
    if box is None:
        return Colours()
    left, top, right, bottom = box
    name, table = map_of_bar(image.values[top:bottom, left:right])
    return Colours(name) if table is None else Colours(name, _kept(table))


def _kept(table: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    kept = table[np.linspace(0, len(table) - 1, _BAR_SHADES).round().astype(int)]
    return tuple(map(tuple, np.round(kept, 3).tolist()))


def axis_from_points(first: tuple[float, float], second: tuple[float, float], size: int) -> tuple[float, float]:
    """Values at both ends of an axis of `size` pixels, from two clicked points (pixel, value).

    Raises:
        InputError: the points coincide.
    """
    (p, v), (q, w) = first, second
    if abs(p - q) < 2:
        raise InputError("The two points of an axis lie on the same pixel: click two that are far apart")
    slope = (w - v) / (q - p)
    return v - slope * p, v + slope * (size - p)


def colour_bar(image: xr.DataArray, box: tuple[int, int, int, int]) -> Colours:
    """The step that reads colours by the bar inside a box (left, top, right, bottom) of the whole picture.

    Raises:
        InputError: the box holds no colour bar.
    """
    left, top, right, bottom = (max(0, int(side)) for side in box)
    table = table_from_bar(image.values[top:bottom, left:right])
    return Colours("colour bar", _kept(table))
