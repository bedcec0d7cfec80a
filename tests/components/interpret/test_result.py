"""What Interpret says and hands out, without a browser."""

import io
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import xarray as xr

from components.figures.band_image import band_image_figure, raw_picture_figure
from components.interpret.report import report_page, result_dataset
from components.interpret.result import candidate_list, compose_link, figure_list, verdict
from core.sessions.readings import Reading, calibrated, interpreted
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

READING = Reading("example-alloy")


@pytest.fixture(scope="module")
def found():
    return interpreted(READING)


def test_verdict_names_the_limit_and_ties(found):
    assert verdict(replace(found, in_domain=False, domain_score=3.2)) == (
        verdict(replace(found, in_domain=False, domain_score=3.2))[0],
        "outside",
    )
    assert "not to be trusted" in verdict(replace(found, in_domain=False, domain_score=3.2))[0]
    first = replace(found.candidates[0], probability=0.6)
    second = replace(found.candidates[1], probability=0.4)
    assert "equally well" in verdict(replace(found, in_domain=True, candidates=[first, second]))[0]
    second = replace(second, probability=0.1)
    assert f"{first.stack} explains it best" in verdict(replace(found, in_domain=True, candidates=[first, second]))[0]


def test_lists_show_intervals_and_every_candidate(found):
    shown = str(figure_list(found).to_plotly_json())
    for text in ("In-plane lattice constant", "90 %", "Inner and interfacial atoms"):
        assert text in shown
    assert found.candidates[0].stack in str(candidate_list(found).to_plotly_json())


def test_candidates_open_in_compose(found):
    candidate = replace(found.candidates[0], mixing=1.5)
    query = parse_qs(urlsplit(compose_link(candidate)).query)
    assert parse_stack(query["stack"][0]).notation == candidate.stack
    assert parse_substrate(query["substrate"][0]).lattice_constant == pytest.approx(candidate.lattice, abs=1e-4)
    assert query["mixing"] == ["1.5"]


def test_report_and_dataset_stand_alone(found):
    page = report_page(READING, found)
    assert page.count("data:image/png;base64,") == 2
    for foreign in ("http://", "https://", "<script", "@import"):
        assert foreign not in page
    data = xr.open_dataset(io.BytesIO(result_dataset(READING, found)), engine="h5netcdf")
    assert data["intensity"].shape == calibrated(READING).shape
    assert data["reconstruction"].dims == ("eV_model", "kx_model")


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
