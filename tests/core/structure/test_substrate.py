import numpy as np
import pytest

from core.errors import InputError
from core.structure.substrate import Substrate, check_strain, parse_substrate, strain_against


@pytest.mark.parametrize(
    ("text", "lattice_constant", "ge_fraction"),
    [
        ("Si", 5.431, 0.0),
        (" ge ", 5.658, 1.0),
        ("Si0.5Ge0.5", 5.5445, 0.5),
        ("( Ge0.2 si0.8 )", 5.4764, 0.2),
        ("Si₀.₅Ge₀.₅", 5.5445, 0.5),
        ("5.50", 5.5, None),
        ("5.50 Å", 5.5, None),
        ("5.5A", 5.5, None),
        ("5.5 \u212b", 5.5, None),
        ("0.55 nm", 5.5, None),
        ("Si(001)", 5.431, 0.0),
        ("+1.2%", 5.431 * 1.012, None),
        ("-0.5 %", 5.431 * 0.995, None),
        ("−0.5 %", 5.431 * 0.995, None),
    ],
)
def test_accepted_forms(text, lattice_constant, ge_fraction):
    substrate = parse_substrate(text)
    assert substrate.lattice_constant == pytest.approx(lattice_constant, abs=1e-12)
    assert substrate.ge_fraction == ge_fraction
    assert parse_substrate(substrate.label) == substrate


@pytest.mark.parametrize(
    "text",
    ["", "C", "Si0.5Ge0.6", "Si0.5Si0.5", "(Si0.5Ge0.5", "550", "0", "nan", "inf", "1e5", "+99%", "-5.5", "5.5 nm"]
    + [None, "9" * 100000, "Si\x00", "5.5.5"],
)
def test_anything_else_says_what_is_accepted(text):
    with pytest.raises(InputError) as caught:
        parse_substrate(text)
    assert "Si" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_strain_is_against_the_layers_own_bulk():
    strain = check_strain(parse_substrate("Si"), [0.0, 1.0])
    np.testing.assert_allclose(strain, [0.0, 5.431 / 5.658 - 1.0], atol=1e-12)
    assert strain_against(5.431 * 1.01, 5.431) == pytest.approx(0.01)


def test_strain_limit_names_the_layer_and_the_way_out():
    with pytest.raises(InputError, match=r"Si layers .* \+8\.6 % .* 5\.319 to 5\.757 Å"):
        check_strain(parse_substrate("5.9"), [0.0, 1.0])
    check_strain(Substrate(5.431 * 1.06, "edge"), [0.0])
    with pytest.raises(InputError):
        check_strain(Substrate(5.431 * 1.0601, "over"), [0.0])


def test_description_names_the_reference():
    assert "+1.20 % against bulk Si" in parse_substrate("+1.2%").description
