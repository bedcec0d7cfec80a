"""Exports of Interpret: a NetCDF file, and a report of one page that opens offline."""

import base64
import html
import io
import json

import numpy as np
import xarray as xr
from PIL import Image

from components.figures.colour_maps import palette
from components.interpret.result import LABELS
from core.experiment.calibration.steps import Step
from core.reverse.candidates import Candidate
from core.reverse.inference import Inference
from core.reverse.standard import KX
from core.sessions.readings import Reading, calibrated, energies, export, export_text, reconstruction

_STYLE = """
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: #161b1d; }
h1 { font-size: 1.4rem; } h2 { margin-top: 2rem; font-size: 1.05rem; }
table { border-collapse: collapse; } th, td { padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid #dde2e4; }
th { text-align: left; font-weight: 500; } td { text-align: right; }
figure { display: inline-block; margin: 0 1rem 0 0; } img { width: 22rem; height: 22rem; image-rendering: auto; }
pre { overflow-x: auto; padding: 0.8rem; background: #f6f8f8; font-size: 12px; }
.outside { border-left: 3px solid #c26a1b; padding-left: 0.7rem; } .muted { color: #566064; }
"""


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
    rows = "".join(
        f"<tr><th>{html.escape(LABELS.get(name, name.replace('_', ' ')))}</th><td>{e.value:.4f}</td>"
        f"<td class=muted>{e.low:.4f} … {e.high:.4f}</td><td>{'' if e.unit == '1' else html.escape(e.unit)}</td></tr>"
        for name, e in found.descriptors.items()
    )
    candidates = "".join(_candidate_row(candidate) for candidate in found.candidates)
    steps = "".join(f"<li>{html.escape(_step_line(step))}</li>" for step in reading.steps)
    verdict = "inside" if found.in_domain else "outside"
    ev = image["eV"].values
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Bandloom: interpretation of a band image</title>
<style>{_STYLE}</style></head><body>
<h1>Interpretation of a band image</h1>
<p class={verdict}>The image is {verdict} what the model knows (domain score {found.domain_score:.2f}, limit 1).</p>
<figure><img alt="Calibrated image" src="{_png(image.values)}"><figcaption>Calibrated image,
{image["kx"].values[0]:.2f} to {image["kx"].values[-1]:.2f} 1/Å, {ev[0]:.2f} to {ev[-1]:.2f} eV</figcaption></figure>
<figure><img alt="Prediction" src="{_png(reconstruction(found, best).T)}"><figcaption>Predicted for
{html.escape(best.stack)} on {html.escape(best.substrate)}</figcaption></figure>
<h2>Figures with 90 % intervals</h2><table>{rows}</table>
<h2>Candidates</h2><table><tr><th>Stack</th><td>Interface</td><td>Substrate</td><td>Probability</td></tr>{candidates}</table>
<h2>Calibration</h2><ol>{steps}</ol>
<h2>Everything as JSON</h2><pre>{html.escape(export_text(reading, found, others))}</pre>
</body></html>
"""


def _candidate_row(candidate: Candidate) -> str:
    mixed = f"{candidate.mixing:g} ML" if candidate.mixing else "sharp"
    return (
        f"<tr><th>{html.escape(candidate.stack)}</th><td>{mixed}</td><td>{html.escape(candidate.substrate)}</td>"
        f"<td>{100 * candidate.probability:.1f} %</td></tr>"
    )


def _step_line(step: Step) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in step.document().items() if name not in ("step", "bar"))
    return f"{step.name.replace('_', ' ')}: {values}" if values else step.name.replace("_", " ")


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
