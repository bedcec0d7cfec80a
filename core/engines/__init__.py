"""Engines that answer the same question, a crystal and a line → atomic spectra: exact, forward, dft."""

from core.engines.dft import DftEngine
from core.engines.exact import ExactEngine
from core.engines.forward import ForwardEngine
from core.engines.protocol import AtomicSpectra, Cut, Engine, Path, Picture
from core.errors import InputError

ENGINES: dict[str, Engine] = {"exact": ExactEngine(), "forward": ForwardEngine(), "dft": DftEngine()}
"""By the name that pages and commands use."""


def engine_named(name: str) -> Engine:
    """The engine of a name.

    Raises:
        InputError: there is none.
    """
    if name not in ENGINES:
        raise InputError(f"Engine {name!r} is not available; use {', '.join(ENGINES)}")
    return ENGINES[name]


__all__ = ["ENGINES", "AtomicSpectra", "Cut", "Engine", "Path", "Picture", "engine_named"]
