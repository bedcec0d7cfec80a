"""Imperfect samples as pages ask for them: checked, bounded, kept configuration by configuration."""

from dataclasses import replace

import numpy as np
import pytest

from components.compose.downloads import NotThereYetError, download
from components.compose.engines import badge, chosen_source
from components.compose.imperfections import offer
from components.compose.link import ComposeLink
from core.engines.configurations import configurations_dataset
from core.engines.exact import ExactSpectra
from core.errors import InputError
from core.sessions import requests
from core.sessions.imperfections import Imperfections
from core.sessions.requests import is_known, is_quick, make_request, path_line, solve, spectra_of, stored_request
from core.sessions.work import exact

SHORT = path_line("G-X")


def asked(stack="(Si0.5Ge0.5)2", line=SHORT, mixing=0.0, spin_orbit=False, **flaws):
    document = Imperfections(**flaws).document()
    return make_request(stack, "Si0.5Ge0.5", mixing, spin_orbit, line=line, imperfect=document)


@pytest.fixture
def counted(monkeypatch) -> list:
    """Crystals that are diagonalised."""
    found = []
    before = requests.calculate_bands

    def counting(crystal, *arguments):
        found.append(crystal.label)
        return before(crystal, *arguments)

    monkeypatch.setattr(requests, "calculate_bands", counting)
    return found


def test_a_request_comes_back_from_the_browser_and_perfect_ones_have_the_keys_they_had():
    request = asked(seed=3, configurations=2, antisite=1)
    assert stored_request(request.document()) == request
    assert "imperfect" not in make_request("Si2", "Si").document()
    assert not is_quick(request)


def test_each_configuration_is_calculated_once_and_totals_are_their_mean(counted):
    one, three = asked(seed=11), asked(seed=11, configurations=3)
    assert one.key != three.key
    solve(one)
    assert not is_known(three)
    exact(three.document(), lambda fraction: None)
    assert is_known(three)
    assert [label[-1] for label in counted] == ["0", "1", "2"]
    spectra = spectra_of(three)
    assert np.allclose(spectra.total(), spectra.totals().mean(axis=0))
    assert np.abs(spectra.totals()[0] - spectra.totals()[1]).max() > 0.1, "configurations differ"
    assert np.allclose(spectra.atoms(), ExactSpectra(solve(one)).atoms()), "atoms are those of configuration 0"
    data = configurations_dataset(three.imperfect.of(three.sample), 3, SHORT)
    kept = spectra.dataset()
    assert np.abs(kept["total"] - data["total"]).max() < 1e-4
    assert np.abs(kept["total_std"] - data["total_std"]).max() < 1e-4
    assert kept.attrs["imperfections"] == data.attrs["imperfections"]
    assert "mean of 3 configurations" in kept.attrs["title"]


def test_a_perfect_cell_gives_the_stack_s_own_bands():
    perfect = make_request("Si2", "Si", line=SHORT)
    cell = make_request("Si2", "Si", line=SHORT, imperfect=Imperfections().document())
    difference = spectra_of(cell).total() - spectra_of(perfect).total()
    assert np.abs(difference).max() < 1e-5 * spectra_of(perfect).total().max()


def test_pictures_and_files_wait_for_the_calculation_and_say_what_they_show():
    request, view = asked("Si2", vacancy=2, seed=5, dangling="passivated"), ComposeLink(engine="forward")
    assert chosen_source(request, view, resting=True) is None
    text, kind = badge(request, view, None)
    assert kind == "waiting"
    assert "8 atoms, about" in text
    with pytest.raises(NotThereYetError, match="not calculated yet"):
        download(request, "nc", 0.1)
    assert b"Si" in download(request, "cif", 0.1)[0]
    exact(request.document(), lambda fraction: None)
    text, kind = badge(request, view, chosen_source(request, view, resting=True))
    assert kind == "exact"
    for said in ("a cell of 8 atoms", "seed 5", "configuration 0", "on the standard path only"):
        assert said in text
    content, name = download(request, "csv", 0.1)
    assert b"atom_8_" in content
    assert "passivated" in name


@pytest.mark.parametrize(
    ("given", "words"),
    [({"lateral": 3, "stack": "Si10Ge10"}, "180 atoms, and at most 96"),
     ({"stack": "Si8Ge8", "spin_orbit": True}, "64 atoms, and at most 48 are calculated here with spin-orbit"),
     ({"lateral": 3, "stack": "Si6Ge4", "configurations": 8, "line": path_line("Z-G-X|K-G-L")}, "at most about 15 min"),
     ({"antisite": 3}, "from 1 to 2"), ({"lateral": 4}, "give 2 to 3"), ({"configurations": 9}, "give 1 to 8")],
)  # fmt: skip
def test_what_costs_too_much_or_is_not_there_is_refused_with_the_way_out(given, words):
    with pytest.raises(InputError, match=words):
        asked(**given)


def test_a_long_calculation_begins_when_it_is_asked_for():
    assert offer(asked("Si2")) == ""
    assert offer(make_request("Si40Ge40", "Si")) == ""
    assert offer(None) == ""
    assert "72 atoms, about" in offer(asked("Si4Ge4", path_line("Z-G-X|K-G-L"), lateral=3))


def test_a_structure_file_has_no_imperfections():
    with pytest.raises(InputError, match="stacks only"):
        make_request("", "", structure="0" * 20, imperfect=replace(Imperfections(), seed=1).document())
