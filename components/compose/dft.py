"""What Compose says where density functional theory is chosen: what its forward model shows, and what it cannot."""

import numpy as np

from components.compose.line import at_height
from components.compose.link import ComposeLink
from components.compose.spectra import picture_of
from core.dft.recipe import FUNCTIONAL
from core.engines.forward_dft import VIRTUAL_NOTE, TaughtSpectra
from core.errors import InputError
from core.forward.taught.model import taught_by
from core.sessions.requests import Request


def refusal(request: Request, view: ComposeLink) -> str:
    """Why DFT shows nothing of a request in a view, for the place beside its control; empty where it does."""
    if not request.by_dft:
        return ""
    picture = picture_of(view.shells, view.sigma)
    why = request.obstacle or request.engine.obstacle(request.crystal(), request.spin_orbit, picture, request.line)
    return f"DFT shows nothing here: {why}. Take that back, or choose another engine." if why else ""


def dft_badge(request: Request, source: TaughtSpectra | None, refused: str) -> tuple[str, str]:
    """Text and kind of the badge, see `components.compose.engines.badge`; refused: see `refusal`."""
    label, at = request.crystal().label, at_height(request.line)
    if source is None:
        waits = f"{label}{at} waits for the forward model of DFT."
        return f"{label}{at} is not shown by DFT." if refused else waits, "waiting"
    score, error = source.domain_score, float(source.total_error().mean())
    inside = score <= 1
    domain = "inside what they cover" if inside else "outside what they cover"
    fraction = source.crystal.ge_fraction
    mixed = " The bar leaves out that mixed planes are virtual crystals, which none of them had."
    text = (
        f"Forward model of DFT ({FUNCTIONAL}){at}, taught by {taught_by()} structures and {domain} (score {score:.1f}, "
        f"limit 1); 90 % error bar ±{error:.2f} 1/eV on average. Empty bands are raised by the scissor, "
        f"{source.scissor_shift:.2f} eV; spin-orbit coupling is left out."
    )
    return text + (mixed if np.any((fraction > 0) & (fraction < 1)) else ""), "forward" if inside else "outside"


def dft_notes(request: Request) -> list[str]:
    """What DFT does with the crystal of a request, for its notes; nothing of tight binding, or where it is refused."""
    if not request.by_dft or request.obstacle:
        return []
    try:
        computed = request.computed()
    except InputError:
        return []
    if request.structure:
        note = "DFT takes the structure file as it stands; its functional has lattice constants of its own"
    else:
        note = (
            f"DFT relaxes it at the lattice constants of its functional: a∥ = {computed.lattice_in_plane:.4f} Å and "
            f"c̄ = {computed.lattice_growth:.4f} Å. What is drawn here, and structure files, have those of experiment"
        )
    return [note, *(text for text in (VIRTUAL_NOTE,) if text in computed.notes)]
