"""Exports of Interpret: a NetCDF file, and a report of one page that opens offline."""

import base64
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import xarray as xr
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.interpret.edit import step_lines
from components.interpret.result import LABELS, image_name
from components.translation import answers
from components.translation.languages import translated
from core import __version__
from core.learning.versions import in_force
from core.parameters.checksum import parameters_sha256
from core.reverse.candidates import Candidate
from core.reverse.inference import Estimate, Inference
from core.reverse.knowledge import FAMILIES
from core.reverse.quantities import LOCAL_QUANTITIES
from core.reverse.standard import KX
from core.reverse.truth import ATTRIBUTE as TOLD
from core.reverse.truth import Truth, truth_of
from core.sessions.readings import (
    Reading,
    calibrated,
    energies,
    export,
    export_text,
    reconstruction,
)

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
    """An HTML page that can be printed and cited, with pictures and data inside it; nothing is fetched."""
    image, best = calibrated(reading), found.candidates[0]
    local = [name for name in found.descriptors if name in LOCAL_QUANTITIES]
    global_ = [name for name in found.descriptors if name not in LOCAL_QUANTITIES]
    readings = (reading, *(other for other in others if other != reading))
    document = _TEMPLATES.get_template("report.html.jinja").render(
        verdict="inside" if found.in_domain else "outside",
        domain_score=f"{found.domain_score:.2f}",
        pictures=_pictures(image, found, best),
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
        image={name: _short(v) for name, v in image.attrs.items() if isinstance(v, str | int | float) and name != TOLD},
        sources=[source_of(one) for one in readings],
        known=_known(readings),
        at_odds=found.at_odds,
        truth=_truth(truth_of(image.attrs)),
        made=made_with() | {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"},
        attachments=_attachments(reading, found, others),
    )
    return answers.report(document)


def made_with() -> dict[str, str]:
    """Versions that a result rests on."""
    return {"version": __version__, "models": in_force(), "parameters": parameters_sha256()[:12]}


def source_of(reading: Reading) -> dict:
    """Where an image comes from, and how it was calibrated, in words."""
    kz = {"auto": "kz inferred", "": "kz from hν"}.get(reading.kz, f"kz = {reading.kz} 2π/c̄")
    return {
        "name": reading.file or reading.image,
        "sha256": reading.sha256,
        "cut": f"{reading.cut.replace('G', 'Γ').replace('-', '–')} cut, {kz}",
        "record": reading.record().lines(),
        "steps": [_short(words) for _, words in step_lines(reading)],
    }


def _known(readings: tuple[Reading, ...]) -> str:
    """What was known of the sample beforehand."""
    known = readings[0].knowledge
    parts = [f"substrate {known.substrate}"] if known.substrate else []
    return ", ".join(parts + ([FAMILIES[known.family]] if known.family else []))


def _truth(truth: Truth | None) -> str:
    return truth.words if truth else ""


def _attachments(reading: Reading, found: Inference, others: tuple[Reading, ...]) -> list[dict]:
    """Files inside the page: the result as JSON, and images and result as NetCDF."""
    files = {
        "interpretation.json": ("application/json", export_text(reading, found, others).encode()),
        "interpretation.nc": ("application/x-netcdf", result_dataset(reading, found, others)),
    }
    return [
        {"name": name, "size": f"{len(content) / 1024:.0f} kB", "source": _data(kind, content)}
        for name, (kind, content) in files.items()
    ]


def _pictures(image: xr.DataArray, found: Inference, best: Candidate) -> list[dict]:
    k, ev = image["kx"].values, image["eV"].values
    shown = f"Calibrated image, {k[0]:.2f} to {k[-1]:.2f} 1/Å, {ev[0]:.2f} to {ev[-1]:.2f} eV".replace("-", "−")
    predicted = reconstruction(found, best).T
    return [
        {"alt": "Calibrated image", "source": _drawn(image.values, k, ev, "Intensity (as measured)"), "caption": shown},
        {
            "alt": "Prediction",
            "source": _drawn(predicted, KX, energies(found), "A (arb. units)"),
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


def _short(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _drawn(values: np.ndarray, kx: np.ndarray, ev: np.ndarray, title: str) -> str:
    """(eV, kx) values as a picture with axes and a colour bar, as a data URI."""
    from matplotlib.figure import Figure  # here, because it would add to the start of the server

    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, [0.5, 99.5]) if len(finite) else (0.0, 1.0)
    figure = Figure(figsize=(4.6, 4.0), dpi=160, layout="constrained")
    axes = figure.subplots()
    drawn = axes.pcolormesh(kx, ev, values, cmap="inferno", vmin=low, vmax=max(high, low + 1e-12), rasterized=True)
    axes.set(xlabel="k∥ (1/Å)", ylabel="E − E$_F$ (eV)")
    figure.colorbar(drawn, ax=axes, label=translated(title), fraction=0.05)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return _data("image/png", stream.getvalue())


def _data(kind: str, content: bytes) -> str:
    """Content as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
