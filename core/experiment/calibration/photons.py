"""Photon energy, work function and Fermi level of an image with angles: one is edited, what follows from it follows."""

from typing import TypedDict

import xarray as xr

from core.experiment.calibration.editing import Steps, step_of, with_step, without_step
from core.experiment.calibration.energies import CURVE, PHOTONS, PHOTONS_GIVEN, work_function_of
from core.experiment.calibration.fermi import fit_fermi_edge
from core.experiment.calibration.normal import GIVEN_LOPSIDED
from core.experiment.calibration.steps import AngleToMomentum, FermiLevel, FittedFermiLevel
from core.experiment.calibration.suggestion import suggested_steps

_SAME = 1e-3
"""eV: energies of steps are rounded to less."""


class Given(TypedDict, total=False):
    """What a person gave, as `suggested_steps` takes it: eV, and degrees of normal emission."""

    photon_energy: float | None
    work_function: float | None
    fermi: float | None
    normal: float | None


def given_of(image: xr.DataArray, steps: Steps) -> Given:
    """What of the steps of an image a person gave; the rest follows from that and from the file.

    Raises:
        InputError: a fitted level, and no edge.
    """
    if "alpha" not in image.dims:
        return {}
    given: Given = {}
    level, angles = step_of(steps, FermiLevel), step_of(steps, AngleToMomentum)
    origin, at = (level.origin, level.level) if level else ("", None)
    if step_of(steps, FittedFermiLevel):
        at = fit_fermi_edge(image)[0]
    if at is not None and origin in ("", CURVE):
        given["fermi"] = at
    if angles is None:
        return given
    if angles.centre_origin in ("", GIVEN_LOPSIDED):
        given["normal"] = angles.centre
    photon, phi, usual = angles.photon_energy, angles.work_function, work_function_of(image, None)[0]
    at = at if image["eV"].attrs.get("energy_kind") == "kinetic" else None
    follows = at is not None and abs(photon - at - phi) < _SAME
    if origin == PHOTONS_GIVEN or not (follows or abs(phi - usual) < _SAME):
        given["work_function"] = phi
    known = image.attrs.get("hv")
    if known is None and at is not None and origin not in PHOTONS:
        known = at + (phi if "work_function" in given else usual)
    if known is None or abs(photon - float(known)) > _SAME:
        given["photon_energy"] = photon
    return given


def with_given(image: xr.DataArray, steps: Steps, change: Given) -> Steps:
    """The steps after some of what a person gave is changed; None takes it back.

    Args:
        image: over (eV, alpha), as its file gives it.
        steps: before.
        change: what is given now.

    Raises:
        InputError: see `given_of`.
    """
    usual = suggested_steps(image, **(given_of(image, steps) | change))
    level = step_of(steps, FermiLevel)
    fitted = step_of(steps, FittedFermiLevel) or (level is not None and level.origin == CURVE)
    for kind in (AngleToMomentum,) if fitted and "fermi" not in change else (FermiLevel, AngleToMomentum):
        step = step_of(usual, kind)
        steps = with_step(steps, step) if step else without_step(steps, kind)
    return steps
