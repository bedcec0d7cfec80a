import time

import numpy as np
import pytest

from core.errors import InputError
from core.structure.stack import Block, Stack, parse_stack, two_block


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("Si4Ge4", [0] * 4 + [1] * 4),
        ("Si8Ge2Si2Ge4", [0] * 8 + [1] * 2 + [0] * 2 + [1] * 4),
        ("(Si0.7Ge0.3)6", [0.3] * 6),
        ("(Si2Ge1)2", [0, 0, 1] * 2),
        ("((Si0.7Ge0.3)1 Ge)2", [0.3, 1] * 2),
        ("([Si2]2Ge)2", [0, 0, 0, 0, 1] * 2),
        ("Si2/Ge1 | Si1", [0, 0, 1, 0]),
        ("(Ge0.3Si0.7)", [0.3]),
        ("(Si1Ge0)2", [0, 0]),
        ("[Si2Ge2]3", [0, 0, 1, 1] * 3),
        ("Si[Si2[SiGe]2]2Ge3", [0] + [0, 0, 0, 1, 0, 1] * 2 + [1] * 3),
        (" si4 GE 4\n", [0] * 4 + [1] * 4),
        ("Si₄Ge₁₂", [0] * 4 + [1] * 12),
        ("(Si₀.₅Ge₀.₅)₂", [0.5, 0.5]),
        ("SiGe", [0, 1]),
    ],
)
def test_profile_of_notation(text, profile):
    stack = parse_stack(text)
    np.testing.assert_array_equal(stack.ge_fractions, profile)
    assert len(stack) == len(profile)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("SiC4", 2, "Unknown element 'C' at character 3 of 'SiC4': only Si and Ge"),
        ("Sn4", 0, "Unknown element 'Sn'"),
        ("4Si", 0, "count follows"),
        ("Si0", 2, "Count 0"),
        ("Si4Ge4 !", 7, "Unexpected '!'"),
        ("Si4 4", 4, "Unexpected number"),
        ("Si4-Ge4", 3, "Unexpected '-'"),
        ("Si0.5Ge0.5", 3, "parentheses"),
        ("(Si0.5Ge0.6)2", 0, "add up to 1.1"),
        ("(SiGe)2", 3, "Fraction missing"),
        ("(Si4Ge4", 0, "without its ')'"),
        ("(Si4Ge4]2", 0, "without its ')'"),
        ("Si4/", 4, "at the end"),
        ("/Si4", 0, "Unexpected '/'"),
        ("Si4Ge4 on Ge", 7, "the substrate is given apart"),
        ("(Si0.5Si0.5)", 6, "both elements"),
        ("(Si0.5Ge0.5", 11, "without its"),
        ("[Si2Ge2", 0, "without its ']'"),
        ("Si2]3", 3, "Unexpected ']'"),
        ("[]3", 1, "block is missing"),
        ("[Si2]0", 5, "Count 0"),
        ("Si4097", 2, "at most 4096"),
        ("Si4000Ge97", 6, "at most 4096"),
        ("[Si2Ge2]2000", 8, "at most 4096"),
        ("Si٣", 2, "Unexpected"),
    ],
)
def test_error_points_at_the_character(text, position, words):
    with pytest.raises(InputError) as caught:
        parse_stack(text)
    assert caught.value.position == position
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10000,
        "[[[[Si9999]9999]9999]9999]",
        "[[[[[[[Si9]9]9]9]9]9]9",
        "Si" + "9" * 9999,
        "(Si0." + "3" * 9999 + "Ge0.5)",
        "SiGe" * 20000,
        "\x00\x1b[31m",
        None,
        7,
    ],
)
def test_hostile_text_fails_fast(text):
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        parse_stack(text)
    assert time.perf_counter() - start < 0.5
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Si2Si2Ge4", "Si4Ge4"),
        ("Si2Ge2Si2Ge2", "[Si2Ge2]2"),
        ("[[SiGe]2]3", "[Si1Ge1]6"),
        ("[Si3]4", "Si12"),
        ("Si4Ge4Si4", "Si4Ge4Si4"),
        ("(Ge0.25Si0.75)2(Si0.75Ge0.25)", "(Si0.75Ge0.25)3"),
    ],
)
def test_canonical_notation(text, canonical):
    assert parse_stack(text).notation == canonical
    assert parse_stack(canonical) == parse_stack(text)


def test_notation_round_trip_of_random_stacks():
    random = np.random.default_rng(3)
    for _ in range(200):
        unit = random.choice([0.0, 1.0, 0.3, 1 / 3, 1e-7, random.random()], size=random.integers(1, 9))
        profile = np.tile(unit, random.integers(1, 4))
        np.testing.assert_array_equal(parse_stack(Stack.from_profile(profile).notation).ge_fractions, profile)


def test_two_block_view():
    assert parse_stack("[Si4Ge6]3").as_two_block() == (4, 6, 3)
    assert parse_stack("Si8").as_two_block() == (8, 0, 1)
    assert parse_stack("Ge3").as_two_block() == (0, 3, 1)
    for text in ("Ge4Si4", "Si4Ge4Si2", "(Si0.5Ge0.5)4", "Si2(Si0.5Ge0.5)2"):
        assert parse_stack(text).as_two_block() is None
    for counts in ((4, 4, 1), (3, 2, 5), (1, 1, 2048)):
        assert two_block(*counts).as_two_block() == counts
    for counts in ((0, 0, 1), (-1, 4, 1), (4, 4, 0), (4, 4, 600)):
        with pytest.raises(InputError):
            two_block(*counts)


def test_odd_stack_is_doubled_and_says_so():
    even, notes = parse_stack("Si3Ge2").doubled_if_odd()
    assert even == parse_stack("Si3Ge2Si3Ge2")
    assert len(notes) == 1
    assert "doubled to 10" in notes[0]
    assert parse_stack("Si4Ge4").doubled_if_odd() == (parse_stack("Si4Ge4"), ())
    with pytest.raises(InputError, match="4096"):
        parse_stack("Si4095").doubled_if_odd()


def test_reversal_turns_the_profile():
    stack = parse_stack("Si4Ge2Si1")
    np.testing.assert_array_equal(stack.reversed().ge_fractions, stack.ge_fractions[::-1])
    assert stack.reversed().reversed() == stack


@pytest.mark.parametrize("arguments", [(-0.1, 1), (1.1, 1), (float("nan"), 1), (0, 0), (0, 1.5), (0, 5000), (0, True)])
def test_block_refuses_nonsense(arguments):
    with pytest.raises(InputError):
        Block(*arguments)


def test_empty_stack_is_refused():
    with pytest.raises(InputError, match="empty"):
        Stack(())
