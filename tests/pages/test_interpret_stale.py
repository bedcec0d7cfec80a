"""What Interpret holds of other images, or of another visitor, changes nothing here; without a browser."""

import pytest
from dash import no_update

from components.interpret.session import readings_key
from core.sessions.readings import Reading
from pages import interpret_curves, interpret_fit
from tests.pages.callbacks import ask, names, payload, served_callbacks

SHARP, ALLOY = (Reading(f"example-{name}").document() for name in ("sharp", "alloy"))


@pytest.mark.parametrize(("job", "ordered"), [("job", ["cancel"]), (None, [])], ids=["its own", "of a link"])
def test_only_the_page_that_began_a_fit_stops_it(job, ordered, monkeypatch):
    orders = []
    monkeypatch.setattr(interpret_fit.runs, "status", lambda run: "running")
    monkeypatch.setattr(interpret_fit.runs, "order", lambda run, order: orders.append(order))
    fitting = {"run": "0" * 20, "job": job, "of": readings_key(SHARP, [])}
    assert interpret_fit.forget_fit(ALLOY, [], False, fitting)[1] is None
    assert orders == ordered


def test_an_edge_shifts_only_the_image_that_it_was_fitted_to():
    edge = {"of": readings_key(SHARP, []), "level": 0.1, "uncertainty": 0.01}
    after, history, hidden, error = interpret_curves.take_edge(1, edge, SHARP, [])
    assert (after["steps"][-1]["level"], history, hidden, error) == (0.1, [SHARP], True, "")
    for other in (ALLOY, after):
        document, _, hidden, error = interpret_curves.take_edge(1, edge, other, [])
        assert (document, hidden) == (no_update, True)
        assert "fit it again" in error


def test_another_image_takes_the_fits_of_the_curves_away():
    key = next(key for key in served_callbacks() if "curve-fit" in key and names(key) == ["interpret-reading.data"])
    reply = ask(payload(key, {"interpret-reading.data": ALLOY})).json["response"]
    assert reply["interpret-curve-fit"] == {"children": ""}
    assert reply["interpret-edge"] == {"data": None}
    assert reply["interpret-take-edge"] == {"hidden": True}
