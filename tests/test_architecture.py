"""Imports point one way: pages → components → core, and inside core in the order of the physics."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PHYSICS_ORDER = (
    "parameters",
    "structure",
    "electronic",
    "descriptors",
    "learning",
    "dft",
    "forward",
    "engines",
    "experiment",
    "reverse",
    "loop",
    "design",
    "sessions",
    "cli",
)
OUTSIDE_CORE = ("dash", "plotly", "flask", "dash_mantine_components", "components", "pages", "app", "tests", "docs")
FORBIDDEN = {
    "core": OUTSIDE_CORE,
    "components": ("pages", "app", "tests", "docs"),
    "pages": ("app", "tests", "docs"),
}
LINE_LIMIT = 450


def imported_modules(source: str, module: str) -> Iterator[str]:
    """Dotted names that `source`, the text of `module`, imports; relative ones resolved, `from a import b` as a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{start}.{name.name}" for name in node.names)


def violations(source: str, module: str) -> list[str]:
    """Imports that point the wrong way, in words."""
    room, *inside = module.split(".")
    found = []
    for name in imported_modules(source, module):
        target, *deeper = name.split(".")
        if target in FORBIDDEN.get(room, ()):
            found.append(f"{module} imports {name}")
        if room == target == "core" and inside and deeper and _later(inside[0], deeper[0]):
            found.append(f"{module} imports {name}, which comes later in the physics")
    return found


def _later(importing: str, imported: str) -> bool:
    if importing not in PHYSICS_ORDER or imported not in PHYSICS_ORDER:
        return False
    return PHYSICS_ORDER.index(imported) > PHYSICS_ORDER.index(importing)


def modules() -> dict[str, Path]:
    files = [ROOT / "app.py", *(file for room in FORBIDDEN for file in sorted((ROOT / room).rglob("*.py")))]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in files}


@pytest.mark.parametrize(("module", "file"), modules().items())
def test_imports_point_one_way(module, file):
    assert violations(file.read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize(("module", "file"), modules().items())
def test_no_long_files(module, file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LINE_LIMIT


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.electronic.bands", "import plotly.graph_objects as go"),
        ("core.electronic.bands", "def late():\n    from dash import html"),
        ("core.structure.stack", "from core.electronic.bands import gap"),
        ("core.structure.stack", "from core import electronic"),
        ("core.parameters.constants", "from ..structure import stack"),
        ("core.storage", "from components import theme"),
        ("components.shell", "import pages.home"),
        ("components.shell", "from pages import home"),
        ("pages.home", "from app import server"),
    ],
)
def test_checker_sees_violation(module, source):
    assert violations(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.electronic.bands", "from core.structure.stack import Stack\nimport numpy"),
        ("core.structure.stack", "from .notation import parse_blocks"),
        ("components.shell", "from dash import html\nfrom core.storage import cache_directory"),
        ("pages.home", "from components import theme\nimport core"),
        ("app", "from components import shell"),
    ],
)
def test_checker_lets_right_way_pass(module, source):
    assert violations(source, module) == []


def test_scripts_change_components_through_the_shell_alone():
    """Dash's own functions raise an error where a component has left the page; those of assets/shell.js do not."""
    scripts = [file for file in (ROOT / "assets").glob("*.js") if file.name != "shell.js"]
    assert len(scripts) > 5
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert "set_props(" not in text, f"{script.name}: use dash_clientside.shell.put"
        assert "getLayout(" not in text, f"{script.name}: use dash_clientside.shell.layoutOf"
