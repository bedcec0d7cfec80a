"""What the controls of Interpret show of a reading, and the reading after one of them is set."""

from dataclasses import replace

import xarray as xr

from core.experiment.calibration.editing import AXES, step_of, values_of, with_step, with_value
from core.experiment.calibration.photons import Given, given_of, with_given
from core.experiment.calibration.steps import AngleToMomentum, Frame, PictureAxes, missing_steps
from core.experiment.calibration.suggestion import suggested_steps
from core.sessions.readings import Reading, number_of

_TEXT = {
    "frame": "Frame {left}, {top} to {right}, {bottom} px",
    "colours": "Colours: {map}",
    "picture_axes": "Axes: k∥ {k_left:g} to {k_right:g} 1/Å, E {e_bottom:g} to {e_top:g} eV",
    "fermi_level": "Fermi level at {level:g} eV",
    "fitted_fermi_level": "Fermi level fitted",
    "angle_to_momentum": "Angle to momentum: hν {photon_energy:g} eV, Φ {work_function:g} eV, normal at {centre:g}°",
    "momentum": "Momentum: Γ at {centre:g} 1/Å, scale {scale:g}",
    "crop": "Crop to {k_left:g} … {k_right:g} 1/Å, {e_bottom:g} … {e_top:g} eV",
    "symmetrise": "Symmetrise about Γ",
    "background": "Background: {kind}",
}
"""A step in words."""

_PHOTONS = ("hv", "work_function")
_TEXTS = ("colours", "background", "cut", "kz", "substrate", "family")
_OWN = ("cut", "kz", "inner_potential", "substrate", "family")
"""Controls that set a field of the reading itself."""

FOUND = {
    "hv": "photon_energy", "work_function": "work_function", "fermi": "fermi_level", "normal": "normal_emission",
    "kz": "kz",
}  # fmt: skip
"""Control → the entry of an image's record that says what was found for it."""


def control_values(reading: Reading) -> dict:
    """Control → what it shows, empty text where nothing is said."""
    hv, inner_potential, work_function = reading.final_state()
    values = values_of(reading.steps) | {
        "index": str(reading.index), "cut": reading.cut, "kz": reading.kz, "hv": hv,
        "inner_potential": inner_potential, "work_function": work_function, "substrate": reading.substrate,
        "family": reading.family,
    }  # fmt: skip
    return {name: "" if value is None else value for name, value in values.items()}


def found_values(reading: Reading) -> dict[str, tuple[str, str]]:
    """Control of FOUND → what was found for it, as a number, and how it is known; empty texts where nothing is."""
    record = reading.record()
    found = {}
    for name, entry in FOUND.items():
        one = getattr(record, entry)
        spread = f", ± {one.uncertainty:.2g}" if one and one.uncertainty else ""
        found[name] = (f"{one.value:g}", one.origin + spread) if one else ("", "")
    return found


def with_controls(reading: Reading, values: dict, names: list[str]) -> Reading:
    """The reading after controls are set; ends of a picture's axes wait until all four are there.

    Args:
        reading: before.
        values: control → what it holds, as in `control_values`.
        names: of those that were set.

    Raises:
        InputError: a value that a control does not take.
    """
    for name in names:
        if name in AXES:
            reading = _with_axes(reading, values)
        elif values[name] != control_values(reading)[name]:
            reading = _with_control(reading, name, values[name])
    return Reading.from_document(reading.document())


def _with_control(reading: Reading, name: str, value) -> Reading:
    if name in _TEXTS:
        value = str(value)[:80]
    elif name != "symmetrise":
        value = _number(name, value)
    if name == "index":
        return _moved(reading, int(value or 0))
    if name in _PHOTONS:
        return _with_photons(reading, name, value)
    if name in _OWN:
        return replace(reading, **{name: value})
    if name == "normal" and not step_of(reading.steps, AngleToMomentum):
        return reading  # angles that no photon energy turns into momenta yet
    if name in ("fermi", "normal") and "alpha" in (image := reading.raw()).dims:
        change: Given = {"fermi": value} if name == "fermi" else {"normal": value}
        return replace(reading, steps=with_given(image, reading.steps, change))
    usual = suggested_steps(reading.raw()) if value is None else ()
    return replace(reading, steps=with_value(reading.steps, name, value, usual))


def _with_axes(reading: Reading, values: dict) -> Reading:
    ends = {name: _number(name, values.get(name, "")) for name in AXES}
    if None in ends.values() or "channel" not in reading.raw().dims:
        return reading
    return replace(reading, steps=with_step(reading.steps, PictureAxes(**ends)))


def step_lines(reading: Reading) -> list[tuple[str, str]]:
    """The calibration in words: a step's name and text, in order."""
    return [(step.name, _TEXT[step.name].format(**step.document())) for step in reading.steps]


def without(reading: Reading, name: str) -> Reading:
    """The reading without the step of that name, where the image can do without."""
    if name not in removable(reading):
        return reading
    return replace(reading, steps=tuple(step for step in reading.steps if step.name != name))


def removable(reading: Reading) -> list[str]:
    """Names of the steps that the image can do without."""
    image, steps = reading.raw(), reading.steps
    lacking = missing_steps(image, steps)
    return [step.name for step in steps if missing_steps(image, [other for other in steps if other != step]) == lacking]


def frame_of(reading: Reading, picture: xr.DataArray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a picture's data in pixels; the whole picture where no frame is set."""
    frame = step_of(reading.steps, Frame) or Frame(0, 0, picture.sizes["x"], picture.sizes["y"])
    return frame.left, frame.top, frame.right, frame.bottom


def _moved(reading: Reading, index: int) -> Reading:
    """Another image of the file: what it suggests, with the steps that a person changed."""
    after = replace(reading, index=index)
    given = given_of(reading.raw(), reading.steps)
    steps, usual = suggested_steps(after.raw(), **given), suggested_steps(reading.raw(), **given)
    for step in reading.steps:
        if step not in usual:
            steps = with_step(steps, step)
    return replace(after, steps=steps)


def _with_photons(reading: Reading, name: str, value: float | None) -> Reading:
    """Photon energy or work function: of the step from angles to momenta where there is one, else of the reading.

    What follows from it follows; a work function that the energies do not need is taken as it is given.
    """
    image = reading.raw()
    known: Given = {"photon_energy": reading.hv, "work_function": reading.work_function}
    change: Given = {"photon_energy": value} if name == "hv" else {"work_function": value}
    if "alpha" not in image.dims:
        return replace(reading, **{name: value})
    before = step_of(reading.steps, AngleToMomentum)
    if before is None:
        change = known | change
        if change["photon_energy"] is None:
            return replace(reading, **{name: value})
    steps = with_given(image, reading.steps, change)
    after = step_of(steps, AngleToMomentum)
    moved = before and after and (after.work_function, after.photon_energy) != (value, before.photon_energy)
    if name == "work_function" and value is not None and moved:
        steps = with_value(reading.steps, name, value)
    return replace(reading, steps=steps, hv=None, work_function=None)


def _number(name: str, value) -> float | None:
    return None if value is None or value == "" else number_of(name, value)
