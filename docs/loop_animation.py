"""A run of the loop as a short animation, from the pictures of its own fits: `python -m docs.loop_animation`.

The image is simulated: `example-graded`. The first fit is shown state by state, then how the fit of each candidate
ends, then the best one.
"""

import io
import threading
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from components.loop.prints import STYLE, draw_images
from components.theme import COLOURS
from core.loop.fit import Problem, State
from core.loop.frame import Frame, frame_of
from core.loop.loop import Loop, LoopSettings
from core.loop.moves import named
from core.loop.search import SearchSettings
from core.sessions.readings import Reading, cuts_of
from core.structure.mixing import mix_profile
from core.structure.stack import parse_stack

FILE = Path(__file__).with_name("screenshots") / "loop.webp"
EXAMPLE, CANDIDATES, QUALITY = "example-graded", 14, 72
STATE_MS, CANDIDATE_MS, LAST_MS = 260, 900, 3500
SIZE, DOTS = (8.0, 3.1), 110
"""Inches, and pixels an inch."""

PLANES = 32


class Watcher:
    """Keeps the first fit state by state, and the last state of the fit of each candidate after it."""

    def __init__(self):
        self.first: list[Frame] = []
        self.fits: dict[tuple[str, float], Frame] = {}
        self.judging = False
        self._lock = threading.Lock()

    def __call__(self, problem: Problem, state: State) -> None:
        """Keep a state's picture."""
        with self._lock:
            frame = frame_of(problem, state)
            if not self.judging:
                self.first.append(frame)
            elif problem.corrections.get((state.stack, state.mixing, 0)):
                self.fits[state.stack, state.mixing] = frame


def told() -> tuple[list[tuple[Frame, str, int]], Image.Image]:
    """Pictures of a run with what is said of them and how long they stay (ms)."""
    cuts, images = cuts_of((Reading(EXAMPLE),))
    watcher, loop = Watcher(), Loop(cuts, LoopSettings(SearchSettings(seconds=1e4, judgements=CANDIDATES)))
    loop.watch(watcher)
    rows: list[tuple[Frame, str, int]] = []
    for step in loop.steps():
        if step.number == 1:
            guess = named(step.guess.stack, step.guess.mixing)
            rows += [(frame, f"The first guess, {guess}, is fitted", STATE_MS) for frame in watcher.first]
            watcher.judging = True
        for frame in watcher.fits.values():
            rows.append((frame, step.sentence, CANDIDATE_MS))
        watcher.fits.clear()
    best = loop.best_frame
    rows.append((best, f"The most likely stack: {named(best.stack, best.mixing)}", LAST_MS))
    return rows, images[0]


def drawn(frame: Frame, text: str, image) -> Image.Image:
    """One picture: what is said, the planes, image, reconstruction and what is left."""
    stream = io.BytesIO()
    with rc_context(STYLE):
        whole = Figure(SIZE, layout="constrained", facecolor="white")
        strip, maps = whole.subfigures(1, 2, width_ratios=(0.05, 1))
        _planes(strip.add_axes((0.3, 0.12, 0.5, 0.64)), frame)
        draw_images(maps, image, frame.expected, frame.pull)
        title = f"{named(frame.stack, frame.mixing)}, a∥ {frame.lattice:.4f} Å, χ² {frame.chi:.2f} a pixel"
        maps.suptitle(f"{title}\n{text}", fontsize=8.5, x=0.02, ha="left")
        whole.savefig(stream, dpi=DOTS)
    return Image.open(stream).convert("RGB")


def _planes(axis, frame: Frame) -> None:
    """Planes in growth order, upwards, by their Ge fraction."""
    profile = mix_profile(parse_stack(frame.stack).ge_fractions, frame.mixing)
    ends = [[int(COLOURS["light"][name][i : i + 2], 16) / 255 for i in (1, 3, 5)] for name in ("silicon", "germanium")]
    for plane in range(PLANES):
        share = float(profile[plane % len(profile)])
        axis.barh(plane, 1, height=0.75, color=[(1 - share) * a + share * b for a, b in zip(*ends, strict=True)])
    axis.set_axis_off()


def main() -> None:
    """Write docs/screenshots/loop.webp."""
    rows, image = told()
    pictures = [drawn(frame, text, image) for frame, text, _ in rows]
    pictures[0].save(
        FILE, save_all=True, append_images=pictures[1:], duration=[milliseconds for *_, milliseconds in rows], loop=0,
        quality=QUALITY, method=4,
    )  # fmt: skip
    print(f"{FILE.name}: {len(pictures)} pictures, {FILE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
