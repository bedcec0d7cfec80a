"""The picture at the head of the home page, from the exact engine: `python -m docs.hero`.

A(k, E) of Si6Ge4 on Si0.6Ge0.4 from Z over Γ to X. Strength is intensity, hue is where the states sit: on Si or
on Ge atoms.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from components.theme import COLOURS, SCHEMES
from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_path
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function
from core.structure.build import build_crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

ASSETS = Path(__file__).resolve().parent.parent / "assets"
GRID = EnergyGrid(-6.0, 4.0, 1000)
POINTS_PER_SEGMENT = 400


def species_maps() -> tuple[np.ndarray, np.ndarray]:
    """Spectral function of all Si and of all Ge atoms, each (energy, k) with energy downwards from the top."""
    crystal = build_crystal(parse_stack("Si6Ge4"), parse_substrate("Si0.6Ge0.4"))
    path = build_path(crystal, "Z-G-X", POINTS_PER_SEGMENT)
    bands = calculate_bands(crystal, path, window=(GRID.low - 1, GRID.high + 1)).bands
    asf = spectral_function(bands, path.step, GRID, Broadening(0.045))
    maps = [asf[crystal.ge_fraction == x].sum(axis=0).T[::-1] for x in (0.0, 1.0)]
    return maps[0], maps[1]


def picture(silicon: np.ndarray, germanium: np.ndarray, scheme: str) -> Image.Image:
    """An image with transparent ground in the colours of a scheme."""
    total = silicon + germanium
    share = germanium / np.maximum(total, 1e-12)
    contrast = np.clip(0.5 + 2.2 * (share - germanium.sum() / total.sum()), 0, 1)[..., None]
    first, second = (
        np.array([int(COLOURS[scheme][name][i : i + 2], 16) for i in (1, 3, 5)]) for name in ("silicon", "germanium")
    )
    colour = (1 - contrast) * first + contrast * second
    alpha = 255 * np.clip(total / np.percentile(total, 99.3), 0, 1) ** 0.55
    return Image.fromarray(np.round(np.dstack([colour, alpha])).astype(np.uint8), "RGBA")


def main() -> None:
    """Write assets/hero-light.png and assets/hero-dark.png."""
    silicon, germanium = species_maps()
    for scheme in SCHEMES:
        image = picture(silicon, germanium, scheme).resize((1200, 1000), Image.Resampling.LANCZOS)
        image.quantize(256, method=Image.Quantize.FASTOCTREE).save(ASSETS / f"hero-{scheme}.png", optimize=True)


if __name__ == "__main__":
    main()
