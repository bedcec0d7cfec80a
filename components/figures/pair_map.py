"""Spectra of two samples on the same axes and the same colours, and their difference."""

import numpy as np
import plotly.graph_objects as go

from components.figures import colour_maps
from components.figures.spectrum import pixel_edges
from components.theme import template_name
from core.electronic.kpath import KPath


def pair_map(
    values: np.ndarray,
    energy: np.ndarray,
    path: KPath,
    top: float,
    scheme: str | None,
    signed: bool = False,
    symbol: str = "A",
    of: str = "of the first sample",
) -> go.Figure:
    """A spectrum as a heat map.

    Args:
        values: (k, energy) 1/eV.
        energy: (energy,) eV.
        path: whose lengths stand on the k axis, of the first sample for both: high-symmetry points are aligned.
        top: 1/eV at the end of the colours, the same for both samples.
        scheme: "light" or "dark".
        signed: whether values have a sign, with colours from −top to top.
        symbol: what the values are called.
        of: whose lengths stand on the k axis, in words.
    """
    half = (energy[1] - energy[0]) / 2
    figure = go.Figure(
        go.Heatmap(
            x=pixel_edges(path).astype(np.float32), y=energy.astype(np.float32), z=values.T.astype(np.float32),
            zmin=-top if signed else 0.0, zmax=top,
            colorscale=colour_maps.scale(colour_maps.DIVERGING if signed else colour_maps.DEFAULT),
            colorbar={
                "title": {"text": f"{symbol} (1/eV)", "side": "right"}, "thickness": 10, "outlinewidth": 0, "x": 1.01,
            },
            hovertemplate="%{y:.2f} eV: %{z:.3f} 1/eV<extra></extra>",
        ),
        layout={
            "template": template_name(scheme), "uirevision": path.text, "margin": {"l": 52, "r": 8, "t": 8, "b": 44},
        },
    )  # fmt: skip
    figure.update_xaxes(
        range=[float(path.distance[0]), float(path.distance[-1])], tickvals=[at for _, at in path.ticks],
        ticktext=[label.replace("G", "Γ").replace("|", " | ") for label, _ in path.ticks], showgrid=False,
        zeroline=False, title_text=f"wave vector k (1/Å, {of})",
    )  # fmt: skip
    figure.update_yaxes(
        range=[float(energy[0] - half), float(energy[-1] + half)], showgrid=False, zeroline=False,
        title_text="E − E<sub>VBM</sub>(Si) (eV)",
    )  # fmt: skip
    for _, at in path.ticks[1:-1]:
        figure.add_vline(
            x=at, line={"color": "rgba(128,128,128,0.5)" if signed else "rgba(255,255,255,0.35)", "width": 1}
        )
    return figure
