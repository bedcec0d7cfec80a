"""Every text that the pages may show, collected from the source: literals, f-strings as templates, Markdown, reports.

What counts as a text is told by where it stands: no docstring, id, class, key of a table, address or pattern. Places in
f-strings become named placeholders, `{stack}`; a choice between words inside one gives a template for each word.
"""

import ast
import itertools
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from components.translation.catalogue import has_words
from core.reverse.quantities import LOCAL_QUANTITIES
from docs.collect_documents import Text, formatted, joined, markdown_texts, report_texts, script_texts

ROOT = Path(__file__).resolve().parent.parent
MOST_VARIANTS = 16
"""Of one text, by the choices in it."""

NO_TEXT_KEYWORDS = {
    "id", "className", "href", "src", "type", "style", "role", "variant", "size", "color", "radius", "htmlFor",
    "rel", "target", "mode", "display", "persistence", "storage_type", "debounce", "accept", "align", "justify",
    "position", "colorscale", "hoverinfo", "orientation", "side", "anchor", "xanchor", "yanchor", "xref", "yref",
    "dash", "family", "encoding", "engine", "dims", "dtype", "mimetype", "path", "order_by", "cmap", "kind", "key",
    "event", "flags", "scope", "draggable", "inputMode", "autoComplete", "format", "newline", "errors", "how",
    "method", "backend", "loc", "fontweight", "linestyle", "property",
}  # fmt: skip
NO_TEXT_CALLS = {
    "Input", "Output", "State", "ClientsideFunction", "Ids", "ids", "item", "compile", "match", "fullmatch",
    "search", "sub", "findall", "finditer", "startswith", "endswith", "split", "rsplit", "partition", "rpartition",
    "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "getattr", "hasattr", "setattr", "encode",
    "decode", "open", "get", "pop", "getLogger", "import_module", "TypeVar", "NamedTuple", "namedtuple", "require",
    "einsum", "astype", "dtype", "getLayout", "get_template", "set_props", "strftime", "register_blueprint",
    "add_argument", "environ", "setdefault", "glob", "rglob", "index", "count", "find", "reshape", "frombuffer",
    "fromstring", "isel", "sel", "execute", "executemany", "sub_type", "warning", "info", "exception", "debug",
}  # fmt: skip
"""Arguments and functions that take names, patterns and paths, no words for people."""

NO_TEXT_MODULES = ("core.cli", "core.dft", "core.bench")
"""Of the command line, or of work that no page starts."""

ALSO_SERVED = ("core/validation.py", "core/experiment/readers/*.py")
"""Modules whose words reach pages without an import: by files of figures, or loaded by the format of a file."""

SHOWN_KEYS = (
    "label",
    "title",
    "text",
    "children",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
)
"""Keys under which a dictionary holds words, one alone too."""

WORDS = (
    "spin-orbit λ p", "direct", "indirect", "pseudo-direct", "bulk Si", "bulk Ge", "holes", "constant", "noise",
    "photographs", "parabolas", "cones", "clean", "shipped", "crystal", "seconds", "candidates", "inside",
    "outside", "first", "second", "same", "differs", "Loading...", "networks", "within", "loop", "kinetic",
    "binding", "folded", "unfolded", "superlattice", "CASSIOPEE, graphene-like", "Silicon at 380 eV, a figure",
    "header", "label", "given", "assumed", "degree",
)  # fmt: skip
"""Single words without a capital that pages show: in code they look like keys."""


@cache
def collected(root: Path = ROOT) -> tuple[Text, ...]:
    """All texts below a root."""
    found = [Text(word, False, ("docs/collect_texts.py", 1)) for word in WORDS]
    found += [Text(name.replace("_", " "), False, ("core/reverse/quantities.py", 1)) for name in LOCAL_QUANTITIES]
    for file in served_modules(root):
        found += python_texts(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix())
    for file in sorted((root / "components").rglob("*.jinja")):
        found += report_texts(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix())
    for file in sorted((root / "assets").glob("*.js")):
        found += script_texts(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix())
    for file in sorted((root / "docs" / "learn" / "en").glob("*.md")):
        found += markdown_texts(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix(), learn=True)
    words = root / "docs" / "learn" / "en" / "words.json"
    found += [
        Text(*joined(formatted(text)), ("docs/learn/en/words.json", 1))
        for text in json.loads(words.read_text("utf-8")).values()
    ]
    methods = root / "docs" / "methods.md"
    return (*found, *markdown_texts(methods.read_text(encoding="utf-8"), "docs/methods.md"))


# Python


def served_modules(root: Path) -> list[Path]:
    """Files of the modules that the app imports, pages and what they import too."""
    waiting = [
        root / "app.py",
        *(root / "pages").glob("*.py"),
        *(file for name in ALSO_SERVED for file in root.glob(name)),
    ]
    seen: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                if name.startswith(("components", "core", "pages")) and not name.startswith(NO_TEXT_MODULES):
                    base = root.joinpath(*name.split("."))
                    waiting += [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.exists()]
    return sorted(seen)


def python_texts(source: str, file: str) -> list[Text]:
    """Texts of a Python module."""
    return list(_Reader(file).texts(ast.parse(source)))


class _Reader:
    """Reads one module; `scope` holds what names of the function around were given once, where that is a text."""

    def __init__(self, file: str):
        self.file = file
        self.core = file.startswith("core/")
        self.scope: dict[str, ast.expr] = {}

    def texts(self, node: ast.AST, shown: bool = False) -> Iterator[Text]:
        """Texts of a node and of those in it; shown: it stands where a component takes its words."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            before, self.scope = self.scope, self.scope | _given_once(node)
            yield from self._children(node)
            self.scope = before
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        elif isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and self._is_text(node):
            yield from self._text(node, shown)
        elif isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None and _title_like(key):
                    yield from self.texts(key)
                name = str(key.value) if isinstance(key, ast.Constant) else ""
                if name not in NO_TEXT_KEYWORDS or (_is_str(value) and " " in value.value):
                    yield from self.texts(value, name in SHOWN_KEYS)
        elif isinstance(node, ast.Subscript):
            yield from self.texts(node.value)
        elif isinstance(node, ast.Compare):
            yield from (
                text
                for part in (node.left, *node.comparators)
                if isinstance(part, ast.Call)
                for text in self.texts(part)
            )
        elif isinstance(node, ast.List | ast.Tuple | ast.IfExp | ast.Starred | ast.BoolOp):
            yield from self._children(node, shown)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield from self.texts(node.value)
        elif isinstance(node, ast.arg | ast.Import | ast.ImportFrom | ast.MatchValue):
            return
        else:
            yield from self._children(node)

    def _children(self, node: ast.AST, shown: bool = False) -> Iterator[Text]:
        test = getattr(node, "test", None) if isinstance(node, ast.IfExp) else None
        for child in ast.iter_child_nodes(node):
            yield from self.texts(child, shown and child is not test)

    def _call(self, node: ast.Call) -> Iterator[Text]:
        function, name = node.func, _name(node.func)
        if isinstance(function, ast.Attribute):
            if not (name == "join" and isinstance(function.value, ast.Constant)):
                yield from self.texts(function.value)
            base = _name(function.value)
        else:
            base = ""
        component = base in ("html", "dmc", "dcc", "go")
        words = name == "join" or component or name.endswith("Error")
        if name not in NO_TEXT_CALLS and base not in ("np", "json", "xr"):
            for argument in node.args:
                yield from self.texts(argument, words)
        else:
            yield from (
                text
                for one in node.args
                if not isinstance(one, ast.Constant | ast.JoinedStr)
                for text in self.texts(one)
            )
        for keyword in node.keywords:
            if keyword.arg not in NO_TEXT_KEYWORDS:
                yield from self.texts(
                    keyword.value, component or keyword.arg in ("label", "title", "text", "caption", "note", "name")
                )

    @staticmethod
    def _is_text(node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str)
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.Add) and any(
                isinstance(p, ast.JoinedStr) or _is_str(p) or _chooses(p) for p in _summands(node)
            )
        return True

    def _text(self, node: ast.expr, shown: bool) -> Iterator[Text]:
        for parts in self._variants(node):
            literal = "".join(part for part in parts if isinstance(part, str))
            if not has_words(literal) or not self._looks_shown(literal, shown, len(parts) > 1):
                continue
            yield Text(*joined(parts), (self.file, node.lineno))
        for part in _summands(node) if isinstance(node, ast.BinOp) else [node]:
            values = part.values if isinstance(part, ast.JoinedStr) else [part]
            for value in values:
                if isinstance(value, ast.FormattedValue):
                    yield from self.texts(value.value)
                elif not isinstance(value, ast.Constant):
                    yield from self.texts(value)

    def _looks_shown(self, literal: str, shown: bool, template: bool) -> bool:
        text = literal.strip()
        if re.match(r"data:|<!DOCTYPE|\(function", text):
            return False
        if (
            re.search(
                r"^[\w.]+(/[\w.*]+)+$|^[#.\[][\w-]+|^--|[{;}]\s*$|^https?://|\w+\(\)$|_\w+_|^[\w-]+\.\w{2,5}$", text
            )
            and " " not in text
        ):
            return False
        if re.fullmatch(r"[A-Z0-9_]{2,}|[a-z]+[_-][\w-]+|\S*[=/\\]\S*", text) and not shown:
            return False
        if " " in literal:
            return bool(re.search(r"[A-Za-z][a-z]", text))
        if self.core and not shown:
            return text[:1].isupper() and len(text) > 3
        return shown or template or text[:1].isupper()

    def _variants(self, node: ast.expr) -> list[list]:
        """The texts that an expression may give: lists of literals (str) and of places ((name,))."""
        found: list[list] = [[]]
        for choices in self._choices(node):
            if len(found) * len(choices) > MOST_VARIANTS:
                choices = choices[:1]
            found = [[*before, *choice] for before, choice in itertools.product(found, choices)]
        return found

    def _choices(self, node: ast.expr, depth: int = 0) -> list[list[list]]:
        if _is_str(node):
            return [[formatted(node.value)]]
        if isinstance(node, ast.BinOp) and self._is_text(node):
            return [choice for part in _summands(node) for choice in self._choices(part, depth)]
        if isinstance(node, ast.JoinedStr):
            return [
                choice
                for part in node.values
                for choice in ([[[part.value]]] if _is_str(part) else self._choices(part, depth))
            ]
        if isinstance(node, ast.FormattedValue):
            return self._choices(node.value, depth) if node.format_spec is None else [[[(_hole(node.value),)]]]
        if isinstance(node, ast.IfExp) and depth < 3:
            sides = []
            for side in (node.body, node.orelse):
                inner: list[list] = [[]]
                for choices in self._choices(side, depth + 1):
                    inner = [[*a, *b] for a, b in itertools.product(inner, choices)]
                sides += inner
            if all(isinstance(part, str) for parts in sides for part in parts) or any(
                isinstance(part, str) for parts in sides for part in parts
            ):
                return [sides]
        if isinstance(node, ast.Name) and node.id in self.scope and depth < 3:
            return self._choices(self.scope[node.id], depth + 1)
        return [[[(_hole(node),)]]]


def _chooses(node: ast.expr) -> bool:
    return isinstance(node, ast.IfExp) and any(
        _is_str(side) or isinstance(side, ast.JoinedStr) for side in (node.body, node.orelse)
    )


def _is_str(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _title_like(key: ast.expr) -> bool:
    return _is_str(key) and bool(re.match(r"[A-Z][a-z]+( |$)|[a-z]+ [a-z]+", key.value))


def _given_once(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if (
                    isinstance(target, ast.Tuple)
                    and isinstance(node.value, ast.Tuple)
                    and len(target.elts) == len(node.value.elts)
                ):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                for name, value in pairs:
                    if isinstance(name, ast.Name):
                        given.setdefault(name.id, []).append(value)
        elif isinstance(node, ast.AugAssign | ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
            given.setdefault(node.target.id, []).extend([node.target, node.target])
    return {
        name: values[0]
        for name, values in given.items()
        if len(values) == 1
        and isinstance(values[0], ast.IfExp)
        and any(_is_str(side) for side in (values[0].body, values[0].orelse))
    }


def _summands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _summands(node.left) + _summands(node.right)
    return [node]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _hole(node: ast.expr) -> str:
    """A name for a place: the last name in its expression that is no function's."""
    functions = {call.func for call in ast.walk(node) if isinstance(call, ast.Call)}
    names = [
        _name(part) for part in ast.walk(node) if part not in functions and isinstance(part, ast.Attribute | ast.Name)
    ]
    return (names or ["value"])[0].strip("_").lower() or "value"
