"""The usual calibration of an image, from what its file says and what a person gives or clicks."""

import numpy as np
import xarray as xr

from core.errors import InputError
from core.experiment.calibration.colours import table_from_bar
from core.experiment.calibration.fermi import fit_fermi_edge
from core.experiment.calibration.frame import find_frame
from core.experiment.calibration.steps import LEAST_SIDE, AngleToMomentum, Colours, FermiLevel, Frame, PictureAxes, Step
from core.experiment.photoemission.final_state import WORK_FUNCTION


def suggested_steps(
    image: xr.DataArray,
    photon_energy: float | None = None,
    work_function: float | None = None,
    k_range: tuple[float, float] | None = None,
    e_range: tuple[float, float] | None = None,
) -> tuple[Step, ...]:
    """The usual steps for an image, from what its file says and what is given.

    Args:
        image: from `read_images`.
        photon_energy: eV; the file's own by default, else the Fermi edge is fitted.
        work_function: eV; the file's own by default, else a typical one.
        k_range: (left, right) of a picture's frame, 1/Å.
        e_range: (bottom, top) of a picture's frame, eV against E_F.

    Raises:
        InputError: a picture without ranges; angles where the kinetic energy is not known.
    """
    if "channel" in image.dims:
        if k_range is None or e_range is None:
            raise InputError(
                "A picture has no axes of its own: give the k∥ at the left and right edge of its frame (--k-range, "
                "1/Å) and E − E_F at the bottom and top (--e-range, eV)"
            )
        return (Frame(*find_frame(image.values)), Colours(), PictureAxes(*k_range, *e_range))
    steps: list[Step] = []
    kinetic = image["eV"].attrs.get("energy_kind") == "kinetic"
    photon = photon_energy if photon_energy is not None else image.attrs.get("hv")
    phi = work_function if work_function is not None else image.attrs.get("work_function", WORK_FUNCTION)
    level = None
    if kinetic and photon_energy is not None:
        level = float(photon) - float(phi)
        steps.append(FermiLevel(level))
    elif kinetic:
        level, _ = fit_fermi_edge(image)
        steps.append(FermiLevel(round(level, 4)))
    if "alpha" in image.dims:
        level = level if level is not None else (float(photon) - float(phi) if photon else None)
        if level is None:
            raise InputError("This image has angles: give the photon energy in eV (--hv) to turn them into momenta")
        steps.append(AngleToMomentum(round(level, 4)))
    return tuple(steps)


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
    """The step that reads colours by the bar inside a box (left, top, right, bottom) of the whole picture."""
    cut = Frame(*box).apply(image) if min(box[2] - box[0], box[3] - box[1]) >= LEAST_SIDE else image.isel(
        x=slice(box[0], box[2]), y=slice(box[1], box[3])
    )  # fmt: skip
    table = table_from_bar(cut.values)
    return Colours("auto", tuple(map(tuple, np.round(table[:: len(table) // 64], 4).tolist())))
