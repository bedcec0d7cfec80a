"""Which image of a map is looked at first: the one nearest normal emission across the slit."""

from dataclasses import replace
from math import isnan

from core.experiment.readers.image import Image

UNITS = {"second_angle": "degree", "second_momentum": "1/Å"}
"""Attributes that say where a slice lies across the slit, and their units."""


def with_opening_slice(images: list[Image]) -> list[Image]:
    """The same images; of a map over a second angle or momentum the one nearest its zero has `opens_first`.

    Slices of different photon energies are not compared, and where zero lies outside the map nothing is marked.
    """
    first = images[0].attrs
    count = int(first.get("slice_count", 1))
    part = images[:count]
    for name, unit in UNITS.items():
        places = [float(image.attrs.get(name, "nan")) for image in part]
        if len(part) < 2 or any(map(isnan, places)) or len(set(places)) < 2:
            continue
        zero = float(first.get("second_normal", 0.0)) if name == "second_angle" else 0.0
        same = [i for i, image in enumerate(part) if image.attrs.get("hv") == first.get("hv")]
        reach = [places[i] - zero for i in same]
        if not min(reach) <= 0.0 <= max(reach):
            return (
                _noted(
                    images,
                    0,
                    f"the map's second angle never passes normal emission at {zero:g} {unit}: its "
                    "first slice is opened; choose the one of the cut",
                )
                if name == "second_angle"
                else images
            )
        best = min(same, key=lambda i: abs(places[i] - zero))
        said = (
            f"of {count} slices this one is nearest to normal emission across the slit: "
            f"{places[best]:.4g} {unit}" + (f", normal emission at {zero:.4g} by the header" if zero else "")
        )
        return _noted(images, best, said, opens_first=True)
    return images


def _noted(images: list[Image], place: int, note: str, **attrs) -> list[Image]:
    about = images[place].attrs
    marked = replace(images[place], attrs={**about, **attrs, "notes": [*about.get("notes", ()), note]})
    return [*images[:place], marked, *images[place + 1 :]]


def opening_index(images) -> int:
    """Place of the image of a file that is looked at first, counted from 0."""
    return next((i for i, image in enumerate(images) if image.attrs.get("opens_first")), 0)
