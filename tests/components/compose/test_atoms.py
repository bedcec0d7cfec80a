"""Atoms of long stacks: counted right, drawn so that they can be read."""

from components.compose.atoms import THUMBNAIL_LIMIT, layer_diagram, thumbnail_atoms, thumbnails
from core.sessions.requests import make_request


def test_a_long_stack_has_four_interfacial_atoms_each_with_its_thumbnail():
    crystal = make_request("Si200Ge200", "Si0.5Ge0.5").crystal()
    heads = [str(group.children[0]) for group in thumbnails(crystal)[:-1]]
    assert "396, four neighbours of their own kind" in heads[0]
    assert "4, at least one neighbour of another kind" in heads[1]
    shown = thumbnail_atoms(crystal)
    assert len(shown) == THUMBNAIL_LIMIT
    assert {0, 199, 200, 399} <= set(shown)


def test_the_layers_of_a_long_stack_are_folded_away_from_its_interfaces():
    parts = layer_diagram(make_request("Si200Ge200", "Si0.5Ge0.5").crystal())
    folds = [part for part in parts if part.className == "layer-fold"]
    assert [fold.children[0].children for fold in folds] == ["192 × Ge", "192 × Si"]
    assert len(parts) == 18
    bars = [bar for part in parts for bar in (part.children[1:] if part in folds else [part])]
    assert sorted(int(getattr(bar, "data-atom")) for bar in bars) == list(range(400))
    assert all(part.className == "layer" for part in layer_diagram(make_request("Si4Ge4", "Si").crystal()))
