"""The options of the command line."""

import argparse
from collections.abc import Callable
from typing import NoReturn

from core import __version__

PROGRAM = "python -m core"
TRAINING_STACKS = 14000
RACE_STACKS = 1008


class _Parser(argparse.ArgumentParser):
    """Errors in one line, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def build_parser(
    commands: dict[str, Callable[[argparse.Namespace], None]], program: str = PROGRAM
) -> argparse.ArgumentParser:
    """The parser of all commands, by name; program: what errors and help call it."""
    from core.electronic.kpath import DEFAULT_PATH, POINTS_PER_SEGMENT

    dashboard = "The dashboard: `bandloom serve`, or `python app.py` in a checkout."
    parser = _Parser(prog=program, description="Bandloom on the command line.", epilog=dashboard)
    parser.add_argument("--version", action="version", version=f"Bandloom {__version__}")
    entries = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    sample = argparse.ArgumentParser(add_help=False)
    sample.add_argument("stack", metavar="STACK", help="stack notation such as Si4Ge4, or a structure file")
    sample.add_argument(
        "--substrate", help="Si, Ge, Si0.5Ge0.5, a lattice constant in Å, or a strain such as +1%% (--substrate=-1%%)"
    )
    sample.add_argument("--mixing", type=float, default=0.0, help="interface width w in monolayers")
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--spin-orbit", action="store_true", help="include spin-orbit coupling")
    line = argparse.ArgumentParser(add_help=False)
    line.add_argument("--path", default=DEFAULT_PATH, help=f"k-path, default {DEFAULT_PATH}")
    line.add_argument("--points", type=int, default=POINTS_PER_SEGMENT, help="k-points on each segment")
    picture = argparse.ArgumentParser(add_help=False)
    picture.add_argument("--engine", default="exact", choices=["exact", "forward", "dft"])
    picture.add_argument("--sigma", type=float, default=0.10, help="broadening in eV")
    picture.add_argument("--smearing", default="adaptive", help="adaptive or fixed")
    picture.add_argument("--window", type=float, nargs=2, default=(-7.0, 4.0), metavar=("LOW", "HIGH"), help="eV")
    picture.add_argument("--energies", type=int, default=176, help="points on the energy axis")
    picture.add_argument("--by-shell", action="store_true", help="also by s, p, d, s*")
    picture.add_argument("--out", required=True, help="NetCDF file, .nc")

    def command(name, parents):
        function = commands[name]
        entry = entries.add_parser(name, help=function.__doc__, description=function.__doc__, parents=parents)
        entry.set_defaults(run=function)
        return entry

    command("structure", [sample]).add_argument("--out", required=True, help=".xyz, .cif or .vasp")
    entry = command("bands", [sample, model, line])
    entry.add_argument("--out", help="raw bands as NetCDF, .nc")
    entry.add_argument("--json", action="store_true")
    command("asf", [sample, model, line, picture])
    entry = command("cut", [sample, model, picture])
    entry.add_argument("--cut", default="G-X", help="G-X ([100]) or G-K ([110])")
    entry.add_argument("--kz", type=float, default=0.0, help="in 2π/c̄: 0 is the Γ plane, 1 the Z plane")
    entry.add_argument("--points", type=int, default=97, help="k-points over both signs")
    command("descriptors", [sample]).add_argument("--out", required=True, help="table of the atoms, .csv")
    images = argparse.ArgumentParser(add_help=False)
    images.add_argument("file", nargs="+", metavar="FILE", help="band images of one sample: beamline files or pictures")
    images.add_argument(
        "--cut", action="append", help="G-X ([100], default) or G-K ([110]); one for each file, or for all"
    )
    images.add_argument("--kz", help="in 2π/c̄, or auto to infer it; from --hv where that is given")
    images.add_argument("--hv", type=float, help="photon energy, eV")
    images.add_argument("--inner-potential", type=float, help="eV, 12.6 by default")
    images.add_argument("--work-function", type=float, help="eV, the file's own or 4.5")
    images.add_argument("--k-range", type=float, nargs=2, metavar=("LEFT", "RIGHT"), help="of a picture's frame, 1/Å")
    images.add_argument("--e-range", type=float, nargs=2, metavar=("BOTTOM", "TOP"), help="of it, eV against E_F")
    images.add_argument("--fermi", type=float, help="Fermi level on the file's energy axis, eV")
    images.add_argument("--json", action="store_true")
    command("infer", [images])
    entry = command("loop", [images])
    entry.add_argument("--budget", type=int, default=300, help="forward predictions that it may use")
    entry.add_argument("--keep", action="store_true", help="leave a failure in the replay store, to learn from")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--folder", help="of the data set; in the cache by default")
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument("--stacks", type=int, default=TRAINING_STACKS, help="training stacks, evaluation sets apart")
    source.add_argument("--seed", type=int, default=1, help="of the training stacks")
    source.add_argument("--scheduler", help="address of a Dask scheduler; all cores of this machine by default")
    command("dataset", [place, source])
    entry = command("train", [place, source])
    entry.add_argument(
        "--line", choices=["path", "cuts", "reverse", "single-atom"], help="one of the models; all by default"
    )
    entry.add_argument("--epochs", type=int, help="of the training")
    entry.add_argument("--go-on", action="store_true", help="go on from the shipped reverse weights, with other images")
    entry.add_argument("--cut", action="append", choices=["G-X", "G-K"], help="of the reverse model; both by default")
    entry.add_argument("--out", help="folder of the weights; that of the shipped ones by default")
    entry = command("race", [place, source])
    entry.set_defaults(stacks=RACE_STACKS)
    entry.add_argument("--line", choices=["forward", "reverse"], default="forward", help="which model")
    entry = command("evaluate", [place])
    entry.add_argument("--reverse", action="store_true", help="the reverse models on simulated images")
    entry.add_argument("--loop", action="store_true", help="the closed loop on simulated images")
    entry.add_argument("--learning", action="store_true", help="what is learned from 30 cases of a new family")
    entry.add_argument("--split", default="test", choices=["validation", "test"])
    entry.add_argument("--json", action="store_true")
    entry.add_argument("--write", action="store_true", help="keep the figures that the methods page shows")
    entry = command("learn", [place])
    entry.add_argument("--rollback", action="store_true", help="put the weights before those in force back")
    entry.add_argument("--use", metavar="VERSION", help="put a kept version, such as v0002 or shipped, in force")
    entry.add_argument("--json", action="store_true")
    for name in ("validate", "bench"):
        entry = command(name, [])
        entry.add_argument("--json", action="store_true")
        entry.add_argument("--write", action="store_true", help="keep the figures that the methods page shows")
    return parser
