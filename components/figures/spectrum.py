"""The big picture: a spectral function with its energy and momentum distribution curves at the cursor.

A slider draws it at every step, so that it is written as the plain document that plotly.js reads, with its arrays in
base64: a checked `go.Figure` of the same content takes fifty times as long (16 ms to 0.3 ms). A test reads it as one.
"""

import base64
from dataclasses import dataclass

import numpy as np

from components import theme
from components.figures import colour_maps
from core.electronic.kpath import KPath

LOG_DECADES = 3
_MAP_WIDTH, _MAP_BOTTOM = 0.80, 0.24


@dataclass(frozen=True, eq=False)
class Spectrum:
    """What the figure shows.

    Attributes:
        values: (k, energy) 1/eV; signed for a difference.
        energy: (energy,) eV, centres of the pixels.
        path: the k-points.
        symbol: what the values are called, for instance A or A₃ − A₀.
        difference: whether the values are signed.
        unit: of the values.
        theory: what hover texts say that they are of; empty for tight binding.
    """

    values: np.ndarray
    energy: np.ndarray
    path: KPath
    symbol: str
    difference: bool = False
    unit: str = "1/eV"
    theory: str = ""


def spectrum_figure(
    spectrum: Spectrum,
    colour_map: str,
    logarithmic: bool,
    cursor: tuple[int, int],
    scheme: str | None,
    gamma: float = 1.0,
    clip: float = 1.0,
    smooth: bool = False,
) -> dict:
    """Heat map (k, E) with the energy distribution curve on its right and the momentum distribution curve below.

    Args:
        spectrum: values and axes.
        colour_map: one of `colour_maps.SEQUENTIAL`; a difference has a diverging map.
        logarithmic: three decades of intensity; ignored for a difference.
        cursor: indices of the k-point and of the energy at which the curves are taken.
        scheme: "light" or "dark".
        gamma: exponent of the colours; below 1 lifts weak bands. Differences have none.
        clip: share of the largest value at which colours end.
        smooth: whether pixels run into each other, for a picture that is looked at closely.
    """
    k, e = (min(max(0, i), n - 1) for i, n in zip(cursor, spectrum.values.shape, strict=True))
    values = spectrum.values.astype(np.float32)
    logarithmic = logarithmic and not spectrum.difference
    line = {"color": theme.COLOURS["dark" if scheme == "dark" else "light"]["accent"], "width": 1.5}
    style = {"type": "scatter", "mode": "lines", "line": line, "showlegend": False}
    edc = {
        "x": _typed(values[k]), "y": _typed(spectrum.energy), "xaxis": "x2",
        "hovertemplate": f"%{{y:.2f}} eV: %{{x:.3f}} {spectrum.unit}<extra>{spectrum.theory}</extra>",
    }  # fmt: skip
    mdc = {
        "x": _typed(spectrum.path.distance), "y": _typed(values[:, e]), "yaxis": "y2",
        "hovertemplate": f"%{{x:.3f}} 1/Å: %{{y:.3f}} {spectrum.unit}<extra>{spectrum.theory}</extra>",
    }  # fmt: skip
    starts = [start for start, _ in spectrum.path.segments]
    meta = {"logarithmic": logarithmic, "unit": spectrum.unit, "starts": starts, "cut": _is_cut(spectrum.path)}
    drawn = _map(spectrum, values, colour_map, logarithmic, gamma, clip) | {"zsmooth": "best" if smooth else False}
    return {
        "data": [drawn, edc | style, mdc | style],
        "layout": {**_layout(spectrum, scheme, k, e), "meta": meta},
    }


def _is_cut(path: KPath) -> bool:
    """Whether distances are k∥ of both signs."""
    return bool(path.distance[0] < 0)


def _typed(values: np.ndarray) -> dict:
    """An array as plotly.js reads it without parsing numbers."""
    shape = {"shape": ", ".join(map(str, values.shape))} if values.ndim > 1 else {}
    content = base64.b64encode(np.ascontiguousarray(values)).decode("ascii")
    return {"dtype": values.dtype.str[1:], "bdata": content, **shape}


def pixel_edges(path: KPath) -> np.ndarray:
    """(k + 1,) 1/Å: borders of the pixels; a segment's two ends are half pixels."""
    edges = [path.distance[:1]]
    for start, stop in path.segments:
        line = path.distance[start:stop]
        edges += [(line[1:] + line[:-1]) / 2, line[-1:]]
    return np.concatenate(edges)


def _map(spectrum: Spectrum, values: np.ndarray, colour_map: str, logarithmic: bool, gamma: float, clip: float) -> dict:
    bar = {"len": 1 - _MAP_BOTTOM, "y": 1, "yanchor": "top", "thickness": 10, "outlinewidth": 0, "x": 1.01}
    top = float(np.abs(values).max()) or 1.0
    shown, low, high, scale = values, 0.0, clip * top, colour_maps.scale(colour_map, gamma)
    if spectrum.difference:
        low, scale = -high, colour_maps.scale(colour_maps.DIVERGING)
    elif logarithmic:
        shown = np.log10(np.maximum(values, top * 10.0 ** (-LOG_DECADES - 1)))
        high = float(np.log10(clip * top))
        low = high - LOG_DECADES
        ticks = np.arange(np.ceil(low), np.floor(high) + 1)
        bar |= {"tickvals": ticks.tolist(), "ticktext": [f"10<sup>{tick:.0f}</sup>" for tick in ticks]}
    bar["title"] = {"text": f"{spectrum.symbol} ({spectrum.unit})", "side": "right", "font": {"size": 12}}
    return {
        "type": "heatmap",
        "x": _typed(pixel_edges(spectrum.path).astype(np.float32)),
        "y": _typed(spectrum.energy.astype(np.float32)),
        "z": _typed(shown.T.astype(np.float32)),
        "zmin": low,
        "zmax": high,
        "colorscale": scale,
        "colorbar": bar,
        "hovertemplate": f"%{{y:.2f}} eV<extra>{spectrum.theory}</extra>",
        "name": "map",
    }


def _layout(spectrum: Spectrum, scheme: str | None, k: int, e: int) -> dict:
    """Axes, labels of the high-symmetry points, and the cursor's two lines."""
    path, energy, cut = spectrum.path, spectrum.energy, _is_cut(spectrum.path)
    colours = theme.COLOURS["dark" if scheme == "dark" else "light"]
    labels = [label.replace("G", "Γ").replace("|", " | ") for label, _ in path.ticks]
    half = (energy[1] - energy[0]) / 2
    borders = [
        {"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": _MAP_BOTTOM, "y1": 1,
         "line": {"color": "rgba(255,255,255,0.35)", "width": 1}}
        for _, at in path.ticks[1:-1]
    ]  # fmt: skip
    cursor = {"type": "line", "line": {"color": colours["germanium"], "width": 1, "dash": "dot"}}
    here = float(path.distance[k])
    return {
        "template": theme.template(scheme),
        "uirevision": " ".join(labels),
        "margin": {"l": 52, "r": 8, "t": 8, "b": 44},
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {
            "domain": [0, _MAP_WIDTH], "range": [float(path.distance[0]), float(path.distance[-1])], "anchor": "y2",
            "tickvals": [at for _, at in path.ticks], "ticktext": labels, "showgrid": False, "zeroline": False,
            "title": {"text": f"k<sub>∥</sub> along Γ–{labels[-1]} (1/Å)" if cut else "wave vector k (1/Å, to scale)"},
        },
        "yaxis": {
            "domain": [_MAP_BOTTOM, 1], "range": [float(energy[0] - half), float(energy[-1] + half)], "zeroline": False,
            "title": {"text": "E − E<sub>VBM</sub>(Si) (eV)"}, "showgrid": False, "automargin": False,
        },
        "xaxis2": {
            "domain": [_MAP_WIDTH + 0.02, 1], "anchor": "y", "title": {"text": f"EDC ({spectrum.unit})"}, "nticks": 3,
            "zeroline": True, "fixedrange": True,
        },
        "yaxis2": {
            "domain": [0, _MAP_BOTTOM - 0.05], "anchor": "x", "title": {"text": f"MDC ({spectrum.unit})"}, "nticks": 3,
            "zeroline": True, "fixedrange": True, "automargin": False,
        },
        "shapes": [
            {**cursor, "xref": "x", "yref": "paper", "x0": here, "x1": here, "y0": 0, "y1": 1},
            {**cursor, "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": float(energy[e]), "y1": float(energy[e])},
            *borders,
        ],
    }  # fmt: skip
