"""Imperfect samples on Compose: the predicted mean at once, marked, and the exact one when it is there or asked for."""

import numpy as np
import pytest

from components.compose import imperfect_engines
from components.compose.answers import answer
from components.compose.engines import badge, chosen_source
from components.compose.link import ComposeLink
from components.compose.spectra import chosen_spectrum, energy_pixels
from core.engines.exact import ExactSpectra
from core.engines.forward_imperfect import ImperfectForwardSpectra
from core.sessions.imperfections import Imperfections
from core.sessions.requests import make_request
from tests.pages.test_compose_forged import QUESTION

LIVE, FORWARD, EXACT = (ComposeLink(engine=name) for name in ("live", "forward", "exact"))


def asked(stack: str = "Si2Ge2", substrate: str = "Si0.5Ge0.5", spin_orbit: bool = False, **flaws):
    return make_request(stack, substrate, spin_orbit=spin_orbit, imperfect=Imperfections(**flaws).document())


@pytest.fixture
def exact(monkeypatch) -> list:
    """Makes exact results known: the prediction's own total, so that nothing is diagonalised."""
    known = []

    class Known(ExactSpectra):
        def total(self, *given):
            return known[0]

    monkeypatch.setattr(imperfect_engines, "is_known", lambda request: bool(known))
    monkeypatch.setattr(imperfect_engines, "spectra_of", lambda request: Known(None))
    return known


@pytest.mark.parametrize("view", [LIVE, FORWARD])
@pytest.mark.parametrize("resting", [True, False])
def test_the_predicted_mean_stands_at_once(view, resting, exact):
    request = asked(antisite=2, seed=4)
    source = chosen_source(request, view, resting)
    assert isinstance(source, ImperfectForwardSpectra)
    text, kind = badge(request, view, source, resting)
    assert kind == "forward"
    for words in ("Predicted, all configurations are alike", "inside what was learned (score 0.", "limit 1",
                  "90 % error bar ±0.", "the exact one follows"):  # fmt: skip
        assert words in text
    mixed = asked("(Si0.5Ge0.5)4")
    assert "mean of 32 drawn configurations" in badge(mixed, view, chosen_source(mixed, view, resting))[0]


def test_exact_is_shown_when_it_is_there_or_alone_asked_for(exact):
    request = asked(antisite=2)
    assert chosen_source(request, EXACT, True) is None
    assert badge(request, EXACT, None)[1] == "waiting"
    prediction = chosen_source(request, FORWARD, True)
    exact.append(prediction.total())
    assert chosen_source(request, LIVE, True).engine == "exact"
    assert chosen_source(request, EXACT, True).engine == "exact"
    held = chosen_source(request, FORWARD, True)
    assert held.engine == "forward"
    assert "R² 1.000 against the exact configuration 0" in badge(request, FORWARD, held)[0]


@pytest.mark.parametrize(
    ("request_", "view", "words"),
    [(asked(antisite=1, spin_orbit=True), LIVE, "without spin-orbit coupling"),
     (asked(antisite=1), ComposeLink(engine="live", sigma=0.2), "broadening of 0.10 eV only"),
     (asked(antisite=1), ComposeLink(engine="forward", shells="s"), "orbitals"),
     (asked("Si8Ge6"), LIVE, "4 to 12 planes")],
)  # fmt: skip
def test_what_it_does_not_know_is_not_predicted(request_, view, words, exact):
    assert chosen_source(request_, view, True) is None
    text, kind = badge(request_, view, None)
    assert kind == "waiting"
    assert words in text


def test_outside_its_domain_it_is_marked(exact):
    request = asked(substrate="5.72", vacancy=2)
    text, kind = badge(request, LIVE, chosen_source(request, LIVE, True))
    assert kind == "outside"
    assert "outside what was learned: the substrate" in text


def test_atoms_share_their_plane_and_the_picture_says_so(exact):
    source = chosen_source(asked(vacancy=2, dangling="passivated"), LIVE, True)
    atoms, crystal = source.atoms(), source.crystal
    planes = source.prediction.planes()
    for plane in range(4):
        assert np.allclose(atoms[crystal.plane == plane].sum(axis=0), planes[plane], atol=1e-5)
    assert np.all(atoms[crystal.vacant] == 0)
    assert energy_pixels(source, 0.1, 4) == 1
    spectrum, title = chosen_spectrum(source, "atom", 0, 1, "spdS", 0.1)
    assert "mean of its plane" in title
    assert "predicted mean of 1 configuration" in title
    assert np.allclose(spectrum.values, atoms[0])
    bar, title = chosen_spectrum(source, "error", 0, 1, "spdS", 0.1)
    assert "error bar" in title
    assert bar.values.min() > 0


def test_the_page_gets_it_in_one_answer():
    flaws = Imperfections(antisite=1, seed=987654).document()
    sample = QUESTION["sample"] | {"stack": "Si2Ge4", "substrate": "Si0.5Ge0.5", "imperfect": flaws}
    found = answer(QUESTION | {"sample": sample, "view": QUESTION["view"] | {"engine": "live"}})
    assert found["badge"][1] == "forward"
    assert found["shown"][1] == "forward"
    assert "figure" in found or "moving" in found
