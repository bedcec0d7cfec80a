"""The picture at the head of the home page: drawn once by the exact engine, one file a colour scheme."""

import struct
from pathlib import Path

from dash import get_asset_url, html

from components.theme import SCHEMES

ASSETS = Path(__file__).resolve().parent.parent / "assets"
ALT = (
    "Spectral functions of a silicon-germanium superlattice along a path in reciprocal space: "
    "bands in blue where the states sit on silicon, in orange where they sit on germanium."
)


def hero(assets: Path = ASSETS, alt: str = ALT) -> html.Div | None:
    """hero-light.png and hero-dark.png, of which the page shows one; None where they are not there."""
    files = [assets / f"hero-{scheme}.png" for scheme in SCHEMES]
    if not all(file.exists() for file in files):
        return None
    width, height = png_size(files[0])
    # A background, because the browser then fetches the picture of the scheme in force only.
    sources = {f"--{scheme}": f'url("{get_asset_url(file.name)}")' for scheme, file in zip(SCHEMES, files, strict=True)}
    style = sources | {"aspectRatio": f"{width} / {height}"}
    return html.Div(role="img", className="hero-figure", style=style, **{"aria-label": alt})


def png_size(file: Path) -> tuple[int, int]:
    """(width, height) in pixels from the head of a PNG file."""
    return struct.unpack(">II", file.read_bytes()[16:24])
