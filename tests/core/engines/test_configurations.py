import json

import numpy as np
import pytest

from core.engines import ENGINES, Path
from core.engines.configurations import configurations_dataset
from core.errors import InputError
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample

ALLOY = ImperfectSample(Sample("(Si0.5Ge0.5)4", "Si0.5Ge0.5"), seed=3)
LINE = Path("G-X", 4)


@pytest.fixture(scope="module")
def averaged():
    return configurations_dataset(ALLOY, 3, LINE)


def test_means_and_spreads_are_those_of_single_runs(averaged):
    singles = [ENGINES["exact"].solve(ALLOY.crystal(number), LINE).total() for number in range(3)]
    np.testing.assert_allclose(averaged["total_of"], singles, atol=1e-12)
    np.testing.assert_allclose(averaged["total"], np.mean(singles, axis=0), atol=1e-12)
    np.testing.assert_allclose(averaged["total_std"], np.std(singles, axis=0, ddof=1), atol=1e-12)
    assert averaged["total_std"].max() > 0.01
    np.testing.assert_allclose(averaged["asf_plane"].sum("plane"), averaged["total"], atol=1e-9)


def test_provenance_gives_every_configuration_back(averaged):
    imperfect = ImperfectSample.from_document(json.loads(averaged.attrs["imperfections"]))
    assert imperfect == ALLOY
    for number in range(averaged.attrs["configurations"]):
        np.testing.assert_allclose(averaged["positions"][number], imperfect.crystal(number).positions, atol=1e-12)
        assert tuple(averaged["species"].values[number]) == imperfect.crystal(number).species
    assert "8 of 16 sites" in averaged.attrs["notes"]
    assert averaged.attrs["structure"].endswith("seed 3")


def test_one_configuration_is_told_atom_by_atom():
    data = configurations_dataset(ALLOY, 1, LINE)
    assert data["asf"].dims == ("atom", "k", "energy")
    assert json.loads(data.attrs["imperfections"]) == ALLOY.document()
    assert data.attrs["configurations"] == 1


@pytest.mark.parametrize("number", [0, 65])
def test_numbers_of_configurations_are_bounded(number):
    with pytest.raises(InputError, match="1 to 64"):
        configurations_dataset(ALLOY, number, LINE)
