"""The ledger of a run: what it decides and does is written here, each item in transactions of its own."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from tracker.core.errors import ChangedMeanwhile
from tracker.core.issue_sync import Decision, DecisionKind, ItemPlan, LinkState
from tracker.core.issues import IssueField
from tracker.storage import issue_links, sync_runs
from tracker.storage.issue_links import as_json
from tracker.storage.tables import IssueLink, SyncDecision
from tracker.workflows.context import Context
from tracker.workflows.issue_sync.sides import Side

REST = timedelta(hours=20)
"""How long what the tracker refused is not asked for again: until the next night."""

_STANDING = frozenset(
    {
        DecisionKind.CONFLICT,
        DecisionKind.DECLINE,
        DecisionKind.HOLD,
        DecisionKind.WITHHOLD,
        DecisionKind.MISSING,
        DecisionKind.REFUSED,
    }
)
"""What every run decides again until somebody does something about it; it is written once."""


@dataclass(frozen=True)
class Case:
    """One item in a run: our side, what is planned, and the latest decisions about each of its fields."""

    side: Side
    plan: ItemPlan
    latest: Mapping[tuple[int, IssueField | None], SyncDecision]

    @property
    def id(self) -> int:
        """The number of the item."""
        return self.side.id

    def told(self, decision: Decision) -> SyncDecision | None:
        """Return the decision that said the same before, if that still stands."""
        before = self.latest.get((self.id, decision.field))
        same = decision.kind in _STANDING and sync_runs.says(before, decision)
        return before if same else None

    def refusal(self, decision: Decision) -> SyncDecision | None:
        """Return the tracker's refusal of the same value, if that was its last answer."""
        before = self.latest.get((self.id, decision.field))
        refused = before is not None and before.kind is DecisionKind.REFUSED
        return before if refused and before and before.ours == as_json(decision.ours) else None

    @property
    def asked_at(self) -> datetime | None:
        """When the tracker was last asked to make or change the issue."""
        return self.side.link.attempted_at if self.side.link else None

    def rests(self, now: datetime) -> bool:
        """Return whether it is too early to ask the tracker again for what it refused."""
        return self.asked_at is not None and now - self.asked_at < REST


@dataclass
class Ledger:
    """What one run did so far."""

    context: Context
    site: str
    run_id: int
    retry: bool = False
    """Whether to ask again at once for what the tracker refused lately."""
    decided: Counter[str] = field(default_factory=Counter)
    asking: dict[int, list[int]] = field(default_factory=dict)
    """By item, the decisions that wait for a person."""
    refused: dict[int, list[SyncDecision]] = field(default_factory=dict)
    """By item, what the tracker refused in this run."""
    changed_meanwhile: set[int] = field(default_factory=set)

    @property
    def waiting(self) -> list[int]:
        """The decisions that wait for a person."""
        return sorted({number for numbers in self.asking.values() for number in numbers})

    def transact(
        self, item_ids: Iterable[int], work: Callable[[Session], list[SyncDecision] | None]
    ) -> list[SyncDecision] | None:
        """Do something about items and return the new decisions; ``None`` if somebody else changed the items first."""
        try:
            rows = self.context.database.transact(work)
        except ChangedMeanwhile:
            rows = None
        if rows is None:
            self.changed_meanwhile.update(item_ids)
        self.decided.update(str(row.kind) for row in rows or ())
        return rows

    def save_link(self, session: Session, item_id: int, row: IssueLink | None, **columns: Any) -> IssueLink:
        """Change the link of an item, or make it."""
        now = self.context.now
        link = row or IssueLink(
            action_item_id=item_id,
            site=self.site,
            marker=uuid4().hex,
            state=LinkState.INTENDED,
            agreed={},
            sent={},
            created_at=now,
            updated_at=now,
        )
        for name, value in columns.items():
            setattr(link, name, value)
        link.updated_at = now
        session.add(link)
        return link

    def decide(self, session: Session, decisions: Iterable[Decision]) -> list[SyncDecision]:
        """Write decisions down."""
        rows = [sync_runs.row_of(one, self.run_id, self.context.now) for one in decisions]
        session.add_all(rows)
        session.flush()
        return rows

    def ask(self, case: Case, rows: Iterable[SyncDecision]) -> None:
        """Remember what of an item waits for a person: new decisions, those that still stand, and refusals."""
        standing = (case.told(one) for one in case.plan.decisions)
        self.asking[case.id] = [
            row.id
            for row in (*rows, *(one for one in standing if one), *self.refused.get(case.id, ()))
            if row.needs_a_person
        ]

    def cases(self, session: Session, sides: Iterable[Side], plans: Iterable[ItemPlan]) -> list[Case]:
        """Return what is planned for items, together with what was decided of them before."""
        by_id = {side.id: side for side in sides}
        plans = list(plans)
        latest = sync_runs.latest(session, [one.item_id for one in plans if one.decisions])
        return [Case(by_id[one.item_id], one, latest) for one in plans]


def link_in(session: Session, side: Side) -> IssueLink | None:
    """Return the link of an item in this transaction. Raises `ChangedMeanwhile` if it is not the one that was planned for."""
    row = issue_links.of_item(session, side.id)
    if (row and row.version) != (side.link and side.link.version):
        raise ChangedMeanwhile(f"the link of item {side.id} was changed meanwhile")
    return row
