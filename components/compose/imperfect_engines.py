"""Imperfect samples on Compose: the predicted mean at once, the exact one when it is there."""

import numpy as np

from components.compose.imperfections import offer
from components.compose.line import at_height
from components.compose.link import ComposeLink
from components.compose.spectra import picture_of
from core.engines import AtomicSpectra
from core.engines.configurations import ConfigurationSpectra
from core.engines.forward_imperfect import ImperfectForwardSpectra, imperfect_obstacle
from core.sessions.imperfections import predicted_mean
from core.sessions.requests import Request, is_known, spectra_of


def imperfect_source(request: Request, view: ComposeLink) -> AtomicSpectra | None:
    """Spectra to draw an imperfect sample from; None where it waits for the exact calculation."""
    known = is_known(request)
    if view.engine != "exact" and not (known and view.engine != "forward") and not prediction_obstacle(request, view):
        return predicted_mean(request.imperfect.of(request.sample))
    return spectra_of(request) if known else None


def prediction_obstacle(request: Request, view: ComposeLink) -> str:
    """What keeps the forward model from predicting an imperfect sample; empty where it can."""
    picture = picture_of(view.shells, view.sigma)
    return imperfect_obstacle(request.imperfect.of(request.sample), request.spin_orbit, picture, request.line)


def imperfect_badge(request: Request, view: ComposeLink, source: AtomicSpectra | None) -> tuple[str, str]:
    """Text and kind of the badge, see `components.compose.engines.badge`."""
    at, cost = at_height(request.line), request.cost
    if isinstance(source, ImperfectForwardSpectra):
        return _predicted_badge(request, source)
    obstacle = prediction_obstacle(request, view) if view.engine != "exact" else ""
    if source is None or cost is None:
        told = f": {cost.text}" if cost else ""
        why = f". No prediction: {obstacle}" if obstacle else ""
        return f"{request.crystal().label}{at} waits for the exact calculation{told}{why}.", "waiting"
    number = len(source.others) + 1 if isinstance(source, ConfigurationSpectra) else 1
    which = "configuration 0"
    if number > 1:
        which = f"totals are the mean of configurations 0 to {number - 1}, atoms and structure those of configuration 0"
    asked = f" No prediction: {obstacle}." if obstacle and view.engine == "forward" else ""
    cell = f"a cell of {cost.atoms} atoms, relaxed and unfolded"
    return f"Exact{at}, {cell}; seed {request.imperfect.seed}, {which}.{asked}", "exact"


def _predicted_badge(request: Request, source: ImperfectForwardSpectra) -> tuple[str, str]:
    """The badge of a prediction: what was drawn, its domain and error bar, and how it held where that is known."""
    found = source.prediction
    number, score = found.configurations, found.score
    what = f"mean of {number} drawn configurations" if number > 1 else "all configurations are alike"
    inside = f"inside what was learned (score {score.value:.1f}, limit 1)"
    if not score.inside:
        inside = f"outside what was learned: {score.reason} (score {score.value:.1f}, limit 1)"
    text = f"Predicted, {what}, atoms as the mean of their plane; {inside}; {error_bar(source)}"
    if is_known(request):
        exact = spectra_of(request).total()
        spread = float(((exact - exact.mean()) ** 2).sum())
        r2 = 1.0 - float(((found.total() - exact) ** 2).sum()) / spread
        count = request.imperfect.configurations
        against = f"the exact mean of {count} configurations" if count > 1 else "the exact configuration 0"
        return f"{text}. R² {r2:.3f} against {against}.", "forward" if score.inside else "outside"
    follows = "the exact calculation begins when you press Compute" if offer(request) else "the exact one follows"
    return f"{text}; {follows}.", "forward" if score.inside else "outside"


def error_bar(prediction: AtomicSpectra) -> str:
    """The 90 % error bar of a prediction's total in words."""
    return f"90 % error bar ±{mean_error(prediction):.2f} 1/eV on average"


def mean_error(prediction: AtomicSpectra) -> float:
    """1/eV: half-width of the 90 % error bar of the total, mean over its pixels."""
    error = prediction.total_error()
    return 0.0 if error is None else float(np.mean(error))
