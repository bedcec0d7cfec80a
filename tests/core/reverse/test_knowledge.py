"""What is known of a sample narrows what its image says, and says so where the image speaks against it."""

import numpy as np
import pytest

from core.errors import InputError
from core.reverse.candidates import library
from core.reverse.knowledge import AT_ODDS, FAMILIES, NOTHING, SUBSTRATE_90, Knowledge
from core.sessions.readings import Reading, interpreted, readings_of_sample
from core.structure.stack import parse_stack

TRUE_LATTICE = 5.5445
"""Å, of Si0.5Ge0.5, on which the example `sharp` was simulated."""


@pytest.fixture(scope="module")
def found():
    kinds = {"nothing": ("", ""), "substrate": ("Si0.5Ge0.5", ""), "both": ("Si0.5Ge0.5", "two-block")}
    return {name: interpreted(Reading("example-sharp", substrate=s, family=f)) for name, (s, f) in kinds.items()}


def half(found, name: str) -> float:
    return (found.figures[name].high - found.figures[name].low) / 2


def test_a_substrate_narrows_the_lattice_constant_and_the_bonds(found):
    assert half(found["substrate"], "lattice_in_plane") <= SUBSTRATE_90
    for name in ("lattice_in_plane", "strain_silicon", "bond_length_si_si", "bond_length_si_ge", "bond_length_ge_ge"):
        assert half(found["substrate"], name) < 0.7 * half(found["nothing"], name)
    figure = found["substrate"].figures["lattice_in_plane"]
    assert figure.low <= TRUE_LATTICE <= figure.high
    assert all(c.lattice == pytest.approx(TRUE_LATTICE, abs=0.003) for c in found["substrate"].candidates)
    assert found["substrate"].at_odds == ""


def test_a_family_leaves_only_its_own_candidates(found):
    assert all(len(parse_stack(c.stack).blocks) == 2 for c in found["both"].candidates)
    alloys = interpreted(Reading("example-sharp", family="bulk"))
    assert all(len(parse_stack(c.stack).blocks) == 1 for c in alloys.candidates)
    assert alloys.figures["period"].value == pytest.approx(1.0)
    assert half(alloys, "period") < 1.0 < half(found["nothing"], "period")
    assert half(found["both"], "interfacial_fraction") < half(found["substrate"], "interfacial_fraction")


def test_two_families_make_up_the_library():
    kept = {family: sum(Knowledge(family=family).allows(stack) for stack in library()) for family in FAMILIES}
    assert kept["bulk"] + kept["two-block"] == kept[""] == len(library())


def test_bonds_are_not_settled_by_a_substrate_that_the_image_contradicts(found):
    odd = interpreted(Reading("example-sharp", substrate="Si"))
    assert odd.at_odds
    assert half(odd, "lattice_in_plane") > half(found["nothing"], "lattice_in_plane")
    for name in ("bond_length_si_si", "bond_length_ge_ge"):
        assert half(odd, name) >= half(found["nothing"], name)


def test_a_substrate_that_the_image_contradicts_is_told():
    value, width = {"lattice_in_plane": 5.43}, {"lattice_in_plane": 0.02}
    assert "at odds" in Knowledge("Ge").at_odds(value, width)
    near = f"{5.43 + 0.9 * AT_ODDS * 0.02:.3f} Å"
    assert Knowledge(near).at_odds(value, width) == NOTHING.at_odds(value, width) == ""


def test_contradiction_widens_by_birges_ratio():
    image, own, substrate = 5.6, 0.01, 5.431
    value, width = Knowledge(f"{substrate} Å").combined({"lattice_in_plane": image}, {"lattice_in_plane": own})
    narrow = (own**-2 + SUBSTRATE_90**-2) ** -0.5
    ratio = (image - substrate) / (np.hypot(own, SUBSTRATE_90) / 1.645)
    assert width["lattice_in_plane"] == pytest.approx(ratio * narrow, rel=1e-3)
    assert substrate < value["lattice_in_plane"] < image


def test_precision_weights_add_up():
    value, width = Knowledge("5.50 Å").combined({"lattice_in_plane": 5.495, "period": 4.0}, {"lattice_in_plane": 0.003})
    assert value == {"lattice_in_plane": pytest.approx(5.4975), "period": 4.0}
    assert width["lattice_in_plane"] == pytest.approx(0.003 / np.sqrt(2))


def test_nothing_known_changes_nothing(found):
    assert Reading("example-sharp").knowledge == NOTHING
    assert interpreted(Reading("example-sharp", substrate="  ")).document() == found["nothing"].document()


def test_what_stands_beside_the_shown_cut_is_known_of_the_sample_and_nothing_else_is(found):
    shown, kept = Reading("example-sharp", substrate="Si0.5Ge0.5"), Reading("example-sharp", family="bulk")
    assert interpreted(shown, (kept,)).document() == found["substrate"].document()
    assert interpreted(Reading("example-sharp"), (kept,)).document() == found["nothing"].document()
    other = Reading("example-graded")
    assert readings_of_sample(shown, (other, kept, other)) == (shown, other.known_as(shown))
    again = [Reading("example-sharp", kz="0.6"), Reading("example-sharp", kz="0.6", cut="G-K")]
    assert readings_of_sample(shown, again) == (shown, again[1].known_as(shown)), "one image counts twice as one cut"


@pytest.mark.parametrize(("substrate", "family"), [("Gx", ""), ("Si", "x"), ("9 Å", "")])
def test_what_is_no_knowledge_is_refused(substrate, family):
    with pytest.raises(InputError):
        interpreted(Reading("example-sharp", substrate=substrate, family=family))
