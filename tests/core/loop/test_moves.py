"""Neighbours of a stack."""

import pytest

from core.learning.samples import profile_key
from core.loop.moves import along, neighbours, plane_neighbours
from core.structure.stack import parse_stack


def keys(notation: str) -> set[str]:
    return {profile_key(parse_stack(name)) for name in neighbours(notation)}


def test_two_blocks_have_the_moves_of_their_interfaces():
    found = keys("Si4Ge6")
    for other in ("Si3Ge6", "Si5Ge6", "Si4Ge5", "Si4Ge7", "Si5Ge5", "Si3Ge7", "Si2Ge3", "Si8Ge12"):
        assert profile_key(parse_stack(other)) in found, other


def test_alloys_get_richer_and_poorer_within_their_limits():
    fractions = {parse_stack(name).blocks[0].ge_fraction for name in neighbours("(Si0.97Ge0.03)2")}
    assert fractions == {0.0, 0.01, 0.05, 0.11}


@pytest.mark.parametrize("notation", ["Si1Ge1", "Ge2", "Si3Ge1Si2Ge4", "[Si2Ge2]3", "(Si0.5Ge0.5)4Si4"])
def test_every_neighbour_is_another_crystal_and_comes_once(notation):
    found = neighbours(notation)
    own = profile_key(parse_stack(notation))
    others = [profile_key(parse_stack(name)) for name in found]
    assert own not in others
    assert len(set(others)) == len(others)


def test_moves_can_be_taken_back():
    for name in neighbours("Si4Ge4"):
        if name not in ("Si8Ge8", "Si2Ge2"):
            assert profile_key(parse_stack("Si4Ge4")) in keys(name), name


def test_planes_are_turned_put_in_taken_out_and_swapped():
    found = {profile_key(parse_stack(one)) for one in plane_neighbours("Si4Ge4", 9)}
    for expected in ("Si1Ge1Si2Ge4", "Si3Ge5", "Si4Ge5", "Si2Ge1Si2Ge4", "Si4Ge3", "Si3Ge1Si1Ge3"):
        assert profile_key(parse_stack(expected)) in found
    assert profile_key(parse_stack("Si4Ge4")) not in found
    assert all(len(parse_stack(one).ge_fractions) <= 8 for one in plane_neighbours("Si4Ge4", 8))


def test_planes_of_an_alloy_are_put_in_any_order():
    found = {profile_key(parse_stack(one)) for one in plane_neighbours("(Si0.75Ge0.25)4Ge4", 8)}
    assert {profile_key(parse_stack(one)) for one in ("Si1Ge1Si2Ge4", "Si3Ge5", "Si4Ge4")} <= found


def test_an_alloy_is_followed_as_far_as_the_elements():
    assert along("(Si0.9Ge0.1)2", 0, -0.06) == ["(Si0.96Ge0.04)2", "Si2"]
    assert along("Si2(Si0.15Ge0.85)4", 1, 0.1) == ["Si2(Si0.05Ge0.95)4", "Si2Ge4"]
    assert along("Si2(Si0.95Ge0.05)4", 1, -0.06) == ["Si6"], "one crystal"
    assert along("Si2Ge4", 0, 0.1) == []
