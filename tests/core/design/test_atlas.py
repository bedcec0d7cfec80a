"""The table of exact levels: what it holds, and what stands between its nodes."""

import numpy as np
import pytest

from core.design import atlas as module
from core.design.atlas import NODES, atlas, pairs
from core.design.figures import FIGURES, KINDS, OFFSETS, VALLEYS, quick
from core.errors import InputError
from core.structure.sample import Sample
from core.structure.stack import two_block


def at(n_si: int, n_ge: int, lattice: float) -> tuple[dict[str, float], str, str]:
    row = pairs().index((n_si, n_ge))
    figures, kinds, valleys = atlas().figures(np.array([lattice]))
    return {k: float(v[row, 0]) for k, v in figures.items()}, KINDS[kinds[row, 0]], VALLEYS[valleys[row, 0]]


def test_every_period_up_to_twenty_is_there_once():
    assert len(set(pairs())) == len(pairs()) == 192
    assert np.array_equal(atlas().pairs, pairs())
    assert np.isfinite(module._filled(atlas().levels)).all()


@pytest.mark.parametrize(("n_si", "n_ge", "node"), [(1, 1, 0), (2, 3, 3), (4, 0, 1), (0, 4, 6)])
def test_nodes_hold_what_the_engine_gives(n_si, n_ge, node):
    found, kind, valley = at(n_si, n_ge, float(NODES[node]))
    exact = quick(Sample.on_lattice(two_block(n_si, n_ge).notation, float(NODES[node])))
    for name in FIGURES:
        assert found[name] == pytest.approx(exact.figures[name], rel=1e-3, abs=2e-5, nan_ok=True), name
    assert (kind, valley) == (exact.kind, exact.valley)


@pytest.mark.parametrize(("n_si", "n_ge"), [(2, 2), (3, 1), (0, 4)])
def test_between_nodes_energies_are_within_a_few_meV(n_si, n_ge):
    lattice = float(NODES[2] + NODES[3]) / 2
    found, _, _ = at(n_si, n_ge, lattice)
    exact = quick(Sample.on_lattice(two_block(n_si, n_ge).notation, lattice)).figures
    for name in ("gap", "direct_gap", "vbm", "cbm", "delta2_delta4_splitting", *OFFSETS):
        assert found[name] == pytest.approx(exact[name], abs=0.005, nan_ok=True), name
    assert found["hh_lh_splitting"] == pytest.approx(exact["hh_lh_splitting"], abs=0.02)


def test_the_kind_of_the_gap_follows_the_levels_between_nodes():
    """Si1Ge4 is indirect at the node beside, and its lowest state is at Γ here."""
    _, kind, _ = at(1, 4, 5.5634)
    assert kind == quick(Sample.on_lattice("Si1Ge4", 5.5634)).kind == "pseudo-direct"


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 no table"])
def test_a_missing_or_damaged_table_is_said_in_one_line(content, tmp_path, monkeypatch):
    file = tmp_path / "atlas.npz"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(module, "ATLAS_FILE", file)
    with pytest.raises(InputError, match="core design --atlas"):
        atlas.__wrapped__()


def test_a_table_of_other_parameters_is_refused(monkeypatch):
    monkeypatch.setattr(module, "parameters_sha256", lambda: "other")
    with pytest.raises(InputError, match="other engine parameters"):
        atlas.__wrapped__()
