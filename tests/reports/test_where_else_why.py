"""The finding tree of one entity."""

import io
import json

import pytest
from rich.console import Console

from tests.reports.harbour import BERTHS, CRANES, FERRIES, HOSTILE, PILOTS, Words, harbour, pattern
from tracker.core.catalog import Ref
from tracker.core.patterns import Evaluator
from tracker.core.where_else import judge
from tracker.reports.why import WhyShape, why_shape, why_tree


def why(ref: Ref, words: Words | None = None) -> WhyShape:
    _, graph = harbour(words or Words())
    return why_shape(judge(Evaluator(graph), [pattern()], ref), graph)


def printed(shape: WhyShape) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(why_tree(shape))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_exposed_entity_shows_what_was_found_where_by_whom_and_when():
    text = printed(why(BERTHS))
    assert text.startswith("component:berths is exposed\n")
    assert "T timeout_ms is unset" in text
    assert "/all/0/relation/where/fact; terraform, 2 days old" in text
    assert "T resource:tides: shared is true" in text


def test_an_entity_that_cannot_be_told_shows_what_would_settle_it():
    text = printed(why(CRANES))
    assert text.startswith("component:cranes cannot be told\n")
    assert "U uses nothing of the kind" in text
    assert "to settle: uses:out about component:cranes; terraform could look" in text


def test_an_entity_that_is_ruled_out_shows_the_one_part_that_did_it():
    text = printed(why(FERRIES))
    assert text.startswith("component:ferries is ruled out\n")
    assert "F uses nothing of the kind" in text
    assert "mode" not in text


def test_a_pattern_that_does_not_apply_is_not_asked_further():
    shape = why(PILOTS)
    assert shape.patterns[0].body is None
    assert "not asked, because it does not apply" in printed(shape)


def test_the_tree_is_the_same_in_json():
    document = json.loads(why(CRANES).model_dump_json())
    assert (document["ref"], document["verdict"]) == (CRANES, "unknown")
    (one,) = document["patterns"]
    assert (one["pattern"], one["version"], one["applies_to"]["truth"]) == ("cache-without-deadline", 3, "T")
    (relation,) = one["body"]["parts"]
    assert relation["truth"] == "U"
    assert relation["leaf"] == "/all/0/relation"
    assert relation["questions"] == [
        {"question": "uses:out", "about": CRANES, "sources": ["terraform"], "answered": False}
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_strange_word_does_not_act_in_the_tree(text):
    tree = printed(why(BERTHS, Words(mode=text, source=text)))
    assert all(character.isprintable() or character == "\n" for character in tree)
    assert len(tree.splitlines()) < 100
