"""Labels of atoms."""

import pytest

from core.structure.crystal import species_label


@pytest.mark.parametrize(
    ("ge_fraction", "label"),
    [
        (0.0, "Si"),
        (1.0, "Ge"),
        (0.3, "Si0.70Ge0.30"),
        (0.01, "Si0.99Ge0.01"),
        (0.004, "Si0.996Ge0.004"),
        (0.0002, "Si0.9998Ge0.0002"),
        (0.9998, "Si0.0002Ge0.9998"),
        (1e-9, "Si"),
        (1 - 1e-9, "Ge"),
    ],
)
def test_label_shows_two_digits_or_as_many_as_a_trace_needs(ge_fraction, label):
    assert species_label(ge_fraction) == label


def test_no_label_reads_as_pure_beside_a_trace():
    for step in range(1, 20000):
        label = species_label(step / 20000)
        silicon, _, germanium = label.removeprefix("Si").partition("Ge")
        if germanium:
            assert 0 < float(silicon) < 1
            assert float(silicon) + float(germanium) == pytest.approx(1, abs=1e-9)
