"""Names of downloaded files."""

import io

import pandas as pd
import pytest

from components.compose.downloads import download, file_stem
from core.sessions.requests import cut_line, make_request, path_line


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


def test_the_line_is_in_the_name_and_the_points_are_in_the_table():
    request = make_request("Si2", "Si", line=cut_line("G-K", 0.25))
    content, name = download(request, "csv", 0.1)
    assert name == "Si2_on_Si_G-K_kz_0.25.csv"
    rows = pd.read_csv(io.BytesIO(content))
    assert set(rows["kz_2pi/c"]) == {0.25}
    assert (rows["kx_2pi/a"].min(), rows["ky_2pi/a"].max()) == (-0.75, 0.75)
    assert download(request, "cif", 0.1)[1] == "Si2_on_Si.cif"
    assert download(make_request("Si2", "Si", line=path_line("X-G|L-G")), "csv", 0.1)[1] == "Si2_on_Si_X-G_L-G.csv"
    assert download(make_request("Si2", "Si"), "csv", 0.1)[1] == "Si2_on_Si.csv"


def test_long_stack_is_cut_and_the_substrate_stays():
    stem = file_stem("Si1Ge2" * 60 + " on Si0.5Ge0.5")
    assert len(stem) == 80
    assert stem.startswith("Si1Ge2Si1Ge2")
    assert stem.endswith("..._on_Si0.5Ge0.5")
    assert len(file_stem("x" * 100 + " on " + "y" * 100)) == 80
