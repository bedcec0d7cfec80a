import json

import numpy as np
import pytest

from core.engines import ENGINES, Path
from core.engines.configurations import configurations_dataset, environments
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


def test_environments_share_out_the_total(averaged):
    """Each environment's mean times its number of atoms, over all of them: the mean total of the configurations."""
    share = averaged["environment_atoms"] / (3 * 4)
    np.testing.assert_allclose((share * averaged["asf_environment"]).sum("environment"), averaged["total"], atol=1e-9)
    assert averaged["environment_atoms"].sum() == 3 * 16
    assert averaged["asf_environment_std"].max() > 0.01
    crystal = ALLOY.crystal(0)
    for atom, name in enumerate(environments(crystal)):
        bonded = [b if a == atom else a for a, b in crystal.bond_atoms if atom in (a, b)]
        count = int(crystal.ge_fraction[bonded].sum())
        assert name.startswith(f"{crystal.species[atom]}, {count} Ge neighbour")


def test_environments_beside_a_vacancy():
    names = environments(ImperfectSample(Sample("Si4Ge4", "Si"), vacancies=(4,)).crystal())
    assert sorted(name for name in names if "vacancy" in name) == [
        "Ge, next to a vacancy", "Ge, next to a vacancy", "Si, next to a vacancy", "Si, next to a vacancy", "vacancy",
    ]  # fmt: skip


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
