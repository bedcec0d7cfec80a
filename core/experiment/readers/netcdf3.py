"""NetCDF 3, the classic format, read by SciPy from bytes whose declared sizes were checked."""

import io

import numpy as np
from scipy.io import netcdf_file

from core.errors import InputError
from core.experiment.readers.axes import Axis, band_images, check_declared, check_sides, gathered
from core.experiment.readers.header import as_text, header_facts, target_of
from core.experiment.readers.image import Image

MOST_DIMENSIONS = 1024


def read_netcdf3(content: bytes) -> list[Image]:
    """The images in a classic NetCDF file, with its coordinate variables as axes.

    Raises:
        InputError: damaged, too large as declared, or without values over an energy and an angle or wave vector.
    """
    try:
        with netcdf_file(io.BytesIO(content), "r", mmap=False) as file:
            _check(file)
            problems: list[InputError] = []
            found = gathered((_images(file, name, problems) for name in file.variables), "This NetCDF file")
    except InputError:
        raise
    except (AssertionError, ValueError, TypeError, KeyError, IndexError, OverflowError, OSError) as error:
        raise InputError(f"This NetCDF file cannot be read ({str(error)[:60]}): it is damaged or not whole") from None
    if problems and not found:
        raise problems[0]
    if not found:
        raise InputError("This NetCDF file holds no values over an energy and an angle or wave vector with coordinates")
    return found


def _check(file: netcdf_file) -> None:
    if len(file.dimensions) > MOST_DIMENSIONS:
        raise InputError(f"This NetCDF file has {len(file.dimensions)} dimensions; at most {MOST_DIMENSIONS} are read")
    for variable in file.variables.values():
        check_declared(variable.shape or (1,), variable.itemsize(), "This NetCDF file")


def _images(file: netcdf_file, name: str, problems: list[InputError]) -> list[Image]:
    variable = file.variables[name]
    if variable.data.dtype.kind not in "fiu" or sum(n > 1 for n in variable.shape) < 2:
        return []
    axes = []
    for dimension, size in zip(variable.dimensions, variable.shape, strict=True):
        scale = file.variables.get(dimension)
        if scale is None or scale.shape != (size,) or scale.data.dtype.kind not in "fiu":
            return []
        unit = _attribute(scale, "units")
        usual = "rad" if not unit and dimension in ("phi", "psi") else ""
        axes.append(Axis(dimension, _values(scale), unit, usual))
    if "eV" not in [axis.kind for axis in axes]:
        return []
    check_sides(variable.shape, "This NetCDF file")
    attrs: dict = {"source_format": "NetCDF 3"} | header_facts(_entries(file))
    if radians := [axis.name for axis in axes if axis.usual]:
        attrs["notes"] = [f"the angle {radians[0]!r} has no unit and is read as radians, as PyARPES counts it"]
    try:
        return band_images(_values(variable), axes, attrs | header_facts(_own(variable)))
    except InputError as error:
        problems.append(error)
        return []


def _values(variable) -> np.ndarray:
    """What a variable holds, without the packing that its attributes tell."""
    values = np.array(variable.data)
    for name in ("_FillValue", "missing_value"):
        if np.isfinite(fill := _number(variable, name)):
            values = np.where(values == fill, np.nan, values)
    scale, offset = _number(variable, "scale_factor", 1.0), _number(variable, "add_offset", 0.0)
    if (scale, offset) != (1.0, 0.0):
        values = values * scale + offset
    return values.astype(values.dtype.newbyteorder("="))


def _entries(file: netcdf_file) -> list[tuple[str, object, str]]:
    """Attributes of the file and variables of one number that are named like a fact of a header."""
    found = _own(file)
    for name, variable in file.variables.items():
        if target_of(name) and np.size(variable.data) == 1:
            found.append((name, np.ravel(variable.data)[0], _attribute(variable, "units")))
    return found


def _own(item) -> list[tuple[str, object, str]]:
    return [(name, value, "") for name, value in item._attributes.items() if target_of(name)]


def _attribute(variable, name: str) -> str:
    return as_text(variable._attributes.get(name, ""))


def _number(variable, name: str, usual: float = np.nan) -> float:
    try:
        return float(np.ravel(variable._attributes.get(name, usual))[0])
    except (TypeError, ValueError, IndexError):
        return usual
