"""Which engine answers on Compose: the forward model while controls move, the exact one when it is there."""

from components.compose.link import ComposeLink
from components.compose.spectra import picture_of
from core.engines import ENGINES, AtomicSpectra
from core.engines.exact import ExactSpectra
from core.forward.live import agreement
from core.forward.model import domain_score
from core.sessions.requests import Request, is_at_hand, is_known, is_quick, is_solvable, solve


def chosen_source(request: Request, view: ComposeLink, resting: bool) -> AtomicSpectra | None:
    """Spectra to draw a request from; None while nothing can be drawn.

    Outside its domain the forward model steps back wherever the exact engine can answer.

    Args:
        request: the sample.
        view: engine, broadening and shells that are asked for.
        resting: whether the controls rest, so that a quick exact calculation may run.
    """
    crystal = request.crystal()
    predictable = view.engine != "exact" and not _obstacle(request, view)
    if predictable and view.engine == "forward":
        return ENGINES["forward"].solve(crystal)
    at_once = is_solvable(request) and (is_at_hand(request) or ((resting or not predictable) and _at_once(request)))
    if at_once:
        return ExactSpectra(solve(request))
    if predictable and (not is_solvable(request) or domain_score(crystal).inside):
        return ENGINES["forward"].solve(crystal)
    if predictable and is_quick(request):
        return ExactSpectra(solve(request))
    return None


def badge(request: Request, view: ComposeLink) -> tuple[str, str]:
    """One sentence on where the picture comes from and how far it holds, and its kind: exact, forward or outside."""
    obstacle = _obstacle(request, view)
    if obstacle:
        return f"Exact: {obstacle}.", "exact"
    crystal = request.crystal()
    score = domain_score(crystal)
    held = is_solvable(request) and _at_once(request)
    where = f"outside what the forward model learned ({score.reason}; score {score.value:.1f}, limit 1)"
    if view.engine == "exact":
        return "Exact.", "exact"
    prediction = ENGINES["forward"].solve(crystal)
    bar = f"90 % error bar ±{_mean_error(prediction):.2f} 1/eV on average"
    if not held:
        follows = "the exact calculation follows" if is_solvable(request) else "too large for the exact engine"
        if score.inside:
            return f"Predicted, {bar}; {follows}.", "forward"
        return f"This stack lies {where}; {follows}.", "outside"
    found = agreement(prediction, solve(request))
    measured = (
        f"R² {found.r2:.3f}, VBM {1000 * found.vbm_error:+.0f} meV, CBM {1000 * found.cbm_error:+.0f} meV "
        "against the exact bands"
    )
    shown = "Predicted" if view.engine == "forward" else "Exact"
    if not score.inside:
        return f"{shown}; {where}. The prediction: {measured}.", "outside"
    return f"{shown}. The prediction held: {measured}; {bar}.", "forward" if view.engine == "forward" else "exact"


def _mean_error(prediction: AtomicSpectra) -> float:
    error = prediction.total_error()
    return 0.0 if error is None else float(error.mean())


def _at_once(request: Request) -> bool:
    return is_quick(request) or is_known(request)


def _obstacle(request: Request, view: ComposeLink) -> str:
    picture = picture_of(view.shells, view.sigma)
    return ENGINES["forward"].obstacle(request.crystal(), request.spin_orbit, picture)
