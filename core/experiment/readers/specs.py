"""SPECS SpecsLab Prodigy: its text tables (.xy), Igor text (.itx, of any program) and grey pictures (.sp2).

SPECS counts kinetic energies from the Fermi level's side: an electron from E_F has hν on its axis, and leaves the
sample with hν − Φ. Files that Prodigy wrote carry this as the attribute `kinetic_reference`.
"""

import re
from array import array

import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import Axis, axis_kind, band_images, check_declared, check_sides, gathered
from core.experiment.readers.header import as_text, header_facts, lines_of
from core.experiment.readers.image import Image
from core.experiment.readers.text import decoded

FROM_FERMI = "E_F at hν"
"""Value of the attribute `kinetic_reference`: on this axis electrons from the Fermi level have the photon energy."""

MOST_CURVES = 2**16
LONGEST_LINE = 1000

_ENTRY = re.compile(r"^#\s*([^:=#\"]+?)\s*[:=]\s*(.*?)\s*$")
_PARAMETER = re.compile(r'^#\s*Parameter:\s*"?([^"=]+?)"?\s*=\s*([-+\d.,eE]+)')
_WAVES = re.compile(r"^WAVES\S*?\s*(?:/N)?=?\s*\(([\d,\s]+)\)\s*'?([^'\s]+)", re.IGNORECASE)
_SCALE = re.compile(
    r"SetScale\s*(?:/([IP]))?\s*([xyzt])[\s,]\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*,\s*\"([^\"]*)\"", re.IGNORECASE
)
_NOTE = re.compile(r"^X\s+Note\b[^,]*,\s*\"(.*)\"\s*$", re.IGNORECASE)
_INTERVAL = re.compile(r"\[?\s*([-+\d.eE]+)\s*(?:\.\.|,|to)\s*([-+\d.eE]+)\s*\]?\s*(.*)$")


def read_prodigy_table(content: bytes) -> list[Image]:
    """The regions of a Prodigy `.xy` export; curves along an angle make an image, cycles with a parameter a scan.

    Raises:
        InputError: words among the numbers, or curves of different lengths.
    """
    text = decoded(content)
    starts = [match.start() for match in re.finditer(r"^#\s*Region:", text, re.MULTILINE)]
    if len(starts) < 2:
        parts = [text]
    else:
        head = text[: starts[0]]
        parts = [head + text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    problems: list[InputError] = []

    def images_of(part: str) -> list[Image]:
        try:
            return _region(part)
        except InputError as error:
            problems.append(error)  # a survey beside the images is none
            return []

    found = gathered(map(images_of, parts), "This Prodigy table")
    if not found:
        raise problems[0]
    return found


def _region(text: str) -> list[Image]:
    entries: list[tuple[str, str, str]] = []
    numbers = array("d")
    ordinates: list[float] = []
    parameters: dict[str, list[float]] = {}
    for line in re.compile(r"[^\r\n]+").finditer(text):
        words = line[0][:LONGEST_LINE]
        if not words.lstrip().startswith("#"):
            numbers.extend(_pair(words))
            continue
        if found := _PARAMETER.match(words):
            parameters.setdefault(found[1].strip(), []).append(_number(found[2]))
        elif (entry := _ENTRY.match(words)) and entry[1] == "NonEnergyOrdinate":
            ordinates.append(_number(entry[2]))
            if len(ordinates) > MOST_CURVES:
                raise InputError(f"This Prodigy table has more than {MOST_CURVES:,} curves; give fewer in a file")
        elif entry and not entry[1].startswith("Cycle") and not numbers:
            entries.append((entry[1], entry[2], ""))
    table = np.frombuffer(numbers).reshape(-1, 2) if numbers else np.zeros((0, 2))
    curves = len(ordinates)
    if curves < 2 or len(table) % curves:
        raise InputError(
            f"This Prodigy table has {curves} curves with {len(table)} points in all; curves of equal length along an "
            "angle are read: export the image with NonEnergyOrdinate, whole"
        )
    angles = list(dict.fromkeys(ordinates))
    repeats, energy = curves // len(angles), table[: len(table) // curves, 0]
    if repeats * len(angles) != curves or not np.allclose(table[:, 0].reshape(curves, -1), energy, atol=1e-6):
        raise InputError("The curves of this Prodigy table have different energies or angles: export one region")
    counts = table[:, 1].reshape(repeats, len(angles), len(energy))
    facts = {name: value for name, value, _ in entries}
    label = facts.get("Energy Axis", "Kinetic Energy")
    axes = [Axis("NonEnergyOrdinate", np.array(angles), _ordinate_unit(facts)), Axis(label, energy, "eV")]
    run = next(((name, v) for name, v in parameters.items() if len(v) == repeats and len(set(v)) > 1), None)
    if run and repeats > 1:
        axes = [Axis(run[0], np.array(run[1])), *axes]
    elif repeats > 1:
        counts = counts.sum(axis=0, keepdims=True)
    return band_images(counts if run and repeats > 1 else counts[0], axes, _attrs(entries, "SPECS Prodigy table"))


def _pair(line: str) -> tuple[float, float]:
    words = line.replace(",", ".").split()
    try:
        return float(words[0]), float(words[1])
    except (ValueError, IndexError):
        raise InputError("This Prodigy table has words where numbers belong; export the spectrum again") from None


def _number(word: str) -> float:
    return _pair(f"{word} 0")[0]


def _ordinate_unit(facts: dict[str, str]) -> str:
    """The unit of the other axis: degrees, but for lens modes that image positions."""
    lens = facts.get("Analyzer Lens", facts.get("AnalyzerLens", "")).lower()
    return "mm" if "magnification" in lens or "area" in lens else ""


def _attrs(entries: list[tuple[str, str, str]], source: str) -> dict:
    facts = header_facts(entries)
    if "energy_scale" not in facts:
        facts["energy_scale"] = "Kinetic"
    return {"source_format": source, "kinetic_reference": FROM_FERMI, **facts}


def read_igor_text(content: bytes) -> list[Image]:
    """The waves of an Igor text file with the scales that its commands set.

    Raises:
        InputError: numbers that do not fill a wave, or no wave with an energy axis.
    """
    lines = decoded(content).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    entries: list[tuple[str, str, str]] = []
    waves: list[tuple[tuple[int, ...], np.ndarray, dict]] = []
    place = 0
    while place < len(lines):
        line = lines[place].strip()
        place += 1
        if line.startswith("X //"):
            entries += [(name, value, "") for name, value, _ in lines_of(line[4:].replace(";", ","))]
        elif shape := _wave_shape(line):
            end = next((i for i in range(place, len(lines)) if lines[i].strip().upper() == "END"), None)
            if end is None:
                raise InputError("This Igor text ends within a wave: it is not whole")
            waves.append((shape, _wave(lines[place:end], shape), {}))
            place = end + 1
        elif note := _NOTE.match(line):
            entries += lines_of(note[1].replace("\\r", "\n").replace("\\n", "\n"))
        elif line[:2].upper() == "X " and waves:  # one command or several, as Igor itself writes them
            for how, side, first, second, unit in _SCALE.findall(line):
                waves[-1][2][side.lower()] = (how.upper(), float(first), float(second), unit)
    prodigy = any("prodigy" in f"{name}{value}".lower() for name, value, _ in entries) or b"Prodigy" in content[:4096]
    attrs = _attrs(entries, "SPECS Prodigy Igor text") if prodigy else {
        "source_format": "Igor text", **header_facts(entries),
    }  # fmt: skip
    found = gathered((_scaled(*wave, attrs) for wave in waves), "This Igor text")
    if not found:
        raise InputError("This Igor text holds no wave of two or three dimensions with an energy axis")
    return found


def _wave_shape(line: str) -> tuple[int, ...] | None:
    found = _WAVES.match(line)
    if not found:
        return None
    shape = tuple(int(word) for word in found[1].split(",") if word.strip())
    check_declared(shape, 8, "This Igor text")
    return shape


def _wave(lines: list[str], shape: tuple[int, ...]) -> np.ndarray:
    """Values of a wave: a row a line, layers one after the other."""
    numbers = array("d")
    for line in lines:
        words = line.split()
        if words and words[0].upper() == "BEGIN":
            words = words[1:]
        try:
            numbers.extend(map(float, words))
        except ValueError:
            raise InputError("This Igor text has words where numbers belong; export the wave again") from None
    values = np.frombuffer(numbers) if numbers else np.zeros(0)
    if values.size != int(np.prod(shape, dtype=object)):
        raise InputError(f"This Igor text holds {values.size} numbers where {shape} belong: it is not whole")
    if len(shape) < 3:
        return values.reshape(shape)
    layers = values.reshape(*shape[2:][::-1], *shape[:2])
    return np.moveaxis(layers, (-2, -1), (0, 1)) if len(shape) == 3 else layers


def _scaled(shape: tuple[int, ...], values: np.ndarray, scales: dict, attrs: dict) -> list[Image]:
    if len(shape) not in (2, 3):
        return []
    check_sides(shape, "This Igor text")
    axes = []
    for name, count in zip("xyz", shape, strict=False):
        how, first, second, unit = scales.get(name, ("P", 0.0, 1.0, ""))
        last = {"I": second, "P": first + second * (count - 1)}.get(how, second - (second - first) / count)
        axes.append(Axis(unit or name, np.linspace(first, last, count)))
    if "eV" not in [axis.kind for axis in axes]:
        return []
    return band_images(values.T, axes[::-1], attrs)  # Igor's first dimension is its fast one


def read_grey_text(content: bytes) -> list[Image]:
    """A Prodigy `.sp2`: a text of grey values with the ranges of its axes in comments.

    Raises:
        InputError: a plain grey map without ranges, or values that do not fill it.
    """
    entries, numbers, size = [], array("d"), []
    for match in re.compile(r"[^\r\n]+").finditer(decoded(content)):
        line = match[0].strip()
        if line.startswith("#"):
            line = line[:LONGEST_LINE]
            if entry := re.match(r"#\s*([^=]+?)\s*=\s*(.*?)\s*(?:#.*)?$", line):
                entries.append((entry[1], entry[2].strip('" '), ""))
        elif line and not line.startswith("P"):
            words = line.partition("#")[0].split()
            try:
                if len(size) < 2:
                    size += [int(word) for word in words]
                    if len(size) >= 2:
                        check_declared(tuple(size[:2]), 8, "This .sp2 file")
                else:
                    numbers.extend(map(float, words))
            except ValueError:
                raise InputError("This .sp2 file has words where numbers belong; export the image again") from None
    facts = {name: value for name, value, _ in entries}
    if len(size) < 2 or "X Range" not in facts or "Y Range" not in facts:
        raise InputError("This grey map says no ranges of its axes (X Range, Y Range): a .sp2 of SpecsLab is read")
    width, height = size[:2]
    values = np.frombuffer(numbers) if numbers else np.zeros(0)
    if values.size == width * height + 1:
        values = values[1:]  # the highest value stands before the others
    if values.size != width * height:
        raise InputError(f"This .sp2 file holds {values.size} values where {width * height} belong: it is not whole")
    across = _interval("X Range", facts["X Range"], width)
    down = _interval("Y Range", facts["Y Range"], height, middles=True)
    kinetic = Axis("Kinetic Energy", across.points, across.unit or "eV")
    axes = [down, kinetic if axis_kind(f"x [{across.unit or 'eV'}]") == "eV" else across]
    return band_images(values.reshape(height, width), axes, _attrs(entries, "SPECS .sp2"))


def _interval(name: str, text: str, count: int, middles: bool = False) -> Axis:
    """An axis from `[first .. last] unit`; middles: the ends are those of the outer pixels."""
    found = _INTERVAL.search(as_text(text))
    if not found:
        raise InputError(f"{name} of this .sp2 file is {text[:40]!r}; an interval such as [15.1 .. 17.9] [eV] belongs")
    first, last = float(found[1]), float(found[2])
    half = (last - first) / count / 2 if middles else 0.0
    return Axis(name, np.linspace(first + half, last - half, count), found[3].strip(" []"))
