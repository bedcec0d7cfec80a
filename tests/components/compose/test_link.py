"""Links: whatever a query string says, the page gets a usable state and the person a sentence."""

import pytest

from components.compose.link import ComposeLink, decode_link, link_defaults


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
        "map": "magma",
    }
    query = sample | view
    link, problems = decode_link(query)
    assert problems == []
    assert link == ComposeLink("Si6Ge4", "Ge", 1.5, True, "ab", "difference", 3, 7, "sp", 0.2, "log", "magma")


@pytest.mark.parametrize(
    ("name", "text"),
    [("mixing", "much"), ("mixing", "-1"), ("sigma", "nan"), ("sigma", "inf"), ("atom", "1.5"), ("atom", "-1"),
     ("so", "yes"), ("view", "all"), ("shells", "f"), ("shells", ""), ("scale", "sqrt"), ("map", "jet"),
     ("stack", "Si2" * 500), ("__class__", "x"), ("colour", "red")],
)  # fmt: skip
def test_bad_entry_keeps_its_default_and_is_named(name, text):
    link, problems = decode_link({name: text, "substrate": "Ge"})
    assert link == ComposeLink(substrate="Ge")
    assert len(problems) == 1
    assert name in problems[0]


def test_browser_gets_the_same_defaults():
    assert ComposeLink(**link_defaults()) == ComposeLink()
