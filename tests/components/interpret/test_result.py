"""What Interpret says and hands out, without a browser."""

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from components.figures.band_image import band_image_figure, raw_picture_figure
from components.interpret import report
from components.interpret.report import report_page, result_dataset
from components.interpret.result import candidate_list, compose_link, figure_list, truth_panel, verdict
from core import __version__
from core.experiment.calibration.steps import Colours, Momentum
from core.reverse.truth import truth_of
from core.sessions.readings import EXAMPLES, Reading, calibrated, export, interpreted, uploaded_reading
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

READING = Reading("example-alloy")


@pytest.fixture(scope="module")
def found():
    return interpreted(READING)


def test_verdict_names_the_limit_and_ties(found):
    outside = replace(found, images=(replace(found.images[0], domain_score=3.2),))
    text, kind = verdict(outside)
    assert kind == "outside"
    assert text.startswith("This is outside what the model knows (domain score 3.2")
    assert "folded away" in text
    for shown in (figure_list(outside), candidate_list(outside)):
        assert (type(shown).__name__, shown.className, getattr(shown, "open", None)) == ("Details", "doubtful", None)
    assert type(figure_list(found)).__name__ == "Div"
    several = replace(found, images=(found.images[0], replace(found.images[0], domain_score=3.2)))
    assert verdict(several)[0].startswith("Image 2 (Γ–X) is outside")
    first = replace(found.candidates[0], probability=0.6)
    second = replace(found.candidates[1], probability=0.4)
    assert "equally well" in verdict(replace(found, candidates=[first, second]))[0]
    second = replace(second, probability=0.1)
    assert f"{first.stack} explains it best" in verdict(replace(found, candidates=[first, second]))[0]


def test_a_verdict_keeps_to_its_numbers(found):
    narrowly = replace(found, images=(replace(found.images[0], domain_score=1.02),))
    assert "domain score 1.02, limit 1" in verdict(narrowly)[0]
    stacks = ["Si5Ge7", "Si5Ge8", "Si6Ge7", "Si6Ge8", "Si4Ge7"]
    alike = [
        replace(found.candidates[0], probability=0.2, sample=found.candidates[0].sample.changed(stack=stack))
        for stack in stacks
    ]
    said = verdict(replace(found, candidates=alike))[0]
    assert "5 stacks explain it about equally well: Si5Ge7, Si5Ge8, Si6Ge7, Si6Ge8 and 1 more." in said


def test_a_true_stack_with_other_interfaces_is_told_apart():
    reading = Reading("example-sharp")
    found, truth = interpreted(reading), truth_of(reading.raw().attrs)
    mixed = replace(truth, sample=truth.sample.changed(mixing=2.0))
    place = next(n for n, c in enumerate(found.candidates, 1) if truth.is_stack(c.stack))
    assert f"the stack is candidate {place}." in str(truth_panel(found, truth))
    assert f"the stack is candidate {place} there, with sharp interfaces." in str(truth_panel(found, mixed))


def test_lists_show_intervals_and_every_candidate(found):
    shown = str(figure_list(found).to_plotly_json())
    for text in ("In-plane lattice constant", "90 %", "Inner and interfacial atoms"):
        assert text in shown
    assert found.candidates[0].stack in str(candidate_list(found).to_plotly_json())


def test_candidates_open_in_compose(found):
    candidate = replace(found.candidates[0], sample=found.candidates[0].sample.changed(mixing=1.5))
    query = parse_qs(urlsplit(compose_link(candidate, found)).query)
    assert parse_stack(query["stack"][0]).notation == candidate.stack
    assert parse_substrate(query["substrate"][0]).lattice_constant == pytest.approx(candidate.lattice, abs=1e-4)
    assert query["mixing"] == ["1.5"]
    view = found.images[0].view
    assert (query["line"], query["kz"]) == ([view.cut], [f"{view.kz:.2f}"])


def test_report_and_dataset_stand_alone(found):
    page = report_page(READING, found)
    assert page.count("data:image/png;base64,") == 2
    for foreign in ("http://", "https://", "<script", "@import"):
        assert foreign not in page
    data = xr.open_dataset(io.BytesIO(result_dataset(READING, found)), engine="h5netcdf")
    assert data["intensity"].shape == calibrated(READING).shape
    assert data["reconstruction"].dims == ("eV_model", "kx_model")


def test_report_says_all_that_a_citation_needs_and_brings_its_data_along():
    content = (EXAMPLES / "sharp.nc").read_bytes()
    first = uploaded_reading(content, "film.nc")
    first = replace(first, steps=(Momentum(0.01, 1.02),), substrate="Si0.5Ge0.5")
    second = replace(Reading("example-sharp"), kz="0.1")
    both = interpreted(first, (second,))
    page = report_page(first, both, (second,))
    for words in (
        "film.nc", hashlib.sha256(content).hexdigest(), "kz inferred", "kz = 0.1 2π/c̄", "example-sharp",
        "Momentum: Γ at 0.01 1/Å, scale 1.02", f"Bandloom {__version__}", "shipped models", "UTC",
        "Known beforehand: substrate Si0.5Ge0.5", "Simulated from Si5Ge7 on Si0.5Ge0.5", "Image 2 (Γ–X)",
    ):  # fmt: skip
        assert words in page, words
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", page)
    attached = dict(re.findall(r'download="([a-z.]+)" href="data:[a-z/-]+;base64,([A-Za-z0-9+/=]+)"', page))
    assert json.loads(base64.b64decode(attached["interpretation.json"])) == export(first, both, (second,))
    data = xr.open_dataset(io.BytesIO(base64.b64decode(attached["interpretation.nc"])), engine="h5netcdf")
    assert data["intensity"].shape == calibrated(first).shape
    assert "<pre" not in page


def test_report_has_axes_and_a_colour_bar(found):
    picture = re.search('data:image/png;base64,([^"]+)', report_page(READING, found)).group(1)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"))
    assert (pixels[:, :20] == 255).mean() > 0.5  # a white margin with the label of the axis in it
    assert (pixels[:, :60] < 128).any()


def test_pictures_are_drawn_in_both_schemes():
    image = calibrated(READING)
    for scheme in ("light", "dark"):
        figure = band_image_figure(image.values, image["kx"].values, image["eV"].values, scheme, "Intensity")
        assert figure.data[0].z.shape == image.shape
        assert "1/Å" in figure.layout.xaxis.title.text
    pixels = image.values[:, :, None].repeat(3, 2) / image.values.max()
    raw = raw_picture_figure(pixels, (2, 3, 50, 60), {"k1": (4.0, 5.0, 1.0)}, "dark")
    assert raw.layout.images[0].source.startswith("data:image/png")
    assert list(raw.data[1].x) == [4.0]


class Elements(HTMLParser):
    """Names of a page's elements; void ones need no end, all others must be closed in order."""

    VOID = ("meta", "img", "br", "link")

    def __init__(self, page: str):
        super().__init__()
        self.open, self.names = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_report_is_well_formed(found):
    elements = Elements(report_page(READING, found))
    assert elements.open == []
    assert {"script", "link", "iframe", "object"}.isdisjoint(elements.names)
    assert elements.names.count("tr") == len(found.descriptors) + len(found.candidates) + 1


def test_hostile_names_are_escaped(found, monkeypatch):
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    image = calibrated(READING).assign_attrs(source_format=hostile, sample=hostile)
    monkeypatch.setattr(report, "calibrated", lambda reading: image)
    drawn = report.reconstruction(found, found.candidates[0])
    monkeypatch.setattr(report, "reconstruction", lambda found, candidate: drawn)
    best = found.candidates[0]
    plain = {name: getattr(best, name) for name in ("mixing", "probability", "agreement")}
    first = SimpleNamespace(stack=hostile, substrate=hostile, **plain)  # no sample has such a name
    page = report_page(replace(READING, steps=(Colours(hostile),)), replace(found, candidates=[first]))
    elements = Elements(page)
    assert "script" not in elements.names
    assert elements.names.count("img") == 2
    assert page.count("&lt;script&gt;") >= 5


def test_report_prints_on_one_page(found, browser):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.set_content(report_page(READING, found))
    printed = page.pdf(prefer_css_page_size=True)
    context.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_what_is_at_odds_with_the_image_stands_in_every_export(found):
    odd = replace(found, at_odds="The substrate Ge is at odds with the image")
    assert odd.document()["at_odds"] == odd.at_odds
    assert found.document()["at_odds"] == ""
    assert odd.at_odds in report_page(READING, odd)
    assert "at odds" not in report_page(READING, found)


def test_what_is_said_of_an_unknown_image_is_faded_in_the_report(found):
    unknown = replace(found, images=(replace(found.images[0], domain_score=3.0),))
    faded = re.search(
        r'<section class="doubtful">(.*?)</section>\s*</section>', report_page(READING, unknown), re.DOTALL
    )
    for words in ("Figures with 90 % intervals", "Candidates", found.candidates[0].stack):
        assert words in faded.group(1)
    assert "Images and calibration" not in faded.group(1)
    assert report_page(READING, unknown).count('class="doubtful"') == 2  # the prediction's picture too
    assert 'class="doubtful"' not in report_page(READING, found)
