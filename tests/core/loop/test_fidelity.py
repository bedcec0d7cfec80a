"""The loop with DFT as its theory: whose bands judge, what that costs, and what a run keeps of it."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from core.cli.main import main
from core.engines import THEORIES, Cut, theory
from core.errors import InputError
from core.forward.taught.model import MODEL_VERSION
from core.learning.dataset import CUT_POINTS
from core.learning.replay import replay_folder
from core.learning.samples import drawn_sample, profile_key
from core.loop import evaluation
from core.loop.correction import CORRECTED_ERROR, THEORY_LATTICE_ERROR, fitted_exactly
from core.loop.ending import ending
from core.loop.evaluation import MOST_ATOMS_BY_DFT, VARIANTS, _variant_samples
from core.loop.expected import image_to_fit
from core.loop.failures import keep_failure
from core.loop.fit import Problem
from core.loop.fit_evaluation import simulated_image
from core.loop.frame import frame_of
from core.loop.loop import Loop, LoopSettings
from core.loop.pictures import Pictures
from core.loop.posterior import LEAST_LATTICE, WIDENED, tracked
from core.loop.search import SearchSettings
from core.reverse.cut import Cut as MeasuredCut
from core.reverse.inference import infer_images
from core.sessions import runs
from core.sessions.readings import Reading, cuts_of
from core.structure.sample import Sample
from tests.loops import SHORT, fit_loosely

SAMPLE = drawn_sample("test", "Si2Ge2", 5.5, 0.0, 0.3)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """Of DFT's bands."""
    return simulated_image(SAMPLE, "clean", 5, engine=theory("dft"))


@pytest.fixture
def run() -> str:
    return runs.create(*cuts_of((Reading("example-sharp"),)), fidelity="dft")


@pytest.mark.parametrize("stack", ["Ge2", "Si3Ge2", "Si3Ge5"])
def test_folded_cuts_of_dft_are_those_of_their_own_diagonalisation(stack):
    """Also where the functional closes the gap and the scissor tells what is empty by its s character."""
    crystal = Sample.on_lattice(stack, 5.6).crystal()
    kz = np.array([0.0, 0.37, -1.37, 1.0])
    for cut in ("G-X", "G-K"):
        found = theory("dft").cut_totals(crystal, cut, kz)
        for picture, value in zip(found, kz, strict=True):
            alone = theory("dft").solve(crystal, Cut(cut, float(value), CUT_POINTS)).total()[CUT_POINTS // 2 :]
            assert np.abs(picture - alone).max() < 1e-5 * alone.max()


def test_there_are_two_theories_and_each_has_its_error():
    assert set(THEORIES) == set(CORRECTED_ERROR) == set(THEORY_LATTICE_ERROR)
    with pytest.raises(InputError, match="tight-binding, dft"):
        theory("gw")


def test_images_of_dft_are_explained_by_dft(image):
    """From the same start: tight binding leaves many times more, and another a∥."""
    cut = MeasuredCut(None, "G-X", SAMPLE.kz)
    target = image_to_fit(infer_images([cut], [image]).images[0], cut)
    off, left = {}, {}
    for fidelity in THEORIES:
        problem = Problem((target,), Pictures("forward", (SAMPLE.kz,), fidelity=fidelity))
        fitted, work = fitted_exactly(problem, problem.run(problem.start("Si2Ge2", 0.0, 5.51), 0), 2)
        assert work.cuts > 0
        off[fidelity], left[fidelity] = abs(fitted.state.lattice - SAMPLE.lattice), fitted.chi[0]
    assert off["dft"] < THEORY_LATTICE_ERROR["dft"]
    assert off["tight-binding"] > 2 * off["dft"]
    assert left["dft"] < 0.3
    assert left["tight-binding"] > 20 * left["dft"]


def test_a_loop_by_dft_says_so_and_compares_with_no_other_engine(image, monkeypatch):
    fit_loosely(monkeypatch)
    cut = MeasuredCut(None, "G-X", SAMPLE.kz)
    settings = LoopSettings(SearchSettings(judgements=1), fidelity="dft")
    loop = Loop([cut], settings, infer_images([cut], [image]))
    assert [step.document()["fidelity"] for step in loop.steps()][-1] == "dft"
    result = loop.result()
    one = loop._weighted()[0]
    _, low, high = tracked([one])["lattice_in_plane"]
    error = math.hypot(WIDENED * loop.likeliest.fitted.lattice_error, LEAST_LATTICE, THEORY_LATTICE_ERROR["dft"])
    assert high - low == pytest.approx(2 * 1.645 * error, rel=0.01)  # what was measured is not widened
    assert (result["fidelity"], result["exact_check"], result["hints"]) == ("dft", None, [])
    assert "Judged by DFT" in ending(result).exact
    assert not keep_failure(loop, result, "a test")
    assert not replay_folder().exists() or not list(replay_folder().iterdir())


def test_the_first_guess_is_drawn_by_the_theory_that_fitted_it(image, monkeypatch):
    fit_loosely(monkeypatch)
    cut = MeasuredCut(None, "G-X", SAMPLE.kz)
    loop = Loop([cut], LoopSettings(SearchSettings(judgements=1), fidelity="dft"), infer_images([cut], [image]))
    steps = loop.steps()
    next(steps), next(steps)
    assert len(loop.search.judged) == 1
    drawn = frame_of(loop.search.corrected, loop.likeliest.fitted.state)
    assert drawn.chi == pytest.approx(loop.likeliest.fitted.chi[0], rel=1e-6)
    loop.search._ranked_around(loop.search.best)
    screened = loop.search.ranking._screening.linear[0].mean
    assert np.abs(screened - drawn.expected).max() < 1e-4 * drawn.expected.max()


def test_a_run_keeps_by_whose_bands_it_is_judged(run, monkeypatch):
    fit_loosely(monkeypatch)
    assert runs.fidelity(run) == runs.fidelity(runs.copied(run)) == "dft"
    assert runs.fidelity(runs.copied(run, fidelity="tight-binding")) == "tight-binding"
    assert runs.request(run)["about"]["taught"].startswith(MODEL_VERSION)
    other = runs.copied(run, fidelity="tight-binding")
    assert not runs.request(other)["about"]["taught"]
    assert runs.work(run, SHORT)
    assert runs.result(run)["fidelity"] == runs.steps(run)[-1]["fidelity"] == "dft"


def test_runs_of_earlier_versions_were_judged_by_tight_binding(run):
    file = runs._folder(run) / "request.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    del document["fidelity"]
    file.write_text(json.dumps(document), encoding="utf-8")
    assert runs.fidelity(run) == "tight-binding"
    file.write_text(json.dumps(document | {"fidelity": ["dft"]}), encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        runs.fidelity(run)


def test_another_theory_is_refused():
    with pytest.raises(InputError, match="'gw' is not available"):
        runs.create(*cuts_of((Reading("example-sharp"),)), fidelity="gw")


def test_the_variants_of_dft_see_the_same_images_of_short_pure_stacks():
    assert VARIANTS["dft"] == VARIANTS["dft-by-tight-binding"]
    samples = _variant_samples("dft", "test")
    assert samples == _variant_samples("dft-by-tight-binding", "test")
    assert len(samples) > 10
    assert all(len(sample.crystal()) <= MOST_ATOMS_BY_DFT and not sample.mixing for sample in samples)
    assert len({profile_key(sample.layers) for sample in samples}) == len(samples)


def test_an_image_by_dft_is_kept_whole_or_not_at_all(monkeypatch, tmp_path):
    drawn = []
    monkeypatch.setattr(evaluation, "simulated_image", lambda *given, engine: drawn.append(engine) or np.eye(3))

    def stopped(file, array):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            evaluation._measured(SAMPLE, "clean", 3, "dft", tmp_path)
    for variant in evaluation.BY_DFT:
        _, (kept,) = evaluation._measured(SAMPLE, "clean", 3, variant, tmp_path)
        assert (kept == np.eye(3)).all()
    assert drawn == ["dft", "dft"]


def test_outcomes_by_dft_are_kept_by_what_draws_and_judges_them(monkeypatch):
    known = {evaluation._version()}
    for name, other in (("RECIPE_VERSION", "other"), ("taught_version", lambda: "other")):
        with monkeypatch.context() as patch:
            patch.setattr(evaluation, name, other)
            known.add(evaluation._version())
    assert len(known) == 3


def test_the_command_is_judged_by_dft(monkeypatch, capsys, tmp_path, image):
    fit_loosely(monkeypatch)
    seen = {}
    monkeypatch.setattr("core.cli.images.given_cuts", lambda arguments: [])

    class Recorded(Loop):
        def __init__(self, cuts, settings):
            seen["fidelity"] = settings.fidelity
            cut = MeasuredCut(None, "G-X", SAMPLE.kz)
            short = replace(settings, search=SearchSettings(judgements=1))
            super().__init__([cut], short, infer_images([cut], [image]))

    monkeypatch.setattr("core.loop.loop.Loop", Recorded)
    assert main(["loop", "image.h5", "--fidelity", "dft"]) == 0
    assert seen == {"fidelity": "dft"}
    assert "DFT's cuts" in capsys.readouterr().out
