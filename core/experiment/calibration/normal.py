"""Normal emission of an image: the option, the header, the picture's symmetry, or the zero of its axis."""

from dataclasses import dataclass

import xarray as xr

from core.experiment.calibration.symmetry import SYMMETRIC, Centre, symmetry_centre

HEADER, SYMMETRY, ZERO = "header", "symmetry of the picture", "zero of the axis"
LOPSIDED = ", not symmetric"
"""Added to the origin where the picture is no mirror image about the angle that is taken."""

GIVEN_LOPSIDED = "given" + LOPSIDED
"""Origin of an angle that a person gave and the picture speaks against."""

FAR = 3.0
"""Uncertainties by which the centre of symmetry may differ from the angle that is taken."""


@dataclass(frozen=True)
class NormalEmission:
    """Angle of normal emission and its uncertainty in degrees, and how it is known (empty: given by a person)."""

    angle: float
    uncertainty: float
    origin: str


def normal_emission(image: xr.DataArray, given: float | None = None) -> NormalEmission:
    """Where electrons leave along the normal, on the axis `alpha` of an image.

    Where the picture is clearly symmetric about another angle than zero, it is that; a given angle and the header's are
    taken as they are, and compared with the picture.
    """
    centre = symmetry_centre(image)
    if given is not None:
        return NormalEmission(float(given), 0.0, GIVEN_LOPSIDED if _disagrees(centre, given) else "")
    known = image.attrs.get("normal_emission")
    if known is not None:
        return NormalEmission(float(known), 0.0, HEADER + (LOPSIDED if _disagrees(centre, known) else ""))
    if centre is not None and centre.clear:
        return NormalEmission(round(centre.angle, 3), round(centre.uncertainty, 3), SYMMETRY)
    if centre is None or centre.correlation < SYMMETRIC:
        return NormalEmission(0.0, 0.0, ZERO + LOPSIDED)
    uncertainty = max(centre.uncertainty, abs(centre.angle))
    return NormalEmission(0.0, round(uncertainty, 3), ZERO)


def _disagrees(centre: Centre | None, angle: float) -> bool:
    """Whether the picture is clearly symmetric about another angle, or about none."""
    if centre is None or centre.correlation < SYMMETRIC:
        return True
    return abs(centre.angle - angle) > max(FAR * centre.uncertainty, 0.5)
