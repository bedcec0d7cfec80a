"""What figures carry beside their data: colour bars, and guide lines across them."""

import warnings

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from core.errors import InputError
from core.experiment.calibration.colours import colour_table, recognised_map, table_from_bar

LEAST_ASPECT = 4.0
"""Length over width of a colour bar."""

LEAST_LENGTH = 0.15
"""Of a bar, over the picture's longer side."""

EVEN = 0.06
"""Red, green or blue by which a bar may change across its width (median), and from pixel to pixel along it."""

KNOWN = 0.05
"""Mean distance of a bar's colours from a known map's up to which it is that map."""

_PAGE = 0.06

LINE_STEP = 0.2
"""Intensity by which a guide line differs from what is on both sides of it."""

LINE_LENGTH = 0.45
"""Share of the picture that a line crosses, dashes alone counted."""

ABRUPT = 0.6
"""Share of its contrast by which a drawn line sets in from one pixel to the next; bands of two pixels stay below."""

_LINE_WIDTH = 3

LETTER = (0.012, 0.12)
"""Height of a letter over the picture's shorter side."""

STROKE = 0.2
"""Most of half a stroke's width over its letter's height; of a round spot it is a half."""

LEAST_LETTERS = 2
"""In a row: one alone may be a bright spot of the data."""

_MOST_PIECES = 20_000

_INK = 0.03
"""By which the intensity may change within letters of one ink."""


def find_colour_bar(pixels: np.ndarray, frame: tuple[int, int, int, int]) -> tuple[int, int, int, int] | None:
    """Box (left, top, right, bottom) of a colour bar beside the data of a figure; None where there is none.

    Args:
        pixels: (y, x, 3) between 0 and 1.
        frame: box of the data, in which none is looked for.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = frame
    page = np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]), axis=0)
    drawn = np.abs(pixels - page).max(axis=2) > _PAGE
    drawn[top:bottom, left:right] = False
    label, count = ndimage.label(ndimage.binary_opening(drawn, np.ones((4, 4))))
    best, longest = None, LEAST_LENGTH * max(height, width)
    for rows, columns in ndimage.find_objects(label) if count else ():
        box = (columns.start, rows.start, columns.stop, rows.stop)
        tall, wide = rows.stop - rows.start, columns.stop - columns.start
        if max(tall, wide) < longest or max(tall, wide) < LEAST_ASPECT * min(tall, wide):
            continue
        if _is_bar(pixels[rows, columns], tall >= wide):
            best, longest = box, max(tall, wide)
    return best


def _is_bar(part: np.ndarray, upright: bool) -> bool:
    """Whether colours change along a box smoothly and not across it."""
    part = part if upright else part.transpose(1, 0, 2)
    inner = part[:, 1:-1] if part.shape[1] > 4 else part
    line = np.median(inner, axis=1)
    across = np.median(np.abs(inner - line[:, None]).max(axis=(1, 2)))
    along = np.abs(np.diff(line[1:-1], axis=0)).max(axis=1) if len(line) > 12 else np.ones(1)
    return bool(across < EVEN and np.percentile(along, 95) < EVEN and np.ptp(line, axis=0).max() > 0.4)


def map_of_bar(pixels: np.ndarray) -> tuple[str, np.ndarray | None]:
    """The colour map that a bar shows, its low end at the bottom or at the left: a known one, or the bar's own colours.

    Args:
        pixels: (y, x, 3) of the bar alone.

    Raises:
        InputError: no colour bar.
    """
    table = table_from_bar(pixels)
    try:
        name = recognised_map(pixels).removesuffix("_r")
    except InputError:
        return "colour bar", table
    distance, shade = cKDTree(colour_table(name)).query(table)
    if distance[4:-4].mean() > KNOWN:
        return "colour bar", table
    rising = np.corrcoef(np.arange(len(shade)), shade)[0, 1] > 0
    return (name if rising else f"{name}_r"), None


def without_guide_lines(values: np.ndarray) -> np.ndarray:
    """(y, x) intensities with NaN along straight lines across the picture: axes, dashes, a drawn Fermi level.

    A line has one intensity of its own, unlike what is on both sides of it, along much of a row or a column.
    """
    found = values.copy()
    for axis in (0, 1):
        rows = values if axis == 0 else values.T
        marked = found if axis == 0 else found.T
        reach = 2 * _LINE_WIDTH
        if len(rows) < 4 * reach:
            continue
        before, after = rows[: -2 * reach], rows[2 * reach :]
        middle = rows[reach:-reach]
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a row of holes has no median
            for sign in (1, -1):
                sides = np.fmax(before, after) if sign > 0 else np.fmin(before, after)
                unlike = sign * (middle - sides) > LINE_STEP
                for row in np.flatnonzero(unlike.mean(axis=1) > LINE_LENGTH):
                    line = middle[row][unlike[row]]
                    around = np.nanmedian(rows[row : row + 2 * reach + 1, unlike[row]], axis=1)
                    contrast = sign * (around[reach] - sign * max(sign * around[0], sign * around[-1]))
                    abrupt = np.nanmax(np.abs(np.diff(around))) > ABRUPT * contrast
                    if abrupt and np.median(np.abs(line - np.median(line))) < 0.03:
                        marked[row + reach, unlike[row]] = np.nan
    return found


def without_letters(values: np.ndarray) -> np.ndarray:
    """(y, x) intensities with NaN at letters that are drawn in the map's own lowest or highest colour.

    A letter is a small piece of one such intensity with a clear step all round, and another of its height beside it.
    """
    found = values.copy()
    short = min(values.shape)
    low, high = max(5.0, LETTER[0] * short), max(12.0, LETTER[1] * short)
    for ink, sign in ((1.0, 1), (0.0, -1)):
        label, count = ndimage.label(np.abs(values - ink) < _INK, np.ones((3, 3)))
        if not 0 < count < _MOST_PIECES:
            continue
        pieces = []
        for number, (rows, columns) in enumerate(ndimage.find_objects(label), 1):
            tall, wide = rows.stop - rows.start, columns.stop - columns.start
            if low <= tall <= high and 1 <= wide <= 1.5 * high:
                around = tuple(slice(max(0, side.start - 3), side.stop + 3) for side in (rows, columns))
                if _stands_out(label[around] == number, values[around], sign):
                    pieces.append((rows, columns, around, number))
        for rows, columns, around, number in pieces:
            beside = [one for one in pieces if one[3] != number and _in_a_row((rows, columns), one[:2])]
            if len(beside) + 1 >= LEAST_LETTERS:
                found[around][ndimage.binary_dilation(label[around] == number, np.ones((3, 3)))] = np.nan
    return found


def _stands_out(piece: np.ndarray, values: np.ndarray, sign: int) -> bool:
    """Whether a piece is a stroke, and what is two to three pixels from it much darker (sign 1) or brighter."""
    if ndimage.distance_transform_edt(np.pad(piece, 1)).max() > STROKE * len(piece) + 0.5:
        return False
    near = ndimage.binary_dilation(piece, np.ones((3, 3)))
    ring = ndimage.binary_dilation(near, np.ones((3, 3)), iterations=2) & ~near & np.isfinite(values)
    if ring.sum() < 8:
        return False
    apart = sign * (np.median(values[piece]) - values[ring])
    return bool(np.percentile(apart, 20) > LINE_STEP and np.median(apart) > 2 * LINE_STEP * ABRUPT)


def _in_a_row(first: tuple[slice, slice], second: tuple[slice, slice]) -> bool:
    """Whether two boxes (rows, columns) are of about one height, on one line and next to each other."""
    (up, across), (up2, across2) = first, second
    tall, tall2 = up.stop - up.start, up2.stop - up2.start
    overlap = min(up.stop, up2.stop) - max(up.start, up2.start)
    gap = max(across.start, across2.start) - min(across.stop, across2.stop)
    return max(tall, tall2) < 2 * min(tall, tall2) and overlap > 0.5 * min(tall, tall2) and gap < max(tall, tall2)
