"""What Interpret holds of other images, or of another visitor, changes nothing here; without a browser."""

import pytest

from components.interpret.session import readings_key
from core.sessions.readings import Reading
from pages import interpret_fit

SHARP, ALLOY = (Reading(f"example-{name}").document() for name in ("sharp", "alloy"))


@pytest.mark.parametrize(("job", "ordered"), [("job", ["cancel"]), (None, [])], ids=["its own", "of a link"])
def test_only_the_page_that_began_a_fit_stops_it(job, ordered, monkeypatch):
    orders = []
    monkeypatch.setattr(interpret_fit.runs, "status", lambda run: "running")
    monkeypatch.setattr(interpret_fit.runs, "order", lambda run, order: orders.append(order))
    fitting = {"run": "0" * 20, "job": job, "of": readings_key(SHARP, [])}
    assert interpret_fit.forget_fit(ALLOY, [], False, fitting)[1] is None
    assert orders == ordered
