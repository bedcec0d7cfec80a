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


def hero(assets: Path = ASSETS, alt: str = ALT) -> html.Figure | None:
    """hero-light.png and hero-dark.png, of which the page shows one; None where they are not there."""
    files = [assets / f"hero-{scheme}.png" for scheme in SCHEMES]
    if not all(file.exists() for file in files):
        return None
    width, height = png_size(files[0])
    # A background, because the browser then fetches the picture of the scheme in force only.
    sources = {f"--{scheme}": f'url("{get_asset_url(file.name)}")' for scheme, file in zip(SCHEMES, files, strict=True)}
    style = sources | {"aspectRatio": f"{width} / {height}"}
    return html.Figure(
        [
            html.Div(role="img", className="hero-figure", style=style, **{"aria-label": alt}),
            html.Div([html.Span(label) for label in ("Z", "Γ", "X")], className="hero-axis", **{"aria-hidden": "true"}),
            html.Figcaption(
                [
                    "A(k, E) of Si6Ge4 on Si0.6Ge0.4, exact: energy upwards from −6 to 4 eV, ",
                    "the wave vector from Z over Γ to X. ",
                    html.Span("Blue", className="of-silicon"),
                    ": states on silicon; ",
                    html.Span("orange", className="of-germanium"),
                    ": states on germanium.",
                ],
                className="muted",
            ),
        ],
        className="hero-picture",
    )


def png_size(file: Path) -> tuple[int, int]:
    """(width, height) in pixels from the head of a PNG file."""
    return struct.unpack(">II", file.read_bytes()[16:24])
