"""Requests: canonical, checked, kept by content."""

import numpy as np
import pytest

from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_cut, build_path
from core.electronic.readouts import readouts_document
from core.errors import InputError
from core.sessions import requests
from core.sessions.requests import (
    WINDOW,
    cut_line,
    is_known,
    is_quick,
    keep_structure,
    make_request,
    path_line,
    read_out,
    solve,
    stored_request,
)
from core.structure.files import structure_text

BAD_KZ = (-0.01, 1.01, 1e9, 10**400, float("nan"), float("inf"))


def test_same_sample_in_other_words_is_the_same_request():
    assert make_request("si2 GE2 ", "si") == make_request("Si2Ge2", "Si")
    assert make_request("Si2Ge2", "Si").key != make_request("Si2Ge2", "Si", spin_orbit=True).key
    assert make_request("Si2Ge2", "Si").key != make_request("Si2Ge2", "Si", mixing=1.0).key


def test_other_parameters_of_the_engine_make_another_key(monkeypatch):
    before = make_request("Si2Ge2", "Si").key
    monkeypatch.setattr(requests, "parameters_sha256", lambda: "other")
    assert make_request("Si2Ge2", "Si").key != before


def test_solve_is_the_calculation_from_memory_and_from_disk(monkeypatch):
    request = make_request("Si2Ge4", "Si0.5Ge0.5")
    crystal = request.crystal()
    expected = calculate_bands(crystal, build_path(crystal), window=WINDOW).bands
    first = solve(request)
    assert solve(request) is first
    requests._recent.clear()
    monkeypatch.setattr(requests, "calculate_bands", lambda *_: pytest.fail("computed twice"))
    again = solve(request)
    np.testing.assert_array_equal(again.bands.energy, expected.energy)
    np.testing.assert_allclose(again.bands.atom_shell_weight, expected.atom_shell_weight, atol=1e-7)
    read_out(request)
    assert is_known(request)


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(requests, "_MEMORY_LIMIT_BYTES", 10 * 2**20)
    for n in range(2, 12, 2):
        solve(make_request(f"Si{n}Ge2", "Si"))
    kept = sum(requests._size(item) for item in requests._recent.values())
    assert len(requests._recent) == 1 or kept <= 10 * 2**20


def test_readouts_are_kept_as_they_are_computed():
    request = make_request("Si4Ge2", "Ge")
    fresh = readouts_document(request.crystal())
    assert read_out(request)["gap"] == pytest.approx(fresh["gap"], abs=1e-12)
    assert read_out(request)["gap_kind"] == fresh["gap_kind"]


def test_structure_file_becomes_a_request_and_a_lost_one_says_so():
    text = structure_text(make_request("Si2Ge2", "Si").crystal(), "xyz")
    identity = keep_structure(text.encode(), "mine.xyz")
    request = make_request("", "", structure=identity)
    assert len(request.crystal()) == 4
    assert request.key != make_request("Si2Ge2", "Si").key
    with pytest.raises(InputError, match="upload it again"):
        make_request("", "", structure="0" * 20)


@pytest.mark.parametrize("identity", ["../x", "0" * 19, "A" * 20, f"{'0' * 20}:owner", "\udcff" * 20, "x\0"], ids=ascii)
def test_a_foreign_structure_id_never_reaches_the_store(identity, monkeypatch):
    def touched():
        raise AssertionError("the store was asked")

    monkeypatch.setattr("core.sessions.requests.result_store", touched)
    with pytest.raises(InputError, match="upload it again"):
        make_request("", "", structure=identity)


def test_request_that_a_browser_kept_is_the_same_again():
    request = make_request("Si2Ge2", "Si0.5Ge0.5", 1.0, True)
    assert stored_request(request.document()) == request


@pytest.mark.parametrize(
    "forged",
    [None, [], "Si2Ge2", {"stack": 5}, {"mixing": "1"}, {"mixing": None}, {"mixing": 10**400}, {"spin_orbit": "yes"},
     {"substrate": ["Si"]}, {"path": 3}, {"cut": 3},
     {"kz": "0"}, {"kz": None}, {"kz": [0]}, {"colour": "red"}, {"structure": 7}, {"crystal": {}}],
    ids=repr,
)  # fmt: skip
def test_forged_request_is_refused(forged):
    document = make_request("Si2Ge2", "Si").document() | forged if isinstance(forged, dict) else forged
    with pytest.raises(InputError, match="did not come from the page"):
        stored_request(document)


@pytest.mark.parametrize(
    "change",
    [{"stack": "Si9999"}, {"mixing": float("nan")}, {"mixing": -1.0}, {"structure": "0"}, {"path": "Z-Q"},
     {"path": "G"}, {"path": "G-X|" * 9999}, {"cut": "G-L"}, {"cut": ""}, *({"cut": "G-X", "kz": kz} for kz in BAD_KZ)],
    ids=lambda change: repr(change)[:40],
)  # fmt: skip
def test_request_that_a_browser_kept_is_checked_again(change):
    with pytest.raises(InputError):
        stored_request(make_request("Si2Ge2", "Si").document() | change)


def test_lines_are_part_of_a_request_and_the_default_one_leaves_its_key_alone():
    plain = make_request("Si2Ge2", "Si")
    lines = [path_line("x-g-z"), cut_line("G-X", 0.3), cut_line("G-X", 0.31), cut_line("G-K", 0.3)]
    requests = [make_request("Si2Ge2", "Si", line=line) for line in lines]
    assert len({request.key for request in [plain, *requests]}) == 5
    assert {request.readout_key for request in requests} == {plain.readout_key}
    assert [stored_request(request.document()) for request in requests] == requests
    assert make_request("Si2Ge2", "Si", line=path_line("Z-G-X|K-G-L")).key == plain.key
    assert plain.document()["path"] == "Z-G-X|K-G-L"
    with pytest.raises(InputError, match="0 to 1 in 2π/c̄"):
        cut_line("G-X", 1.2)


def test_a_cut_is_solved_at_its_kz():
    request = make_request("Si2Ge2", "Si", line=cut_line("G-K", 0.4))
    found = solve(request)
    np.testing.assert_allclose(found.path.k_reduced[[0, 96]], [[-0.75, -0.75, 0.4], [0.75, 0.75, 0.4]], atol=1e-12)
    expected = calculate_bands(request.crystal(), build_cut(request.crystal(), "G-K", 0.4), window=WINDOW).bands
    np.testing.assert_array_equal(found.bands.energy, expected.energy)


@pytest.mark.parametrize(("stack", "substrate"), [("", "Si"), ("Si600", "Si"), ("Si2", "GaAs"), ("Ge2", "-3 %")])
def test_what_cannot_be_done_is_refused(stack, substrate):
    with pytest.raises(InputError):
        make_request(stack, substrate)


def test_quick_requests_are_the_small_ones():
    assert is_quick(make_request("Si8Ge8", "Si"))
    assert not is_quick(make_request("Si9Ge9", "Si"))
    assert not is_quick(make_request("Si8Ge8", "Si", spin_orbit=True))
    assert is_quick(make_request("Si8Ge8", "Si", line=cut_line("G-X", 0.3)))
    assert not is_quick(make_request("Si8Ge8", "Si", line=path_line("X-Z")))
    assert is_quick(make_request("Si6Ge6", "Si", line=path_line("X-Z")))
    assert not is_quick(make_request("Si6Ge6", "Si", line=path_line("-".join("GXZLKG"))))
