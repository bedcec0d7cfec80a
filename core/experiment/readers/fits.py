"""FITS: an image with its axes, or a table whose rows are the images of a scan, as MAESTRO and its like write them."""

import re

import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import MOST_IMAGES, Axis, band_images, check_declared, check_sides, gathered
from core.experiment.readers.header import header_facts
from core.experiment.readers.image import Image

BLOCK = 2880
MOST_CARDS = 20_000
MOST_COLUMNS = 999

_CARD = re.compile(r"^([A-Z0-9_-]{1,8})\s*=\s*(?:'((?:[^']|'')*)'|([^/]*?))\s*(?:/\s*(.*))?$")
_LONG = re.compile(r"^HIERARCH\s+(.+?)\s*=\s*(?:'((?:[^']|'')*)'|([^/]*?))\s*(?:/.*)?$")
_KINDS = {"B": ">u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
_OTHER_BYTES = {"L": 1, "A": 1, "C": 8, "M": 16, "P": 8, "Q": 16, "X": 0}
_PIXELS = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}

Cards = dict[str, str]


def read_fits(content: bytes) -> list[Image]:
    """The band images in a FITS file.

    Raises:
        InputError: damaged, too large as declared, or without an energy and an angle among its axes.
    """
    problems: list[InputError] = []
    place, entries, parts = 0, [], []
    while place + BLOCK <= len(content):
        cards, place = _cards(content, place)
        entries += [(name, value, "") for name, value in cards.items()]
        size = _data_bytes(cards)
        if place + size > len(content):
            raise InputError(f"This FITS file has {len(content)} bytes where {place + size} belong: it is not whole")
        if size:
            parts.append((cards, content[place : place + size]))
        place += -(-size // BLOCK) * BLOCK
    facts = header_facts(entries)

    def images_of(part: tuple[Cards, bytes]) -> list[Image]:
        try:
            reader = _table if part[0].get("XTENSION", "") == "BINTABLE" else _array
            return reader(*part, {"source_format": "FITS", **facts})
        except InputError as error:
            problems.append(error)
            return []

    found = gathered(map(images_of, parts), "This FITS file")
    if not found:
        raise problems[0] if problems else InputError("This FITS file holds no image over an energy and an angle")
    return found


def _cards(content: bytes, place: int) -> tuple[Cards, int]:
    """A header's names and values, and where its data begin."""
    cards: Cards = {}
    for number in range(MOST_CARDS):
        line = content[place + 80 * number : place + 80 * number + 80].decode("latin-1")
        if len(line) < 80:
            break
        if line[:3] == "END" and not line[3:].strip():
            return cards, place + -(-80 * (number + 1) // BLOCK) * BLOCK
        if match := _CARD.match(line.rstrip()) or _LONG.match(line.rstrip()):
            text = match[2].replace("''", "'").strip() if match[2] is not None else (match[3] or "").strip()
            cards.setdefault(match[1].strip(), text)
    raise InputError("This FITS file has a header without end: it is damaged or not whole")


def _whole(cards: Cards, name: str, usual: int | None = None) -> int:
    try:
        return int(cards[name])
    except (KeyError, ValueError):
        if usual is None:
            raise InputError(f"This FITS file's header lacks {name}: it is damaged") from None
        return usual


def _number(cards: Cards, name: str, usual: float) -> float:
    try:
        return float(cards[name].replace("D", "E"))
    except (KeyError, ValueError):
        return usual


def _shape(cards: Cards) -> tuple[int, ...]:
    """Sides as NumPy has them, the slow one first."""
    return tuple(_whole(cards, f"NAXIS{i}") for i in range(min(_whole(cards, "NAXIS", 0), 999), 0, -1))


def _data_bytes(cards: Cards) -> int:
    shape = _shape(cards)
    if not shape:
        return 0
    values = abs(_whole(cards, "BITPIX")) // 8 * int(np.prod(shape, dtype=object))
    return max(0, values + _whole(cards, "PCOUNT", 0))


def _array(cards: Cards, data: bytes, attrs: dict) -> list[Image]:
    """The image of an array, its axes by CTYPEn, CRVALn, CRPIXn, CDELTn and CUNITn."""
    shape = _shape(cards)
    check_declared(shape, 8, "This FITS file")
    check_sides(shape, "This FITS file")
    kind = _PIXELS.get(_whole(cards, "BITPIX"))
    if kind is None:
        raise InputError(f"This FITS file has {cards['BITPIX']} bits a value; {', '.join(map(str, _PIXELS))} are read")
    values = np.frombuffer(data, kind, int(np.prod(shape))).reshape(shape)
    axes = []
    for place in range(len(shape)):
        i = len(shape) - place
        if shape[place] > 1 and not {f"CDELT{i}", f"CD{i}_{i}"} & set(cards):
            raise InputError(
                f"Axis {i} of this FITS file has no step (CDELT{i} or CD{i}_{i}), so its points are pixels: add it in "
                "the axis' unit"
            )
        step = _number(cards, f"CDELT{i}", 1.0) * _number(cards, f"PC{i}_{i}", 1.0)
        step, pixel = _number(cards, f"CD{i}_{i}", step), _number(cards, f"CRPIX{i}", 1.0)
        points = _number(cards, f"CRVAL{i}", 0.0) + step * (np.arange(shape[place]) + 1 - pixel)
        axes.append(Axis(cards.get(f"CTYPE{i}", "") or f"axis {i}", points, cards.get(f"CUNIT{i}", "")))
    scale, zero = _number(cards, "BSCALE", 1.0), _number(cards, "BZERO", 0.0)
    return band_images(_physical(values, scale, zero), axes, attrs)


def _physical(values: np.ndarray, scale: float, zero: float) -> np.ndarray:
    return values.astype(values.dtype.newbyteorder("=")) if (scale, zero) == (1.0, 0.0) else values * scale + zero


def _table(cards: Cards, data: bytes, attrs: dict) -> list[Image]:
    """The images in the columns of a table that have TDIMn, TRVALn and TDELTn; a row is a slice of a scan."""
    rows, width = _whole(cards, "NAXIS2"), _whole(cards, "NAXIS1")
    columns = _columns(cards)
    if not 1 <= rows <= MOST_IMAGES:
        raise InputError(f"This FITS file's table has {rows} rows, an image each; 1 to {MOST_IMAGES} are read")
    table = np.frombuffer(data, np.uint8, rows * width).reshape(rows, width)
    images: list[Image] = []
    for number, (at, count, kind) in columns.items():
        shape = _numbers(cards.get(f"TDIM{number}", ""))
        if kind is None or len(shape) != 2 or count != shape[0] * shape[1]:
            continue
        if at + count * kind.itemsize > width:
            raise InputError("This FITS file's table has columns wider than its rows: it is damaged")
        check_declared((rows, count), 8, "This FITS file")
        sides = tuple(int(n) for n in shape[::-1])
        check_sides(sides, "This FITS file")
        values = np.ascontiguousarray(table[:, at : at + count * kind.itemsize]).view(kind).reshape(rows, *sides)
        values = _physical(values, _number(cards, f"TSCAL{number}", 1.0), _number(cards, f"TZERO{number}", 0.0))
        axes = [_scan(cards, columns, table), *_column_axes(cards, number, sides)]
        images += band_images(values, axes, attrs)
    if not images:
        raise InputError("This FITS file's table holds no column of images (TDIM with two sides, TRVAL, TDELT)")
    return images


def _columns(cards: Cards) -> dict[int, tuple[int, int, np.dtype | None]]:
    """Number of a column → its first byte in a row, how many values it has there, and their type where it is read."""
    found: dict[int, tuple[int, int, np.dtype | None]] = {}
    at = 0
    for number in range(1, min(_whole(cards, "TFIELDS", 0), MOST_COLUMNS) + 1):
        form = re.match(r"(\d*)([A-Z])", cards.get(f"TFORM{number}", ""))
        if not form:
            raise InputError(f"This FITS file's table lacks TFORM{number}: it is damaged")
        count = int(form[1] or 1)
        kind = np.dtype(_KINDS[form[2]]) if form[2] in _KINDS else None
        found[number] = at, count, kind
        at += count * (kind.itemsize if kind else _OTHER_BYTES.get(form[2], 0)) + (
            -(-count // 8) if form[2] == "X" else 0
        )
    return found


def _column_axes(cards: Cards, number: int, sides: tuple[int, ...]) -> list[Axis]:
    """Axes of the two dimensions in a cell; the keywords list the fast one first."""
    starts, steps, pixels = (_numbers(cards.get(f"{key}{number}", "")) for key in ("TRVAL", "TDELT", "TRPIX"))
    names = [word.strip(" ()") for word in cards.get(f"TDESC{number}", cards.get(f"TCTYP{number}", "")).split(",")]
    units = [word.strip(" ()") for word in cards.get(f"TCUNI{number}", "").split(",")]
    if len(starts) != 2 or len(steps) != 2 or len(names) != 2:
        raise InputError(
            f"Column {number} of this FITS file lacks the scales of its axes (TRVAL{number}, TDELT{number}, "
            f"TDESC{number})"
        )
    pixels = pixels if len(pixels) == 2 else [0.0, 0.0]
    axes = []
    for place, size in zip((1, 0), sides, strict=True):
        points = starts[place] + steps[place] * (np.arange(size) - pixels[place])
        axes.append(Axis(names[place], points, units[place] if len(units) == 2 else ""))
    return axes


def _scan(cards: Cards, columns: dict, table: np.ndarray) -> Axis:
    """What changes from row to row: the first motor of the scan, as measured or as it was asked for."""
    rows, name = len(table), cards.get("NM_0_0", "").strip()
    for number, (at, count, kind) in columns.items():
        if name and cards.get(f"TTYPE{number}", "").strip() == name and count == 1 and kind is not None:
            return Axis(name, np.ascontiguousarray(table[:, at : at + kind.itemsize]).view(kind)[:, 0].astype(float))
    first, last = _number(cards, "ST_0_0", 0.0), _number(cards, "EN_0_0", float(rows - 1))
    return Axis(name or "slice", np.linspace(first, last, rows))


def _numbers(text: str) -> list[float]:
    """The numbers of `(1, 2)`, or of one."""
    try:
        return [float(word) for word in text.strip(" ()").split(",") if word.strip()]
    except ValueError:
        return []
