"""One question of the page and its answer: the sample as it stands in the controls, checked, with its picture.

While controls move the browser keeps few questions under way and asks the latest next (assets/compose-asks.js). An
answer holds all that a move changes, so that it takes one round trip.
"""

from typing import Any

from components.compose.dft import refusal
from components.compose.engines import badge, chosen_source
from components.compose.imperfections import cost_text
from components.compose.line import home, zone_of
from components.compose.link import ComposeLink, checked_cursor, checked_line, checked_view
from components.compose.spectra import FINEST, GRID, chosen_spectrum, energy_pixels
from components.figures.moving import moving_picture
from components.figures.spectrum import spectrum_figure
from components.requests import number_in
from core.dft.recipe import FUNCTIONAL
from core.engines import AtomicSpectra
from core.engines.forward_dft import TaughtSpectra
from core.errors import InputError
from core.sessions.requests import (
    DFT,
    LOST_STRUCTURE,
    TIGHT_BINDING,
    Request,
    check_kinds,
    is_kept,
    make_request,
)
from core.structure.stack import parse_stack, stack_and_substrate
from core.structure.substrate import bulk_lattice_constant, parse_substrate, strain_against

_VIEW = ("view", "sigma", "scale", "map", "engine", "sharpening", "gamma", "clip")
_SCHEMES = (None, "light", "dark")


def answer(asked) -> dict:
    """What a question changes on the page.

    Args:
        asked: as assets/compose-asks.js writes it: `sample` and `line` (what the controls say), `view`, `selection`,
            `cursor`, `scheme`, whether the controls are `resting`, whether a picture for a canvas is asked for
            (`moving`), and what is `shown` (key and engine; None unless that is with this very view), how many times
            finer a `zoom` wants energies, whether the `zone` is asked for, and whether the cursor goes `home` to Γ.

    Returns:
        `texts` that take the place of those in the fields (`Si4Ge4 on Ge` is both); `sliders`; `errors` by control, or
        `lost` where a structure file is no longer kept; else the `request`, the `badge`, and `figure` or `moving`,
        `title` and `shown` where there is something new to show; `zone` and `home` where they are asked for.

    Raises:
        InputError: what no page asks.
    """
    sample, view = _part(asked, "sample"), _part(asked, "view")
    chosen = checked_view(asked.get("selection"), view.get("shells"), **{name: view.get(name) for name in _VIEW})
    found: dict = {}
    imperfect = None if sample.get("structure") else sample.get("imperfect")
    controls = {
        "stack": sample.get("stack") or "",
        "substrate": sample.get("substrate") or "",
        "mixing": sample.get("mixing") or 0.0,
        "structure": sample.get("structure") or "",
    }
    check_kinds(controls)
    stack, on = stack_and_substrate(controls["stack"])
    if on and not controls["structure"]:
        controls |= {"stack": stack, "substrate": on}
        found["texts"] = {"stack": stack, "substrate": on}
    if controls["structure"] and not is_kept(controls["structure"]):
        return found | {"lost": LOST_STRUCTURE}
    try:
        line = checked_line(asked.get("line"))
    except InputError as error:
        return found | {"errors": {"path": str(error)}}
    try:
        if not controls["structure"]:
            found["sliders"] = slider_values(controls["stack"], controls["substrate"])
        settings: dict[str, Any] = {
            "spin_orbit": sample.get("spin_orbit") is True,
            "line": line,
            "fidelity": DFT if chosen.engine == "dft" else TIGHT_BINDING,
        }
        request = make_request(**controls, **settings)
    except InputError as error:
        in_substrate = error.position is None and "substrate" in str(error).lower()
        return found | {"errors": {"substrate" if in_substrate else "stack": str(error)}}
    if imperfect is not None:
        try:
            check_kinds({"imperfect": imperfect})
            request = make_request(**controls, **settings, imperfect=imperfect)
            found["cost"] = cost_text(request)
            request.crystal()
        except InputError as error:
            return found | {"errors": {"imperfect": str(error)}}
    refused = refusal(request, chosen)
    found |= {"errors": {"engine": refused} if refused else {}, "request": request.document()}
    if asked.get("zone") is True:
        found["zone"] = zone_of(request)
    return found | _picture(request, asked, chosen)


def slider_values(stack: str, substrate: str) -> dict:
    """Where the sliders stand for two texts, None where they cannot say what the text says, and the texts."""
    blocks, ground = parse_stack(stack), parse_substrate(substrate)
    return {
        "blocks": blocks.as_two_block(),
        "alloy": None if ground.ge_fraction is None else round(100 * ground.ge_fraction, 2),
        "strain": round(100 * strain_against(ground.lattice_constant, bulk_lattice_constant(0.0)), 2),
        "stack": stack,
        "substrate": substrate,
    }


def _picture(request: Request, asked: dict, chosen: ComposeLink) -> dict:
    """The picture of a request and where it comes from; the badge alone where the picture is shown already."""
    resting = asked.get("resting") is True
    source = chosen_source(request, chosen, resting)
    found = {"badge": badge(request, chosen, source, resting), "resting": resting}
    shown = [request.key, source.engine if source else ""]
    if source is None or shown == asked.get("shown"):
        return found
    moving = asked.get("moving") is True
    zoom = int(number_in(asked.get("zoom"), 1, FINEST, 1))
    finer = 1 if moving else energy_pixels(source, chosen.sigma, zoom, chosen.sharpening)
    spectrum, title = chosen_spectrum(
        source,
        chosen.view,
        chosen.atom,
        chosen.other,
        chosen.shells,
        chosen.sigma,
        finer,
        chosen.sharpening,
        request.line,
    )
    scheme = asked.get("scheme") if asked.get("scheme") in _SCHEMES else None
    k, energy = checked_cursor(asked.get("cursor"))
    if asked.get("home") is True:
        k = found["home"] = home(request)
    finer = len(spectrum.energy) // GRID.points
    cursor = (k, finer * energy + finer // 2)
    if moving:
        return found | {
            "moving": moving_picture(spectrum, chosen.scale == "log", cursor),
            "title": title,
            "shown": shown,
        }
    logarithmic, colours = chosen.scale == "log", (chosen.gamma, chosen.clip)
    figure = spectrum_figure(spectrum, chosen.map, logarithmic, cursor, scheme, *colours, smooth=zoom > 1)
    figure["layout"]["meta"]["caption"] = f"{title}<br>{_provenance(source, chosen.sigma)}"
    return found | {"figure": figure, "title": title, "shown": shown}


def _provenance(source: AtomicSpectra, sigma: float) -> str:
    """What a saved picture says below its title."""
    engine = "Forward model (prediction)" if source.engine == "forward" else "Exact, sp³d⁵s* tight binding"
    if isinstance(source, TaughtSpectra):
        engine = f"Forward model of DFT ({FUNCTIONAL}), scissor {source.scissor_shift:.2f} eV"
    return f"{engine} · {'with' if source.spin_orbit else 'without'} spin-orbit coupling · σ = {sigma:.2f} eV"


def _part(asked, name: str) -> dict:
    part = asked.get(name) if isinstance(asked, dict) else None
    if not isinstance(part, dict):
        raise InputError("This question did not come from the page; reload it")
    return part
