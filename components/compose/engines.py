"""Which engine answers on Compose: the forward model while controls move, the exact one when it is there; or DFT's."""

import numpy as np

from components.compose.dft import dft_badge, refusal
from components.compose.imperfect_engines import error_bar, imperfect_badge, imperfect_source
from components.compose.line import at_height
from components.compose.link import ComposeLink
from components.compose.spectra import picture_of
from core.engines import ENGINES, AtomicSpectra
from core.engines.forward_dft import TaughtSpectra
from core.forward.live import agreement
from core.forward.model import domain_score
from core.sessions.requests import Request, is_at_hand, is_known, is_quick, is_solvable, solve, spectra_of

HELD_R2, HELD_EDGE = 0.9, 0.05
"""R² and eV of an edge up to which a prediction is said to have held: 95 % of test stacks are read to 46 and 54 meV."""


def chosen_source(request: Request, view: ComposeLink, resting: bool) -> AtomicSpectra | None:
    """Spectra to draw a request from; None while nothing can be drawn.

    Outside its domain the forward model steps back wherever the exact engine can answer. Where DFT is chosen, its
    forward model alone answers: also while controls move where that is quick.

    Args:
        request: the sample.
        view: engine, broadening and shells that are asked for.
        resting: whether the controls rest, so that a quick exact calculation may run.
    """
    if request.by_dft != (view.engine == "dft"):
        return None  # the request is of the controls a moment ago
    if request.by_dft:
        there = not refusal(request, view) and (is_at_hand(request) or _at_once(request))
        return spectra_of(request) if there else None
    if request.imperfect:
        return imperfect_source(request, view)
    crystal = request.crystal()
    predictable = view.engine != "exact" and not _obstacle(request, view)
    if predictable and view.engine == "forward":
        return ENGINES["forward"].solve(crystal, request.line)
    at_once = is_solvable(request) and (is_at_hand(request) or ((resting or not predictable) and _at_once(request)))
    if at_once:
        return spectra_of(request)
    if predictable and (not is_solvable(request) or domain_score(crystal).inside):
        return ENGINES["forward"].solve(crystal, request.line)
    if predictable and is_quick(request):
        return spectra_of(request)
    return None


def badge(request: Request, view: ComposeLink, source: AtomicSpectra | None, resting: bool = True) -> tuple[str, str]:
    """Where the picture comes from and how far it holds, and its kind: exact, forward, outside or waiting.

    source: what the picture is drawn from; None where the one before still stands. resting: as for `chosen_source`;
    how well a prediction held is said of samples at rest.
    """
    if request.by_dft:
        return dft_badge(request, source if isinstance(source, TaughtSpectra) else None, refusal(request, view))
    if request.imperfect:
        return imperfect_badge(request, view, source)
    obstacle = _obstacle(request, view)
    crystal = request.crystal()
    solvable = is_solvable(request)
    score, at = domain_score(crystal), at_height(request.line)
    where = f"outside what the forward model learned ({score.reason}; score {score.value:.1f}, limit 1)"
    if source is None:
        why = obstacle or ("" if view.engine == "exact" or score.inside else f"it lies {where}")
        return f"{crystal.label}{at} waits for the exact calculation{f': {why}' if why else ''}.", "waiting"
    if obstacle or view.engine == "exact":
        return f"Exact{at}{f': {obstacle}' if obstacle else ''}.", "exact"
    if not (resting and solvable and _at_once(request)):
        return _unverified(source, solvable, "" if score.inside else where, at)
    prediction = source if source.engine == "forward" else ENGINES["forward"].solve(crystal, request.line)
    found = agreement(prediction, solve(request))
    edges = f", VBM {1000 * found.vbm_error:+.0f} meV, CBM {1000 * found.cbm_error:+.0f} meV"
    measured = f"R² {found.r2:.3f}{'' if np.isnan(found.vbm_error) else edges} against the exact bands"
    shown = ("Predicted" if source.engine == "forward" else "Exact") + at
    if not score.inside:
        return f"{shown}; {where}. The prediction: {measured}.", "outside"
    errors = np.abs([found.vbm_error, found.cbm_error])
    held = found.r2 >= HELD_R2 and not (errors > HELD_EDGE).any()
    verdict = "held" if held else "missed"
    return f"{shown}. The prediction {verdict}: {measured}; {error_bar(prediction)}.", source.engine


def _unverified(source: AtomicSpectra, solvable: bool, outside: str, at: str) -> tuple[str, str]:
    """The badge of a picture that nothing was compared with yet."""
    if source.engine == "exact":
        return f"Exact{at}.", "exact"
    follows = "the exact calculation follows" if solvable else "too large for the exact engine"
    if outside:
        return f"Predicted{at}, {outside}; {follows}.", "outside"
    return f"Predicted{at}, {error_bar(source)}; {follows}.", "forward"


def _at_once(request: Request) -> bool:
    return is_quick(request) or is_known(request)


def _obstacle(request: Request, view: ComposeLink) -> str:
    picture = picture_of(view.shells, view.sigma)
    return ENGINES["forward"].obstacle(request.crystal(), request.spin_orbit, picture, request.line)
