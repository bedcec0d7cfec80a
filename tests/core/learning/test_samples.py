"""The training stream and the evaluation sets: reproducible, within range, and apart from each other."""

from itertools import islice

import numpy as np
import pytest

from core.learning.samples import (
    EVALUATION,
    LATTICE_TRAINED,
    LONGEST_BLOCK,
    LONGEST_PERIOD,
    SHARES,
    evaluation_set,
    held_out,
    profile_key,
    trained_pairs,
    training_stream,
)
from core.structure.stack import Stack, parse_stack, two_block


@pytest.fixture(scope="module")
def training():
    return list(islice(training_stream(1), 3000))


def test_stream_is_reproducible_and_a_longer_one_extends_it(training):
    assert list(islice(training_stream(1), 50)) == training[:50]
    assert list(islice(training_stream(2), 50)) != training[:50]


def test_no_sample_twice(training):
    keys = {(profile_key(parse_stack(s.stack)), s.lattice, s.mixing) for s in training}
    assert len(keys) == len(training)


def test_evaluated_profiles_are_not_trained_on(training):
    trained = {profile_key(parse_stack(sample.stack)) for sample in training}
    for split in ("validation", "test"):
        for sample in evaluation_set(split):
            if sample.family not in ("unseen_strains", "bulk"):
                assert profile_key(parse_stack(sample.stack)) not in trained, sample


def test_held_out_pairs_are_in_no_training_sample_and_the_others_are(training):
    pairs = {parse_stack(sample.stack).as_two_block()[:2] for sample in training if sample.family == "pairs"}
    kept = held_out()["validation"] | held_out()["test"]
    assert not pairs & kept
    assert pairs == set(trained_pairs())
    assert len(pairs) + len(kept) == LONGEST_BLOCK**2
    assert not held_out()["validation"] & held_out()["test"]


def test_shares_and_ranges(training):
    for family, share in SHARES.items():
        found = sum(sample.family == family for sample in training) / len(training)
        assert abs(found - share) < 0.1, family  # duplicates are dropped after the draw
    lattice = np.array([sample.lattice for sample in training])
    assert lattice.min() >= LATTICE_TRAINED[0]
    assert lattice.max() <= LATTICE_TRAINED[1]
    assert max(len(parse_stack(sample.stack)) for sample in training) <= LONGEST_PERIOD
    assert max(len(sample.crystal()) for sample in training[:200]) <= 2 * LONGEST_PERIOD


def test_evaluation_sets_have_the_stated_families():
    for split in ("validation", "test"):
        families = [sample.family for sample in evaluation_set(split)]
        assert {name: families.count(name) for name in EVALUATION} == EVALUATION


def test_profile_key_ignores_rotation_direction_and_repeats():
    stack = parse_stack("Si3Ge1Si2Ge4")
    profile = stack.ge_fractions
    for turned in (np.roll(profile, 3), profile[::-1], np.tile(profile, 2)):
        assert profile_key(Stack.from_profile(turned)) == profile_key(stack)
    assert profile_key(two_block(3, 4)) != profile_key(two_block(4, 3))
