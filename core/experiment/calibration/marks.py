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
