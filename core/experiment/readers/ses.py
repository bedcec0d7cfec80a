"""Scienta SES: text exports and the zip archives of swept maps."""

import io
import re
import zipfile
from array import array
from collections.abc import Iterable, Iterator

import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import Axis, band_images, check_declared, check_sides, gathered
from core.experiment.readers.header import header_facts
from core.experiment.readers.image import Image
from core.experiment.readers.text import decoded

_SECTION = re.compile(r"^\[(.+?)\]\s*$")
_HEADER_LIMIT_BYTES = 2**20
MOST_MEMBERS = 64
_KEPT = ("sample", "lens mode", "pass energy", "region name", "instrument", "location")


def parse_sections(text: str) -> dict[str, dict[str, str]]:
    """`[section]` and `key=value` lines as SES writes them; keys in lower case."""
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] = sections.setdefault("", {})
    for line in re.split(r"\r\n|\r|\n", text):
        heading = _SECTION.match(line)
        if heading:
            current = sections.setdefault(heading[1].strip().lower(), {})
        elif "=" in line:
            key, _, value = line.partition("=")
            current[key.strip().lower()] = value.strip()
    return sections


def header_attrs(entries: Iterable[tuple[str, str, str]], source: str) -> dict:
    """What later steps need of a header of (name, value, unit), and where the image comes from."""
    entries = list(entries)
    attrs = {"source_format": source} | header_facts(entries)  # the photon energy is 0 where nobody told SES
    for name, value, _ in entries:
        if name.lower() in _KEPT and value:
            attrs[name.lower().replace(" ", "_")] = value[:200]
    return attrs


def read_ses_text(content: bytes) -> list[Image]:
    """The regions of an SES text export.

    Raises:
        InputError: a region whose numbers do not fill its axes.
    """
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    starts = [match.start() for match in re.finditer(rb"^\[Region \d+\]", content, re.MULTILINE)]
    if not starts:
        raise InputError("This SES text has no [Region] section; export the spectrum again")
    ends = [*starts[1:], len(content)]
    texts = (decoded(content[start:stop]) for start, stop in zip(starts, ends, strict=True))
    problems: list[InputError] = []

    def images_of(text: str) -> Iterator[list[Image]]:
        try:
            yield from _region(text)
        except NoImageError as error:
            problems.append(error)  # a survey beside the images is none

    found = gathered((images for text in texts for images in images_of(text)), "This SES text")
    if not found and problems:
        raise problems[0]
    return found


class NoImageError(InputError):
    """A region of an SES text that is whole and no image."""


def _region(text: str) -> Iterator[list[Image]]:
    head, *blocks = re.split(r"^\[Data [\d:]+\]\s*$", text, flags=re.MULTILINE)
    fields = {key: value for part in parse_sections(head).values() for key, value in part.items()}
    if blocks and "dimension 1 scale" in fields and "dimension 2 scale" not in fields:
        raise NoImageError(
            "This SES text holds spectra over energy alone, such as core levels or a survey, which say nothing of "
            "bands: give values over an energy and an angle"
        )
    try:
        axes = [_listed(fields[f"dimension {i} scale"]) for i in (1, 2)]
        labels = [fields[f"dimension {i} name"] for i in (1, 2)]
    except (KeyError, ValueError):
        raise InputError("This SES text lacks a dimension's name or scale; two-dimensional spectra are read") from None
    rows, columns = len(axes[0]), len(axes[1])
    check_declared((rows, columns + 1), 8, "This SES text")
    places = _slices(fields, len(blocks))
    for number, block in enumerate(blocks):
        try:
            numbers = _numbers(block)
        except ValueError:
            raise InputError("This SES text has words where numbers belong; export the spectrum again") from None
        if numbers.size != rows * (columns + 1):
            raise InputError(
                f"This SES text holds {numbers.size} numbers where {rows} rows of {columns + 1} belong: it is not whole"
            )
        table = numbers.reshape(rows, columns + 1)  # the first column repeats the energies
        named = [_axis(*part, fields) for part in zip(labels, axes, strict=True)]
        attrs, values = header_attrs(_entries(fields), "SES text"), table[:, 1:]
        if places is not None:
            where = f"{places.name.strip()} = {places.points[number]:g} ({number + 1} of {len(blocks)})"
            attrs |= {"slice": where, "slice_number": number + 1, "slice_count": len(blocks)}
            named = [Axis(places.name, places.points[number : number + 1]), *named]
            values = values[None]
        yield band_images(values, named, attrs)


def _axis(label: str, points: np.ndarray, fields: dict[str, str]) -> Axis:
    """An axis; where it has no unit and the lens images positions, it is in mm."""
    axis = Axis(label, points)
    images_places = any(word in fields.get("lens mode", "").lower() for word in ("transmission", "spatial"))
    return Axis(label, points, "mm") if images_places and axis.kind == "alpha" and not axis.own_unit else axis


def _slices(fields: dict[str, str], count: int) -> Axis | None:
    """The third dimension of a map whose slices follow one another; None for single spectra."""
    try:
        points = _listed(fields["dimension 3 scale"])
    except (KeyError, ValueError):
        return None
    return Axis(fields.get("dimension 3 name", "slice"), points) if len(points) == count > 1 else None


def _listed(text: str) -> np.ndarray:
    """The numbers of a line; a comma in one is a decimal comma, as blanks or tabulators stand between them."""
    return np.array(text.replace(",", ".").split(), float)


def _numbers(block: str) -> np.ndarray:
    """All numbers before the next section, line by line: a number as text takes ten times its place."""
    numbers, end = array("d"), block.find("[")
    for line in re.compile(r"[^\r\n]+").finditer(block, 0, len(block) if end < 0 else end):
        numbers.extend(map(float, line[0].replace(",", ".").split()))
    return np.frombuffer(numbers) if numbers else np.zeros(0)


def read_ses_zip(content: bytes) -> list[Image]:
    """The spectra in a SES zip archive, the sweeps of a map one by one.

    Members are read into memory by name, nothing is unpacked on disk.

    Raises:
        InputError: no spectrum inside, members that are missing, too large or not whole.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        regions = sorted(name[9:-4] for name in names if name.startswith("Spectrum_") and name.endswith(".bin"))
        if not regions:
            return _zipped_files(archive)
        return gathered((_zip_region(archive, names, region) for region in regions), "This SES archive")


def _zipped_files(archive: zipfile.ZipFile) -> list[Image]:
    """The images of the files that an archive without SES spectra holds, each read by itself; no archives in it.

    Raises:
        InputError: none of them has an image.
    """
    from core.experiment.readers.detect import UPLOAD_LIMIT_BYTES, parse_images  # which itself imports the readers

    problems: list[InputError] = []

    def images_of(name: str) -> list[Image]:
        try:
            content = _member(archive, name, min(archive.getinfo(name).file_size, UPLOAD_LIMIT_BYTES))
            return [] if content.startswith(b"PK") else parse_images(content, name)
        except InputError as error:
            problems.append(error)
            return []

    if "[Content_Types].xml" in archive.namelist():
        raise InputError("This is an Office file: save its table as CSV")
    names = sorted(name for name in archive.namelist() if not name.endswith("/"))[:MOST_MEMBERS]
    found = gathered(map(images_of, names), "This zip archive")
    if found:
        return found
    raise InputError(
        "This zip archive holds no SES spectrum (Spectrum_….bin) and no other file with an image; give the archive "
        "that SES wrote" + (f". The first of its files: {problems[0]}" if len(names) == 1 and problems else "")
    )


def _zip_region(archive: zipfile.ZipFile, names: set[str], region: str) -> list[Image]:
    header = f"Spectrum_{region}.ini"
    if header not in names:
        raise InputError(f"This SES archive lacks {header}, which says the axes of its spectrum")
    about = parse_sections(decoded(_member(archive, header, _HEADER_LIMIT_BYTES))).get("spectrum", {})
    scales, labels, shape = [], [], []
    try:
        for side in ("depth", "height", "width"):
            shape.append(int(about[side]))
            scales.append(tuple(float(about[f"{side}{what}"].replace(",", ".")) for what in ("offset", "delta")))
            labels.append(about.get(f"{side}label", side))
    except (KeyError, ValueError):
        raise InputError(f"{header} in this SES archive lacks the size or the scale of an axis") from None
    check_declared(tuple(shape), 4, "This SES archive")
    check_sides(tuple(shape), "This SES archive")
    axes = [start + step * np.arange(count) for count, (start, step) in zip(shape, scales, strict=True)]
    size = 4 * int(np.prod(shape))
    values = _member(archive, f"Spectrum_{region}.bin", size)
    if len(values) != size or min(shape) < 1:
        raise InputError(
            f"The spectrum of this SES archive has {len(values)} bytes where {size} belong: it is not whole"
        )
    fields = {}
    if f"{region}.ini" in names:
        sections = parse_sections(decoded(_member(archive, f"{region}.ini", _HEADER_LIMIT_BYTES)))
        fields = {key: value for part in sections.values() for key, value in part.items()}
    order = ">" if about.get("byteorder", "").lower().startswith("big") else "<"
    counts = np.frombuffer(values, f"{order}f4").astype(np.float32).reshape(shape)
    named = [_axis(*part, fields) for part in zip(labels, axes, strict=True)]
    return band_images(counts, named, header_attrs(_entries(fields), "SES zip"))


def _entries(fields: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(name, value, "") for name, value in fields.items()]


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A member's bytes, never more than the limit whatever the directory says."""
    with archive.open(name) as member:
        content = member.read(limit + 1)
    if len(content) > limit:
        raise InputError(f"{name[:80]} in this archive holds more than the {limit} bytes that belong there")
    return content
