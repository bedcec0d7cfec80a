"""From images to figures and candidates, with the shipped weights."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.experiment.calibration.steps import Background, Momentum, calibrate
from core.experiment.calibration.suggestion import suggested_steps
from core.experiment.readers import read_images
from core.learning.samples import profile_key
from core.reverse.candidates import composition_figures, in_library, library, rank_by_composition
from core.reverse.cut import Cut, final_state_of
from core.reverse.inference import combined, infer
from core.reverse.quantities import LOCAL_QUANTITIES, QUANTITIES
from core.sessions.readings import Reading, export, interpreted, kept_images, why
from core.structure.stack import parse_stack
from tests.data import BEAMLINES, DATA, FIGURE, PUBLISHED_FIGURE, needs_published_figure

EXAMPLES = ("sharp", "graded", "alloy")


def cut_of(path: Path, **options) -> Cut:
    image = read_images(path.read_bytes(), path.name)[0]
    return Cut(calibrate(image, suggested_steps(image, **options)), "G-X")


@pytest.mark.parametrize("name", BEAMLINES)
def test_other_crystals_are_outside(name):
    found = infer([cut_of(DATA / name)])
    assert not found.in_domain
    assert found.domain_score > 1


def silicon(path: Path, kz: str) -> Cut:
    cut = cut_of(path, k_range=(-1.5, 1.67), e_range=(-8.65, 2.0))
    return replace(cut, kz=final_state_of(kz, 380.0, 12.6, 4.5)[0])


@pytest.mark.parametrize("path", [FIGURE, pytest.param(PUBLISHED_FIGURE, marks=needs_published_figure)])
def test_figure_of_silicon_is_inside_and_its_intervals_hold_silicon(path):
    found = infer([silicon(path, "auto")])
    assert found.in_domain
    assert found.descriptors["ge_fraction"].low <= 0.0
    assert found.descriptors["lattice_in_plane"].low <= 5.431 <= found.descriptors["lattice_in_plane"].high
    assert found.descriptors["kz"].value == pytest.approx(0.775, abs=0.15)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_inside_and_complete(name):
    found = interpreted(Reading(f"example-{name}"))
    document = json.loads(json.dumps(found.document()))
    assert document["in_domain"] is True
    assert {*QUANTITIES, *LOCAL_QUANTITIES, "kz", "fermi_above_vbm"} <= set(document["descriptors"])
    for estimate in document["descriptors"].values():
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
        assert estimate["unit"]
    probabilities = [candidate["probability"] for candidate in document["candidates"]]
    assert sum(probabilities) == pytest.approx(1.0, abs=1e-3)
    assert probabilities == sorted(probabilities, reverse=True)


def test_given_kz_is_not_estimated():
    image = kept_images("example-sharp")[0]
    calibrated = calibrate(image, suggested_steps(image))
    assert "kz" in infer([Cut(calibrated, "G-X")]).descriptors
    assert "kz" not in infer([Cut(calibrated, "G-X", kz=0.0)]).descriptors


def test_uploads_at_once_neither_mix_nor_fail():
    cuts = [cut_of(Path(__file__).parents[3] / "core" / "experiment" / "examples" / f"{name}.nc") for name in EXAMPLES]
    alone = [infer([cut]).document() for cut in cuts]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda number: infer([cuts[number % 3]]).document(), range(6)))
    assert together == [alone[number % 3] for number in range(6)]


def test_library_is_ranked_by_its_own_figures():
    for text, mixing in (("Si5Ge7", 0.0), ("Si3Ge1", 1.2), ("(Si0.35Ge0.65)2", 0.0)):
        stack = parse_stack(text)
        value = composition_figures(stack, mixing)
        size = {name: 1.0 if name == "period" else 0.05 for name in value}
        misfit, best, width = rank_by_composition(value, size)[0]
        assert profile_key(best) == profile_key(stack)
        assert width == pytest.approx(mixing)
        assert misfit < 1e-3
    assert in_library(parse_stack("Ge3Si2"))
    assert not in_library(parse_stack("Si2Ge1Si1Ge2"))
    assert len({profile_key(stack) for stack in library()}) > 110


def test_two_cuts_weigh_by_precision():
    first, second = np.array([[1.0]]), np.array([[2.0]])
    value, half = combined([(first, np.array([[0.1]])), (second, np.array([[0.1]]))])
    assert value[0, 0] == pytest.approx(1.5)
    assert half[0, 0] == pytest.approx(0.1)
    value, half = combined([(first, np.array([[0.01]])), (second, np.array([[10.0]]))])
    assert value[0, 0] == pytest.approx(1.0, abs=1e-3)
    assert half[0, 0] == pytest.approx(0.01 * np.sqrt(2), rel=1e-3)


def test_why_covers_what_was_measured():
    found = interpreted(Reading("example-sharp"))
    for quantity in ("lattice_in_plane", "interfacial_fraction"):
        shown = why(found, quantity)
        outwards = np.isfinite(found.images[0].readings.seen[0])
        measured = np.concatenate([outwards[1, :0:-1], outwards[0]])
        assert shown.shape == measured.shape
        assert np.isfinite(shown[measured]).all()
        assert np.isnan(shown[~measured]).all()
        assert np.abs(np.nan_to_num(shown)).max() > 0


def test_export_names_every_step_of_the_calibration():
    reading = Reading("example-alloy", steps=(Momentum(0.01), Background("constant")))
    document = export(reading, interpreted(reading))
    assert [step["step"] for step in document["reading"]["steps"]] == ["momentum", "background"]
    assert Reading.from_document(json.loads(json.dumps(document["reading"]))) == reading


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"image": 3},
        {"image": "x", "path": "/etc"},
        {"image": "x", "hv": "1e99"},
        {"image": "x", "hv": [1]},
        {"image": "x", "steps": "frame"},
        {"image": "x", "steps": [{"step": ["frame"]}]},
        {"image": "x", "steps": [{"step": "symmetrise"}, {"step": "symmetrise"}]},
        {"image": "x", "steps": [{"step": "fermi_level", "level": 1}, {"step": "fitted_fermi_level"}]},
        {"image": "x", "hv": 90, "steps": [{"step": "angle_to_momentum", "photon_energy": 90, "work_function": 4}]},
    ],
)
def test_forged_readings_are_refused(document):
    with pytest.raises(InputError):
        Reading.from_document(document)


def test_readings_of_the_flat_form_are_refused_with_the_way_out():
    with pytest.raises(InputError, match="drop the image again"):
        Reading.from_document({"image": "example-sharp", "colours": "auto", "k_centre": 0.0, "frame": []})


def test_lost_or_foreign_images_are_said():
    for identity in ("0" * 20, "example-../../../etc/passwd", "example-nothing"):
        with pytest.raises(InputError, match="no longer kept"):
            kept_images(identity)


def test_kz_is_a_number_or_auto():
    assert final_state_of("auto", None, None, None)[0] is None
    assert final_state_of("1.2", None, None, None)[0] == pytest.approx(0.8)
    kz, radius = final_state_of(None, 380.0, 12.6, 4.5)
    assert radius == pytest.approx(10.09, abs=0.01)
    assert 0.6 < kz < 0.9
    for text in ("up", "nan", "1e9"):
        with pytest.raises(InputError, match="kz"):
            final_state_of(text, None, None, None)
    with pytest.raises(InputError, match="at least one"):
        infer([])
