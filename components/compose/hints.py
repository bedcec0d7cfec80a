"""A hint for every control of Compose, and links of its terms to the glossary on Learn."""

from dash import dcc

HINTS = {
    "n-si": "Planes of silicon in one period, 0 to 10; more are typed into the stack",
    "n-ge": "Planes of germanium in one period, 0 to 10; more are typed into the stack",
    "repeats": "How often the period is repeated in the cell: the bands stay, folded ones appear with weight 0",
    "substrate-kind": "Whether the slider below chooses an alloy as the substrate or a strain",
    "alloy": "The substrate is a relaxed alloy with this share of germanium; all layers take its lattice constant",
    "strain": "The lattice constant in the plane, against that of bulk silicon",
    "mixing": "Width of an error-function profile of composition at every interface; 0 is sharp",
    "lateral": "How many primitive cells side by side; with more than one, atoms are drawn one by one and all relax",
    "seed": "Another number draws other atoms and other places of the flaws; the same one gives the same picture",
    "configurations": "How many drawings the total is the mean of",
    "antisite": "One atom of the other element in this plane, counted from 1 in growth order; empty for none",
    "vacancy": "One atom missing in this plane, counted from 1 in growth order; empty for none",
    "dangling": "What happens to the four orbitals that point to the missing atom",
    "step": "Half of the cell lies one monolayer higher, with all its interfaces",
    "upload": "Crystals of Si and Ge with four neighbours an atom, at most 2 MB",
    "line": "A path through named points of the zone, or a cut in the plane as an ARPES image shows it",
    "path": "Γ (or G), X, Z, K and L joined by -, broken by |; any but the standard one is for Exact or DFT",
    "kz": "Height of the cut along growth: 0 is the Γ plane, 1 the Z plane; other heights repeat these",
    "view": "All atoms together, one atom, one minus another, or how wrong the prediction may be",
    "engine": "Tight binding: Live is predicted while controls move, exact at rest; Exact or Forward is one of the two "
    "alone. DFT: density functional theory, by the forward model that it taught",
    "shells": "Orbitals whose share is shown; the exact engine alone tells them apart",
    "sigma": "Gaussian width of every state; energies become as fine as it needs",
    "scale": "Linear, or three decades of intensity",
    "map": "Colours of the picture; all are even to the eye",
    "sharpening": "As ARPES images are sharpened: lines instead of broad bands",
    "gamma": "Below 1 lifts weak bands, above 1 leaves the strong ones",
    "clip": "The share of the largest value at which colours end",
    "colour-by": "Colours of the 3D view: what an atom is, or how far its bonds are stretched",
    "download-nc": "Spectra of every atom and orbital with axes, units and structure",
    "download-csv": "Spectra of every atom as a table, a row for each k-point and energy",
    "download-cif": "The relaxed structure; mixed layers as occupancies",
    "download-xyz": "The relaxed structure, extended xyz with Ge fractions",
    "download-vasp": "The relaxed structure for VASP; mixed layers as their majority species",
    "picture-svg": "The picture as it stands, as lines and text",
    "picture-png": "The picture as it stands, 2000 × 1400 pixels",
    "copy": "The address of this view: sample, view and cursor",
    "compare": "This sample on the page Compare: swept, beside another one, or along growth",
    "compute": "Start the calculation again",
    "cancel": "End the calculation; the picture stays",
    "file-remove": "Go back to the stack",
}
"""By the name of the control."""

TERMS = {
    "n-si": "monolayer",
    "n-ge": "monolayer",
    "stack": "stack",
    "substrate": "substrate",
    "strain": "biaxial-strain",
    "mixing": "interface-width",
    "sigma": "broadening",
    "kz": "momenta",
    "Lattice in plane a∥": "in-plane",
    "VBM": "vbm",
    "CBM": "cbm",
    "HH − LH": "heavy-hole",
    "Δ2 − Δ4": "delta-valleys",
    "Interfacial atoms": "interfacial-atom",
    "Descriptors": "descriptor",
}
"""Anchor in the glossary, without its `term-`, by the name of a control or by what stands on the page."""


def term(name: str, text: str | None = None):
    """A text as a link to its entry in the glossary, or the text itself where it has none."""
    text = name if text is None else text
    if name not in TERMS:
        return text
    return dcc.Link(text, href=f"/learn#term-{TERMS[name]}", className="term", title="What this is, in the glossary")
