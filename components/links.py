"""Links that hold a page's state: each entry of a query string is checked alone; what cannot be used is said."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from core.errors import InputError
from core.structure.sample import Sample


def decoded_entries(
    query: Mapping[str, Any], known: Mapping[str, type], decode: Callable[[str, str, type], Any]
) -> tuple[dict[str, Any], list[str]]:
    """Values of the entries that can be used, and one sentence for each that cannot.

    Args:
        query: names and texts; an entry given twice arrives as a list, of which the last counts.
        known: names of entries, and what each is.
        decode: name, text and kind → value; InputError where it is none.
    """
    values, problems = {}, []
    for name, given in query.items():
        if name not in known:
            problems.append(f"The link's entry {str(name)[:30]!r} is not known and was left out")
            continue
        try:
            last = given[-1] if isinstance(given, list) and given else given
            values[name] = decode(name, str(last), known[name])
        except InputError as error:
            problems.append(str(error))
    return values, problems


def one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    """A text that is one of those allowed.

    Raises:
        InputError: it is another one.
    """
    if text not in allowed:
        raise InputError(f"The link's {name} is {text[:40]!r}; allowed are {', '.join(allowed)}, the default is used")
    return text


def compose_address(
    sample: Sample, spin_orbit: bool = False, cut: str = "", kz: float | None = None, fidelity: str = "tight-binding"
) -> str:
    """The address of a sample on Compose, on a cut where one is named.

    Args:
        sample: to be opened.
        spin_orbit: whether with spin-orbit coupling.
        cut: `G-X` or `G-K`; empty for the page's own path.
        kz: of the cut, 2π/c̄; any plane is brought to the one between Γ and Z that is the same.
        fidelity: of the theory that shows it, `tight-binding` or `dft`.
    """
    entries = {"stack": sample.stack, "substrate": sample.substrate}
    entries |= {"mixing": f"{sample.mixing:g}"} if sample.mixing else {}
    entries |= {"so": "1"} if spin_orbit else {}
    if cut:
        entries |= {"line": cut} | ({} if kz is None else {"kz": f"{abs((kz + 1) % 2 - 1):.2f}"})
    entries |= {"engine": fidelity} if fidelity == "dft" else {}
    return "/compose?" + urlencode(entries)
