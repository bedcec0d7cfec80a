"""The NetCDF layout of bands by DFT, written and read; docs/dft-import.md describes it for those who write such files.

Reading is strict: units, shapes and sums are checked, and nothing outside of the file is followed.
"""

import io
from dataclasses import dataclass

import h5py
import numpy as np

from core.dft.imported.found import Found, checked_shape
from core.dft.imported.origin import Origin
from core.dft.imported.placement import Placed, placed
from core.dft.imported.projections import slopes_by_order
from core.dft.recipe import VALENCE_BANDS_PER_ATOM
from core.electronic.diagonalise import Bands
from core.errors import InputError
from core.parameters.tight_binding import SHELLS

LAYOUT, VERSION = "bandloom-dft-bands", 1
SIGNATURE = b"\x89HDF\r\n\x1a\n"
DESCRIBED = "docs/dft-import.md describes the layout, and python -m core dft-export writes an example"

_SUM_TOLERANCE = 0.01
_WEIGHT_TOLERANCE = 1e-3
_UNITS = {"cell": "angstrom", "positions": "angstrom", "energy": "eV", "k_cartesian": "1/angstrom",
          "velocity": "eV angstrom"}  # fmt: skip
_TEXTS = ("code", "code_version", "functional", "alignment")
_NUMBERS = ("silicon_lattice_angstrom", "germanium_lattice_angstrom")
_OPTIONAL = ("silicon_scissor_eV", "germanium_scissor_eV")


def parts(content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    """What `core.dft.imported.reading` gets of a NetCDF file."""
    return read_layout(content, name).parts()


def read_layout(content: bytes, label: str = "") -> Found:
    """Bands in a NetCDF 4 file of the layout; `facts` has the fields of `Origin` and `silicon_vbm_eV`.

    Raises:
        InputError: another format or layout, or what is missing, has other units or shapes, or cannot be.
    """
    if content[:3] == b"CDF":
        raise InputError(f"'{label}' is NetCDF 3 and NetCDF 4 is read: convert it, nccopy -k nc4 OLD.nc NEW.nc")
    if content[:8] != SIGNATURE:
        raise InputError(f"'{label}' is no NetCDF 4 file; {DESCRIBED}")
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return _File(file).found(label)
    except InputError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeDecodeError) as error:
        raise InputError(f"'{label}' cannot be read ({str(error)[:60]}): it is damaged or not whole") from None


@dataclass(frozen=True)
class _File:
    """A file of the layout while it is open."""

    file: h5py.File

    def found(self, label: str) -> Found:
        told, version = self.text("layout"), self.number("layout_version", 0)
        if told != LAYOUT or version != VERSION:
            raise InputError(
                f"'{label}' is of layout {told or 'unknown'!r}, version {version:g}, and {LAYOUT!r}, version "
                f"{VERSION}, is read; {DESCRIBED}"
            )
        symbols = self.symbols()
        energy_shape = self.variable("energy").shape
        if len(energy_shape) != 2:
            raise InputError(f"'energy' has {len(energy_shape)} dimensions; (k, band) are wanted")
        atoms, (points, count) = len(symbols), energy_shape
        checked_shape(atoms, points, count)
        structure = placed(self.array("cell", (3, 3)), self.array("positions", (atoms, 3)), symbols, label)
        k_reduced = self.k_reduced(structure, points)
        energy = self.array("energy", (points, count))
        if (np.diff(energy, axis=1) < -1e-6).any():
            raise InputError("'energy' does not ascend at every k; sort bands by energy, and weights with them")
        unfolding = self.weights("unfolding_weight", (points, count))
        share = self.atom_weights((atoms, points, count))[structure.order]
        velocity = self.array("velocity", (points, count)) if "velocity" in self.file else slopes_by_order(
            energy, k_reduced @ (2 * np.pi * np.linalg.inv(structure.crystal.average_cell).T)
        )  # fmt: skip
        filled, most = self.number("valence_bands"), VALENCE_BANDS_PER_ATOM * atoms
        if filled != round(filled) or not 1 <= filled <= most:
            raise InputError(
                f"'valence_bands' is {filled:g}; of the bands given, how many are filled, 1 to {most} for {atoms} "
                "atoms (leave out bands below, such as those of 3d states of Ge)"
            )
        bands = Bands(energy, unfolding, velocity, share)
        return Found(structure.crystal, k_reduced, bands, most - int(filled), np.zeros(atoms), self.facts())

    def facts(self) -> dict:
        """The fields of `Origin`, and the zero of energy on the file's scale."""
        fields = {name: self.text(name) for name in (*_TEXTS, "settings")}
        fields |= {name: self.number(name) for name in _NUMBERS} | {name: self.number(name, 0.0) for name in _OPTIONAL}
        zero = self.number("silicon_vbm_eV") + self.number("reference_potential_eV", 0.0)
        return {**Origin(**fields).document(), "silicon_vbm_eV": zero}

    def k_reduced(self, structure: Placed, points: int) -> np.ndarray:
        """(k, 3) in units of the average cell."""
        if "k_cartesian" in self.file:
            return structure.k_reduced(self.array("k_cartesian", (points, 3)))
        if "k_reduced" not in self.file:
            raise InputError(f"'k_cartesian' and 'k_reduced' are missing; one of them is needed; {DESCRIBED}")
        if np.abs(structure.turn - np.eye(3)).max() > 1e-3:
            raise InputError(
                "'k_reduced' counts along x, y and z, and the crystal's cubic axes do not lie there, with growth along "
                "z: turn the structure, or give 'k_cartesian'"
            )
        return self.array("k_reduced", (points, 3))

    def symbols(self) -> list[str]:
        data = self.variable("species")
        if data.ndim != 1 or h5py.check_string_dtype(data.dtype) is None or not data.size:
            raise InputError("'species' is no list of texts; give Si or Ge an atom")
        checked_shape(data.size, 1, 1)
        return [str(value.decode() if isinstance(value, bytes) else value)[:20].strip("\0 ") for value in data[()]]

    def atom_weights(self, shape: tuple[int, int, int]) -> np.ndarray:
        """(atom, shell, k, band) that add up to 1; all as s where shells are not told."""
        whole = np.zeros((shape[0], len(SHELLS), *shape[1:]))
        if "atom_shell_weight" not in self.file:
            whole[:, 0] = self.weights("atom_weight", shape)
        else:
            names = [_text(value) for value in np.ravel(self.variable("shell")[()])[: len(SHELLS) + 1]]
            if not names or len(set(names)) != len(names) or not set(names) <= set(SHELLS):
                raise InputError(f"'shell' is {', '.join(names)[:60]}; {', '.join(SHELLS)} are known, each once")
            wanted = (shape[0], len(names), *shape[1:])
            whole[:, [SHELLS.index(name) for name in names]] = self.weights("atom_shell_weight", wanted)
        total = whole.sum(axis=(0, 1))
        worst = float(total.flat[np.abs(total - 1).argmax()])
        if abs(worst - 1) > _SUM_TOLERANCE:
            raise InputError(f"Weights of atoms add up to {worst:.3f} in one state; divide by their sum")
        return whole / total

    def weights(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        values = self.array(name, shape)
        low, high = float(values.min()), float(values.max())
        if low < -_WEIGHT_TOLERANCE or high > 1 + _WEIGHT_TOLERANCE:
            raise InputError(f"'{name}' runs from {low:.3g} to {high:.3g}; a weight lies between 0 and 1")
        return values.clip(0, 1)

    def variable(self, name: str) -> h5py.Dataset:
        """A variable whose values lie in the file itself."""
        if name not in self.file:
            raise InputError(f"'{name}' is missing; {DESCRIBED}")
        data = self.file[name] if isinstance(self.file.get(name, getlink=True), h5py.HardLink) else None
        if not isinstance(data, h5py.Dataset) or data.shape is None or data.external or data.is_virtual:
            raise InputError(f"'{name}' does not lie in the file itself; write it as a plain variable")
        return data

    def array(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Finite numbers of a variable, of the shape and in the unit that belong to it."""
        data = self.variable(name)
        if data.dtype.kind not in "fiu" or data.shape != shape:
            raise InputError(f"'{name}' is {data.dtype} of shape {data.shape}; numbers of shape {shape} are wanted")
        unit = _text(data.attrs.get("units", ""))
        if name in _UNITS and unit.replace("Å", "angstrom").lower() != _UNITS[name].lower():
            raise InputError(f"'{name}' has the unit {unit[:20]!r}; give it in {_UNITS[name]} and say so in 'units'")
        values = np.asarray(data[()], float)
        if not np.isfinite(values).all():
            raise InputError(f"'{name}' holds values that are not finite; give as many bands at every k")
        return values

    def text(self, name: str) -> str:
        return _text(self.file.attrs.get(name, ""))

    def number(self, name: str, otherwise: float | None = None) -> float:
        value = self.file.attrs.get(name, otherwise)
        if value is None:
            raise InputError(f"The attribute '{name}' is missing; {DESCRIBED}")
        try:
            (number,) = np.ravel(np.asarray(value, float))
        except (TypeError, ValueError):
            number = np.nan
        if not np.isfinite(number):
            raise InputError(f"The attribute '{name}' is no number; {DESCRIBED}")
        return float(number)


def _text(value) -> str:
    value = np.ravel(value)[0] if np.size(value) == 1 else ""
    return " ".join(str(value.decode("utf-8", "replace") if isinstance(value, bytes) else value).split())[:400]
