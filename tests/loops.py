"""Runs of the loop that cost a test little."""

from functools import partial

import pytest

from core.loop.correction import fitted_exactly
from core.loop.loop import LoopSettings
from core.loop.search import SearchSettings
from core.sessions import runs
from core.sessions.readings import Reading, cuts_of

SHORT = LoopSettings(SearchSettings(judgements=1))
"""Of a loop that looks at its first guess only: guessed, fitted, refined, compared."""


def fit_loosely(patch: pytest.MonkeyPatch) -> None:
    """Few rounds of each fit, for what does not depend on how well the images are explained."""
    for name, value in {"pool.LIBRARY": 8, "pool.DRAWN": 2, "search.FIRST_STEPS": 4, "search.STEPS": 3}.items():
        patch.setattr(f"core.loop.{name}", value)
    patch.setattr("core.loop.search.fitted_exactly", partial(fitted_exactly, steps=3))


def files_of_a_finished_run() -> dict[str, bytes]:
    """What a run on the first example leaves in its folder."""
    with pytest.MonkeyPatch.context() as patch:
        fit_loosely(patch)
        run = runs.create(*cuts_of((Reading("example-sharp"),)))
        assert runs.work(run, SHORT)
    return {file.name: file.read_bytes() for file in runs._folder(run).iterdir()}


def run_with(files: dict[str, bytes]) -> str:
    """A run whose folder holds these files; its id."""
    run = runs.create(*cuts_of((Reading("example-sharp"),)))
    for name, content in files.items():
        (runs._folder(run) / name).write_bytes(content)
    return run
