"""The training stream and the evaluation sets: reproducible, within range, and apart from each other."""

import subprocess
import sys
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
    held_back,
    held_out,
    is_held_back,
    profile_key,
    profile_number,
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


@pytest.mark.parametrize("every", [5, 12, 16])
def test_no_profile_is_both_learned_from_and_held_back(training, every):
    profiles = np.array([profile_number(sample.stack) for sample in training])
    held = held_back(profiles, every)
    keys = np.array([profile_key(parse_stack(sample.stack)) for sample in training])
    assert not set(keys[held]) & set(keys[~held])
    assert len(set(profiles)) == len(set(keys))
    assert abs(len(set(keys[held])) / len(set(keys)) - 1 / every) < 0.03


def test_what_is_held_back_depends_on_no_other_sample(training):
    profiles = np.array([profile_number(sample.stack) for sample in training[:300]])
    held = held_back(profiles, 12)
    np.testing.assert_array_equal(held_back(profiles[::-1], 12), held[::-1])
    np.testing.assert_array_equal(held_back(profiles[:77], 12), held[:77])
    assert [is_held_back(sample.stack, 12) for sample in training[:300]] == held.tolist()


def test_the_elements_are_never_held_back():
    for every in range(2, 40):
        assert not is_held_back("Si2", every)
        assert not is_held_back("Ge4", every)


def test_profile_numbers_are_the_same_in_every_process():
    assert profile_number("Si3Ge1Si2Ge4") == profile_number("Ge4Si2Ge1Si3Ge4Si2Ge1Si3")
    found = subprocess.run(
        [sys.executable, "-c", "from core.learning.samples import profile_number; print(profile_number('Si3Ge5'))"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert int(found.stdout) == profile_number("Si3Ge5")
