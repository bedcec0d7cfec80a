"""Samples: canonical, equal where they are equal, the same again from their JSON."""

import json

import numpy as np
import pytest

from core.errors import InputError
from core.structure.build import build_crystal
from core.structure.sample import Sample
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate


def test_the_same_sample_in_other_words_is_equal():
    assert Sample("si2 GE2 ", "si") == Sample("Si2Ge2", "Si", 0)
    assert Sample("si2 GE2 ", "si").key == Sample("Si2Ge2", "Si", -0.0).key
    assert Sample("Si2Ge2Si2Ge2", "Si0.5Ge0.5") == Sample("[Si2Ge2]2", "Ge0.5Si0.5")


def test_other_samples_have_other_keys():
    samples = [Sample(stack, substrate, mixing) for stack in ("Si2Ge2", "Si22Ge2", "[Si2Ge2]2")
               for substrate in ("Si", "5.431 Å", "5.5 Å", "+1 %") for mixing in (0.0, 1.0, 1.000001)]  # fmt: skip
    assert len({sample.key for sample in samples}) == len(samples)


def test_json_gives_the_same_sample():
    sample = Sample("(Si0.7Ge0.3)6Ge2", "+1.2 %", 0.75)
    assert Sample.from_document(json.loads(json.dumps(sample.document()))) == sample


def test_a_lattice_constant_is_kept_to_the_last_digit():
    lattice = 5.4321 + 1 / 3000
    sample = Sample.on_lattice("Si2", lattice)
    assert sample.lattice == lattice
    assert sample.changed(stack="Ge2").lattice == lattice
    assert sample.changed(lattice=5.5).substrate == "5.5 Å"


def test_crystal_is_the_built_one():
    sample = Sample("Si5Ge4", "Si0.5Ge0.5", 1.5)
    expected = build_crystal(parse_stack("Si5Ge4"), parse_substrate("Si0.5Ge0.5"), 1.5)
    np.testing.assert_array_equal(sample.crystal().positions, expected.positions)
    assert sample.crystal().label == expected.label


@pytest.mark.parametrize(
    "document",
    [{}, {"stack": "Si2"}, {"stack": "Si2", "substrate": "Si", "colour": 1}, {"stack": 5, "substrate": "Si"},
     {"stack": "Si2", "substrate": "Si", "mixing": "1"}, {"stack": "Si2", "substrate": "Si", "mixing": True},
     {"stack": "Si2", "substrate": "Si", "mixing": float("nan")}],
    ids=repr,
)  # fmt: skip
def test_what_is_no_sample_is_refused(document):
    with pytest.raises(InputError):
        Sample.from_document(document)
