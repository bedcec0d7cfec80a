"""Quantum ESPRESSO's files that tests read: `python -m tests.data.make_espresso FOLDER` computes them there.

It needs ld1.x, pw.x and projwfc.x (Debian: apt-get install quantum-espresso) and some minutes of a core.
Pseudopotentials are made here too, so that all files are this project's own.
"""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from core.dft.structure import functional_crystal
from core.electronic.kpath import build_path
from core.structure.sample import Sample

KEPT = Path(__file__).with_name("espresso")
ATOMS = {
    "Si": (14, "[Ne] 3s2 3p2 3d-2", "3S 1 0 2.0 0.0 2.0 2.0\n3P 2 1 2.0 0.0 2.0 2.0\n3D 3 2 -2.0 0.1 2.2 2.2"),
    "Ge": (32, "[Ar] 3d10 4s2 4p2 4d-2", "4S 1 0 2.0 0.0 2.0 2.0\n4P 2 1 2.0 0.0 2.1 2.1\n4D 3 2 -2.0 0.1 2.5 2.5"),
}
"""Nuclear charge, configuration, and the orbitals of the pseudopotential as ld1.x takes them."""

RUNS = {
    "si2": ("Si2", 24, 10, "6 6 6", 0.0),
    "si4": ("Si4", 7, 17, "4 4 3", 45.0),
    "si2ge2": ("Si2Ge2", 7, 17, "4 4 2", 30.0),
}
"""Stack on silicon, points a segment, bands, k-points of the density, and by how many degrees all is turned about z."""


def compute(folder: Path) -> None:
    """Run the codes."""
    folder.mkdir(parents=True, exist_ok=True)
    for element, (charge, configuration, orbitals) in ATOMS.items():
        text = f"""&input
 title='{element}', zed={charge}., rel=1, config='{configuration}', iswitch=3, dft='PBE'
/
&inputp
 lpaw=.false., pseudotype=1, file_pseudopw='{element}.pbe.UPF', author='', lloc=2, tm=.true., nlcc=.true., rcore=1.3
/
3
{orbitals}
"""
        subprocess.run(["ld1.x"], input=text, text=True, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for name, (stack, points, bands, grid, turn) in RUNS.items():
        crystal = functional_crystal(Sample(stack, "Si").crystal())
        k = build_path(crystal, points_per_segment=points).k_cartesian @ crystal.cell.T / (2 * np.pi)
        listed = "\n".join("{:.12f} {:.12f} {:.12f} 1".format(*row) for row in k)
        tasks = {
            "scf": _pw_input(name, "scf", crystal, turn, "", f"automatic\n{grid} 0 0 0"),
            "bands": _pw_input(name, "bands", crystal, turn, f", nbnd={bands}", f"crystal\n{len(k)}\n{listed}"),
            "proj": f"&projwfc\n prefix='{name}', outdir='./', lsym=.false.\n/\n",
        }
        for task, text in tasks.items():
            with (folder / f"{name}.{task}.out").open("w") as output:
                program = "projwfc.x" if task == "proj" else "pw.x"
                subprocess.run([program], input=text, text=True, cwd=folder, check=True, stdout=output)


def _pw_input(name: str, calculation: str, crystal, turn: float, more: str, points: str) -> str:
    angle = np.radians(turn)
    turned = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    kinds = sorted(set(crystal.species), reverse=True)
    rows = ["{:.10f} {:.10f} {:.10f}".format(*row) for row in np.vstack([crystal.cell, crystal.positions]) @ turned]
    atoms = "\n".join(f"{symbol} {row}" for symbol, row in zip(crystal.species, rows[3:], strict=True))
    species = "\n".join(f"{kind} 1.0 {kind}.pbe.UPF" for kind in kinds)
    cell = "\n".join(rows[:3])
    return f"""&control
 calculation='{calculation}', prefix='{name}', outdir='./', pseudo_dir='./', verbosity='high'
/
&system
 ibrav=0, nat={len(crystal)}, ntyp={len(kinds)}, ecutwfc=32{more}
/
&electrons
 conv_thr=1e-10, diago_thr_init=1e-6
/
ATOMIC_SPECIES
{species}
CELL_PARAMETERS angstrom
{cell}
ATOMIC_POSITIONS angstrom
{atoms}
K_POINTS {points}
"""


def keep(folder: Path) -> None:
    """Put what the reader needs here, compressed: projections to six decimals, parts of pseudopotentials."""
    for name in RUNS:
        (KEPT / f"{name}.save").mkdir(parents=True, exist_ok=True)
        for file in ("data-file-schema.xml", "atomic_proj.xml"):
            text = (folder / f"{name}.save" / file).read_text()
            short = re.sub(r"(<ATOMIC_WFC[^>]*>)([^<]*)", lambda found: found[1] + _rounded(found[2]), text)
            _write(KEPT / f"{name}.save" / f"{file}.gz", short)
        lines = (folder / f"{name}.scf.out").read_text().splitlines()
        level = next(line for line in lines if "highest occupied level" in line)
        _write(KEPT / f"{name}.save" / "highest.txt", level.strip() + "\n", compress=False)
    for element in ATOMS:
        text = (folder / f"{element}.pbe.UPF").read_text()
        for part in ("PP_INFO", "PP_NLCC", "PP_LOCAL", "PP_NONLOCAL"):
            text = re.sub(rf"<{part}.*?</{part}>\n?", "", text, flags=re.DOTALL)
        short = re.sub(r"[-0-9.]+E[-+]\d+", lambda found: f"{float(found[0]):.6E}", text)
        _write(KEPT / f"{element}.pbe.UPF.gz", short)


def _rounded(numbers: str) -> str:
    values = np.array(numbers.split(), float).reshape(-1, 2)
    return "\n" + "\n".join(f"{a:.6f} {b:.6f}" for a, b in values) + "\n"


def _write(file: Path, text: str, compress: bool = True) -> None:
    file.write_bytes(gzip.compress(text.encode(), 9, mtime=0) if compress else text.encode())


if __name__ == "__main__":
    compute(Path(sys.argv[1]))
    keep(Path(sys.argv[1]))
