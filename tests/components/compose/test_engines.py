"""What the badge says of a prediction beside the exact bands."""

import pytest

from components.compose import engines
from components.compose.link import ComposeLink
from core.forward.live import Agreement
from core.sessions.requests import make_request


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (Agreement(0.98, 0.01, -0.04), "held"),
        (Agreement(0.98, 0.091, 0.0), "missed"),
        (Agreement(0.98, 0.0, -0.052), "missed"),
        (Agreement(0.85, 0.0, 0.0), "missed"),
        (Agreement(0.98, float("nan"), float("nan")), "held"),
    ],
)
def test_a_prediction_held_only_where_it_came_near(monkeypatch, found, word):
    monkeypatch.setattr(engines, "agreement", lambda prediction, exact: found)
    request, view = make_request("Si4Ge4", "Si"), ComposeLink()
    text, _ = engines.badge(request, view, engines.chosen_source(request, view, True))
    assert f"The prediction {word}: R² {found.r2:.3f}" in text
