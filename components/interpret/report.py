"""Exports of Interpret: a NetCDF file, and a report of one page that opens offline."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import xarray as xr
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from components.figures.colour_maps import palette
from components.interpret.result import LABELS, image_name
from core.experiment.calibration.steps import Step
from core.reverse.candidates import Candidate
from core.reverse.inference import Estimate, Inference
from core.reverse.quantities import LOCAL_QUANTITIES
from core.reverse.standard import KX
from core.sessions.readings import Reading, calibrated, energies, export, export_text, reconstruction

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
LONGEST_VALUE = 120
"""Characters of a value, of those that the image's file brings along or of a step, in the report."""


def result_dataset(reading: Reading, found: Inference, others: tuple[Reading, ...] = ()) -> bytes:
    """The calibrated image, the best reconstruction and the result as NetCDF, readable with xarray alone."""
    image = calibrated(reading)
    best = found.candidates[0]
    data = xr.Dataset(
        {
            "intensity": (("eV", "kx"), image.values.astype(np.float32)),
            "reconstruction": (("eV_model", "kx_model"), reconstruction(found, best).T.astype(np.float32)),
        },
        coords={
            "eV": ("eV", image["eV"].values, {"units": "eV", "long_name": "E - E_F"}),
            "kx": ("kx", image["kx"].values, {"units": "1/angstrom"}),
            "eV_model": ("eV_model", energies(found), {"units": "eV", "long_name": "E - E_F"}),
            "kx_model": ("kx_model", KX, {"units": "1/angstrom"}),
        },
        attrs={"result": json.dumps(export(reading, found, others), ensure_ascii=False), "source": "Bandloom"},
    )
    return bytes(data.to_netcdf(engine="h5netcdf"))


def report_page(reading: Reading, found: Inference, others: tuple[Reading, ...] = ()) -> str:
    """An HTML page with pictures inside it; nothing is fetched from anywhere."""
    image, best = calibrated(reading), found.candidates[0]
    local = [name for name in found.descriptors if name in LOCAL_QUANTITIES]
    global_ = [name for name in found.descriptors if name not in LOCAL_QUANTITIES]
    return _TEMPLATES.get_template("report.html.jinja").render(
        verdict="inside" if found.in_domain else "outside",
        domain_score=f"{found.domain_score:.2f}",
        pictures=_pictures(image, reconstruction(found, best), best),
        figures=[[_figure_row(name, found.descriptors) for name in names] for names in (global_, local)],
        images=[
            {
                "name": image_name(found, number),
                "known": one.in_domain,
                "score": f"{one.domain_score:.2f}",
                "figures": [_figure_row(name, one.descriptors) for name in one.descriptors],
            }
            for number, one in enumerate(found.images)
            if len(found.images) > 1
        ],
        candidates=[_candidate_row(candidate) for candidate in found.candidates],
        image={name: _short(value) for name, value in image.attrs.items() if isinstance(value, str | int | float)},
        record=reading.record().lines(),
        steps=[step_line(step) for step in reading.steps],
        json=export_text(reading, found, others),
    )


def _pictures(image: xr.DataArray, predicted: np.ndarray, best: Candidate) -> list[dict]:
    k, ev = image["kx"].values, image["eV"].values
    shown = f"Calibrated image, {k[0]:.2f} to {k[-1]:.2f} 1/Å, {ev[0]:.2f} to {ev[-1]:.2f} eV"
    return [
        {"alt": "Calibrated image", "source": _png(image.values), "caption": shown},
        {
            "alt": "Prediction",
            "source": _png(predicted.T),
            "caption": f"Predicted for {best.stack} on {best.substrate}",
        },
    ]


def _figure_row(name: str, estimates: dict[str, Estimate]) -> dict:
    estimate = estimates[name]
    numbers = {part: f"{getattr(estimate, part):.4f}" for part in ("value", "low", "high")}
    return numbers | {
        "label": LABELS.get(name, name.replace("_", " ")),
        "unit": "" if estimate.unit == "1" else estimate.unit,
    }


def _candidate_row(candidate: Candidate) -> dict:
    return {
        "stack": candidate.stack,
        "interface": f"{candidate.mixing:g} ML" if candidate.mixing else "sharp",
        "substrate": candidate.substrate,
        "probability": f"{100 * candidate.probability:.1f} %",
    }


def step_line(step: Step) -> str:
    """A calibration step in words."""
    values = ", ".join(f"{name} = {value}" for name, value in step.document().items() if name not in ("step", "bar"))
    name = step.name.replace("_", " ")
    return f"{name}: {_short(values)}" if values else name


def _short(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _png(values: np.ndarray) -> str:
    """(eV, kx) values as a picture inside the page, energies rising upwards."""
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, [0.5, 99.5])
    shade = np.nan_to_num((values - low) / max(high - low, 1e-12)).clip(0, 1)
    picture = Image.fromarray((np.flipud(shade) * 255).astype(np.uint8), "P")
    picture.putpalette(palette("inferno"))
    stream = io.BytesIO()
    picture.convert("RGB").resize((600, 600)).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
