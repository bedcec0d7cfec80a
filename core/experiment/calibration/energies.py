"""The Fermi level of an image on its own axis: how it is known, and how well."""

from dataclasses import dataclass

import xarray as xr

from core.errors import InputError
from core.experiment.calibration.fermi import fit_fermi_edge, highest_electrons, metallic_edge
from core.experiment.photoemission.final_state import WORK_FUNCTION

EDGE, HEADER, FILE = "visible Fermi edge", "header", "zero of the axis"
PHOTONS_HEADER, PHOTONS_ASSUMED = "hν − Φ of the header", "hν − Φ, Φ assumed"
PHOTONS_GIVEN = "hν − Φ as given"
PHOTONS_SPECS = "hν, as SPECS counts"
FITTED = "steepest drop, no clear edge"
GIVEN = "given"
CURVE = "fitted edge"
"""Of a level that was fitted to a curve and taken over."""

PHOTONS = (PHOTONS_HEADER, PHOTONS_ASSUMED, PHOTONS_GIVEN, PHOTONS_SPECS)
"""Origins of levels that follow from the photon energy."""

UNCERTAINTY = {
    HEADER: 0.02, PHOTONS_HEADER: 0.1, PHOTONS_GIVEN: 0.05, PHOTONS_ASSUMED: 0.2, PHOTONS_SPECS: 0.1, FITTED: 0.2,
}  # fmt: skip
"""eV, standard deviations. Work functions of analysers lie between 4.2 and 4.7 eV, which 4.5 ± 0.2 covers; one that a
header names is of a calibration at another time, as is SPECS' own count."""

OFF_ZERO = (0.02, 0.6)
"""eV: a visible edge this far from the zero of an axis that is said to count from E_F is where E_F lies."""


ABOVE_PHOTONS = 0.3
"""eV: an edge so far above hν is not of electrons that one photon freed."""


AT_PHOTONS = 0.6
"""eV: an edge so near to hν leaves no room for a work function, and electrons so far above hν − Φ say that E_F is not
there; photon energies and work functions are off by less."""

SAME_EDGE = 0.03
"""eV by which two fits of one edge may differ; of metals' steps in parts of an image as much is borne."""

DARK = 0.15
"""eV of darkness at the top of an axis that show where electrons end."""

LEAST_PHOTONS = 10.0
"""eV: electrons that two photons of less freed may have any energy."""


@dataclass(frozen=True)
class FermiReference:
    """Energy of E_F on an image's own axis, its uncertainty (eV, standard deviation), and how it is known."""

    level: float
    uncertainty: float
    origin: str


def fermi_reference(
    image: xr.DataArray, photon_energy: float | None, work_function: float | None, given: float | None
) -> FermiReference | None:
    """E_F of an image: as given, else a metal's visible edge, else the header's, else hν − Φ.

    Where electrons are seen far above hν − Φ, and none above hν, the axis counts as SPECS does, and E_F lies at hν.

    A photon energy and a work function that are both given count as E_F given, but for files of SPECS, where hν is.

    Args:
        image: over (eV, alpha or kx), as `read_images` gives it.
        photon_energy: eV, by a person; None for the header's.
        work_function: the same.
        given: E_F on the image's axis, eV, by a person; None where nobody knows.
    """
    kinetic = image["eV"].attrs.get("energy_kind") == "kinetic"
    if given is not None:
        return FermiReference(float(given), 0.0, "")
    counted = bool(image.attrs.get("kinetic_reference"))
    if kinetic and not counted and photon_energy is not None and work_function is not None:
        return FermiReference(round(photon_energy - work_function, 4), UNCERTAINTY[PHOTONS_GIVEN], PHOTONS_GIVEN)
    edge = metallic_edge(image)
    if not kinetic:
        if edge is not None and OFF_ZERO[0] < abs(edge.level) < OFF_ZERO[1]:
            return FermiReference(round(edge.level, 4), round(edge.uncertainty, 4), EDGE)
        return None
    photon = photon_energy if photon_energy is not None else image.attrs.get("hv")
    if edge is not None and (photon is None or edge.level < photon + ABOVE_PHOTONS):
        return FermiReference(round(edge.level, 4), round(edge.uncertainty, 4), EDGE)
    level = image.attrs.get("fermi_level")
    if level is not None and image["eV"].values[0] <= level <= image["eV"].values[-1] + 1.0:
        return FermiReference(float(level), UNCERTAINTY[HEADER], HEADER)
    if photon is None:
        return _drop(image)
    if counted:
        return FermiReference(round(float(photon), 4), UNCERTAINTY[PHOTONS_SPECS], PHOTONS_SPECS)
    phi, origin = work_function_of(image, work_function)
    top = highest_electrons(image)
    ends = top < image["eV"].values[-1] - DARK
    if ends and photon > LEAST_PHOTONS and AT_PHOTONS < top - (photon - phi) < phi + ABOVE_PHOTONS:
        return FermiReference(round(float(photon), 4), UNCERTAINTY[PHOTONS_SPECS], PHOTONS_SPECS)
    return FermiReference(round(float(photon) - phi, 4), UNCERTAINTY[origin], origin)


def counts_from_fermi(photon: float, level: float, origin: str) -> bool:
    """Whether E_F lies at hν itself: kinetic energies that count a work function too much, as SPECS does.

    photon, level: hν and E_F on the image's axis, eV. origin: how E_F is known.
    """
    return origin in (EDGE, PHOTONS_SPECS) and photon > LEAST_PHOTONS and abs(photon - level) < AT_PHOTONS


def work_function_of(image: xr.DataArray, given: float | None) -> tuple[float, str]:
    """Work function in eV and what E_F rests on with it: given, the header's, or a typical one."""
    if given is not None:
        return float(given), PHOTONS_GIVEN
    if "work_function" in image.attrs:
        return float(image.attrs["work_function"]), PHOTONS_HEADER
    return WORK_FUNCTION, PHOTONS_ASSUMED


def fitted_edge_reference(image: xr.DataArray) -> tuple[float, float, float]:
    """Level, uncertainty and width σ, eV, of the edge that `fit_fermi_edge` finds, metallic or not.

    Raises:
        InputError: no edge is found.
    """
    level, width = fit_fermi_edge(image)
    edge = metallic_edge(image)
    clear = edge is not None and abs(edge.level - level) < max(SAME_EDGE, 3 * edge.uncertainty)
    return level, edge.uncertainty if edge and clear else UNCERTAINTY[FITTED], width


def _drop(image: xr.DataArray) -> FermiReference | None:
    """The steepest drop of an image of which neither photon energy nor Fermi level is known."""
    try:
        return FermiReference(round(fit_fermi_edge(image)[0], 4), UNCERTAINTY[FITTED], FITTED)
    except InputError:
        return None
