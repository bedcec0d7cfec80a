"""Pseudopotential files, made ones whose integrals are known."""

import numpy as np
import pytest
from ase.units import Bohr, Hartree

from core.dft.imported.pseudopotential import CONFIGURATION, Pseudopotential
from core.errors import InputError


def upf(element: str = "Si", width: float = 1.5, spread: tuple = (1.0, 2.0), more: str = "", kept: int = 500) -> str:
    """Four electrons in a Gaussian of ⟨r²⟩ = 3/2 width², s and p orbitals r e^(−r²/2w²) of ⟨r²⟩ = 3/2 w² and 5/2 w²."""
    r = np.linspace(0.0, 15.0, kept)
    density = 4 * 4 * np.pi * r**2 * np.exp(-((r / width) ** 2)) / (np.pi * width**2) ** 1.5
    waves = [r ** (momentum + 1) * np.exp(-((r / w) ** 2) / 2) for momentum, w in enumerate(spread)]
    chi = "".join(
        f'<PP_CHI.{n + 1} size="{kept}" l="{n}" occupation="2.0">{words(wave)}</PP_CHI.{n + 1}>'
        for n, wave in enumerate(waves)
    )
    return (
        f'<UPF version="2.0.1"><PP_INPUTFILE>&input zed=14 </PP_INPUTFILE><PP_HEADER element="{element}" '
        f'z_valence="4.0" number_of_wfc="2" {more} functional="PBE"/><PP_MESH><PP_R size="{kept}">{words(r)}</PP_R>'
        f"<PP_RAB>{words(np.full(kept, r[1]))}</PP_RAB></PP_MESH><PP_PSWFC>{chi}</PP_PSWFC>"
        f"<PP_RHOATOM>{words(density)}</PP_RHOATOM></UPF>"
    )


def words(values) -> str:
    return "\n" + " ".join(f"{value:.10E}" for value in values) + "\n"


def test_the_integral_of_a_neutral_atom_is_that_of_its_moments():
    s, p = CONFIGURATION["Si"]
    spread = 4 * 1.5 * 1.5**2 + (s - 2) * 1.5 * 1.0**2 + (p - 2) * 2.5 * 2.0**2
    found = Pseudopotential.parse(upf(), "Si.UPF")
    assert found.neutral_atom == pytest.approx(-2 * np.pi / 3 * Hartree * Bohr**3 * spread, rel=1e-6)
    assert (found.element, found.angular, found.valence, found.functional) == ("Si", (0, 1), 4.0, "PBE")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no pseudopotential of UPF"),
        ("<PP_HEADER> old </PP_HEADER>", "no pseudopotential of UPF"),
        ('<UPF version="2.0.1">', "lacks PP_HEADER"),
        (upf(more='has_so="true"'), "spin-orbit"),
        (upf().replace('l="1"', 'l="2"'), "lacks the p orbital of Si"),
        (upf().replace("PP_CHI", "PP_XHI"), "PP_CHI"),
        (upf().replace('number_of_wfc="2"', 'number_of_wfc="0"'), "no atomic orbitals"),
        (upf()[:-3000], "0 values of PP_RHOATOM"),
        (upf().replace("E+00", "E+zz"), "in place of a number"),
        (upf().replace('z_valence="4.0"', 'z_valence="nan"'), "in place of a number"),
        (upf(kept=30_000), "at|values of PP"),
    ],
)
def test_what_is_no_whole_file_is_refused_in_one_line(text, says):
    with pytest.raises(InputError, match=says) as caught:
        Pseudopotential.parse(text, "Si.UPF")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
