"""An answer is only given where no unseen fact could change it, and is given where everything was seen."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import oracle
from tests.core.strategies import catalogs, patterns, predicates
from tests.core.worlds import World, views, worlds
from tracker.core.catalog import Ref, SourceSnapshot
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.patterns import Evaluator, Truth, parse_pattern
from tracker.core.patterns.truth import conjunction, disjunction
from tracker.core.where_else import VersionedPattern, judge

NAMES = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}
TRUTHS = st.sampled_from(Truth)


def answers(snapshots: tuple[SourceSnapshot, ...], pattern: dict[str, Any]) -> dict[Ref, Truth]:
    graph = CatalogGraph(snapshots)
    evaluator = Evaluator(graph)
    versioned = [VersionedPattern(parse_pattern(json.dumps(pattern)), 1)]
    return {ref: judge(evaluator, versioned, ref).truth for ref in graph.refs}


@given(catalogs(), patterns())
@settings(max_examples=250, deadline=None)
def test_the_evaluator_answers_as_the_brute_force_oracle_does(
    snapshots: tuple[SourceSnapshot, ...], pattern: dict[str, Any]
) -> None:
    slow = oracle.Catalog(snapshots)
    expected = {ref: NAMES[oracle.evaluate(slow, pattern, ref)] for ref in slow.refs}
    assert answers(snapshots, pattern) == expected


@given(worlds(), st.data(), patterns())
@settings(max_examples=250, deadline=None)
def test_what_sources_leave_out_never_turns_an_answer_round(
    world: World, data: st.DataObject, pattern: dict[str, Any]
) -> None:
    snapshots = data.draw(views(world))
    truth = answers((world.omniscient(),), pattern)
    for ref, answer in answers(snapshots, pattern).items():
        assert Truth.UNKNOWN in (answer, truth[ref]) or answer is truth[ref], ref


@given(worlds(), patterns())
@settings(max_examples=150, deadline=None)
def test_where_everything_was_looked_at_the_answer_is_that_of_plain_logic(
    world: World, pattern: dict[str, Any]
) -> None:
    everything = oracle.Catalog([world.omniscient()])
    found = answers((world.omniscient(),), pattern)
    assert found == {ref: NAMES[oracle.evaluate(everything, pattern, ref)] for ref in found}
    if not any(word in json.dumps(pattern) for word in ("less", "greater", "versions")):
        # Only what cannot be compared may stay unknown.
        assert Truth.UNKNOWN not in found.values()


@given(catalogs(), patterns(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_having_looked_at_more_never_takes_an_answer_back(
    snapshots: tuple[SourceSnapshot, ...], pattern: dict[str, Any], random: Any
) -> None:
    fewer = tuple(
        replace(one, coverage=tuple(c for c in one.coverage if random.random() < 0.5)) for one in snapshots
    )
    more = answers(snapshots, pattern)
    for ref, answer in answers(fewer, pattern).items():
        assert answer in (Truth.UNKNOWN, more[ref]), ref


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
@settings(max_examples=100, deadline=None)
def test_connectives_written_in_other_words_answer_the_same(
    snapshots: tuple[SourceSnapshot, ...], parts: list[dict[str, Any]]
) -> None:
    def of(body: dict[str, Any]) -> dict[Ref, Truth]:
        return answers(snapshots, {"pattern": "p", **body})

    refusals = [{"not": part} for part in parts]
    assert of({"any": parts}) == of({"not": {"all": refusals}})
    assert of({"all": parts}) == of({"at_least": {"n": len(parts), "of": parts}})
    assert of({"any": parts}) == of({"at_least": {"n": 1, "of": parts}})
    assert of({"not": {"not": parts[0]}}) == of(parts[0])
