"""Igor waves (.ibw) and packed experiments (.pxt), as SES and beamlines write them."""

import io
import re
import struct

import igor2.binarywave
import igor2.packed
import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import Axis, axis_kind, band_images, check_declared, gathered
from core.experiment.readers.header import lines_of
from core.experiment.readers.image import Image
from core.experiment.readers.ses import header_attrs
from core.experiment.readers.text import decoded

_WAVE_RECORD = 3
CLEARLY = 0.3
"""By so much an axis of energies reaches further to one side of zero than one of angles."""


def read_ibw(content: bytes) -> list[Image]:
    """The image in an Igor binary wave.

    Raises:
        InputError: damaged, or not a numeric wave with an energy axis.
    """
    _check_wave(content)
    try:
        wave = igor2.binarywave.load(io.BytesIO(content))["wave"]
    except MemoryError:
        raise
    except Exception as error:  # igor2 raises whatever it met in a damaged file
        raise InputError(f"This Igor wave cannot be read ({_short(error)}): it is damaged or not whole") from None
    return _images(wave, "Igor binary wave")


def read_pxt(content: bytes) -> list[Image]:
    """The images among the waves of a packed Igor experiment.

    Raises:
        InputError: damaged, or without a numeric wave that has an energy axis.
    """
    _check_records(content)
    try:
        _, root = igor2.packed.load(io.BytesIO(content))
        waves = [part.wave["wave"] for part in root["root"].values() if hasattr(part, "wave")]
    except MemoryError:
        raise
    except Exception as error:
        raise InputError(f"This Igor experiment cannot be read ({_short(error)}): it is damaged or not whole") from None
    if not waves:
        raise InputError("This Igor experiment holds no wave; save the spectrum as .ibw, or with its waves as .pxt")
    problems = []

    def images_of(wave: dict) -> list[Image]:
        try:
            return _images(wave, "Igor packed experiment")
        except InputError as error:
            problems.append(error)
            return []

    images = gathered(map(images_of, waves), "This Igor experiment")
    if not images:
        raise problems[0]
    return images


def _check_wave(content: bytes) -> None:
    """Refuse a wave whose note, labels and values are declared to be longer than the file, before they are read.

    Raises:
        InputError: they are.
    """
    order = "<" if content[:1] != b"\0" else ">"
    if len(content) < 64:
        raise InputError("This Igor wave is not whole: it has no header")
    version = struct.unpack_from(f"{order}h", content)[0]
    if version == 5:
        sizes = struct.unpack_from(f"{order}i4x12i", content, 4)
    elif version == 2:
        sizes = struct.unpack_from(f"{order}ii", content, 2)
    else:
        return
    if min(sizes) < 0 or max(sizes) > len(content):
        raise InputError(
            f"This Igor wave cannot be read (its parts have {min(sizes)} to {max(sizes)} bytes in a file of "
            f"{len(content)}): it is damaged or not whole"
        )


def _check_records(content: bytes) -> None:
    """The same for each wave in a packed experiment."""
    order = "<" if content[1:2] in (b"\0", b"\x80") else ">"
    place = 0
    while place + 8 <= len(content):
        kind, _, size = struct.unpack_from(f"{order}Hhi", content, place)
        place += 8
        if size < 0 or place + size > len(content):
            raise InputError("This Igor experiment cannot be read (a record is longer than the file): it is not whole")
        if kind & 0x7FFF == _WAVE_RECORD:
            _check_wave(content[place : place + size])
        place += size


def _images(wave: dict, source: str) -> list[Image]:
    values, header = np.asarray(wave["wData"]), wave["wave_header"]
    check_declared(values.shape, values.itemsize, "This Igor wave")
    note = decoded(bytes(wave.get("note", b"")))
    step, start = header.get("sfA"), header.get("sfB")
    if step is None:  # version 2 waves have one dimension
        raise InputError("This Igor wave has one dimension; give an image over energy and angle")
    points = [start[i] + step[i] * np.arange(n) for i, n in enumerate(values.shape)]
    attrs = header_attrs(lines_of(note), source)
    names = _labels(wave, values.ndim)
    if "eV" not in [axis_kind(name) for name in names]:
        names, said = _guessed(names, points)
        attrs["notes"] = [said]
    axes = [Axis(*part) for part in zip(names, points, strict=True)]
    return band_images(values.T, axes[::-1], attrs)  # Igor's first dimension is its fast one


def _labels(wave: dict, dimensions: int) -> list[str]:
    """Names of the dimensions: what SES writes in one string, or their units; empty where the wave says none."""
    units = decoded(bytes(wave.get("dimension_units", b"")))
    found = re.findall(r"[^\[\]]+\[[^\]]*\]", units)
    if len(found) == dimensions:
        return found
    short = wave["wave_header"].get("dimUnits")
    return [decoded(b"".join(row)).strip("\0 ") for row in short[:dimensions]] if short is not None else []


def _guessed(names: list[str], points: list[np.ndarray]) -> tuple[list[str], str]:
    """Names of dimensions of which none is said to be an energy, and what to tell of it.

    The energy is the first of those without a name that is more one-sided about zero than any angle: SES puts it
    first, others second.

    Raises:
        InputError: every dimension is said to be something else.
    """
    names = [*names, *[""] * (len(points) - len(names))]
    free = [i for i, name in enumerate(names) if not axis_kind(name)][:2]
    if not free or "eV" in map(axis_kind, names):
        raise InputError(
            f"The dimensions of this Igor wave are in {', '.join(map(repr, names))}; one must be in eV: set its units "
            "in Igor (SetScale) and save it again"
        )
    sides = {i: abs(points[i][0] + points[i][-1]) / max(abs(points[i][-1] - points[i][0]), 1e-12) for i in free}
    energy = next((i for i in free[1:] if sides[i] > sides[free[0]] + CLEARLY), free[0])
    named = any(axis_kind(name) in ("alpha", "kx") for name in names)
    others = iter(["Slice"] * 9 if named else ["Angle [deg]", *["Slice"] * 9])
    for i, name in enumerate(names):
        names[i] = name if axis_kind(name) else "Energy [eV]" if i == energy else next(others)
    return (
        names,
        f"the wave does not say which dimension is the energy: dimension {energy + 1} is read as energies in eV",
    )


def _short(error: Exception) -> str:
    if isinstance(error, AssertionError):
        return "its sizes do not fit together"
    return f"{type(error).__name__} {error}".strip()[:80]
