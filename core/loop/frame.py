"""What a fit expects of an image at a moment, to be looked at while it runs and after."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.damage import DamagedError, read_arrays
from core.loop.fit import HUBER, Problem, State


@dataclass(frozen=True, eq=False)
class Frame:
    """A fit at a moment.

    stack, mixing (ML), lattice (a∥ in Å): of the candidate. chi: weighted squares a pixel. expected: (kx, eV) counts
    on KX and EV. pull: (kx, eV) image less expectation in standard deviations of noise and the engine's error, NaN
    where no pixel counts.
    """

    stack: str
    mixing: float
    lattice: float
    chi: float
    expected: np.ndarray
    pull: np.ndarray

    def packed(self) -> bytes:
        """An .npz archive with checksums."""
        about = {"stack": self.stack, "mixing": self.mixing, "lattice": self.lattice, "chi": self.chi}
        stream = io.BytesIO()
        text = np.frombuffer(json.dumps(about).encode(), np.uint8)
        np.savez(stream, about=text, expected=self.expected, pull=self.pull)
        return stream.getvalue()


def frame_of(problem: Problem, state: State, number: int = 0) -> Frame:
    """How one image stands in a fit."""
    target, parts = problem.targets[number], problem.parts(state, number)
    sigma = np.sqrt(problem.variance(parts, target))
    pull = np.where(target.used, (target.counts - parts.total[0]) / sigma, np.nan).astype(np.float32)
    z = np.abs(pull[target.used])
    chi = float(np.where(z < HUBER, z**2, 2 * HUBER * z - HUBER**2).mean()) if len(z) else np.nan
    return Frame(state.stack, state.mixing, state.lattice, chi, parts.total[0].astype(np.float32), pull)


def read_frame(file: Path) -> Frame | None:
    """The inverse of `Frame.packed`; None where there is no such file, or a damaged one."""
    try:
        arrays = read_arrays(file)
        about = json.loads(arrays["about"].tobytes())
        numbers = {name: float(about[name]) for name in ("mixing", "lattice", "chi")}
        return Frame(str(about["stack"]), **numbers, expected=arrays["expected"], pull=arrays["pull"])
    except (OSError, DamagedError, KeyError, TypeError, ValueError):
        return None
