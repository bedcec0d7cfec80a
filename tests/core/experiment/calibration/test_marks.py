"""What figures carry beside their data: several panels, colour bars, guide lines; and pictures of unusual kinds."""

import io

import numpy as np
import pytest
from matplotlib import colormaps, get_data_path
from PIL import Image, ImageDraw, ImageFont

from core.errors import InputError
from core.experiment.calibration.colours import colour_table, intensities
from core.experiment.calibration.frame import find_frame, find_frames
from core.experiment.calibration.marks import find_colour_bar, map_of_bar, without_guide_lines, without_letters
from core.experiment.calibration.steps import Colours, calibrate
from core.experiment.calibration.suggestion import suggested_steps
from core.experiment.readers.detect import parse_images


def bands() -> np.ndarray:
    """(y, x) intensities 0 to 1, bright lines on a darker ground, energy rising upwards."""
    y, x = np.mgrid[0:180, 0:220]
    ridge = 40 + 0.012 * (x - 110) ** 2
    return 0.12 + 0.8 * np.exp(-(((y - ridge) / 6) ** 2) / 2) + 0.0005 * x


def drawn(values: np.ndarray, name: str) -> np.ndarray:
    return colormaps[name](values)[..., :3]


def page(*panels, bar: np.ndarray | None = None, across: bool = False) -> np.ndarray:
    """A white page with panels side by side, and a colour bar at the right or below."""
    height, width = 280, 60 + sum(panel.shape[1] + 50 for panel in panels) + 40
    sheet = np.ones((height, width, 3))
    left = 40
    for panel in panels:
        sheet[40 : 40 + panel.shape[0], left : left + panel.shape[1]] = panel
        left += panel.shape[1] + 50
    if bar is not None and across:
        sheet[245:257, 50 : 50 + len(bar)] = bar[None]
    elif bar is not None:
        sheet[40 : 40 + len(bar), left - 20 : left - 6] = bar[::-1, None]
    return sheet


def read(sheet: np.ndarray):
    stream = io.BytesIO()
    Image.fromarray(np.round(255 * sheet).astype(np.uint8)).save(stream, "PNG")
    (image,) = parse_images(stream.getvalue())
    return image.data_array()


AXES = {"k_range": (-1.0, 1.0), "e_range": (-6.0, 0.0)}


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("name", ["viridis", "viridis_r", "hot", "gray", "gray_r", "jet", "RdBu_r"])
def test_a_colour_bar_says_the_map_and_its_direction(name, across):
    """The picture is mostly bright, so that without the bar it would be taken for a reversed one."""
    values = 1.0 - bands()
    bar = drawn(np.linspace(0, 1, 180), name)
    image = read(page(drawn(values, name), bar=bar, across=across))
    steps = suggested_steps(image, **AXES)
    assert steps[1] == Colours(name)
    found = calibrate(image, steps).values[::-1]
    np.testing.assert_allclose(np.nan_to_num(found, nan=0.5), values, atol=0.03)


def test_colours_that_nobody_knows_are_read_by_the_bar():
    shades = np.linspace(0, 1, 180)
    table = np.column_stack([shades, np.sin(np.pi * shades), 0.3 + 0.2 * shades])
    image = read(page(table[np.round(179 * bands().clip(0, 1)).astype(int)], bar=table))
    steps = suggested_steps(image, **AXES)
    assert steps[1].map == "colour bar"
    np.testing.assert_allclose(calibrate(image, steps).values[::-1], bands().clip(0, 1), atol=0.03)


def test_a_figure_without_a_bar_has_none():
    sheet = page(drawn(bands(), "viridis"))
    sheet[60:200, 20:24] = 0.0  # an axis
    sheet[235:250, 60:200] = np.random.default_rng(0).random((15, 140, 3)) > 0.5  # letters
    assert find_colour_bar(sheet, find_frame(sheet)) is None
    with pytest.raises(InputError, match="colour bar"):
        map_of_bar(np.ones((3, 3, 3)))


def test_of_several_panels_the_largest_is_read_or_the_one_that_is_asked_for():
    small, large = bands()[:, :150], bands()
    sheet = page(drawn(small, "viridis"), drawn(large, "viridis"))
    boxes = find_frames(sheet)
    assert len(boxes) == 2
    assert find_frame(sheet) == boxes[1]
    image = read(sheet)
    for panel, values in ((0, small), (1, large)):
        found = calibrate(image, suggested_steps(image, **AXES, panel=panel)).values[::-1]
        np.testing.assert_allclose(found, values, atol=0.03)
    with pytest.raises(InputError, match="2 panels; panel 3"):
        suggested_steps(image, panel=2)


@pytest.mark.parametrize("dashed", [False, True])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_guide_lines_become_holes_and_bands_stay(value, dashed):
    values = np.repeat(np.repeat(bands() if value else 1 - bands(), 2, 0), 2, 1)
    ruled = values.copy()
    along = (np.arange(values.shape[1]) % 12 < 7) if dashed else np.ones(values.shape[1], bool)
    ruled[200:202, along] = value
    ruled[:, 220:222] = value
    found = without_guide_lines(ruled)
    far = np.abs(values - value) > 0.25
    assert np.isnan(found[200:202, along][far[200:202, along]]).mean() > 0.9
    kept = np.ones(values.shape, bool)
    kept[199:203], kept[:, 219:223] = False, False
    assert np.isfinite(found[kept]).mean() > 0.995


def test_a_flat_band_is_no_guide_line():
    y = np.arange(200)[:, None]
    flat = np.exp(-(((y - 90) / 5) ** 2) / 2) * np.ones((1, 150)) + np.random.default_rng(0).random((200, 150)) / 10
    assert np.isfinite(without_guide_lines(flat)).all()


@pytest.mark.parametrize("name", ["hot", "gray", "viridis"])
@pytest.mark.parametrize("ink", [0.0, 1.0])
def test_letters_in_the_ink_of_the_map_become_holes(ink, name):
    values = np.kron(bands() if ink else 1 - bands(), np.ones((2, 2)))
    table = np.round(255 * colour_table(name)).astype(np.uint8)
    picture = Image.fromarray(table[np.round(255 * values.clip(0, 1)).astype(int)])
    font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", 22)
    colour = tuple(map(int, table[-1 if ink else 0]))
    ImageDraw.Draw(picture).text((40, 260), "(a) SiGe hv = 100 eV", fill=colour, font=font)
    seen, _ = intensities(np.asarray(picture) / 255.0, colour_table(name))
    found = without_letters(seen)
    written = np.abs(seen - values) > 0.3
    assert np.isnan(found[written]).mean() > 0.8
    assert np.isfinite(found[np.isfinite(seen)]).mean() > 0.98


def test_bright_spots_and_noise_are_no_letters():
    y, x = np.mgrid[0:150, 0:200]
    spots = sum(np.exp(-(((y - 40) ** 2 + (x - place) ** 2) / 60)) for place in (50, 75, 100))
    counts = np.random.default_rng(0).poisson(20 * (0.1 + spots)) / 20
    assert np.isfinite(without_letters(counts.clip(0, 1))).mean() > 0.995
    assert np.isfinite(without_letters((2 * spots).clip(0, 1))).all()


def encoded(picture: Image.Image, kind: str = "PNG", **options) -> np.ndarray:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    (image,) = parse_images(stream.getvalue())
    return np.asarray(image.values, dtype=float) / (255 if image.values.dtype == np.uint8 else 1)


@pytest.mark.parametrize("top", [65535, 4095])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_grey_levels_span_black_to_white(kind, top):
    levels = np.round(bands() / bands().max() * top).astype(np.uint16)
    found = encoded(Image.fromarray(levels), kind)
    expected = (levels - levels.min()) / np.ptp(levels.astype(float))
    np.testing.assert_allclose(found[..., 0], expected, atol=1e-5)
    values, explained = Colours("gray").apply(read_values(found)), 1.0
    np.testing.assert_allclose(np.nan_to_num(values.values, nan=0), np.where(np.isnan(values), 0, expected), atol=1e-5)
    assert explained == 1.0


def read_values(pixels: np.ndarray):
    import xarray as xr

    height, width = pixels.shape[:2]
    return xr.DataArray(pixels, dims=("y", "x", "channel"), coords={"y": np.arange(height), "x": np.arange(width)})


def test_floating_point_levels_are_read():
    found = encoded(Image.fromarray((1e4 * bands()).astype(np.float32)), "TIFF")
    assert (found.min(), found.max()) == pytest.approx((0.0, 1.0))


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_camera_held_otherwise_gives_the_picture_upright(turn):
    upright = Image.fromarray(np.round(255 * drawn(bands(), "viridis")).astype(np.uint8))
    backwards = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
                 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
                 8: Image.Transpose.ROTATE_270}  # fmt: skip
    stored = upright if turn == 1 else upright.transpose(backwards[turn])
    exif = stored.getexif()
    exif[0x0112] = turn
    np.testing.assert_allclose(encoded(stored, exif=exif), np.asarray(upright) / 255, atol=1e-6)


def test_palettes_and_transparency_lie_on_white():
    colours = Image.fromarray(np.round(255 * colour_table("viridis")[None].repeat(20, 0)).astype(np.uint8))
    palette = colours.quantize(64)
    np.testing.assert_allclose(encoded(palette), np.asarray(palette.convert("RGB")) / 255, atol=1e-6)
    clear = colours.convert("RGBA")
    clear.putalpha(0)
    clear.paste(colours.crop((0, 0, 100, 20)), (0, 0))
    found = encoded(clear)
    assert (found[:, 120:] == 1.0).all()
    np.testing.assert_allclose(found[:, :100], np.asarray(colours)[:, :100] / 255, atol=1e-3)


def lined(values: np.ndarray, name: str, page_colour: float = 1.0) -> np.ndarray:
    """A figure: data in a frame of lines, with ticks outside and a colour bar beside it."""
    height, width = values.shape
    sheet = np.full((height + 90, width + 160, 3), page_colour)
    line = 1.0 - page_colour
    sheet[38 : 42 + height, 48 : 52 + width] = line
    sheet[40 : 40 + height, 50 : 50 + width] = drawn(values, name)
    for place in range(60, width, 40):
        sheet[42 + height : 48 + height, place : place + 2] = line
    sheet[38 : 42 + height, 78 + width : 92 + width] = line
    sheet[40 : 40 + height, 80 + width : 90 + width] = drawn(np.linspace(1, 0, height), name)[:, None]
    return sheet


FADING = np.clip(bands() - 0.2, 0, None) * np.linspace(0, 1, 180)[:, None]
FADING = FADING / FADING.max()


@pytest.mark.parametrize(("name", "page_colour"), [("gray_r", 1.0), ("Greys", 1.0), ("Blues", 1.0), ("hot", 0.0)])
def test_data_that_fade_into_the_page_reach_to_the_lines_of_their_frame(name, page_colour):
    sheet = lined(FADING, name, page_colour)
    assert find_frame(sheet) == pytest.approx((50, 40, 270, 220), abs=2)


@pytest.mark.parametrize("name", ["Greys", "Blues", "Purples"])
def test_a_cropped_image_on_faint_ground_is_taken_whole(name):
    noise = np.random.default_rng(0).uniform(0.02, 0.05, FADING.shape)
    assert find_frame(drawn(np.maximum(FADING, noise), name)) == (0, 0, 220, 180)
