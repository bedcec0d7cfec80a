"""Files that tests read; README.md says where each one is from."""

from pathlib import Path

import pytest

DATA = Path(__file__).parent
BEAMLINES = ("cassiopee_ses_R4000.txt", "sls_sis.h5", "solaris_uranos_DA30.ibw")
FIGURE = DATA / "silicon_figure.png"
"""A simulated cut of silicon, drawn as figures are published: `make.py` says its frame and its axes."""

PUBLISHED_FIGURE = DATA.parents[2] / "shared" / "data" / "arpes" / "si_380eV_figure.png"
"""A measured one, of another licence and so not in this repository; tests of it are extra."""

needs_published_figure = pytest.mark.skipif(not PUBLISHED_FIGURE.exists(), reason="the published figure is not here")
