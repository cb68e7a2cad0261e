"""Two sides that change as they like, and a plan that brings them together without losing what anybody did."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core.action_items import ItemState, move
from tracker.core.issue_sync import (
    DEFAULT,
    OPEN,
    PHASES,
    DecisionKind,
    Halves,
    ItemPlan,
    Link,
    LinkState,
    Ours,
    Policies,
    plan,
)
from tracker.core.issue_text import alike, compose, split, tidy
from tracker.core.issues import Fields, Issue, IssueField, Phase
from tracker.core.merge import Policy

SUMMARY, DESCRIPTION, STATUS = IssueField.SUMMARY, IssueField.DESCRIPTION, IssueField.STATUS
PRIORITY, DUE, LABELS = IssueField.PRIORITY, IssueField.DUE, IssueField.LABELS
OURS = frozenset({"elsewhere"})
PUBLIC = frozenset({DecisionKind.CREATE, DecisionKind.PUSH})

VALUES = {
    SUMMARY: st.sampled_from(["Set a timeout", "Set *two* timeouts", "Retry less"]),
    DESCRIPTION: st.sampled_from(
        [None, "Be quick.", "Be quick.\n\n\n* and kind", "See https://wiki.example"]
    ),
    PRIORITY: st.sampled_from([None, "P1", "P2"]),
    DUE: st.sampled_from([None, date(2026, 4, 30), date(2026, 5, 31)]),
}
EDITS = st.sampled_from(list(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name]))
STATES = st.sampled_from(ItemState)
POLICIES = st.builds(Policies, *(st.sampled_from(Policy) for _ in range(6)))


def item(number: int = 1, state: ItemState = ItemState.ACCEPTED, **changes: Any) -> Ours:
    fields = {SUMMARY: "Set a timeout", DESCRIPTION: "Be quick.", PRIORITY: None, DUE: None, LABELS: OURS}
    known = Ours(number, state, fields, region=f"Item {number} in Elsewhere.")
    return replace(known, **changes)


def issue(number: int = 10, phase: Phase = Phase.TO_DO, **changes: Any) -> Issue:
    fields = {SUMMARY: "Theirs", DESCRIPTION: None, PRIORITY: "Medium", DUE: None, LABELS: frozenset()}
    return Issue(
        id=str(number),
        key=f"OPS-{number}",
        url=f"https://jira.example/browse/OPS-{number}",
        status=str(phase),
        fields=changes.pop("fields", {**fields, STATUS: phase}),
        updated_at=datetime(2026, 3, 2, tzinfo=UTC),
        **changes,
    )


def decided(plans: tuple[ItemPlan, ...]) -> list[str]:
    return [f"{one.kind} {one.field or ''}".strip() for plan in plans for one in plan.decisions]


def as_printed(name: IssueField, value: Any) -> Any:
    """What a tracker makes of a text: other ends of lines, no second empty line, links of its own."""
    if name is not DESCRIPTION or value is None:
        return value.replace("  ", " ").strip() if name is SUMMARY and value else value
    text = value.replace("https://wiki.example", "[https://wiki.example|https://wiki.example|smart-link]")
    return text.replace("\n\n\n", "\n\n").replace("\n", "\r\n") + "\r\n"


@dataclass
class World:
    """An item and its issue, and a sync that may die anywhere. What each side loses must stand in a decision."""

    ours: Ours
    policies: Policies = DEFAULT
    theirs: Issue | None = None
    told: list[Any] = field(default_factory=list)

    def sync(self, *, dies: str = "") -> tuple[ItemPlan, ...]:
        plans = self.look()
        for one in plans:
            self.keep(one)
            if one.draft is not None:
                self.make(one, dies)
            elif one.there and one.issue is not None:
                self.write(one, dies)
        if not dies and self.ours.link is not None and self.ours.link.arrived:
            for one in self.look():
                self.keep(one)
        return plans

    def look(self) -> tuple[ItemPlan, ...]:
        known = {self.theirs.id: self.theirs, self.theirs.key: self.theirs} if self.theirs else {}
        return plan([self.ours], known, self.policies)

    def keep(self, one: ItemPlan) -> None:
        """Do what a plan does here."""
        if one.issue is None:
            return
        for name, value in one.here.items():
            self.lost_here(one, name, self.ours.fields.get(name))
            self.ours = replace(self.ours, fields={**self.ours.fields, name: value})
        if one.state is not None:
            self.lost_here(one, STATUS, PHASES[self.ours.state])
            self.ours = replace(self.ours, state=move(self.ours.state, one.state))
        link = Link(LinkState.LINKED, one.issue.id, one.issue.key, one.adopted, one.agreed, one.pending)
        self.ours = replace(self.ours, link=link)

    def lost_here(self, one: ItemPlan, name: IssueField, before: Any) -> None:
        before = tidy(before) if isinstance(before, str) and not isinstance(before, Phase) else before
        assert any(kept.field is name and kept.ours == before for kept in one.decisions)

    def make(self, one: ItemPlan, dies: str) -> None:
        fields = {**dict.fromkeys(VALUES), **(one.draft or {}), STATUS: Phase.TO_DO}
        fields[PRIORITY] = fields[PRIORITY] or "Medium"
        self.theirs = issue(fields={name: as_printed(name, value) for name, value in fields.items()})
        link = Link(
            LinkState.LINKED,
            self.theirs.id,
            self.theirs.key,
            sent=one.sends,
            arrived=frozenset() if dies else frozenset(one.sends),
        )
        self.ours = replace(self.ours, link=link)

    def write(self, one: ItemPlan, dies: str) -> None:
        assert self.ours.link is not None
        self.ours = replace(self.ours, link=replace(self.ours.link, sent={**one.pending, **one.sends}))
        if dies == "before writing":
            return
        assert self.theirs is not None
        for name in one.there:
            before = self.theirs.fields.get(name)
            if name is DESCRIPTION:
                before, region = split(before)
                kept = [kept.theirs for kept in one.decisions if kept.field is name]
                assert any(alike(before, value) or alike(region, value) for value in kept)
            else:
                assert any(kept.field is name and kept.theirs == before for kept in one.decisions)
        arrived = frozenset() if dies else frozenset(one.there)
        written = {name: as_printed(name, value) for name, value in one.there.items()}
        self.theirs = replace(self.theirs, fields={**self.theirs.fields, **written})
        self.ours = replace(self.ours, link=replace(self.ours.link, arrived=arrived))

    def edit_here(self, name: IssueField, value: Any) -> None:
        self.ours = replace(self.ours, fields={**self.ours.fields, name: value})

    def edit_there(self, name: IssueField, value: Any) -> None:
        if self.theirs is None:
            return
        if name is DESCRIPTION:
            _, region = split(self.theirs.fields[DESCRIPTION])
            value = compose(value, region) if region else value
        self.theirs = replace(self.theirs, fields={**self.theirs.fields, name: as_printed(name, value)})

    def move_there(self, phase: Phase) -> None:
        if self.theirs is not None:
            self.theirs = replace(
                self.theirs, fields={**self.theirs.fields, STATUS: phase}, status=str(phase)
            )

    def take(self, what: str, given: Any) -> None:
        match what:
            case "edit here":
                self.edit_here(*given)
            case "edit there":
                self.edit_there(*given)
            case "move here":
                self.ours = replace(self.ours, state=given)
            case "move there":
                self.move_there(given)
            case "services":
                self.ours = replace(self.ours, region=f"Item 1 in Elsewhere.\nServices concerned: {given}")
            case _:
                self.sync(dies=given)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit here"), EDITS),
        st.tuples(st.just("edit there"), EDITS),
        st.tuples(st.just("move here"), STATES),
        st.tuples(st.just("move there"), st.sampled_from(Phase)),
        st.tuples(st.just("services"), st.sampled_from(["cart", "cart, checkout"])),
        st.tuples(st.just("sync"), st.sampled_from(["", "before writing", "after writing"])),
    ),
    max_size=12,
)


@settings(max_examples=400)
@given(STEPS, POLICIES, st.booleans())
def test_whatever_happens_in_whatever_order_nothing_is_lost_and_the_second_run_has_nothing_to_do(
    steps: list[tuple[str, Any]], policies: Policies, adopts: bool
) -> None:
    world = World(item(cited=("OPS-10",)), policies, issue()) if adopts else World(item(), policies)
    for what, given_ in steps:
        world.take(what, given_)
    for _ in range(3):
        world.sync()
    before = world.ours, world.theirs
    plans = world.look()
    for one in plans:
        assert (one.here, one.state, one.there, one.draft) == ({}, None, {}, None)
        assert all(kept.needs_a_person for kept in one.decisions)
    world.sync()
    assert (world.ours, world.theirs) == before


@settings(max_examples=200)
@given(STEPS)
def test_after_the_sync_both_sides_say_the_same_but_for_what_a_person_is_asked(
    steps: list[tuple[str, Any]],
) -> None:
    world = World(item())
    for what, given_ in steps:
        world.take(what, given_)
    for _ in range(3):
        world.sync()
    if world.theirs is None or world.ours.state not in PHASES:
        return
    asked = {kept.field for one in world.look() for kept in one.decisions}
    for name in {SUMMARY, DUE} - asked:
        assert world.ours.fields[name] == world.theirs.fields[name]
    if DESCRIPTION not in asked:
        words, region = split(world.theirs.fields[DESCRIPTION])
        assert alike(world.ours.fields[DESCRIPTION], words)
        assert alike(world.ours.region, region)
    if STATUS not in asked:
        phases = {PHASES[world.ours.state], world.theirs.fields[STATUS]}
        assert len(phases) == 1 or phases == {Phase.TO_DO, Phase.IN_PROGRESS}


@settings(max_examples=200)
@given(STEPS, POLICIES, st.booleans())
def test_nothing_goes_out_for_what_is_confidential_or_not_accepted(
    steps: list[tuple[str, Any]], policies: Policies, confidential: bool
) -> None:
    world = World(item(), policies)
    for what, given_ in steps:
        world.take(what, given_)
    state = world.ours.state if confidential else ItemState.PROPOSED
    world.ours = replace(world.ours, confidential=confidential, state=state)
    for one in world.look():
        assert (one.there, one.draft, one.sends) == ({}, None, {})
        assert not any(kept.kind in PUBLIC for kept in one.decisions)


CITING = st.lists(
    st.tuples(STATES, st.lists(st.sampled_from(["OPS-1", "OPS-2", "OPS-3"]), max_size=3), st.booleans()),
    min_size=1,
    max_size=4,
)


@given(CITING)
def test_the_order_of_the_input_does_not_matter_and_no_issue_gets_two_items(
    given_: list[tuple[ItemState, list[str], bool]],
) -> None:
    items = [
        item(number, state, cited=tuple(cited), confidential=confidential)
        for number, (state, cited, confidential) in enumerate(given_, 1)
    ]
    issues = {"OPS-1": issue(1), "OPS-2": issue(2)}
    first = plan(items, issues, DEFAULT)
    for order in permutations(items):
        assert plan(order, dict(reversed(issues.items())), DEFAULT) == first
    adopted = [one.issue.id for one in first if one.issue]
    assert len(adopted) == len(set(adopted))
    for one in first:
        known = items[one.item_id - 1]
        if one.draft is not None:
            assert known.state in OPEN
            assert not known.confidential
            assert "OPS-3" not in known.cited[:1]


@pytest.mark.parametrize(
    ("state", "phase", "lands"),
    [
        (ItemState.ACCEPTED, Phase.IN_PROGRESS, ItemState.IN_PROGRESS),
        (ItemState.ACCEPTED, Phase.DONE, ItemState.DONE),
        (ItemState.IN_PROGRESS, Phase.TO_DO, None),
        (ItemState.BLOCKED, Phase.IN_PROGRESS, None),
        (ItemState.BLOCKED, Phase.DONE, ItemState.DONE),
        (ItemState.DONE, Phase.TO_DO, ItemState.IN_PROGRESS),
        (ItemState.VERIFIED, Phase.IN_PROGRESS, ItemState.IN_PROGRESS),
        (ItemState.ACCEPTED, Phase.DECLINED, None),
        (ItemState.DECLINED, Phase.DONE, None),
        (ItemState.DECLINED, Phase.TO_DO, None),
    ],
)
def test_where_an_item_lands_when_its_issue_moved(
    state: ItemState, phase: Phase, lands: ItemState | None
) -> None:
    before = PHASES[state]
    link = Link(LinkState.LINKED, "10", "OPS-10", adopted=True, agreed={STATUS: Halves(before, before)})
    (one,) = plan([item(state=state, link=link)], {"10": issue(phase=phase)}, DEFAULT)
    assert one.state is lands
    assert STATUS not in one.there


def test_a_field_that_was_not_read_erases_nothing() -> None:
    world = World(item(fields={**item().fields, DUE: date(2026, 4, 30)}))
    world.sync()
    assert world.theirs is not None
    kept = {name: value for name, value in world.theirs.fields.items() if name is not DUE}
    world.theirs = replace(world.theirs, fields=kept)
    assert [one for one in world.look() if one.here or one.there] == []


def test_what_a_tracker_gives_by_itself_is_not_taken_for_somebody_s_wish() -> None:
    world = World(item())
    world.sync()
    assert world.theirs is not None
    assert world.theirs.fields[PRIORITY] == "Medium"
    assert world.ours.fields[PRIORITY] is None
    assert decided(world.look()) == []


def test_a_day_that_a_new_issue_could_not_take_is_pushed_again_and_a_priority_is_not() -> None:
    day = date(2026, 4, 30)
    world = World(item(fields={**item().fields, PRIORITY: "P1", DUE: day}))
    (one,) = world.look()
    made = {name: value for name, value in (one.draft or {}).items() if name not in {PRIORITY, DUE}}
    world.make(replace(one, draft=made), "")
    assert world.ours.link is not None
    sent: Fields = {SUMMARY: "Set a timeout", DESCRIPTION: "Be quick.", STATUS: Phase.TO_DO}
    world.ours = replace(world.ours, link=replace(world.ours.link, sent=sent))
    (again,) = world.look()
    assert again.there == {DUE: day}
    assert not again.here


def test_labels_of_others_stay_and_ours_come_back() -> None:
    world = World(item())
    world.sync()
    world.edit_there(LABELS, frozenset({"sev1", "cache"}))
    (one,) = world.sync()
    assert one.there == {LABELS: frozenset({"sev1", "cache", "elsewhere"})}
    assert decided(world.look()) == []


def test_an_issue_whose_answer_was_lost_is_not_made_again() -> None:
    (one,) = plan([item(link=Link(LinkState.INTENDED))], {}, DEFAULT)
    assert ([kept.kind for kept in one.decisions], one.draft) == ([DecisionKind.HOLD], None)


def test_an_issue_that_was_not_made_is_asked_for_again() -> None:
    (one,) = plan([item(link=Link(LinkState.NOT_MADE))], {}, DEFAULT)
    assert one.draft is not None


def test_an_issue_that_another_item_has_is_only_referred_to() -> None:
    (one,) = plan([item(cited=("OPS-10",))], {"OPS-10": issue()}, DEFAULT, taken={"10": 4})
    assert "OPS-10 is the issue of item 4" in one.decisions[0].reason
    assert one.draft is not None
