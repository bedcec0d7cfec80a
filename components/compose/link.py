"""The Compose page as a link: every view has a query string, and every query string is checked."""

import re
from dataclasses import dataclass, fields

import numpy as np

from components.figures.colour_maps import DEFAULT, SEQUENTIAL
from components.links import decoded_entries, one_of
from core.electronic.kpath import DEFAULT_PATH, even_points, path_text, point_indices
from core.electronic.sharpening import SHARPENINGS
from core.electronic.spectral import DEFAULT_SIGMA, EnergyGrid
from core.engines.protocol import Cut, Line
from core.errors import InputError
from core.parameters.tight_binding import SHELLS
from core.sessions.imperfections import LATERAL_RANGE, MAX_CONFIGURATIONS, Imperfections
from core.sessions.requests import KZ_RANGE, cut_line, path_line
from core.structure.imperfect import DANGLING, MAX_SEED

VIEWS = ("atom", "total", "difference", "error")
ENGINES = ("live", "exact", "forward", "dft")
"""Prediction first and the exact result when it is there, or one of the two alone, of tight binding; or DFT."""

LINES = ("path", "G-X", "G-K")
"""A path through named points, or one of the in-plane cuts at `kz`."""

SCALES = ("linear", "log")
SIGMA_RANGE = (0.02, 0.30)
MIXING_RANGE = (0.0, 4.0)
GAMMA_RANGE = (0.3, 2.0)
CLIP_RANGE = (0.05, 1.0)
_FLAWS = {"lateral": (1, LATERAL_RANGE[1]), "seed": (0, MAX_SEED), "configurations": (1, MAX_CONFIGURATIONS)}
_RANGES = _FLAWS | {
    "sigma": SIGMA_RANGE,
    "mixing": MIXING_RANGE,
    "gamma": GAMMA_RANGE,
    "clip": CLIP_RANGE,
    "kz": KZ_RANGE,
}
CURSOR = (point_indices("G")[0], int(np.argmin(np.abs(EnergyGrid().values + 0.2))))
"""Where the cursor of the picture starts: indices of the k-point and of the energy."""

_TEXT_LIMIT = 400
_CURSOR = re.compile(r"[0-9]{1,4},[0-9]{1,4}", re.ASCII)


@dataclass(frozen=True)
class ComposeLink:
    """The state of the page in plain values; the defaults are left out of links."""

    stack: str = "Si4Ge4"
    substrate: str = "Si"
    mixing: float = 0.0
    so: bool = False
    structure: str = ""
    view: str = "total"
    atom: int = 0
    other: int = 1
    shells: str = "spdS"
    sigma: float = DEFAULT_SIGMA
    scale: str = "linear"
    engine: str = "live"
    map: str = DEFAULT
    sharpening: str = "none"
    gamma: float = 1.0
    clip: float = 1.0
    line: str = "path"
    path: str = DEFAULT_PATH
    kz: float = 0.0
    cursor: str = f"{CURSOR[0]},{CURSOR[1]}"
    lateral: int = 1
    seed: int = Imperfections.seed
    configurations: int = Imperfections.configurations
    antisite: int = Imperfections.antisite
    vacancy: int = Imperfections.vacancy
    dangling: str = Imperfections.dangling
    step: bool = Imperfections.step

    @property
    def cursor_indices(self) -> list[int]:
        """Of the k-point and of the energy."""
        return [int(index) for index in self.cursor.split(",")]


SHELL_LETTERS = dict(zip("spdS", SHELLS, strict=True))
"""Letters of the `shells` entry: S stands for s*."""


def decode_link(query: dict[str, str]) -> tuple[ComposeLink, list[str]]:
    """The state in a query string; whatever cannot be used keeps its default and is reported.

    Args:
        query: names and texts.

    Returns:
        The state, and one sentence for each entry that was not usable.
    """
    known = {field.name: field for field in fields(ComposeLink)}
    values, problems = decoded_entries(query, {name: type(field.default) for name, field in known.items()}, _decoded)
    if "atom" in values:  # a link that names an atom and no view is about that atom
        values.setdefault("view", "atom")
    line, path = (values.get(name, known[name].default) for name in ("line", "path"))
    if (line, path) != (ComposeLink.line, ComposeLink.path):
        values.setdefault("cursor", f"{_first_gamma(line, path)},{CURSOR[1]}")
    return ComposeLink(**values), problems


def checked_view(selection: dict | None, shells: list[str] | None, **values) -> ComposeLink:
    """The view that a browser kept, checked like a link: what cannot be used keeps its default."""
    atoms = selection if isinstance(selection, dict) else {}
    values = {"view": ComposeLink.view} | values | {name: atoms.get(name) for name in ("atom", "other")}
    values["shells"] = "".join(map(str, shells)) if isinstance(shells, list) else None
    return decode_link({name: str(value) for name, value in values.items() if value not in (None, "")})[0]


def checked_line(line: dict | None) -> Line:
    """The line that a browser's controls say; a cut and its k_z are checked like a link, and default to it.

    line: `line`, `path` and `kz`, as in a link.

    Raises:
        InputError: the path is none.
    """
    said = line if isinstance(line, dict) else {}
    chosen = decode_link({name: str(said[name]) for name in ("line", "kz") if said.get(name) not in (None, "")})[0]
    if chosen.line != "path":
        return cut_line(chosen.line, chosen.kz)
    return path_line(str(said.get("path") or DEFAULT_PATH))


def checked_cursor(cursor: list[int] | None) -> tuple[int, int]:
    """Indices of the k-point and of the energy that a browser kept, or CURSOR."""
    if isinstance(cursor, list) and len(cursor) == 2 and all(isinstance(index, int) for index in cursor):
        return cursor[0], cursor[1]
    return CURSOR


def link_defaults() -> dict:
    """The defaults as plain JSON, for the browser that writes links."""
    return {field.name: field.default for field in fields(ComposeLink)}


def _decoded(name: str, text: str, kind: type):
    if len(text) > _TEXT_LIMIT:
        raise InputError(f"The link's {name} has {len(text)} characters; at most {_TEXT_LIMIT} are read")
    if kind is bool:
        return one_of(name, text, ("0", "1")) == "1"
    if kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            raise InputError(f"The link's {name} is {text!r}, which is no number; the default is used") from None
        low, high = _RANGES.get(name, (0, 4095))
        if not low <= value <= high:
            raise InputError(f"The link's {name} is {text}; {low} to {high} is allowed, the default is used")
        return value
    if name == "shells":
        if not text or set(text) - set(SHELL_LETTERS):
            raise InputError(f"The link's shells are {text!r}; use letters of spdS, S for s*")
        return "".join(letter for letter in SHELL_LETTERS if letter in text)
    if name == "path":
        return _path(text)
    if name == "cursor" and not _CURSOR.fullmatch(text):
        raise InputError(f"The link's cursor is {text!r}; write two whole numbers such as 23,108; the default is used")
    named = {
        "view": VIEWS,
        "dangling": DANGLING,
        "line": LINES,
        "engine": ENGINES,
        "scale": SCALES,
        "map": SEQUENTIAL,
        "sharpening": SHARPENINGS,
    }
    return one_of(name, text, named[name]) if name in named else text


def _first_gamma(line: str, path: str) -> int:
    """Index of Γ on a line, where the cursor of a link that names none starts; 0 where the line does not pass it."""
    if line != "path":
        return Cut().points // 2
    return next(iter(point_indices("G", path, even_points(path))), 0)


def _path(text: str) -> str:
    try:
        return path_text(text)
    except InputError as error:
        raise InputError(f"The link's path is not usable and the default is used. {error}") from None
