"""Where results are kept between requests."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def cache_directory() -> Path:
    """The cache folder, created if missing: the environment's BANDLOOM_CACHE, else .cache/bandloom in the project."""
    directory = Path(os.environ.get("BANDLOOM_CACHE") or PROJECT / ".cache" / "bandloom")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
