"""Links: whatever a query string says, the page gets a usable state and the person a sentence."""

import pytest

from components.compose.link import (
    CURSOR,
    ComposeLink,
    checked_cursor,
    checked_line,
    checked_view,
    decode_link,
    link_defaults,
)
from core.engines import Cut, Path
from core.errors import InputError


def test_empty_query_is_the_default_view():
    assert decode_link({}) == (ComposeLink(), [])


def test_full_query_is_read():
    sample = {"stack": "Si6Ge4", "substrate": "Ge", "mixing": "1.5", "so": "1", "structure": "ab"}
    view = {
        "view": "difference",
        "atom": "3",
        "other": "7",
        "shells": "ps",
        "sigma": "0.2",
        "scale": "log",
        "engine": "forward",
        "map": "magma",
        "line": "G-K",
        "path": "x-Γ-z",
        "kz": "0.35",
        "cursor": "10,20",
    }
    query = sample | view
    link, problems = decode_link(query)
    assert problems == []
    assert link == ComposeLink(
        "Si6Ge4", "Ge", 1.5, True, "ab", "difference", 3, 7, "sp", 0.2, "log", "forward", "magma",
        line="G-K", path="X-G-Z", kz=0.35, cursor="10,20",
    )  # fmt: skip


def test_imperfections_are_read_and_their_ranges_kept():
    flaws = {"lateral": "3", "seed": "7", "configurations": "2", "antisite": "1", "dangling": "passivated", "step": "1"}
    link, problems = decode_link(flaws)
    assert problems == []
    assert (link.lateral, link.seed, link.configurations, link.antisite, link.vacancy) == (3, 7, 2, 1, 0)
    assert (link.dangling, link.step) == ("passivated", True)
    for name, text in (("lateral", "4"), ("seed", "-1"), ("configurations", "99"), ("vacancy", "x"), ("dangling", "x")):
        link, problems = decode_link({name: text})
        assert link == ComposeLink()
        assert name in problems[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [("mixing", "much"), ("mixing", "-1"), ("sigma", "nan"), ("sigma", "inf"), ("atom", "1.5"), ("atom", "-1"),
     ("so", "yes"), ("view", "all"), ("engine", "fast"), ("shells", "f"), ("shells", ""),
     ("scale", "sqrt"), ("map", "jet"), ("line", "G-L"), ("path", "G"), ("path", "Z-Q"), ("path", "G-X|" * 50),
     *(("kz", text) for text in ("-0.01", "1.01", "2", "nan", "inf", "1e999", "high", "")),
     ("stack", "Si2" * 500), ("__class__", "x"), ("colour", "red")],
)  # fmt: skip
def test_bad_entry_keeps_its_default_and_is_named(name, text):
    link, problems = decode_link({name: text, "substrate": "Ge"})
    assert link == ComposeLink(substrate="Ge")
    assert len(problems) == 1
    assert name in problems[0]


def test_view_from_the_browser_is_checked_like_a_link():
    chosen = checked_view({"atom": 3, "other": 7}, ["p", "s"], view="total", sigma=0.2, scale="log", map="magma")
    assert chosen == ComposeLink(view="total", atom=3, other=7, shells="sp", sigma=0.2, scale="log", map="magma")
    for selection in (None, 3, [], {"atom": "x", "other": -1}, {"atom": 10**30}):
        assert checked_view(selection, None) == ComposeLink()
    for shells in (None, [], "f", ["f"], [None], 7):
        assert checked_view(None, shells, view="all", sigma="x", scale=[], map="jet") == ComposeLink()


def test_the_cursor_of_a_link_that_names_none_is_at_the_first_gamma():
    for query, index in (({"line": "G-X"}, 48), ({"path": "X-G-Z"}, 47), ({"path": "G-Z"}, 0), ({"path": "X-Z"}, 0)):
        assert decode_link(query)[0].cursor_indices == [index, CURSOR[1]]


def test_a_line_from_the_browser():
    assert checked_line({"line": "G-X", "path": "Z-Q", "kz": 0.3}) == Cut("G-X", 0.3)
    assert checked_line({"line": "path", "path": "g-z", "kz": 0.3}) == Path("G-Z", 96)
    assert checked_line(None) == checked_line({}) == checked_line({"line": "path", "path": ""}) == Path()
    with pytest.raises(InputError, match="join at least two"):
        checked_line({"line": "path", "path": "Z-Q"})


def test_cursor_from_the_browser_is_two_whole_numbers():
    assert checked_cursor([3, 4]) == (3, 4)
    for forged in (None, "ab", [1], [1, 2, 3], [1.5, 2], ["1", "2"], {}):
        assert checked_cursor(forged) == CURSOR


def test_browser_gets_the_same_defaults():
    assert ComposeLink(**link_defaults()) == ComposeLink()
