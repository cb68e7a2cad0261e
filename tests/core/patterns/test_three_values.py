"""An answer is only given where no unseen fact could change it, and is given where everything was seen."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import oracle
from tests.core.strategies import BATTERY, catalogs, patterns, predicates
from tests.core.worlds import World, views, worlds
from tracker.core.catalog import Ref, SourceSnapshot
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.patterns import Evaluator, Truth, parse_pattern
from tracker.core.patterns.truth import conjunction, disjunction
from tracker.core.where_else import VersionedPattern, judge

NAMES = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}
TRUTHS = st.sampled_from(Truth)


@cache
def parsed(text: str) -> list[VersionedPattern]:
    return [VersionedPattern(parse_pattern(text), 1)]


def answers(snapshots: Sequence[SourceSnapshot], *patterns: dict[str, Any]) -> dict[Ref, tuple[Truth, ...]]:
    """The truth of each pattern, for each entity."""
    graph = CatalogGraph(snapshots)
    evaluator = Evaluator(graph)
    asked = [parsed(json.dumps({"pattern": "p", **pattern})) for pattern in patterns]
    return {ref: tuple(judge(evaluator, one, ref).truth for one in asked) for ref in graph.refs}


def expected(snapshots: Sequence[SourceSnapshot], *patterns: dict[str, Any]) -> dict[Ref, tuple[Truth, ...]]:
    """The same, by the oracle."""
    slow = oracle.Catalog(snapshots)
    return {ref: tuple(NAMES[oracle.evaluate(slow, p, ref)] for p in patterns) for ref in slow.refs}


@given(catalogs(), patterns())
@settings(max_examples=150, deadline=None)
def test_the_evaluator_answers_as_the_brute_force_oracle_does(
    snapshots: tuple[SourceSnapshot, ...], pattern: dict[str, Any]
) -> None:
    assert answers(snapshots, pattern) == expected(snapshots, pattern)


@given(catalogs())
@settings(max_examples=60, deadline=None)
def test_every_way_to_follow_edges_answers_as_the_brute_force_oracle_does(
    snapshots: tuple[SourceSnapshot, ...],
) -> None:
    found, right = answers(snapshots, *BATTERY), expected(snapshots, *BATTERY)
    for number, pattern in enumerate(BATTERY):
        assert {r: a[number] for r, a in found.items()} == {r: a[number] for r, a in right.items()}, pattern


@given(worlds(), st.data())
@settings(max_examples=80, deadline=None)
def test_what_sources_leave_out_never_turns_an_answer_round(world: World, data: st.DataObject) -> None:
    snapshots = data.draw(views(world))
    asked = [*BATTERY, data.draw(patterns())]
    truth = answers([world.omniscient()], *asked)
    for ref, found in answers(snapshots, *asked).items():
        for pattern, answer, right in zip(asked, found, truth[ref], strict=True):
            assert Truth.UNKNOWN in (answer, right) or answer is right, (ref, pattern)


@given(worlds(), patterns())
@settings(max_examples=50, deadline=None)
def test_where_everything_was_looked_at_the_answer_is_that_of_plain_logic(
    world: World, pattern: dict[str, Any]
) -> None:
    everything = [world.omniscient()]
    asked = [*BATTERY, pattern]
    found, right = answers(everything, *asked), expected(everything, *asked)
    for number, one in enumerate(asked):
        truths = {ref: truth[number] for ref, truth in found.items()}
        assert truths == {ref: truth[number] for ref, truth in right.items()}, one
        if not any(word in json.dumps(one) for word in ("less", "greater", "versions", '"equals":', '"in":')):
            # Only what cannot be compared may stay unknown.
            assert Truth.UNKNOWN not in truths.values(), one


@given(catalogs(), patterns(), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_having_looked_at_more_never_takes_an_answer_back(
    snapshots: tuple[SourceSnapshot, ...], pattern: dict[str, Any], random: Any
) -> None:
    fewer = [
        replace(one, coverage=tuple(c for c in one.coverage if random.random() < 0.5)) for one in snapshots
    ]
    asked = [*BATTERY, pattern]
    more = answers(snapshots, *asked)
    for ref, found in answers(fewer, *asked).items():
        for one, answer, later in zip(asked, found, more[ref], strict=True):
            assert answer in (Truth.UNKNOWN, later), (ref, one)


@given(st.lists(TRUTHS), st.lists(TRUTHS), TRUTHS, TRUTHS)
def test_the_laws_of_strong_kleene_logic_hold(
    some: list[Truth], others: list[Truth], one: Truth, other: Truth
) -> None:
    assert ~~one is one
    assert conjunction([one, other]) is conjunction([other, one])
    assert conjunction(some + others) is conjunction([conjunction(some), conjunction(others)])
    assert ~conjunction(some) is disjunction(~truth for truth in some)
    assert disjunction([one, conjunction([one, other])]) is one
    assert conjunction([*some, one, one]) is conjunction([*some, one])
    assert conjunction([Truth.UNKNOWN, ~Truth.UNKNOWN]) is Truth.UNKNOWN


@given(catalogs(), st.lists(predicates(1, 2), min_size=1, max_size=3))
@settings(max_examples=50, deadline=None)
def test_connectives_written_in_other_words_answer_the_same(
    snapshots: tuple[SourceSnapshot, ...], parts: list[dict[str, Any]]
) -> None:
    same: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"any": parts}, {"not": {"all": [{"not": part} for part in parts]}}),
        ({"all": parts}, {"at_least": {"n": len(parts), "of": parts}}),
        ({"any": parts}, {"at_least": {"n": 1, "of": parts}}),
        (parts[0], {"not": {"not": parts[0]}}),
    ]
    for one, other in same:
        assert answers(snapshots, one) == answers(snapshots, other)
