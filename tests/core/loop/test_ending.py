"""The end of a run in plain words."""

import pytest

from core.loop.ending import ending

FIGURES = {
    "lattice_in_plane": {"value": 5.5512, "low": 5.5374, "high": 5.5649, "unit": "Å"},
    "ge_fraction": {"value": 0.583, "low": 0.501, "high": 0.666, "unit": "1"},
    "strain_silicon": {"value": -0.24, "low": -0.5, "high": 0.1, "unit": "%"},
    "interface_width": {"value": 0.01, "low": 0.0, "high": 0.12, "unit": "ML"},
}
RESULT = {
    "stop_reason": "agreement",
    "descriptors": FIGURES,
    "figures_from": "candidates",
    "candidates": [{"stack": "Si5Ge7", "substrate": "5.5513 Å", "mixing": 0.0, "probability": 0.83}],
    "residual_start": 850.8,
    "residual_end": 0.91,
    "unexplained": 1.0,
    "exact_check": {"residual_exact": 0.91, "residual_forward": 0.99, "agrees": True},
    "ambiguity": "2 candidates explain the image about equally well: A, B.",
    "decide": {"sentence": "A Γ–K cut would tell A and B apart best."},
    "hints": [{"explanation": "a wrong period", "removes": 0.3}, {"explanation": "another material", "removes": 0.001}],
}


def test_all_of_it_is_said(monkeypatch):
    monkeypatch.setattr("core.loop.ending.tested_like", lambda probability: (3, 4))
    said = ending(RESULT)
    assert said.sample == (
        "The sample is most likely Si5Ge7 on 5.5513 Å (83 % among the candidates; in tests 3 of 4 that were about as "
        "probable were true): a∥ is 5.551 Å (5.537 to 5.565), 0.2 % below bulk Si (−0.1 to 0.5), "
        "the mean Ge fraction is 0.58 (0.50 to 0.67), interfaces are sharp "
        "(up to 0.12 ML) (90 % intervals)."
    )
    assert "χ² = 0.91 a pixel (the first guess left 851), no more than noise" in said.fit
    assert "agrees" in said.exact
    assert said.rivals == f"{RESULT['ambiguity']} {RESULT['decide']['sentence']}"
    assert said.flaws == "What is left may come from: a wrong period (30 % of it)."
    assert len(said.sentences) == 6


def test_interfaces_are_sharp_only_where_others_were_tried():
    said = ending(RESULT | {"tried": 3, "widths_tried": False}).sample
    assert "83 % among 3 candidates" in said
    assert "interfaces are sharp (" not in said
    assert "no other width of them was tried" in said
    assert "no other width" not in ending(RESULT | {"widths_tried": True}).sample
    silicon = RESULT["candidates"][0] | {"stack": "Si2"}
    assert "no other width" not in ending(RESULT | {"widths_tried": False, "candidates": [silicon]}).sample


def test_a_simulated_image_says_what_it_was_made_from():
    told = RESULT | {"about": {"truth": "Si5Ge7 on Si0.5Ge0.5, sharp interfaces"}}
    assert ending(told).sentences[-1] == "The image was simulated from Si5Ge7 on Si0.5Ge0.5, sharp interfaces."
    assert "simulated" not in " ".join(ending(RESULT | {"about": {}}).sentences)


def test_networks_that_were_told_something_did_not_read_alone():
    doubtful = RESULT | {"figures_from": "networks", "unexplained": 1.84, "stop_reason": "budget"}
    assert "what the networks read alone stands" in ending(doubtful).sample
    assert (
        "what the networks read with what is known stands" in ending(doubtful | {"known": {"substrate": "Si"}}).sample
    )


def test_what_was_not_tested_is_not_said(monkeypatch):
    monkeypatch.setattr("core.loop.ending.tested_like", lambda probability: (0, 0))
    assert "(83 % among the candidates): a∥" in ending(RESULT).sample


@pytest.mark.parametrize(
    ("stack", "compared", "interfaces"),
    [("Ge2", False, False), ("Si2", True, False), ("(Si0.4Ge0.6)2", True, False), ("Si1Ge1", True, True)],
)
def test_nothing_is_said_of_what_a_stack_lacks(stack, compared, interfaces):
    strain = {"value": 4.18, "low": 4.0, "high": 4.4, "unit": "%"}
    best = RESULT["candidates"][0] | {"stack": stack}
    said = ending(RESULT | {"candidates": [best], "descriptors": FIGURES | {"strain_silicon": strain}}).sample
    assert ("4.2 % above bulk Si (4.0 to 4.4)" in said) is compared
    assert ("interfaces" in said) is interfaces
    assert "strained" not in said


def test_figures_of_the_networks_are_not_said_to_be_the_candidates():
    said = ending(RESULT | {"figures_from": "networks", "unexplained": 1.84, "stop_reason": "budget"})
    assert said.sample.startswith("No stack that was tried explains the image")
    assert "1.84 times what noise" in said.fit
    assert "more than the 1.3 times" in said.fit


@pytest.mark.parametrize("reason", ["noise only", "outside the domain"])
def test_nothing_is_said_of_the_sample_in_an_image_that_is_not_known(reason):
    said = ending(RESULT | {"stop_reason": reason})
    assert "Si5Ge7" not in " ".join(said.sentences)
    assert len(said.sentences) == 2


def test_results_of_earlier_versions_are_read():
    old = {name: value for name, value in RESULT.items() if name not in ("unexplained", "ambiguity", "decide", "hints")}
    assert len(ending(old | {"exact_check": None}).sentences) == 3


def test_what_was_taken_as_known_is_said_with_what_contradicts_it():
    odd = "The substrate Ge is at odds with the image."
    said = ending(RESULT | {"known": {"substrate": "Ge", "family": "two-block"}, "at_odds": odd}).sample
    assert said.endswith(
        f" Taken as known beforehand: the substrate Ge and the structure (two blocks, repeated). {odd}"
    )
    assert "known" not in ending(RESULT | {"known": {}}).sample


def test_what_tight_binding_says_in_a_run_by_dft_is_said_to_be_its_own(monkeypatch):
    monkeypatch.setattr("core.loop.ending.tested_like", lambda probability: (3, 4))
    said = ending(RESULT | {"fidelity": "dft", "exact_check": None})
    assert "in tests" not in said.sample  # these were runs by tight binding
    assert said.rivals.endswith("apart best. These images are predicted by tight binding.")
    assert "learned from tight binding" not in said.sample
    networks = ending(RESULT | {"fidelity": "dft", "figures_from": "networks"}).sample
    assert "The networks have learned from tight binding's bands, not from DFT's." in networks
    alone = ending(RESULT | {"decide": None, "ambiguity": "", "fidelity": "dft"})
    assert alone.rivals == ""
    for sentence in ending(RESULT).sentences + ending(RESULT | {"figures_from": "networks"}).sentences:
        assert "tight binding" not in sentence
