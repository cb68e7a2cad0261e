"""Plans, runs and decisions of the sync as machines read them, and as a terminal shows them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.core.issue_sync import Decision, DecisionKind
from tracker.core.issues import Finding
from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, line, table
from tracker.reports.wording import brief, counted, minute
from tracker.storage.issue_links import as_json
from tracker.storage.sync_runs import DecisionRecord
from tracker.storage.tables import RunState, SyncDecision, SyncRun
from tracker.workflows.sync_issues import SyncPlan, SyncRunRecord

SyncValue = str | list[str] | None
"""The value of a field: a text, a day, a phase; labels are a list; null is an empty field."""


class SyncDecisionShape(Shape):
    """One thing that the sync does or would do for an item, and why.

    ``ours`` and ``theirs`` are what both sides said before it, ``agreed`` what was ours when they last agreed. ``field`` is
    null for what concerns the issue as a whole, ``issue`` for an item that has none.
    """

    item_id: int
    title: str
    issue: str | None
    url: str | None
    kind: str
    field: str | None
    ours: SyncValue
    theirs: SyncValue
    agreed: SyncValue
    reason: str
    needs_a_person: bool


class SyncDecisionRowShape(SyncDecisionShape):
    """A decision as a run made it; ``run_id`` is that run."""

    id: int
    run_id: int
    at: datetime


class SyncPlanShape(Shape):
    """What a run would do now; nothing was written. ``items`` are those that have an issue or are to have one."""

    site: str
    account: str
    items: int
    decisions: list[SyncDecisionShape]


class SyncRunShape(Shape):
    """A run in a list; ``counts`` are its items, its decisions by kind, and those that wait for a person at its end."""

    id: int
    state: str
    site: str
    actor: str
    account: str | None
    counts: dict[str, int]
    started_at: datetime
    finished_at: datetime | None
    problem: str | None


class SyncRunDetailShape(SyncRunShape):
    """A run with what it decided, and all that waited for a person at its end, whichever run had decided it."""

    decisions: list[SyncDecisionRowShape]
    waiting: list[SyncDecisionRowShape]


class FindingShape(Shape):
    """What was found right or wrong with the settings and permissions for another system."""

    subject: str
    severity: str
    says: str


def plan_shape(plan: SyncPlan, site: str) -> SyncPlanShape:
    """Return a plan in its public shape."""
    return SyncPlanShape(
        site=site,
        account=plan.account,
        items=plan.looked_at,
        decisions=[
            SyncDecisionShape(
                **_decided(decision),
                title=side.item.title,
                issue=planned.issue.key if planned.issue else side.link.issue_key if side.link else None,
                url=planned.issue.url if planned.issue else side.link.url if side.link else None,
                item_id=planned.item_id,
            )
            for side, planned in plan.items
            for decision in planned.decisions
        ],
    )


def decision_shape(record: DecisionRecord) -> SyncDecisionRowShape:
    """Return a decision of a run in its public shape."""
    row, link = record.decision, record.link
    return SyncDecisionRowShape(
        **_decided(row),
        title=record.title,
        issue=link.issue_key if link else None,
        url=link.url if link else None,
        item_id=row.action_item_id,
        id=row.id,
        run_id=row.run_id,
        at=row.at,
    )


def run_row(run: SyncRun) -> SyncRunShape:
    """Return a run of a list in its public shape."""
    return SyncRunShape(**{name: getattr(run, name) for name in SyncRunShape.model_fields})


def run_shape(record: SyncRunRecord) -> SyncRunDetailShape:
    """Return a run with its decisions in its public shape."""
    return SyncRunDetailShape(
        **run_row(record.run).model_dump(),
        decisions=[decision_shape(one) for one in record.decisions],
        waiting=[decision_shape(one) for one in record.waiting],
    )


def finding_shape(finding: Finding) -> FindingShape:
    """Return a finding in its public shape."""
    return FindingShape(subject=finding.subject, severity=finding.severity, says=finding.says)


def plan_page(shape: SyncPlanShape) -> RenderableType:
    """Return a plan for a terminal: what would be made, written there, written here, and what waits."""
    done, waiting = ([one for one in shape.decisions if one.needs_a_person is asks] for asks in (False, True))
    head = line(f"Plan of a sync with {shape.site}. Nothing was written.")
    return Group(head, *_groups(done, waiting, _nothing_to_do(shape.items, shape.site)))


def run_page(shape: SyncRunDetailShape) -> RenderableType:
    """Return a run for a terminal: how it ended, what it did, and what waits for a person."""
    ended = f", ended {minute(shape.finished_at)}" if shape.finished_at else ""
    parts: list[RenderableType] = [
        line(f"Sync run {shape.id}: {shape.state}, began {minute(shape.started_at)}{ended}"),
        fields(
            [
                ("site", shape.site),
                ("account", shape.account),
                ("by", shape.actor),
                ("did", counts_in_words(shape.counts)),
                ("problem", shape.problem),
            ]
        ),
    ]
    waiting = {one.id: one for one in shape.waiting}
    done = [one for one in shape.decisions if one.id not in waiting]
    finished = shape.state == RunState.FINISHED
    quiet = _nothing_to_do(shape.counts.get("items", 0), shape.site) if finished else "Nothing was done."
    return Group(*parts, *_groups(done, shape.waiting, quiet))


def runs_table(shapes: Sequence[SyncRunShape]) -> RenderableType:
    """Return runs for a terminal, one a line; an empty list says what to do next."""
    if not shapes:
        return Text("No sync has run yet. `elsewhere sync plan` says what one would do.")
    rows = [
        (one.id, one.state, minute(one.started_at), one.actor, counts_in_words(one.counts), one.problem)
        for one in shapes
    ]
    return table(("Run", "State", "Began", "By", "Did", "Problem"), rows, numbers=("Run",))


def findings_table(shapes: Iterable[FindingShape]) -> RenderableType:
    """Return findings for a terminal, one a line, in the order in which to repair them."""
    return table(
        ("How", "What was looked at", "What was found"),
        [(one.severity, one.subject, one.says) for one in shapes],
    )


def person_lines(shapes: Iterable[SyncDecisionShape]) -> list[str]:
    """Return what needs a person, a line each: which item, which issue, and what to do."""
    return [
        f"item {one.item_id}{f' ({one.issue})' if one.issue else ''}: "
        + (f"{one.field}: " if one.field and not one.reason.startswith(one.field) else "")
        + one.reason
        for one in shapes
        if one.needs_a_person
    ]


_KINDS: dict[DecisionKind, tuple[str, str, str]] = {
    DecisionKind.CREATE: ("New issue", "New issues", "created"),
    DecisionKind.ADOPT: ("Issue adopted", "Issues adopted", "adopted"),
    DecisionKind.FOUND: ("Issue found again", "Issues found again", "found again"),
    DecisionKind.PUSH: ("Field from here to its issue", "Fields from here to their issues", "pushed"),
    DecisionKind.PULL: ("Field from an issue to here", "Fields from issues to here", "pulled"),
    DecisionKind.AGREE: ("Field the same on both sides", "Fields the same on both sides", "agreed"),
    DecisionKind.REFUSED: ("Not taken by the tracker", "Not taken by the tracker", "refused"),
    DecisionKind.CONFLICT: ("Changed on both sides", "Changed on both sides", "in conflict"),
    DecisionKind.DECLINE: ("Declined there", "Declined there", "declined there"),
    DecisionKind.MISSING: ("Issue missing", "Issues missing", "missing"),
    DecisionKind.HOLD: ("Held for now", "Held for now", "held"),
    DecisionKind.WITHHOLD: ("Withheld", "Withheld", "withheld"),
}
"""How decisions are headed, one and several, and how they are counted."""


def _groups(
    done: Sequence[SyncDecisionShape], waiting: Sequence[SyncDecisionShape], quiet: str
) -> list[RenderableType]:
    """Return decisions grouped by what they do, those that wait for a person at the end; ``quiet`` if there are none."""
    headed = [
        (headings, [one for one in done if one.kind == kind]) for kind, (*headings, _) in _KINDS.items()
    ]
    headed.append((["Needs a person", "Need a person"], list(waiting)))
    parts: list[RenderableType] = []
    for (single, plural), some in headed:
        if some:
            parts.append(Text(f"\n{plural if len(some) > 1 else single}: {len(some):,}", style="bold"))
            parts.append(_table(some))
    return parts or [line(quiet)]


def _table(decisions: Sequence[SyncDecisionShape]) -> RenderableType:
    """Return decisions as a table, without the columns in which none has anything."""
    rows = [
        {
            "Item": one.item_id,
            "Issue": one.issue,
            "Field": one.field,
            "Title": None if one.field else one.title,
            "Here": _shown(one.ours) if one.field else None,
            "There": _shown(one.theirs) if one.field else None,
            "Why": one.reason,
        }
        for one in decisions
    ]
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    return table(columns, [[row[name] for name in columns] for row in rows], numbers=("Item",))


_SHORT = 40
"""Characters of a value in a table; JSON has it whole."""


def _shown(value: SyncValue) -> str:
    return brief(", ".join(value) if isinstance(value, list) else value or "(none)", _SHORT)


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Return what a run did, in words."""
    words = [f"{counts[kind]:,} {word}" for kind, (_, _, word) in _KINDS.items() if counts.get(kind)]
    if waiting := counts.get("waiting"):
        words.append(f"{counted(waiting, 'waits', 'wait')} for a person")
    return ", ".join([counted(counts.get("items", 0), "item", "items"), *words])


def _nothing_to_do(items: int, site: str) -> str:
    if not items:
        return "Nothing to do: no item is accepted. `elsewhere items accept ID` accepts one."
    agree = "agrees" if items == 1 else "agree"
    return f"Nothing to do: {counted(items, 'item', 'items')} {agree} with {site}."


def _decided(decision: Decision | SyncDecision) -> dict[str, Any]:
    """Return what a decision says, as it was planned or as it was kept."""
    return {
        "kind": decision.kind,
        "field": decision.field,
        "ours": as_json(decision.ours),
        "theirs": as_json(decision.theirs),
        "agreed": as_json(decision.agreed),
        "reason": decision.reason,
        "needs_a_person": decision.needs_a_person,
    }
