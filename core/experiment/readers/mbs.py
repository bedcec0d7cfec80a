"""MB Scientific analysers: text exports (.txt) and binary images (.krx)."""

import re
from array import array

import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import MOST_IMAGES, Axis, band_images, check_declared, check_sides, gathered
from core.experiment.readers.header import header_facts
from core.experiment.readers.image import Image
from core.experiment.readers.text import decoded

HEADER_BYTES = 8192


def read_mbs_text(content: bytes) -> list[Image]:
    """The image of an MBS text: energies in the first column, a slice of the detector in each of the others.

    Raises:
        InputError: a header without its scales, or numbers that do not fill the table.
    """
    head, _, body = content.partition(b"DATA:")
    fields = header_fields(decoded(head))
    numbers, columns, rows = array("d"), 0, 0
    for match in re.compile(rb"[^\r\n]+").finditer(body):
        words = match[0].split()
        if not words:
            continue
        columns, rows = columns or len(words), rows + 1
        try:
            numbers.extend(map(float, (word.replace(b",", b".") for word in words)))
        except ValueError:
            raise InputError("This MBS text has words where numbers belong; export the spectrum again") from None
        if len(words) != columns:
            raise InputError("The rows of this MBS text differ in length: it is not whole")
    check_declared((rows, columns), 8, "This MBS text")
    table = np.frombuffer(numbers).reshape(rows, columns) if rows else np.zeros((0, 2))
    slices = int(_value(fields, "NoS", "No. Slices", usual=columns - 1))
    steps = _value(fields, "No. Steps", usual=rows)
    if rows != steps:
        raise InputError(f"This MBS text holds {rows} rows where {steps:g} belong: it is not whole")
    table = table[:, 1:] if slices == columns - 1 else table
    axes = [_energy(fields, rows), _angle(fields, table.shape[1])]
    return band_images(table, axes, _attrs(fields, "MBS text"))


def is_krx(content: bytes) -> bool:
    """Whether bytes begin as a .krx does: a list of images' places and sizes, each with a header behind it."""
    try:
        return bool(_images(content))
    except (ValueError, InputError):
        return False


def read_krx(content: bytes) -> list[Image]:
    """The images of a .krx file; those of a map are a scan over the deflector's angle.

    Raises:
        InputError: images outside the file, or headers without their scales.
    """
    try:
        places = _images(content)
    except ValueError:
        raise InputError("This .krx file is damaged or not whole") from None
    first = header_fields(_header(content, *places[0]))
    low, high = (_value(first, *names, usual=0.0) for names in (("MapStartX", "YScaleMin"), ("MapEndX", "YScaleMax")))
    angles = np.linspace(low, high, len(places))
    return gathered((_image(content, place, i, angles) for i, place in enumerate(places)), "This .krx file")


def _images(content: bytes) -> list[tuple[int, int, int]]:
    """(place in bytes, angles, energies) of each image.

    Raises:
        ValueError: no list of images that lie in the file.
    """
    if len(content) < 64:
        raise ValueError
    kind = "<i8" if int.from_bytes(content[4:8], "little") == 0 else "<i4"
    wide = 8 if kind == "<i8" else 4
    entries = int.from_bytes(content[:wide], "little")
    if not 3 <= entries <= 3 * MOST_IMAGES or entries % 3 or len(content) < wide * (entries + 1):
        raise ValueError
    listed = np.frombuffer(content, kind, entries, wide).reshape(-1, 3)
    places = [(4 * int(at), int(angles), int(energies)) for at, angles, energies in listed]
    for at, angles, energies in places:
        if min(at, angles, energies) <= 0 or at + 4 * angles * energies > len(content):
            raise ValueError
    if b"K.E." not in content[places[0][0] + 4 * places[0][1] * places[0][2] :][:HEADER_BYTES]:
        raise ValueError
    return places


def _header(content: bytes, at: int, angles: int, energies: int) -> str:
    start = at + 4 * (angles * energies + 1)
    return decoded(content[start : start + HEADER_BYTES].partition(b"DATA:")[0])


def _image(content: bytes, place: tuple[int, int, int], number: int, angles: np.ndarray) -> list[Image]:
    at, rows, columns = place
    check_declared((rows, columns), 4, "This .krx file")
    check_sides((rows, columns), "This .krx file")
    fields = header_fields(_header(content, *place))
    counts = np.frombuffer(content, "<i4", rows * columns, at).reshape(rows, columns)
    attrs = _attrs(fields, "MBS .krx")
    if len(angles) > 1:
        where = f"deflector = {angles[number]:g} ({number + 1} of {len(angles)})"
        attrs |= {"slice": where, "slice_number": number + 1, "slice_count": len(angles)}
        attrs["second_angle"] = float(angles[number])
    return band_images(counts, [_angle(fields, rows), _energy(fields, columns)], attrs)


def header_fields(text: str) -> dict[str, str]:
    """Names and values of lines with a tabulator between them."""
    fields = {}
    for line in re.split(r"[\r\n]+", text):
        name, separator, value = line.partition("\t")
        if separator:
            fields[name.strip().rstrip(":")] = value.strip()
    return fields


def _value(fields: dict[str, str], *names: str, usual: float | None = None) -> float:
    for name in names:
        try:
            return float(fields[name].replace(",", "."))
        except (KeyError, ValueError):
            continue
    if usual is None:
        raise InputError(f"The header of this MBS file lacks {names[0]}, which says an axis; export it again")
    return float(usual)


def _energy(fields: dict[str, str], count: int) -> Axis:
    """Kinetic energies of the middles of channels, between the start and the end of the sweep."""
    start, end = _value(fields, "Start K.E."), _value(fields, "End K.E.")
    half = (end - start) / count / 2
    return Axis("Kinetic Energy", np.linspace(start + half, end - half, count), "eV")


def _angle(fields: dict[str, str], count: int) -> Axis:
    low, high = _value(fields, "ScaleMin", "XScaleMin"), _value(fields, "ScaleMax", "XScaleMax")
    name = fields.get("ScaleName", fields.get("XScaleName", "")) or "Angle (deg)"
    return Axis(name, np.linspace(low, high, count))


def _attrs(fields: dict[str, str], source: str) -> dict:
    return {"source_format": source, **header_facts((name, value, "") for name, value in fields.items())}
