"""Words that the glossary of Learn explains, as links to it."""

from dash import html

TERMS = {
    "lattice_in_plane": "in-plane", "strain_silicon": "biaxial-strain", "ge_fraction": "virtual-crystal",
    "interfacial_fraction": "interfacial-atom", "interface_width": "interface-width", "period": "superlattice",
    "fermi_above_vbm": "vbm", "kz": "momenta", "photon_energy": "photon-energy", "work_function": "work-function",
    "fermi_level": "fermi-level", "normal_emission": "normal-emission", "cut": "cut", "candidate": "candidate",
    "interval": "interval", "domain": "domain", "substrate": "substrate", "stack": "stack",
    "bond_length_si_si": "keating", "bond_length_si_ge": "keating", "bond_length_ge_ge": "keating",
    "exact_engine": "exact-engine",
}  # fmt: skip
"""Name of a figure, a setting or a word → the glossary's anchor without its `term-`."""


def term(name: str, words: str):
    """The words, as a link to the glossary where it has them; it opens beside the page."""
    if name not in TERMS:
        return words
    return html.A(words, href=f"/learn#term-{TERMS[name]}", target="_blank", className="term", title="In the glossary")
