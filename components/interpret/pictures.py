"""The views of Interpret: the image with predicted bands, the prediction, the residual, and why."""

from dataclasses import dataclass

import plotly.graph_objects as go
import xarray as xr

from components.figures.band_image import band_image_figure
from components.interpret.curves import GAMMA
from components.requests import number_in
from core.errors import InputError
from core.experiment.curves.processed import DERIVATIVES, NORMALISATIONS, processed
from core.reverse.candidates import Candidate
from core.reverse.inference import Inference
from core.reverse.standard import EV, KX
from core.sessions.readings import Reading, energies, interpreted, reconstruction, ridge_pictures, why

HALF = len(KX) // 2


@dataclass(frozen=True)
class Display:
    """How the calibrated image is shown: of NORMALISATIONS, of DERIVATIVES, and the contrast's exponent."""

    normalisation: str = "none"
    derivative: str = "none"
    gamma: float = 1.0

    @classmethod
    def of(cls, normalisation, derivative, gamma) -> "Display":
        """From what the page sends; the usual one in place of what is none."""
        return cls(
            normalisation if normalisation in list(NORMALISATIONS) else "none",
            derivative if derivative in list(DERIVATIVES) else "none",
            number_in(gamma, *GAMMA, 1.0),
        )


def with_bands(
    reading: Reading, others: tuple[Reading, ...], image: xr.DataArray, shown: int, scheme: str | None, display: Display
) -> tuple[go.Figure, str, str, str]:
    """Figure, title, text and problem of the calibrated image, with the bands of the candidate that is shown."""
    overlay, axes, text = None, None, ""
    try:
        found = interpreted(reading, others)
        candidate = found.candidates[min(shown, len(found.candidates) - 1)]
        if found.in_domain:
            overlay, axes = reconstruction(found, candidate).T, (KX, energies(found))
            text = f"White lines: bands predicted for {candidate.stack} on {candidate.substrate}."
    except InputError as error:
        text = str(error)
    kx, ev = image["kx"].values, image["eV"].values
    values = processed(image, display.normalisation, display.derivative)
    bar = "Intensity" if display.derivative == "none" else DERIVATIVES[display.derivative]
    figure = band_image_figure(values, kx, ev, scheme, bar, overlay=overlay, overlay_axes=axes, gamma=display.gamma)
    return figure, f"Calibrated image, {reading.cut.replace('G', 'Γ')} cut", text, ""


FAINT = 0.4
"""Opacity of what the model makes of images that it does not know."""


def compared(found: Inference, candidate: Candidate, view: str, scheme: str | None) -> tuple[go.Figure, str, str]:
    """Figure, title and text of a view that sets the image against the model; faint outside what it knows."""
    figure, title, text = _compared(found, candidate, view, scheme)
    if found.in_domain:
        return figure, title, text
    figure.update_traces(opacity=FAINT, selector={"type": "heatmap"})
    return figure, title, f"Outside what the model knows, not to be trusted. {text}"


def _compared(found: Inference, candidate: Candidate, view: str, scheme: str | None) -> tuple[go.Figure, str, str]:
    if view == "reconstruction":
        figure = band_image_figure(reconstruction(found, candidate).T, KX, energies(found), scheme, "A (arb. units)")
        return figure, f"Predicted: {candidate.stack} on {candidate.substrate}", "Without artefacts of measurement."
    if view == "residual":
        seen, predicted = ridge_pictures(found, candidate)
        return (
            band_image_figure((seen - predicted).T, KX[HALF:], EV, scheme, "Residual", signed=True),
            f"Image minus prediction for {candidate.stack}",
            f"Ridges, symmetrised; the prediction explains {100 * candidate.agreement:.0f} % of the image's variance.",
        )
    quantity, what = {
        "why-strain": ("lattice_in_plane", "a larger lattice constant"),
        "why-interface": ("interfacial_fraction", "more interfacial atoms"),
    }.get(str(view), ("lattice_in_plane", "a larger lattice constant"))
    return (
        band_image_figure(why(found, quantity).T, KX, energies(found), scheme, "Contribution", signed=True),
        f"Which pixels speak for {what}",
        "Red speaks for it, blue against: the network's derivative by each pixel, times the pixel.",
    )
