"""Real images beside simulated ones, and the figures that match them: `python -m docs.likeness FOLDER`.

FOLDER holds real measurements. Their figures go to the methods page; so do pictures of those whose licence allows it.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from components.figures.colour_maps import palette
from core.experiment.calibration.steps import calibrate
from core.experiment.calibration.suggestion import suggested_steps
from core.experiment.photoemission.likeness import likeness
from core.experiment.readers import read_images
from core.reverse.drawing import draw_images
from core.reverse.evaluation import test_spectra
from core.reverse.standard import standard_image
from core.storage import cache_directory

MEASURED_FILE = Path(__file__).parents[1] / "core" / "measured" / "likeness.json"
PICTURE = Path(__file__).parents[1] / "assets" / "methods-likeness.png"
REAL = {
    "cassiopee_ses_R4000.txt": ("CASSIOPEE, graphene-like", {}, True),
    "solaris_uranos_DA30.ibw": ("URANOS", {}, True),
    "sls_sis.h5": ("SIS", {}, True),
    "si_380eV_figure.png": ("Silicon at 380 eV, a figure", {"k_range": (-1.5, 1.67), "e_range": (-8.65, 2.0)}, False),
}
"""File → what it is, its calibration, whether its licence lets us show it (the first three: test data of piva, MIT)."""

SIMULATED = 200
SIZE = (220, 260)
GAP = 12


def main(folder: Path) -> None:
    """Measure, draw, write."""
    spectra = test_spectra(cache_directory() / "reverse", print)["realistic", "G-X"].part(slice(0, SIMULATED))
    random = np.random.default_rng(1)
    simulated = draw_images(spectra, "realistic", "G-X", random).pictures
    rows, shown = {}, []
    for name, (label, calibration, may_show) in REAL.items():
        raw = read_images((folder / name).read_bytes(), name)[0]
        image = calibrate(raw, suggested_steps(raw, **calibration))
        values = standard_image(image) if calibration else image.values.T
        rows[label] = {key: round(value, 2) for key, value in likeness(values).items()}
        if may_show:
            shown.append(_tile(values))
    found = [likeness(image) for image in simulated]
    percentiles = {
        key: [round(float(x), 2) for x in np.percentile([row[key] for row in found], (5, 50, 95))] for key in found[0]
    }
    chosen = random.choice(len(simulated), len(shown), replace=False)
    _contact_sheet([shown, [_tile(simulated[i]) for i in chosen]])
    document = {"real": rows, "simulated": percentiles, "images": len(simulated)}
    MEASURED_FILE.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _tile(values: np.ndarray) -> np.ndarray:
    """A picture of (k, energy) values, energies rising upwards."""
    root = np.sqrt(np.maximum(np.nan_to_num(values), 0))
    shade = (root / np.percentile(root, 99.8)).clip(0, 1)
    shade = np.flipud(shade[np.isfinite(values).any(axis=1)].T)
    return np.asarray(Image.fromarray((shade * 255).astype(np.uint8)).resize(SIZE, Image.Resampling.BILINEAR))


def _contact_sheet(rows: list[list[np.ndarray]]) -> None:
    across = max(len(row) for row in rows)
    sheet = np.zeros((len(rows) * (SIZE[1] + GAP) - GAP, across * (SIZE[0] + GAP) - GAP), np.uint8)
    for i, row in enumerate(rows):
        for j, tile in enumerate(row):
            top, left = i * (SIZE[1] + GAP), j * (SIZE[0] + GAP)
            sheet[top : top + SIZE[1], left : left + SIZE[0]] = tile
    picture = Image.fromarray(sheet, "P")
    picture.putpalette(palette("inferno"))
    picture.save(PICTURE, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
