"""Compose by density functional theory: what is said of it, and that no theory passes for the other."""

import io
import re

import pytest
import xarray as xr

from components.compose import engines
from components.compose.answers import answer
from components.compose.dft import dft_notes, refusal
from components.compose.downloads import NotThereYetError, download
from components.compose.engines import badge, chosen_source
from components.compose.link import ComposeLink, decode_link
from components.compose.readouts import CLOSING_NOTE, band_readouts
from components.compose.spectra import chosen_spectrum, energy_pixels
from core.engines.forward_dft import TaughtSpectra
from core.forward.taught.model import WEIGHTS
from core.learning.weights import said_by_card
from core.sessions.imperfections import Imperfections
from core.sessions.requests import make_request, read_out, spectra_of
from tests.pages.test_compose_forged import QUESTION

VIEW = ComposeLink(engine="dft")


def by_dft(stack: str = "Si2Ge2", substrate: str = "Si", **more):
    return make_request(stack, substrate, fidelity="dft", **more)


def asked(engine: str, **sample) -> dict:
    return answer(QUESTION | {"view": QUESTION["view"] | {"engine": engine}, "sample": QUESTION["sample"] | sample})


def test_the_badge_says_what_is_shown_and_what_it_rests_on():
    request = by_dft()
    source = chosen_source(request, VIEW, True)
    text, kind = badge(request, VIEW, source)
    assert isinstance(source, TaughtSpectra)
    assert kind == "forward"
    taught = said_by_card(WEIGHTS, "structures")
    for words in ("Forward model of DFT (PBE)", f"taught by {taught} structures", "inside what they cover", "limit 1",
                  "90 % error bar ±0.", "1/eV on average", "raised by the scissor, 0.69 eV",
                  "spin-orbit coupling is left out"):  # fmt: skip
        assert words in text
    assert "virtual" not in text
    far = by_dft("Ge2", "5.33")
    text, kind = badge(far, VIEW, chosen_source(far, VIEW, True))
    assert kind == "outside"
    assert "outside what they cover" in text
    mixed = by_dft("(Si0.5Ge0.5)2")
    assert "virtual crystals" in badge(mixed, VIEW, chosen_source(mixed, VIEW, True))[0]


def test_a_slow_sample_waits_and_nothing_else_is_shown_meanwhile():
    request = by_dft("Si14Ge12")
    for resting in (True, False):
        assert chosen_source(request, VIEW, resting) is None
    assert badge(request, VIEW, None) == ("Si14Ge12 on Si waits for the forward model of DFT.", "waiting")


def test_controls_and_a_request_of_different_theories_show_nothing():
    assert chosen_source(make_request("Si2Ge2", "Si"), VIEW, True) is None
    assert chosen_source(by_dft(), ComposeLink(), True) is None


@pytest.mark.parametrize(
    ("request_of", "view", "why"),
    [({"spin_orbit": True}, VIEW, "spin-orbit"),
     ({"imperfect": Imperfections().document()}, VIEW, "perfect stacks only"),
     ({"stack": "Si70Ge70"}, VIEW, "at most 128 atoms"),
     ({}, ComposeLink(engine="dft", shells="p"), "does not tell orbitals apart")],
    ids=["spin-orbit", "imperfect", "long", "orbitals"],
)  # fmt: skip
def test_what_dft_cannot_show_is_refused_with_a_sentence(request_of, view, why):
    request = by_dft(**request_of)
    said = refusal(request, view)
    assert said.startswith("DFT shows nothing here: ")
    assert why in said
    assert chosen_source(request, view, True) is None
    text, kind = badge(request, view, None)
    assert (text.endswith("is not shown by DFT."), kind) == (True, "waiting")


def test_an_answer_has_the_sentence_beside_the_control_and_no_picture():
    refused = asked("dft", spin_orbit=True)
    assert "leaves spin-orbit coupling out" in refused["errors"]["engine"]
    assert "figure" not in refused
    assert refused["request"]["fidelity"] == "dft"
    assert asked("dft")["errors"] == {}
    assert asked("exact", spin_orbit=True)["errors"] == {}


def test_the_other_theory_is_another_picture_that_says_so():
    exact, taught = asked("exact"), asked("dft")
    assert exact["shown"] != taught["shown"]
    assert "fidelity" not in exact["request"]
    assert exact["title"] + " · DFT, forward model" == taught["title"]
    hover = [[trace["hovertemplate"] for trace in one["figure"]["data"]] for one in (exact, taught)]
    assert all(text.endswith("<extra></extra>") for text in hover[0])
    assert all(text.endswith("<extra>DFT</extra>") for text in hover[1])
    caption = taught["figure"]["layout"]["meta"]["caption"]
    assert "Forward model of DFT (PBE), scissor 0.69 eV · without spin-orbit coupling" in caption


def test_it_may_be_drawn_finer_and_has_an_error_bar_of_the_usual_broadening():
    source = spectra_of(by_dft())
    assert energy_pixels(source, 0.03) == 4
    bar, title = chosen_spectrum(source, "error", 1, 0, "spdS", 0.03, 4)
    assert bar.values.shape == (96, 176)
    assert bar.theory == "DFT"
    assert "at σ = 0.10 eV" in title


def test_files_carry_the_theory():
    request = by_dft()
    content, name = download(request, "nc", 0.1)
    assert name == "Si2Ge2_on_Si_dft.nc"
    with xr.open_dataset(io.BytesIO(content), engine="h5netcdf") as data:
        assert data.attrs["fidelity"] == "dft"
        assert "asf_shell" not in data
    assert download(request, "csv", 0.1)[1] == "Si2Ge2_on_Si_dft.csv"
    assert download(request, "cif", 0.1) == download(make_request("Si2Ge2", "Si"), "cif", 0.1)
    for other, why in ((by_dft(spin_orbit=True), "spin-orbit"), (by_dft("Si14Ge12"), "not calculated yet")):
        with pytest.raises(NotThereYetError, match=why):
            download(other, "nc", 0.1)


def test_notes_say_whose_lattice_constants_are_drawn():
    notes = " ".join(dft_notes(by_dft()))
    assert re.search(r"a∥ = 5\.4770 Å and c̄ = 5\.\d{4} Å", notes)
    assert "have those of experiment" in notes
    assert "virtual" not in notes
    assert "virtual crystals" in " ".join(dft_notes(by_dft("(Si0.5Ge0.5)2")))
    assert dft_notes(make_request("Si2Ge2", "Si")) == dft_notes(by_dft(spin_orbit=True)) == []


def test_readouts_of_dft_say_so_and_leave_masses_out():
    exact, taught, germanium = (
        str(band_readouts(read_out(request)))
        for request in (make_request("Si2Ge2", "Si"), by_dft(), by_dft("Ge2", "Ge"))
    )
    assert "Effective masses at the band edges" in exact
    assert "Effective masses at the band edges" not in taught
    assert "raised by 0.69 eV" in taught
    assert "The switch under Sample brings it in" not in taught
    assert CLOSING_NOTE in germanium
    assert "along the path" in germanium


def test_a_link_names_it():
    assert decode_link({"engine": "dft"}) == (ComposeLink(engine="dft"), [])


def test_an_imperfect_sample_is_not_drawn_by_tight_binding_in_its_place(monkeypatch):
    monkeypatch.setattr(engines, "is_known", lambda request: True)
    assert chosen_source(by_dft(imperfect=Imperfections().document()), VIEW, True) is None
