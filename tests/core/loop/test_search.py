"""The search over stacks, what it learns on the way, and what it says in the end."""

import time
from dataclasses import replace

import numpy as np
import pytest

from core.learning.samples import drawn_sample, profile_key
from core.loop.clock import Clock
from core.loop.correction import REUSED
from core.loop.evaluation import loop_outcome
from core.loop.fit import Fitted, State
from core.loop.fit_evaluation import simulated_image
from core.loop.image import Image, is_bare
from core.loop.loop import TRUSTED_TO, Loop, LoopSettings
from core.loop.pictures import Pictures
from core.loop.pool import Pool, key_of
from core.loop.posterior import Weighted, mixture, ranked
from core.loop.prior import Judged, complexity
from core.loop.promising import features, promise
from core.loop.render import SCALARS
from core.loop.screening import Screening
from core.loop.search import STANDS_OUT, Search, SearchSettings
from core.reverse.candidates import CORRELATIONS, composition_figures
from core.reverse.cut import Cut
from core.reverse.inference import infer_images
from core.reverse.outside import KINDS
from core.reverse.quantities import QUANTITIES
from core.structure.stack import parse_stack
from tests.loops import fit_loosely

BARE = frozenset(set(SCALARS) - {"level"})
SAMPLE = drawn_sample("test", "Si1Ge3", 5.52, 0.0, 0.3)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return simulated_image(SAMPLE, "clean", 3)


def search_of(image: np.ndarray, level: float) -> Search:
    """A search whose networks say (Si0.3Ge0.7)2 on 5.51 Å, with wide errors."""
    figures = composition_figures(parse_stack("(Si0.3Ge0.7)2"), 0.0)
    estimates = figures | {"lattice_in_plane": 5.51}
    sizes = dict.fromkeys((*CORRELATIONS, "ge_fraction"), 0.1)
    sizes |= {"interfacial_fraction": 0.6, "interface_width": 0.5, "period": 4.0, "lattice_in_plane": 0.02}
    target = Image(image, "G-X", {"level": level, "kz": 0.3}, BARE, edge=False)
    return Search((target,), Pool(estimates, sizes), (5.51, 0.03))


@pytest.fixture(scope="module")
def level(image) -> float:
    """The Fermi level as the networks find it."""
    return float(infer_images([Cut(None, "G-X", 0.3)], [image]).images[0].estimates["fermi_level"])


def test_search_finds_the_stack_and_its_lattice(image, level):
    search = search_of(image, level)
    search.begin_with("(Si0.3Ge0.7)2", 0.0)
    notes = list(search.steps(SearchSettings(seconds=np.inf, judgements=14)))
    best = search.best
    assert profile_key(parse_stack(best.stack)) == profile_key(parse_stack(SAMPLE.stack)), notes
    assert abs(best.fitted.state.lattice - SAMPLE.lattice) < 0.0015
    assert search.explains(best)
    assert search.unexplained(search.best) == 1.0
    costs = [one.cost for one in search.order()]
    assert costs == sorted(costs)
    assert notes[0].startswith("(Si0.3Ge0.7)2")


def test_screening_prefers_the_truth_to_what_is_far_from_it(image, level):
    search = search_of(image, level)
    fitted = search.forward.run(search.forward.start(SAMPLE.stack, 0.0, 5.51), 8)
    screening = Screening(search.forward, fitted)
    own, lattice = screening.cost(SAMPLE.stack, 0.0)
    assert abs(lattice - fitted.state.lattice) < 0.004, "its own fit has converged"
    for other in ("Si2", "Si3Ge1", "Si8Ge8"):
        assert screening.cost(other, 0.0)[0] > own, other


def test_exact_screening_finds_a_stack_a_plane_away(image, level):
    search = search_of(image, level)
    wrong = "Si1Ge4"
    search.begin_with(wrong, 0.0)
    base = search._judge(wrong, 0.0, search.forward.start(wrong, 0.0, 5.52))
    near = search._nearest(base, set(), np.inf, 40)
    assert profile_key(parse_stack(near[0][0])) == profile_key(parse_stack(SAMPLE.stack))
    assert abs(near[0][2] - SAMPLE.lattice) < 0.01


def test_cancelled_search_ends_at_once(image, level):
    search = search_of(image, level)
    assert len(list(search.steps(SearchSettings(), lambda: True))) == 1
    assert len(search.judged) == 1


def test_budgets_end_a_search(image, level):
    search = search_of(image, level)
    list(search.steps(SearchSettings(seconds=np.inf, exact_cuts=3)))
    assert 3 <= search.work.cuts < 3 + 8
    assert search.spent(SearchSettings(seconds=np.inf, exact_cuts=3))


def test_time_in_which_a_search_is_paused_is_not_used_up(image, level, monkeypatch):
    now, paused = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now() + paused[0])
    fit_loosely(monkeypatch)
    search = search_of(image, level)
    steps = search.steps(SearchSettings(seconds=600.0))
    next(steps)
    paused[0] += 6000.0
    assert "tried" in next(steps, "the time is used up")


def test_simple_stacks_are_likelier_before_an_image_is_seen():
    sharp = complexity("Si4Ge4", 0.0)
    assert sharp < complexity("Si4Ge4", 1.0)
    assert sharp < complexity("Si4Ge2Si1Ge2", 0.0)
    assert sharp < complexity("Si4(Si0.5Ge0.5)4", 0.0)


def test_candidates_like_the_good_ones_are_promising():
    """Costs that grow with the distance of the Ge fraction from 0.8 point there, to where nothing has been judged."""
    judged = [f"(Si{1 - x:.2f}Ge{x:.2f})2" for x in (0.1, 0.3, 0.5, 0.7)]
    cost = np.array([1e4 * abs(x - 0.8) for x in (0.1, 0.3, 0.5, 0.7)])
    others = [f"(Si{1 - x:.2f}Ge{x:.2f})2" for x in (0.2, 0.4, 0.8)]
    found = promise(
        np.stack([features(s, 0.0) for s in judged]), cost, np.stack([features(s, 0.0) for s in others]), 0.0
    )  # fmt: skip
    assert int(np.argmin(found)) == 2


def test_a_mixture_holds_its_candidates():
    pictures = Pictures("forward")
    one = Weighted("Si4Ge4", 0.0, 5.5, 0.001, 0.6)
    two = Weighted("Si4Ge5", 0.0, 5.52, 0.001, 0.4)
    alone, both = mixture([one], pictures), mixture([one, two], pictures)
    assert set(QUANTITIES) <= set(both)
    for value, low, high in both.values():
        assert low <= high
        assert np.isfinite([value, low, high]).all()
    assert both["lattice_in_plane"][0] == pytest.approx(5.508)
    assert both["lattice_in_plane"][1] < 5.5 < 5.52 < both["lattice_in_plane"][2]
    assert alone["ge_fraction"][0] == pytest.approx(0.5)
    assert both["ge_fraction"][2] > 0.55
    doubtful = mixture([one], pictures, unexplained=2.0)
    assert all(doubtful[n][2] - doubtful[n][1] >= alone[n][2] - alone[n][1] for n in alone)


def test_bare_images_are_told_from_measured_ones(image):
    assert is_bare(image)
    assert not is_bare(simulated_image(SAMPLE, "realistic", 3))
    assert not is_bare(np.full_like(image, np.nan))


def test_what_no_candidate_explains_is_left_to_the_networks():
    """Bands of another lattice, taken for known ones: the figures stay those of the networks, intervals and all."""
    random = np.random.default_rng(2)
    image = KINDS["bands"](random)
    cut = Cut(None, "G-X", 0.3)
    loop = Loop([cut], LoopSettings(SearchSettings(judgements=1), exact=False), infer_images([cut], [image]))
    list(loop.search.steps(loop.settings.search))
    assert loop.search.unexplained(loop.likeliest) > TRUSTED_TO
    assert not loop.is_trusted
    assert loop.descriptors() == loop.found.descriptors


@pytest.mark.slow
def test_a_loop_from_the_networks_guess_to_the_truth():
    sample = drawn_sample("test", "Si4Ge10", 5.4928, 0.0, 0.1889)
    settings = LoopSettings(SearchSettings(seconds=np.inf, judgements=16), exact=False)
    outcome = loop_outcome([simulated_image(sample, "clean", 83)], [Cut(None, "G-X", sample.kz)], sample, settings)
    assert outcome.place == 0
    assert outcome.stop == "agreement"
    assert outcome.end < outcome.start
    assert outcome.errors["lattice_in_plane"][1] < 0.0015
    assert outcome.errors["ge_fraction"][1] < 0.008


def test_a_fit_begun_elsewhere_replaces_a_better_one_only_where_it_is_better(image, level):
    search = search_of(image, level)
    search.begin_with("Si1Ge3", 0.0)
    next(search.steps(SearchSettings(judgements=1)))
    first = search.best
    search.ask("Si1Ge3", 0.0)
    assert search._answered() == [], "it is judged"
    search.ask("Si1Ge3", 0.0, 5.6)
    assert search._answered() == [("Si1Ge3", 0.0, 5.6)]
    search._judge_all(first, [("Si1Ge3", 0.0, 5.6)])
    assert search.best.cost <= first.cost


def judged_at(cost: float, stack: str, fraction_cost: float = 0.0, chi: float = 0.5) -> Judged:
    """A candidate of a cost, whose evidence is the cost."""
    state = State(stack, 0.0, 5.5, (), ())
    return Judged(stack, 0.0, Fitted(state, cost, cost + fraction_cost, (chi,), 0.001, ({},), 1), 0.0)


def test_an_alloy_tried_more_finely_is_no_likelier():
    """Five fractions close together share what one of a coarse grid has."""
    coarse = [judged_at(100.0, f"(Si{1 - x:.2f}Ge{x:.2f})2") for x in (0.2, 0.26, 0.32)]
    fine = [judged_at(100.0, f"(Si{1 - x:.2f}Ge{x:.2f})2") for x in (0.5, 0.51, 0.52, 0.53, 0.54)]
    share = {one.stack: p for one, p in ranked([*coarse, *fine])}
    assert sum(share[one.stack] for one in fine[1:-1]) < share[coarse[1].stack]
    assert share[coarse[1].stack] == pytest.approx(0.06 / 0.01 * share[fine[1].stack])


def test_a_crystal_is_likelier_than_one_alloy_that_explains_as_much():
    (first, share), (_, other) = ranked([judged_at(100.0, "(Si0.94Ge0.06)2"), judged_at(100.0, "Si2")])
    assert first.stack == "Si2"
    assert share > 5 * other


def test_measured_images_are_plain_only_where_no_rival_comes_near(image, level):
    search = search_of(image, level)
    measured = replace(search.targets[0], edge=True)
    search = Search((measured,), search.pool, search.lattice)
    own, mixed, rival = judged_at(100.0, "Si1Ge3"), judged_at(150.0, "Si1Ge3"), judged_at(100.0 + STANDS_OUT / 2, "Si2")
    search.judged = {key_of(own.stack, 0.0): own, key_of(mixed.stack, 1.0): mixed}
    assert not search.plain(own), "nothing else was tried"
    search.judged[key_of(rival.stack, 0.0)] = rival
    assert not search.plain(own), "a rival is near"
    search.judged[key_of(rival.stack, 0.0)] = judged_at(101.0 + STANDS_OUT, "Si2")
    assert search.plain(own)
    assert not search.plain(judged_at(100.0, "Si1Ge3", chi=2.0)), "it explains nothing"


def test_corrections_of_candidates_are_asked_for_once_while_they_serve(image, level):
    search = search_of(image, level)
    fitted = search.forward.run(search.forward.start(SAMPLE.stack, 0.0, 5.51), 4)
    first = Screening(search.forward, fitted).exact_cost("Si1Ge2", 0.0, search.work)
    cuts = search.work.cuts
    assert cuts > 0
    assert Screening(search.forward, fitted).exact_cost("Si1Ge2", 0.0, search.work) == first
    assert search.work.cuts == cuts
    away = replace(fitted, state=replace(fitted.state, lattice=fitted.state.lattice + 2 * REUSED))
    Screening(search.forward, away).exact_cost("Si1Ge2", 0.0, search.work)
    assert search.work.cuts > cuts


def test_a_candidate_judged_too_early_is_fitted_again(image, level):
    """Its fit was given up before it was known how the image was measured."""
    search = search_of(image, level)
    search.begin_with("Si1Ge3", 0.0)
    next(search.steps(SearchSettings(judgements=1)))
    best = search.best
    early = search._judge("Si1Ge4", 0.0, search._begun(best, "Si1Ge4", 0.0, best.fitted.state.lattice))
    search.judged[key_of("Si1Ge3", 0.0)], search.judged[key_of("Si1Ge4", 0.0)] = (
        replace(best, fitted=replace(best.fitted, cost=best.fitted.cost + 1e5, evidence=best.fitted.evidence + 1e5)),
        early,
    )
    assert search.best.stack == "Si1Ge4"
    assert [row[0] for row in search._overtaken()] == ["Si1Ge3"]


def test_no_fit_of_a_short_stack_is_given_up(image, level):
    """What the exact engine adds to it changes with a∥: from afar its first fit may look hopeless."""
    search = search_of(image, level)
    measured = replace(search.targets[0], edge=True)
    search = Search((measured,), search.pool, search.lattice)
    limits = []
    search.corrected.run = lambda state, steps, hopeless=np.inf: (
        limits.append(hopeless) or Fitted(state, 1.0, 1.0, (1.0,), 0.001, ({},), steps)
    )
    begun = search.forward.start("Si1Ge1", 0.0, 5.5)
    for stack, mixing in (("Si1Ge1", 0.0), ("Si4Ge4", 0.0), ("Si1Ge1", 1.0)):
        search.pool.add(stack, mixing)
        search._judge(stack, mixing, replace(begun, stack=stack, mixing=mixing), limit=5.0)
    assert limits == [np.inf, 5.0, 5.0]


def test_candidates_of_an_earlier_search_take_no_time_from_new_ones(image, level, monkeypatch):
    fit_loosely(monkeypatch)
    search = search_of(image, level)

    class Slow(Clock):
        def __call__(self) -> float:
            return 10.0 * len(search.judged)  # as if each fit took ten seconds

    search.clock = Slow()
    earlier = ["Si4Ge4", "Si4Ge5", "Si5Ge4", "Si5Ge5"]
    for stack in earlier:
        search.leave_out(stack, 0.0)
        search.ask(stack, 0.0)
    search.begin_with("(Si0.3Ge0.7)2", 0.0)
    list(search.steps(SearchSettings(seconds=15.0, judgements=48)))
    known = {key_of(stack, 0.0) for stack in [*earlier, "(Si0.3Ge0.7)2"]}
    assert known <= set(search.judged)
    assert len(set(search.judged) - known) >= 2, "the time went into what was known"
