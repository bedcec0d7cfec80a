"""The pictures of Learn: each is drawn at every value of its control, and shows what its step says."""

import json

import numpy as np
import pytest

from components.learn import drawings, experiments, spectra
from components.learn.pictures import PICTURES, PREVIEWS, picture
from components.learn.tours import TOURS, Choice, tour_named

STEPS = [(tour.key, step) for tour in TOURS for step in tour.steps]


def text_of(component) -> str:
    parts = component if isinstance(component, list) else [component]
    return json.dumps(
        [part.to_plotly_json() for part in parts], default=lambda c: c.to_plotly_json(), ensure_ascii=False
    )


def test_every_step_has_a_picture_and_every_tour_a_preview():
    assert set(PICTURES) == {(key, step.anchor) for key, step in STEPS}
    assert set(PREVIEWS) == {tour.key for tour in TOURS}


@pytest.mark.parametrize(("key", "step"), STEPS, ids=[f"{key}-{step.anchor}" for key, step in STEPS])
def test_picture_is_drawn_and_follows_its_control(key, step):
    draw, control = PICTURES[key, step.anchor], step.control
    if control is None:
        assert text_of(draw())
    else:
        values = control.values if isinstance(control, Choice) else (control.low, control.start, control.high)
        pictures = [text_of(draw(value)) for value in dict.fromkeys(values)]
        assert len(set(pictures)) == len(pictures)


def test_atoms_add_up_to_the_total():
    found = spectra.exact("Si4Ge4", "Si")
    np.testing.assert_allclose(found.atoms().sum(axis=0), found.total(), atol=1e-4)


def test_mirror_atoms_are_alike_and_others_are_not():
    atoms = spectra.exact("Si4Ge4", "Si").atoms()
    for first, second in ((0, 3), (1, 2), (4, 7), (5, 6)):
        np.testing.assert_allclose(atoms[first], atoms[second], atol=1e-4)
    assert np.abs(atoms[0] - atoms[1]).max() > 0.02


def test_unfolded_silicon_is_silicon():
    eight, two = spectra.exact("Si8", "Si").total(), spectra.exact("Si2", "Si").total()
    np.testing.assert_allclose(eight, two, atol=1e-3)


def test_broadening_keeps_the_area():
    found, dark = spectra.exact("Si4Ge4", "Si"), 0.02
    sharp, wide = (
        found.total(spectra.Picture(spectra.EnergyGrid(-20, 10, 900), spectra.Broadening(sigma)))
        for sigma in (0.05, 0.1)
    )
    valence = slice(300, 660)
    assert np.median(np.abs(sharp[:, valence].sum(axis=1) / wide[:, valence].sum(axis=1) - 1)) < dark


def test_strain_moves_the_marks_as_the_text_says():
    relaxed, stretched = spectra.edges("Si2", "Si"), spectra.edges("Si2", "Si0.7Ge0.3", True)
    assert relaxed["valleys"]["Δ2"]["energy"] == pytest.approx(relaxed["valleys"]["Δ4"]["energy"], abs=1e-6)
    assert stretched["valleys"]["Δ2"]["energy"] < stretched["valleys"]["Δ4"]["energy"]
    levels = spectra.hole_levels(stretched)
    assert levels["LH"] == pytest.approx(stretched["vbm"])
    assert levels["HH"] - levels["LH"] == pytest.approx(stretched["hh_lh_splitting"])
    squeezed = spectra.hole_levels(spectra.edges("Ge2", "Si", True))
    assert squeezed["HH"] > squeezed["LH"]


def test_readouts_are_those_of_the_sample():
    assert "4 / 12 = 33 %" in text_of(drawings.layers(6))
    assert "ε∥ = 4.18 %" in text_of(drawings.cell(100))
    assert "Δ2 − Δ4 = 0 meV" in text_of(drawings.splittings("Si2", 0, False, "valleys"))
    assert [spectra.substrate_name(x) for x in (0, 30, 100)] == ["Si", "Si0.7Ge0.3", "Ge"]


def test_measurement_changes_what_is_measured():
    stages = [experiments._simulated(experiments.TRUTH, stage) for stage in experiments.ARTEFACTS]
    assert all(stage.shape == (len(experiments.KX), len(experiments.EV)) for stage in stages)
    bare, elements = stages[:2]
    np.testing.assert_allclose(bare, bare[::-1], rtol=1e-3, atol=1e-3)
    assert np.abs(elements - elements[::-1]).max() > 0.1 * elements.max()


def test_a_picture_is_drawn_once_for_all_who_ask(monkeypatch):
    tour = tour_named("interface")
    step = tour.steps[4]
    assert picture(tour, step, 2) is picture(tour, step, 2.0)
    assert picture(tour, step, "wide") is picture(tour, step)
    before = picture(tour, step)
    monkeypatch.setattr("components.learn.pictures.in_force", lambda: "learned-anew")
    assert picture(tour, step) is not before
