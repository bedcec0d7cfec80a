"""What a page asks of the exact engine, or of the forward model of DFT, kept on disk by the content of the request."""

import hashlib
import io
import json
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import TypeVar

import numpy as np

from core.damage import read_arrays
from core.dft.recipe import RECIPE_VERSION
from core.electronic.calculation import (
    ENGINE_VERSION,
    EXACT_ATOM_LIMIT,
    BandCalculation,
    calculate_bands,
    check_size,
)
from core.electronic.diagonalise import Bands
from core.electronic.kpath import CUT_ENDS, DEFAULT_PATH, even_points, path_text
from core.electronic.readouts import VERSION as READOUTS_VERSION
from core.electronic.readouts import readouts_document
from core.electronic.spectral import Broadening, EnergyGrid
from core.engines import FIDELITIES
from core.engines.configurations import ConfigurationSpectra
from core.engines.exact import ExactEngine, ExactSpectra
from core.engines.forward_dft import DftForwardEngine, TaughtSpectra
from core.engines.protocol import DEFAULT_PATH_LINE, Cut, Line, Path, Picture
from core.errors import InputError
from core.forward.taught.model import MODEL_VERSION, WEIGHTS, TaughtCalculation, taught_model
from core.forward.taught.readouts import taught_readouts
from core.learning.weights import weights_sha256
from core.parameters.checksum import parameters_sha256
from core.sessions.imperfections import Cost, Imperfections, cost_of, imperfect_crystal
from core.storage import UNKEPT, content_key, result_store
from core.structure.crystal import Crystal
from core.structure.files import packed_structure, unpacked_crystal
from core.structure.mixing import MAX_WIDTH
from core.structure.sample import Sample

WINDOW = (-8.5, 5.5)
"""eV kept of the bands: the default picture and 5 σ of the widest broadening that pages offer."""

TIGHT_BINDING, DFT = "tight-binding", "dft"
"""Fidelities: whose bands a request is for. By DFT they are those of its forward model."""

DFT_ATOM_LIMIT = 128
"""Atoms that pages take by DFT: pairs of second neighbours make them some five times as dear as exact ones."""

_WIDEST = Picture(EnergyGrid(), Broadening(0.3, "fixed"))
"""What the forward model of DFT is solved for: 5 σ of it end with WINDOW."""

LOST_STRUCTURE = "This structure file is no longer kept here; upload it again"
_KEPT = re.compile(r"[0-9a-f]{20}")

PAGE_ATOM_LIMIT = 512
"""Atoms that pages take; beyond the exact engine's own limit they can only be predicted."""

KZ_RANGE = (0.0, 1.0)
"""2π/c̄ of cuts: the Γ plane to the Z plane. At −k_z a cut is the same turned round, and 2 − k_z is −k_z once more."""

_Unpacked = TypeVar("_Unpacked")
_MEMORY_LIMIT_BYTES = 48 * 2**20
_recent: "OrderedDict[str, BandCalculation]" = OrderedDict()
_recent_lock = Lock()
_parse_lock = Lock()


@dataclass(frozen=True)
class Request:
    """A sample, or a structure file, the line to look along, and the settings of the engine.

    structure: id of a file kept by `keep_structure`; there is no sample then. imperfect: what is wrong with the sample.
    fidelity: TIGHT_BINDING or DFT.
    """

    sample: Sample | None = None
    spin_orbit: bool = False
    structure: str = ""
    line: Line = DEFAULT_PATH_LINE
    imperfect: Imperfections | None = None
    fidelity: str = TIGHT_BINDING

    def crystal(self, configuration: int = 0) -> Crystal:
        """The relaxed crystal, a configuration of the imperfect one, or the one in the structure file.

        Raises:
            InputError: the structure file is no longer kept, or the atoms do not come to rest.
        """
        if self.sample is None:
            return _structure_crystal(self.structure)
        if self.imperfect is None:
            return self.sample.crystal()
        return imperfect_crystal(self.imperfect.of(self.sample), configuration)

    @property
    def by_dft(self) -> bool:
        """Whether the bands are those of the forward model of DFT."""
        return self.fidelity == DFT

    @property
    def engine(self) -> ExactEngine | DftForwardEngine:
        """What diagonalises."""
        return self.dft_engine if self.by_dft else ExactEngine()

    @property
    def dft_engine(self) -> DftForwardEngine:
        """That of the forward model of DFT; a structure file is taken as it stands."""
        return DftForwardEngine(as_given=bool(self.structure))

    @property
    def obstacle(self) -> str:
        """What keeps the engine from answering, in words; empty where it can."""
        if self.by_dft and self.imperfect:
            return "the forward model of DFT takes perfect stacks only"
        if self.by_dft and len(self.crystal()) > DFT_ATOM_LIMIT:
            return f"the forward model of DFT takes at most {DFT_ATOM_LIMIT} atoms here; the command line takes more"
        return self.engine.obstacle(self.crystal(), self.spin_orbit)

    def computed(self) -> Crystal:
        """The crystal whose bands are computed: by DFT, that of its functional.

        Raises:
            InputError: there is none.
        """
        return self.dft_engine.computed(self.crystal()) if self.by_dft else self.crystal()

    @property
    def cost(self) -> Cost | None:
        """What the imperfect sample takes; None for perfect ones."""
        if self.sample is None or self.imperfect is None:
            return None
        return cost_of(self.sample, self.imperfect, self.line, self.spin_orbit)

    def document(self) -> dict:
        """Plain JSON for a browser, the inverse of `stored_request`; empty texts where there is no sample."""
        sample = {"stack": "", "substrate": "", "mixing": 0.0} if self.sample is None else self.sample.document()
        line = {"cut": self.line.name, "kz": self.line.kz} if isinstance(self.line, Cut) else {"path": self.line.text}
        flaws = {} if self.imperfect is None else {"imperfect": self.imperfect.document()}
        theory = {"fidelity": self.fidelity} if self.by_dft else {}
        return sample | {"spin_orbit": self.spin_orbit, "structure": self.structure} | line | flaws | theory

    @property
    def key(self) -> str:
        """Content key of the result, of all that it rests on."""
        asked = json.dumps(self.document(), sort_keys=True)
        theory = ["exact"]
        if self.by_dft:
            theory = ["forward model of DFT", MODEL_VERSION, weights_sha256(WEIGHTS), RECIPE_VERSION]
        return content_key(*theory, ENGINE_VERSION, parameters_sha256(), asked, str(WINDOW))

    def key_of(self, configuration: int) -> str:
        """Content key of the bands of a configuration, whatever number of them is asked for."""
        if self.imperfect is None:
            return self.key
        return content_key(replace(self, imperfect=replace(self.imperfect, configurations=1)).key, str(configuration))

    @property
    def readout_key(self) -> str:
        """Content key of the readouts, which do not depend on the line."""
        return content_key("readouts", READOUTS_VERSION, replace(self, line=DEFAULT_PATH_LINE).key)


def make_request(
    stack: str,
    substrate: str,
    mixing: float = 0.0,
    spin_orbit: bool = False,
    structure: str = "",
    line: Line = DEFAULT_PATH_LINE,
    imperfect: dict | None = None,
    fidelity: str = TIGHT_BINDING,
) -> Request:
    """A checked request from what a person entered; `line` from `path_line` or `cut_line`.

    imperfect: a document of `Imperfections`. What its engine cannot answer is a request too, see `Request.obstacle`.

    Raises:
        InputError: anything that is not acceptable, including sizes that no engine takes.
    """
    if fidelity not in FIDELITIES:
        raise InputError(f"Fidelity {fidelity[:20]!r} is not known; allowed are {', '.join(FIDELITIES)}")
    sample = None if structure else Sample(stack, substrate, mixing)
    request = Request(sample, bool(spin_orbit), structure, line, fidelity=fidelity)
    if imperfect is not None:
        if structure:
            raise InputError("A structure file is used as it stands: imperfections go with stacks only")
        request = replace(request, imperfect=Imperfections.from_document(imperfect))
        request.cost  # noqa: B018  (refuses what is too large)
    elif not is_solvable(request):
        _check_page_size(request)
    return request


def path_line(text: str) -> Path:
    """The path that a person wrote, sampled as evenly as the default one.

    Raises:
        InputError: from `core.electronic.kpath.parse_path`.
    """
    return Path(path_text(text), even_points(text))


def cut_line(name: str, kz: float) -> Cut:
    """An in-plane cut that both engines know.

    Raises:
        InputError: a cut or a k_z (2π/c̄) that is not on offer.
    """
    if name not in CUT_ENDS:
        raise InputError(f"Cut {name[:20]!r} is not known; allowed are {', '.join(CUT_ENDS)}")
    low, high = KZ_RANGE
    if not low <= kz <= high:
        raise InputError(
            f"kz = {kz} is outside {low:g} to {high:g} in 2π/c̄: the Γ plane to the Z plane; others repeat them"
        )
    return Cut(name, round(float(kz), 6) + 0.0)  # no −0


def stored_request(document: dict) -> Request:
    """A request that a browser kept, checked again: what comes back need not be what was sent.

    Raises:
        InputError: fields or types that no request has, or anything that `make_request` refuses.
    """
    check_kinds(document)
    sample = {name: value for name, value in document.items() if name not in ("path", "cut", "kz")}
    cut, path = document.get("cut"), document.get("path", DEFAULT_PATH)
    line = path_line(path) if cut is None else cut_line(cut, document.get("kz", 0.0))
    return make_request(**{"stack": "", "substrate": ""} | sample, line=line)


def check_kinds(document: dict) -> None:
    """Refuse what no page sends.

    Raises:
        InputError: fields, types or a mixing that no request has.
    """
    number = (int, float)
    kinds = {"stack": str, "substrate": str, "mixing": number, "spin_orbit": bool, "structure": str} | {
        "path": str, "cut": str, "kz": number, "imperfect": dict, "fidelity": str
    }  # fmt: skip
    fits = isinstance(document, dict) and all(isinstance(document[name], kinds.get(name, ())) for name in document)
    fits = fits and abs(document.get("mixing", 0.0)) <= MAX_WIDTH
    if not fits:
        raise InputError("This request did not come from the page; reload it")


def keep_structure(content: bytes, filename: str) -> str:
    """Check and keep an uploaded structure file; returns its id, the hash of its content.

    Raises:
        InputError: from `read_structure`, or it cannot be kept.
    """
    packed = packed_structure(content, filename)
    check_size(unpacked_crystal(packed))
    identity = content_key(filename, hashlib.sha256(content).hexdigest())[:20]
    if not result_store().put(f"crystal:{identity}", packed):
        raise InputError(UNKEPT)
    return identity


def is_solvable(request: Request) -> bool:
    """Whether the engine takes the request."""
    return not request.obstacle


def _check_page_size(request: Request) -> None:
    crystal = request.crystal()
    if request.spin_orbit or request.structure:
        check_size(crystal, request.spin_orbit)
    if len(crystal) > PAGE_ATOM_LIMIT:
        raise InputError(
            f"{crystal.label} has {len(crystal)} atoms; the exact engine takes at most {EXACT_ATOM_LIMIT} and the "
            f"forward model {PAGE_ATOM_LIMIT}: use a shorter period or fewer monolayers"
        )


def is_kept(structure: str) -> bool:
    """Whether a structure file of this id is kept here."""
    return bool(_KEPT.fullmatch(structure)) and result_store().get(f"crystal:{structure}") is not None


def is_quick(request: Request) -> bool:
    """Whether a page may compute the request at once: some 0.3 s on two cores.

    Cuts have as many points as the default path and need half of them; paths of a person's own may have three times as
    many, at points of little symmetry. By DFT, pairs of second neighbours triple the cost. Imperfect samples are never
    quick.
    """
    if request.imperfect:
        return False
    atoms = 16
    if isinstance(request.line, Path) and request.line != DEFAULT_PATH_LINE:
        segments = request.line.text.count("-")
        atoms = 12 if segments <= DEFAULT_PATH.count("-") else 8
    if request.by_dft:
        atoms = atoms * 3 // 4
    return len(request.crystal()) <= atoms // (2 if request.spin_orbit else 1)


def is_at_hand(request: Request) -> bool:
    """Whether the bands of the request are in the memory of this process."""
    with _recent_lock:
        return all(request.key_of(number) in _recent for number in _configurations(request))


def is_known(request: Request) -> bool:
    """Whether bands and readouts of the request are kept already; imperfect samples have no readouts."""
    if request.imperfect:
        return is_at_hand(request) or all(
            result_store().get(request.key_of(number)) is not None for number in _configurations(request)
        )
    return result_store().get(request.key) is not None and is_read_out(request)


def is_read_out(request: Request) -> bool:
    """Whether the readouts of the request's sample are kept already, from whatever line."""
    return result_store().get(request.readout_key) is not None


def solve(request: Request, progress: Callable[[float], None] | None = None, configuration: int = 0) -> BandCalculation:
    """Bands of a request within WINDOW, from memory, from disk, or computed once for all who ask.

    Of all configurations but the first, weights are kept as sums over the atoms.
    """
    key = request.key_of(configuration)
    with _recent_lock:
        if key in _recent:
            _recent.move_to_end(key)
            return _recent[key]
    calculation = _taught(request, key, progress) if request.by_dft else _exact(request, key, progress, configuration)
    with _recent_lock:
        _recent[key] = calculation
        while len(_recent) > 1 and sum(_size(item) for item in _recent.values()) > _MEMORY_LIMIT_BYTES:
            _recent.popitem(last=False)
    return calculation


def _exact(request: Request, key: str, progress, configuration: int) -> BandCalculation:
    crystal = request.crystal(configuration)
    path = request.line.sampled(crystal)

    def compute(report) -> bytes:
        bands = calculate_bands(crystal, path, request.spin_orbit, WINDOW, report).bands
        if configuration:
            bands = replace(bands, atom_shell_weight=bands.atom_shell_weight.sum(axis=0, keepdims=True))
        return _packed(bands)

    return BandCalculation(crystal, path, request.spin_orbit, _kept(key, compute, _unpacked, progress)[0])


def _taught(request: Request, key: str, progress) -> TaughtCalculation:
    """Bands by the forward model of DFT and what its parameters leave open."""
    crystal = request.computed()

    def compute(report) -> bytes:
        spectra = request.dft_engine.solve(request.crystal(), request.line, request.spin_orbit, _WIDEST, report)
        found = spectra.calculation
        return _packed(found.bands, open_error=found.open_error)

    bands, more = _kept(key, compute, _unpacked, progress)
    return TaughtCalculation(crystal, request.line.sampled(crystal), False, bands, more["open_error"])


def spectra_of(request: Request, progress: Callable[[float], None] | None = None) -> ExactSpectra:
    """What the engine says of a request: of several configurations, totals are means."""
    if request.sample is None or request.imperfect is None:
        found = solve(request, progress)
        if isinstance(found, TaughtCalculation):
            return TaughtSpectra(calculation=found, model=taught_model(), scissor=True)
        return ExactSpectra(found)
    numbers = _configurations(request)

    def share(number: int) -> Callable[[float], None] | None:
        return progress and (lambda fraction: progress((number + fraction) / len(numbers)))

    first, *others = (solve(request, share(number), number) for number in numbers)
    return ConfigurationSpectra(first, imperfect=request.imperfect.of(request.sample), others=tuple(others))


def _configurations(request: Request) -> range:
    return range(request.imperfect.configurations if request.imperfect else 1)


def read_out(request: Request) -> dict:
    """The readouts document of a request, kept on disk like the bands."""

    def compute(report) -> bytes:
        if request.by_dft:
            return json.dumps(taught_readouts(request.computed())).encode()
        return json.dumps(readouts_document(request.crystal(), request.spin_orbit)).encode()

    return _kept(request.readout_key, compute, json.loads)


def _kept(key: str, compute, unpack: Callable[[bytes], _Unpacked], progress=None) -> _Unpacked:
    """A kept or computed value, computed again where it cannot be unpacked: earlier versions kept no checksums."""
    content = result_store().compute_once(key, compute, progress)
    try:
        return unpack(content)
    except (ValueError, TypeError):
        result_store().drop(key)
    return unpack(result_store().compute_once(key, compute, progress))


@lru_cache(maxsize=32)
def _structure_crystal(structure: str) -> Crystal:
    packed = result_store().get(f"crystal:{structure}") if _KEPT.fullmatch(structure) else None
    if packed is None:
        raise InputError(LOST_STRUCTURE)
    return unpacked_crystal(packed)


def _packed(bands: Bands, **more: np.ndarray) -> bytes:
    """more: arrays that are kept with the bands."""
    stream = io.BytesIO()
    np.savez(
        stream,
        energy=bands.energy,
        unfolding_weight=bands.unfolding_weight,
        velocity=bands.velocity,
        atom_shell_weight=bands.atom_shell_weight.astype(np.float32),
        **more,
    )
    return stream.getvalue()


def _unpacked(content: bytes) -> tuple[Bands, dict[str, np.ndarray]]:
    """Bands, and what was kept with them."""
    # NumPy parses headers with `ast`, which in CPython 3.11 fails now and then when two threads do it at once.
    with _parse_lock:
        arrays = read_arrays(io.BytesIO(content))
    names = Bands.__dataclass_fields__.keys()
    bands = Bands(**{name: array for name, array in arrays.items() if name in names})
    return bands, {name: array for name, array in arrays.items() if name not in names}


def _size(calculation: BandCalculation) -> int:
    return calculation.bands.atom_shell_weight.nbytes + 3 * calculation.bands.energy.nbytes
