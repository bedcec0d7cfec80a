"""Pictures of a run for paper: one SVG with everything inside it, drawn by matplotlib without its windows."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from components import theme
from components.loop.figures import BANDS, MOST_SIGMA, even, target_of, track_values
from core.loop.frame import Frame
from core.loop.loop import guesses_of
from core.reverse.guess import Predictor
from core.reverse.standard import EV, KX

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = theme.COLOURS["light"]
STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "bandloom", "font.family": "sans-serif", "font.size": 8.0,
    "axes.linewidth": 0.6, "axes.edgecolor": INK["border-strong"], "axes.labelcolor": INK["text"],
    "xtick.color": INK["muted"], "ytick.color": INK["muted"], "xtick.major.width": 0.6, "ytick.major.width": 0.6,
}  # fmt: skip
"""Text stays text, and the same run gives the same file."""

K_AXIS, E_AXIS = "k∥ (1/Å)", "E − E$_F$ (eV)"
TRACK_NAMES = {"residual": "χ² a pixel", "lattice": "a∥ (Å)", "ge": "Ge fraction", "mixing": "width (ML)"}


def images_svg(identity: str, step: dict, frame: Frame | None) -> str:
    """Image, reconstruction and what is left in standard deviations, side by side with axes and colour bars."""
    image = target_of(identity).image
    predicted = frame.expected if frame else None
    if predicted is None:
        predicted = Predictor().picture(guesses_of(step)[0], 0)
        predicted = predicted * np.nanmean(image) / predicted.mean()
    return _svg((7.4, 2.55), lambda figure: draw_images(figure, image, predicted, frame.pull if frame else None))


def draw_images(figure: "Figure", image: np.ndarray, predicted: np.ndarray, pull: np.ndarray | None) -> None:
    """Draw (kx, eV) pictures on a figure of matplotlib; pull: what is left, in standard deviations."""
    shown, ends = even(image)
    predicted = np.where(np.isfinite(image), even(predicted, ends)[0], np.nan)
    panels = [("Image", shown, "inferno", (0, 1)), ("Reconstruction", predicted, "inferno", (0, 1))]
    if pull is not None:
        panels.append(("(Image − reconstruction) / σ", pull, "RdBu_r", (-MOST_SIGMA, MOST_SIGMA)))
    axes, drawn = figure.subplots(1, len(panels), sharey=True), []
    for axis, (title, values, colours, (low, high)) in zip(axes, panels, strict=True):
        drawn.append(
            axis.pcolormesh(KX, EV, values.T, cmap=colours, vmin=low, vmax=high, shading="nearest", rasterized=True)
        )
        axis.set_title(title, fontsize=8.5)
        axis.set_xlabel(K_AXIS)
    axes[0].set_ylabel(E_AXIS)
    figure.colorbar(drawn[1], ax=list(axes[:2]), label="√intensity", pad=0.01, fraction=0.03)
    if pull is not None:
        figure.colorbar(drawn[2], ax=axes[2], label="σ", pad=0.02, fraction=0.06)


def tracks_svg(steps: list[dict]) -> str:
    """The residual and the sample's parameters against the step, with their 90 % intervals."""
    rows, numbers = [track_values(step) for step in steps], [step["step"] for step in steps]

    def draw(figure: "Figure") -> None:
        for axis, (name, title) in zip(figure.subplots(1, len(TRACK_NAMES)), TRACK_NAMES.items(), strict=True):
            axis.step(numbers, [row[name][0] for row in rows], where="post", color=INK["accent"], linewidth=1)
            if name in BANDS:
                low, high = ([row[name][side] for row in rows] for side in (1, 2))
                axis.fill_between(numbers, low, high, step="post", color=INK["accent-soft"], linewidth=0)
            if name == "residual":
                axis.set_yscale("log")
                axis.axhline(1.0, color=INK["muted"], linewidth=0.6, linestyle=":")
            axis.set_title(title, fontsize=8.5)
            axis.set_xlabel("step")

    return _svg((7.4, 1.5), draw)


def _svg(size: tuple[float, float], draw: Callable[["Figure"], None]) -> str:
    """What a function draws on a figure of a size in inches."""
    from matplotlib import rc_context  # here, because it would add to the start of the server
    from matplotlib.figure import Figure

    stream = io.StringIO()
    with rc_context(STYLE):
        draw(figure := Figure(size, layout="constrained"))
        figure.savefig(stream, format="svg", dpi=160, metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
