"""What is expected of a measurement and of a∥ before a fit, from what the networks read and what is known."""

import numpy as np

from core.loop.image import Image, averaged_gain, is_bare
from core.loop.render import SCALARS
from core.reverse.cut import Cut
from core.reverse.inference import ImageReading, Inference

USUAL = {"resolution": 0.1, "momentum_resolution": 0.02, "lifetime": 0.1, "kz_width": 0.05, "bend": 0.15}
"""SCALARS that an experiment is expected to have; a bare image of a theory has none of them."""

LEAST_SPREAD = 0.01
"""Å: the networks' a∥ is not trusted more than this."""


def image_to_fit(reading: ImageReading, cut: Cut) -> Image:
    """An image as the fit wants it: what is known of its measurement, and what the networks expect of the rest."""
    edge = not is_bare(reading.image)
    kz = cut.kz if cut.kz is not None else float(np.clip(reading.view.kz, 0.0, 1.0))
    centre = {"level": float(reading.estimates["fermi_level"]), "kz": kz} | (USUAL if edge else {})
    fixed = set() if edge else set(SCALARS) - {"level", "kz"}
    if cut.kz is not None:
        fixed.add("kz")
    if edge and np.isfinite(cut.radius):
        centre["bend"] = 1 / cut.radius
        fixed.add("bend")
    gain = cut.noise_gain if cut.image is None else averaged_gain(cut.image)
    return Image(reading.image, cut.cut, centre, frozenset(fixed), edge=edge, known_gain=gain)


def lattice_expected(found: Inference) -> tuple[float, float]:
    """a∥ and its error (Å) before a fit: twice that of the networks, but where the substrate is known."""
    size = found.sizes["lattice_in_plane"]
    spread = size if found.known.substrate else max(2 * size, LEAST_SPREAD)
    return found.estimates["lattice_in_plane"], spread
