"""Pictures of measured and reconstructed band images."""

import base64
import io

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from components import theme
from components.figures import colour_maps

_MOST_POINTS = 420


def band_image_figure(
    values: np.ndarray,
    kx: np.ndarray,
    ev: np.ndarray,
    scheme: str | None,
    title: str,
    signed: bool = False,
    overlay: np.ndarray | None = None,
    overlay_axes: tuple[np.ndarray, np.ndarray] | None = None,
    gamma: float = 1.0,
) -> go.Figure:
    """Heat map over k∥ and E − E_F, with the bands of a reconstruction as contours.

    Args:
        values: (eV, kx) intensities, NaN where nothing was measured.
        kx: 1/Å.
        ev: eV against E_F.
        scheme: "light" or "dark".
        title: of the colour bar.
        signed: whether values have a sign and a diverging map.
        overlay: (eV, kx) reconstruction whose ridges are drawn.
        overlay_axes: its kx and eV.
        gamma: contrast; below 1 lifts what is faint. Values stay as they are, the colour map is stretched.
    """
    values, kx, ev = _thinned(np.asarray(values, float), kx, ev)
    finite = values[np.isfinite(values)]
    high = float(np.percentile(np.abs(finite) if signed else finite, 99.5)) if len(finite) else 1.0
    low = -high if signed else float(np.percentile(finite, 0.5)) if len(finite) else 0.0
    figure = go.Figure(
        go.Heatmap(
            x=kx.astype(np.float32), y=ev.astype(np.float32), z=values.astype(np.float32),
            zmin=low, zmax=high if high > low else low + 1,
            colorscale=[
                [place if signed else place ** (1 / gamma), colour]
                for place, colour in colour_maps.scale(colour_maps.DIVERGING if signed else "inferno")
            ],
            colorbar={"title": {"text": title, "side": "right"}, "thickness": 10, "outlinewidth": 0},
            hovertemplate="%{x:.3f} 1/Å, %{y:.2f} eV<extra></extra>",
        )
    )  # fmt: skip
    colours = theme.COLOURS["dark" if scheme == "dark" else "light"]
    if overlay is not None and overlay_axes is not None:
        level = float(np.nanpercentile(overlay, 90))
        figure.add_contour(
            x=overlay_axes[0], y=overlay_axes[1], z=overlay, showscale=False, hoverinfo="skip",
            contours={"start": level, "end": level, "size": 1, "coloring": "none"},
            line={"color": "rgba(255,255,255,0.85)", "width": 1}, name="predicted bands",
        )  # fmt: skip
    figure.update_layout(
        template=theme.template_name(scheme),
        margin={"l": 56, "r": 8, "t": 8, "b": 44},
        xaxis={"title": "k∥ (1/Å)", "range": [float(kx[0]), float(kx[-1])], "constrain": "domain"},
        yaxis={"title": "E − E<sub>F</sub> (eV)", "range": [float(ev[0]), float(ev[-1])]},
        plot_bgcolor=colours["surface"],
        uirevision="image",
    )
    return figure


def raw_picture_figure(
    pixels: np.ndarray, frame: tuple[int, int, int, int], points: dict, scheme: str | None
) -> go.Figure:
    """A picture as it was dropped, with its frame and the clicked points.

    Args:
        pixels: (y, x, 3) between 0 and 1.
        frame: left, top, right, bottom in pixels.
        points: name → (x, y, value).
        scheme: "light" or "dark".
    """
    step = max(1, -(-max(pixels.shape[:2]) // 900))
    stream = io.BytesIO()
    Image.fromarray((pixels[::step, ::step] * 255).astype(np.uint8)).save(stream, "PNG")
    source = "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
    height, width = pixels.shape[:2]
    # A picture below the axes, not an image trace: that loads late, and fails where another figure has come meanwhile.
    figure = go.Figure(go.Scatter(x=[0, width], y=[0, height], mode="markers", marker={"opacity": 0}, hoverinfo="skip"))
    figure.add_layout_image(
        source=source, xref="x", yref="y", x=0, y=0, sizex=width, sizey=height, sizing="stretch", layer="below"
    )
    colours = theme.COLOURS["dark" if scheme == "dark" else "light"]
    left, top, right, bottom = frame
    figure.add_shape(type="rect", x0=left, x1=right, y0=top, y1=bottom, line={"color": colours["accent"], "width": 2})
    if points:
        figure.add_scatter(
            x=[p[0] for p in points.values()],
            y=[p[1] for p in points.values()],
            text=list(points),
            mode="markers+text",
            textposition="top center",
            textfont={"color": "#ffffff"},
            marker={"color": "#ffffff", "size": 10, "symbol": "cross", "line": {"color": "#101314", "width": 1}},
            showlegend=False,
            hoverinfo="skip",
        )
    figure.update_layout(
        template=theme.template_name(scheme),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"visible": False, "range": [0, width], "constrain": "domain"},
        yaxis={"visible": False, "range": [height, 0], "scaleanchor": "x", "constrain": "domain"},
        showlegend=False,
        dragmode=False,
        uirevision="raw",
    )
    return figure


def _thinned(values, kx, ev):
    """At most _MOST_POINTS a side, by averages of neighbours."""
    for axis in (0, 1):
        step = -(-values.shape[axis] // _MOST_POINTS)
        if step > 1:
            keep = values.shape[axis] // step * step
            values = np.take(values, range(keep), axis)
            shape = (keep // step, step, -1) if axis == 0 else (values.shape[0], keep // step, step)
            values = _mean(values.reshape(shape), axis=1 if axis == 0 else 2)
            if axis == 0:
                ev = ev[:keep].reshape(-1, step).mean(axis=1)
            else:
                kx = kx[:keep].reshape(-1, step).mean(axis=1)
    return values, kx, ev


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """The mean of the numbers along an axis, NaN where there are none."""
    measured = np.isfinite(values)
    count = measured.sum(axis=axis)
    return np.where(count > 0, np.where(measured, values, 0.0).sum(axis=axis) / np.maximum(count, 1), np.nan)
