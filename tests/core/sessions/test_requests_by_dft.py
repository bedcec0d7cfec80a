"""Requests of the forward model of DFT: keys of their own, kept like exact ones, never taken for them."""

import numpy as np
import pytest

from core.engines import FIDELITIES
from core.engines.forward_dft import TaughtSpectra
from core.errors import InputError
from core.sessions import requests
from core.sessions.imperfections import Imperfections
from core.sessions.requests import (
    cut_line,
    is_known,
    is_solvable,
    keep_structure,
    make_request,
    read_out,
    spectra_of,
    stored_request,
)
from core.sessions.work import exact as work_of_a_job
from core.structure.files import structure_text


def by_dft(stack: str = "Si2Ge2", substrate: str = "Si", **more):
    return make_request(stack, substrate, fidelity="dft", **more)


def test_the_theory_is_part_of_a_request_and_tight_binding_leaves_it_as_it_was():
    plain, taught = make_request("Si2Ge2", "Si"), by_dft()
    assert "fidelity" not in plain.document()
    assert stored_request(taught.document()) == taught != plain
    assert taught.key != plain.key
    assert taught.readout_key != plain.readout_key
    assert make_request("Si2Ge2", "Si", fidelity="tight-binding").key == plain.key
    with pytest.raises(InputError, match="tight-binding, dft"):
        make_request("Si2Ge2", "Si", fidelity="hybrid")


@pytest.mark.parametrize("name", ["MODEL_VERSION", "RECIPE_VERSION", "ENGINE_VERSION"])
def test_another_version_makes_another_key(monkeypatch, name):
    before = by_dft().key
    monkeypatch.setattr(requests, name, "other")
    assert by_dft().key != before


def test_other_weights_make_another_key_by_dft_alone(monkeypatch):
    plain, taught = make_request("Si2Ge2", "Si").key, by_dft().key
    monkeypatch.setattr(requests, "weights_sha256", lambda file: "other")
    assert by_dft().key != taught
    assert make_request("Si2Ge2", "Si").key == plain


@pytest.mark.parametrize("line", [None, cut_line("G-X", 0.3)], ids=["path", "cut"])
def test_what_is_kept_is_what_the_engine_gives(monkeypatch, line):
    request = by_dft("Si2Ge4", **({} if line is None else {"line": line}))
    fresh = FIDELITIES["dft"].solve(request.crystal(), request.line)
    spectra_of(request)
    requests._recent.clear()
    monkeypatch.setattr("core.engines.forward_dft.taught_model", lambda: pytest.fail("computed twice"))
    kept = spectra_of(request)
    assert isinstance(kept, TaughtSpectra)
    assert kept.domain_score == fresh.domain_score
    np.testing.assert_allclose(kept.total(), fresh.total(), atol=1e-6)
    np.testing.assert_allclose(kept.atoms([1]), fresh.atoms([1]), atol=1e-6)
    np.testing.assert_allclose(kept.total_error(), fresh.total_error(), rtol=1e-4)
    assert np.abs(kept.total() - spectra_of(make_request("Si2Ge4", "Si", line=request.line)).total()).max() > 0.1


def test_a_job_keeps_bands_and_readouts():
    request, told = by_dft("Si4Ge2", "Ge"), []
    assert not is_known(request)
    work_of_a_job(request.document(), told.append)
    assert is_known(request)
    assert not is_known(make_request("Si4Ge2", "Ge"))
    assert told[-1] == pytest.approx(0.95)


def test_readouts_are_those_of_dft_with_its_scissor():
    """Where PBE leaves no gap, edges are read along the path; the data set has 0.34 eV for Ge, and 1.19 for Si."""
    silicon, germanium = (read_out(by_dft(stack, on)) for stack, on in (("Si2", "Si"), ("Ge2", "Ge")))
    assert silicon["gap"] == pytest.approx(1.185, abs=0.05)
    assert silicon["gap_kind"] == "indirect"
    assert silicon["cbm"] == pytest.approx(silicon["valleys"]["Δ2"]["energy"])
    assert (silicon["closing"], germanium["closing"]) == (False, True)
    assert germanium["gap"] == pytest.approx(0.341, abs=0.02)
    assert "gap_kind" not in germanium
    energy = spectra_of(by_dft("Si2Ge2")).calculation.bands.energy
    found = read_out(by_dft("Si2Ge2"))
    assert found["vbm"] == pytest.approx(energy[:, 7].max(), abs=1e-6)
    assert found["cbm"] == pytest.approx(energy[:, 8].min(), abs=0.005)


def test_a_structure_file_is_taken_as_it_stands():
    text = structure_text(make_request("Si2Ge2", "Si").crystal(), "xyz")
    request = by_dft("", "", structure=keep_structure(text.encode(), "mine.xyz"))
    assert request.computed().lattice_in_plane == pytest.approx(request.crystal().lattice_in_plane)
    stack = by_dft()
    assert stack.computed().lattice_in_plane > stack.crystal().lattice_in_plane + 0.04


@pytest.mark.parametrize(
    ("more", "why"),
    [({"spin_orbit": True}, "spin-orbit"), ({"imperfect": Imperfections().document()}, "perfect stacks only"),
     ({"stack": "Si70Ge70"}, "at most 128 atoms")],
    ids=["spin-orbit", "imperfect", "long"],
)  # fmt: skip
def test_what_it_cannot_do_is_said(more, why):
    request = by_dft(**more)
    assert why in request.obstacle
    assert not is_solvable(request)
    assert by_dft().obstacle == ""
