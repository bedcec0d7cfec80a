"""Engines that answer the same question, a crystal and a line → atomic spectra: exact, forward, dft.

The forward model has two fidelities: what it predicts are results of the exact engine, or of dft.
"""

from core.engines.dft import DftEngine
from core.engines.exact import ExactEngine
from core.engines.forward import ForwardEngine
from core.engines.forward_dft import DftForwardEngine
from core.engines.protocol import AtomicSpectra, Cut, Engine, FoldingEngine, Path, Picture
from core.errors import InputError

ENGINES: dict[str, Engine] = {"exact": ExactEngine(), "forward": ForwardEngine(), "dft": DftEngine()}
"""By the name that pages and commands use."""


FIDELITIES: dict[str, Engine] = {"tight-binding": ENGINES["forward"], "dft": DftForwardEngine()}
"""Of the forward model: what taught it."""


THEORIES: dict[str, FoldingEngine] = {"tight-binding": ExactEngine(), "dft": DftForwardEngine()}
"""What measurements are fitted by in the end, by fidelity: diagonalised, many k_z at once. DFT itself would take
minutes for what the Hamiltonian that it taught tells in a second."""


def theory(fidelity: str) -> FoldingEngine:
    """What measurements are fitted by in the end.

    Raises:
        InputError: there is none of that fidelity.
    """
    if fidelity not in THEORIES:
        raise InputError(f"Fidelity {fidelity!r} is not available; use {', '.join(THEORIES)}")
    return THEORIES[fidelity]


def engine_named(name: str, fidelity: str = "tight-binding") -> Engine:
    """The engine of a name, and of a fidelity where it is the forward model.

    Raises:
        InputError: there is none.
    """
    if name not in ENGINES:
        raise InputError(f"Engine {name!r} is not available; use {', '.join(ENGINES)}")
    if fidelity not in FIDELITIES:
        raise InputError(f"Fidelity {fidelity!r} is not available; use {', '.join(FIDELITIES)}")
    if name == "forward":
        return FIDELITIES[fidelity]
    if fidelity != "tight-binding":
        raise InputError(f"--fidelity {fidelity} goes with --engine forward; the {name} engine has one only")
    return ENGINES[name]


__all__ = [
    "ENGINES",
    "FIDELITIES",
    "THEORIES",
    "AtomicSpectra",
    "Cut",
    "Engine",
    "Path",
    "Picture",
    "engine_named",
    "theory",
]
