"""The picture at the head of the home page: drawn once by the exact engine, one file a colour scheme."""

import struct
from pathlib import Path

from dash import get_asset_url, html

from components.theme import SCHEMES

ASSETS = Path(__file__).resolve().parent.parent / "assets"
ALT = (
    "Spectral functions of a silicon-germanium superlattice along a path in reciprocal space: "
    "bright bands on a plain ground, each stronger on some atoms than on others."
)


def hero(assets: Path = ASSETS, alt: str = ALT) -> html.Figure | None:
    """hero-light.png and hero-dark.png, of which the page shows one; None where they are not there."""
    files = [assets / f"hero-{scheme}.png" for scheme in SCHEMES]
    if not all(file.exists() for file in files):
        return None
    pictures = []
    for scheme, file in zip(SCHEMES, files, strict=True):
        width, height = png_size(file)
        pictures.append(
            html.Img(
                src=get_asset_url(file.name),
                alt=alt,
                width=width,
                height=height,
                className=f"only-{scheme}",
                # A lazy picture that its scheme hides is not fetched.
                **{"loading": "lazy"},
            )
        )
    return html.Figure(pictures, className="hero-figure")


def png_size(file: Path) -> tuple[int, int]:
    """(width, height) in pixels from the head of a PNG file."""
    return struct.unpack(">II", file.read_bytes()[16:24])
