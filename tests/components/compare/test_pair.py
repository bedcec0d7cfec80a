"""Two samples side by side: who computes, the badge, the table, the maps."""

import numpy as np
import pytest

from components.compare.pair import pair_badge, pair_rows, pair_source, table_note
from components.figures.pair_map import pair_map
from core.engines.protocol import DEFAULT_PICTURE
from core.sessions.requests import make_request, read_out

ON_SI, ON_GE = make_request("Si2Ge2", "Si"), make_request("Si2Ge2", "Ge")
LONG, COUPLED = make_request("Si15Ge11", "Si"), make_request("Si15Ge11", "Si", spin_orbit=True)
"""Of no other test: one that has its exact result at hand is another case."""


def values(rows) -> dict:
    return {row[0]: row[2:4] for row in rows}


def test_exact_figures_stand_beside_each_other():
    sources = tuple(pair_source(one, "exact") for one in (ON_SI, ON_GE))
    assert [source.engine for source in sources] == ["exact", "exact"]
    found = values(pair_rows((ON_SI, ON_GE), sources))
    assert found["Gap"] == (read_out(ON_SI)["gap"], read_out(ON_GE)["gap"])
    assert found["Lattice in plane a∥"] == pytest.approx((5.431, 5.658))
    assert "Exact" in table_note(sources, False)


def test_predicted_edges_are_near_the_exact_ones_and_say_so():
    sources = tuple(pair_source(one, "forward") for one in (ON_SI, ON_GE))
    found = values(pair_rows((ON_SI, ON_GE), sources))
    assert found["Gap, read from the spectrum"] == pytest.approx(
        (read_out(ON_SI)["gap"], read_out(ON_GE)["gap"]), abs=0.11
    )
    assert "within 54 meV" in table_note(sources, False)


def test_figures_of_bands_are_not_mixed_of_both_engines():
    sources = pair_source(ON_SI, "exact"), pair_source(LONG, "exact")
    assert [source.engine for source in sources] == ["exact", "forward"]
    assert "Gap" not in values(pair_rows((ON_SI, LONG), sources))


@pytest.mark.parametrize(
    ("request_", "engine", "kind", "said"),
    [
        (ON_SI, "forward", "forward", "90 % error bar"),
        (ON_SI, "exact", "exact", "Exact"),
        (LONG, "forward", "outside", "outside what the forward model learned"),
        (LONG, "exact", "outside", "is asked for"),
        (COUPLED, "forward", "waiting", "choose Exact"),
        (COUPLED, "exact", "waiting", "waits for the exact calculation"),
        (make_request("Si150Ge150", "Si"), "exact", "outside", "too large for the exact engine"),
    ],
)
def test_a_badge_says_where_a_map_comes_from(request_, engine, kind, said):
    text, found = pair_badge(request_, pair_source(request_, engine), engine)
    assert found == kind
    assert said in text


def test_maps_have_the_axes_of_the_first_sample_and_the_colours_of_both():
    first, second = (pair_source(one, "forward") for one in (ON_SI, ON_GE))
    top = max(first.total().max(), second.total().max())
    energy = DEFAULT_PICTURE.grid.values
    maps = [pair_map(one.total(), energy, first.path, top, "dark") for one in (first, second)]
    for figure, source in zip(maps, (first, second), strict=True):
        assert (figure.data[0].zmin, figure.data[0].zmax) == (0.0, top)
        np.testing.assert_allclose(figure.data[0].z, source.total().T, rtol=1e-6)
    assert maps[0].layout.xaxis == maps[1].layout.xaxis
    assert maps[0].layout.yaxis == maps[1].layout.yaxis
    signed = pair_map(second.total() - first.total(), energy, first.path, 2.0, None, signed=True).data[0]
    assert (signed.zmin, signed.zmax) == (-2.0, 2.0)
