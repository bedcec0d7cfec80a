"""The link of Compare: what it carries, and what it refuses."""

from dataclasses import fields
from urllib.parse import parse_qs, urlsplit

import pytest

from components.compare.link import CompareLink, decode_link
from components.compose.link import decode_link as decode_compose
from components.links import compose_address
from core.structure.sample import Sample


def test_every_entry_of_a_link_is_read():
    query = {
        "part": "growth", "stack": "Si2Ge2", "substrate": "Ge", "mixing": "1.5", "quantity": "edges", "along": "block",
        "block": "2", "low": "1", "high": "6", "points": "6", "stack2": "Si8", "substrate2": "5.5 Å", "mixing2": "2",
        "engine": "exact", "view": "difference", "so": "1",
    }  # fmt: skip
    link, problems = decode_link(query)
    assert problems == []
    assert query.keys() == {field.name for field in fields(CompareLink)}
    assert all(getattr(link, name) != field.default for name, field in CompareLink.__dataclass_fields__.items())


def test_numbers_that_a_link_does_not_name_are_those_proposed():
    link, _ = decode_link({"along": "mixing", "high": "2"})
    assert (link.low, link.high, link.points) == (0.0, 2.0, 16)


@pytest.mark.parametrize(
    "query",
    [{"part": "x"}, {"mixing": "9"}, {"mixing": "nan"}, {"low": "wide"}, {"points": "99"}, {"points": "9" * 300},
     {"colour": "red"}, {"stack": "S" * 999}, {"along": ["substrate", "x"]}, {"so": "yes"}, {"block": "0"},
     {"high": "inf"}, {"quantity": "mood"}],
)  # fmt: skip
def test_what_is_not_usable_is_said_and_keeps_its_default(query):
    link, problems = decode_link(query | {"substrate": "Ge"})
    assert len(problems) == 1
    assert link == CompareLink(substrate="Ge")


def test_a_sample_goes_to_compose_whole():
    sample = Sample("[Si2Ge2]3", "5.5 Å", 1.5)
    entries = {k: v[0] for k, v in parse_qs(urlsplit(compose_address(sample, True)).query).items()}
    link, problems = decode_compose(entries)
    assert problems == []
    assert Sample(link.stack, link.substrate, link.mixing) == sample
    assert link.so


@pytest.mark.parametrize(("kz", "shown"), [(None, 0.0), (0.304, 0.3), (-0.2, 0.2), (1.1, 0.9), (1.0, 1.0)])
def test_a_sample_goes_to_compose_on_its_cut(kz, shown):
    entries = {
        k: v[0] for k, v in parse_qs(urlsplit(compose_address(Sample("Si4Ge4", "Si"), cut="G-K", kz=kz)).query).items()
    }
    link, problems = decode_compose(entries)
    assert problems == []
    assert (link.line, link.kz) == ("G-K", pytest.approx(shown))
