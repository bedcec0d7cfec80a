"""Names of downloaded files."""

import pytest

from components.compose.downloads import file_stem


@pytest.mark.parametrize(
    ("label", "stem"),
    [
        ("Si4Ge4 on Si", "Si4Ge4_on_Si"),
        ("[Si2Ge2]3 on Si0.5Ge0.5, interfaces mixed over 1.5 ML",
         "Si2Ge2_3_on_Si0.5Ge0.5_interfaces_mixed_over_1.5_ML"),
        ("mine", "mine"),
        ("../my file", "my_file"),
        ("", "structure"),
    ],
)  # fmt: skip
def test_label_becomes_a_file_name(label, stem):
    assert file_stem(label) == stem


def test_long_stack_is_cut_and_the_substrate_stays():
    stem = file_stem("Si1Ge2" * 60 + " on Si0.5Ge0.5")
    assert len(stem) == 80
    assert stem.startswith("Si1Ge2Si1Ge2")
    assert stem.endswith("..._on_Si0.5Ge0.5")
    assert len(file_stem("x" * 100 + " on " + "y" * 100)) == 80
