"""Items that have an issue: both are brought together, and what was written there is read back."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeVar

import structlog
from sqlmodel import Session

from tracker.core.action_items import move
from tracker.core.errors import ChangedMeanwhile, OutcomeUnknown, TryAgainLater
from tracker.core.issue_sync import Decision, DecisionKind, LinkState, Policies
from tracker.core.issues import FieldValue, Issue, IssueField, Phase
from tracker.core.ports import IssueTracker
from tracker.storage import action_items, audit, issue_links
from tracker.storage.tables import SyncDecision
from tracker.workflows.issue_sync.ledger import Case, Ledger, link_in
from tracker.workflows.issue_sync.sides import AT_ONCE, FIELDS, Side, load, plan_sides, read

T = TypeVar("T")

WRITTEN_AT_ONCE = 20
"""Issues that are read once more right before they are written: so few, because people edit them meanwhile."""

_WRITTEN = frozenset({DecisionKind.CREATE, DecisionKind.PUSH})
"""What is written down when it is done there."""

_log = structlog.get_logger()  # numbers, never words: an item may be confidential


@dataclass
class Linked:
    """Brings items and their issues together.

    ``before_each`` is called before anything is asked of the tracker, ``be_patient`` when it says to come back later: it
    waits, or raises the error again.
    """

    ledger: Ledger
    tracker: IssueTracker
    policies: Policies
    before_each: Callable[[], None]
    be_patient: Callable[[TryAgainLater], None]
    arrived: dict[int, frozenset[IssueField]] = field(default_factory=dict)
    """By item, the fields that its issue took, and that were not read since."""

    def bring_together(self, item_ids: Iterable[int], *, write: bool = True) -> None:
        """Bring items and their issues together; items without one are passed over."""
        for some in parts(item_ids, AT_ONCE):
            cases = self._look(some)
            for case in cases:
                self.keep(case, written=not write)
            if write:
                for few in parts((case.id for case in cases if case.plan.there), WRITTEN_AT_ONCE):
                    for case in self._look(few):
                        self._keep_and_write(case)
                    self.bring_together(few, write=False)

    def _keep_and_write(self, case: Case | None) -> None:
        """Write what is planned; if that has to wait, it is planned anew afterwards."""
        while case is not None and self.keep(case) and case.plan.there:
            self.before_each()
            try:
                self._write(case)
                break
            except TryAgainLater as error:
                self.be_patient(error)
            case = next(iter(self._look([case.id])), None)

    def _look(self, item_ids: Sequence[int]) -> list[Case]:
        self.before_each()
        context = self.ledger.context
        with context.database.reading() as session:
            sides = [
                self._marked(side)
                for side in load(session, self.tracker, context.now.date(), item_ids)
                if side.link and side.link.issue_id
            ]
        issues = read(self.tracker, [name for side in sides for name in side.names])
        plans = plan_sides(sides, issues, self.policies, self.tracker.site)
        with context.database.reading() as session:
            return [self._rested(case) for case in self.ledger.cases(session, sides, plans)]

    def _rested(self, case: Case) -> Case:
        """Take out of a plan what the tracker refused lately."""
        pushes = [one for one in case.plan.decisions if one.kind is DecisionKind.PUSH]
        refusals = {one.field: row for one in pushes if (row := case.refusal(one)) is not None}
        if not refusals or self.ledger.retry or not case.rests(self.ledger.context.now):
            return case
        self.ledger.refused.setdefault(case.id, list(refusals.values()))
        there = {name: value for name, value in case.plan.there.items() if name not in refusals}
        sends = {name: value for name, value in case.plan.sends.items() if name not in refusals}
        return replace(case, plan=replace(case.plan, there=there, sends=sends))

    def _marked(self, side: Side) -> Side:
        if side.id not in self.arrived or side.ours.link is None:
            return side
        return replace(
            side, ours=replace(side.ours, link=replace(side.ours.link, arrived=self.arrived[side.id]))
        )

    def keep(self, case: Case, *, written: bool = False) -> bool:
        """Save what a plan changes here, in one transaction; returns false if somebody changed the item meanwhile.

        ``written`` says that what is to be done there was tried before.
        """
        plan, link = case.plan, case.side.link
        new = [one for one in plan.decisions if one.kind not in _WRITTEN and case.told(one) is None]
        columns = self._columns(case, written=written or not plan.there) if link or plan.issue else {}
        changed = {
            name: value for name, value in columns.items() if link is None or getattr(link, name) != value
        }

        def work(session: Session) -> list[SyncDecision]:
            row = link_in(session, case.side)
            if changed:
                self.ledger.save_link(session, case.id, row, **changed)
            if plan.here or plan.state:
                self._change_item(session, case)
            return self.ledger.decide(session, new)

        rows: list[SyncDecision] | None = []
        if new or changed or plan.here or plan.state:
            rows = self.ledger.transact([case.id], work)
        if rows is None:
            return False
        if plan.issue is not None:
            self.arrived.pop(case.id, None)
        self.ledger.ask(case, rows)
        return True

    def _columns(self, case: Case, *, written: bool) -> dict[str, Any]:
        """Return what the link says after a plan."""
        plan, link, issue = case.plan, case.side.link, case.plan.issue
        columns: dict[str, Any] = {}
        if issue is not None:
            columns = {
                "state": LinkState.LINKED,
                "issue_id": issue.id,
                "issue_key": issue.key,
                "url": issue.url,
                "status": issue.status,
                "assignee": issue.fields.get(IssueField.ASSIGNEE, link.assignee if link else None),
                "adopted": plan.adopted,
                "agreed": issue_links.agreed_as_json(plan.agreed),
                "sent": issue_links.fields_as_json(plan.pending),
            }
        elif any(one.kind is DecisionKind.MISSING for one in plan.decisions):
            columns = {"state": LinkState.MISSING}
        if written:  # before that it is not known what the tracker refuses
            asked = [*plan.decisions, *self.ledger.refused.get(case.id, ())]
            columns["message"] = next((one.reason for one in asked if one.needs_a_person), None)
        return columns

    def _change_item(self, session: Session, case: Case) -> None:
        plan = case.plan
        item = action_items.get(session, case.id)
        if item.version != case.side.item.version:
            raise ChangedMeanwhile(f"item {case.id} was changed meanwhile")
        before = item.model_dump(mode="json")
        for name, value in plan.here.items():
            setattr(item, FIELDS[name], value)
        if plan.state is not None:
            item.state = move(item.state, plan.state)
            item.verified_by = item.verification_note = None
        after = item.model_dump(mode="json")
        changes = {
            name: {"from": before[name], "to": value}
            for name, value in after.items()
            if value != before[name]
        }
        item.updated_at = self.ledger.context.now
        session.add(item)
        audit.record(
            session,
            at=self.ledger.context.now,
            actor=self.ledger.context.actor,
            action=f"item changed in {self.tracker.name}",
            subject=item,
            detail={
                "changes": changes,
                "issue": plan.issue.key if plan.issue else None,
                "run": self.ledger.run_id,
            },
        )

    def _write(self, case: Case) -> None:
        """Write to an issue, after noting what; what the tracker refuses is told, and tried again by the next run."""
        plan = case.plan
        pushes = [one for one in plan.decisions if one.kind is DecisionKind.PUSH and one.field in plan.there]
        retried = [one for one in pushes if case.refusal(one)]

        def note(session: Session) -> list[SyncDecision] | None:
            link = issue_links.of_item(session, case.id)
            if link is None or link.agreed != issue_links.agreed_as_json(plan.agreed):
                return None
            if not self._is_as_planned(session, case):
                return None
            sent = issue_links.fields_as_json({**plan.pending, **plan.sends})
            self.ledger.save_link(session, case.id, link, sent=sent, attempted_at=self.ledger.context.now)
            return self.ledger.decide(session, [one for one in pushes if one not in retried])

        if plan.issue is None or self.ledger.transact([case.id], note) is None:
            return
        try:
            refused = self._update(case, plan.issue)
        except OutcomeUnknown:  # what is read back tells
            _log.warning("answer to a change of an issue lost", run=self.ledger.run_id, item=case.id)
            return
        if refused or retried:
            self._note_refusals(case, refused, [one for one in retried if one.field not in refused])

    def _is_as_planned(self, session: Session, case: Case) -> bool:
        """Return whether our side of an item still is as it was planned for, and so may still go out."""
        ours, plan = case.side.ours, case.plan
        planned = replace(
            ours, fields={**ours.fields, **plan.here}, state=plan.state or ours.state, link=None
        )
        today = self.ledger.context.now.date()
        return any(
            replace(side.ours, link=None) == planned for side in load(session, self.tracker, today, [case.id])
        )

    def _update(self, case: Case, issue: Issue) -> dict[IssueField, str]:
        """Write to an issue; returns the fields that it refused, with its reasons."""
        fields: dict[IssueField, FieldValue] = {**case.plan.there}
        to = fields.pop(IssueField.STATUS, None)
        refused: dict[IssueField, str] = {}
        refusal = self.tracker.update(issue.id, fields) if fields else None
        for name, value in fields.items() if refusal else ():
            # One field that is not taken must not keep the others back.
            if len(fields) > 1:
                if not self._may_go_on(case):
                    return refused
                refusal = self.tracker.update(issue.id, {name: value})
            if refusal is None:
                self._arrived(case, name)
            else:
                refused[name] = refusal.problem
        if not refusal and not refused:
            self._arrived(case, *fields)
        if isinstance(to, Phase) and (not fields or self._may_go_on(case)):
            if (refusal := self.tracker.move(issue.id, to)) is not None:
                refused[IssueField.STATUS] = refusal.problem
            else:
                self._arrived(case, IssueField.STATUS)
        return refused

    def _may_go_on(self, case: Case) -> bool:
        """Return whether nobody changed our side while the tracker answered; else the item is planned anew."""
        self.before_each()
        with self.ledger.context.database.reading() as session:
            unchanged = self._is_as_planned(session, case)
        if not unchanged:
            self.ledger.changed_meanwhile.add(case.id)
        return unchanged

    def _arrived(self, case: Case, *names: IssueField) -> None:
        self.arrived[case.id] = self.arrived.get(case.id, frozenset()) | frozenset(names)

    def _note_refusals(
        self, case: Case, refused: Mapping[IssueField, str], at_last: Sequence[Decision]
    ) -> None:
        decisions = [
            replace(one, kind=DecisionKind.REFUSED, reason=refused[name], needs_a_person=True)
            for one in case.plan.decisions
            if one.kind is DecisionKind.PUSH and (name := one.field) in refused and name is not None
        ]
        # A refused move may have gone some of its steps.
        given_up = refused.keys() - {IssueField.STATUS}
        sent = {**case.plan.pending, **case.plan.sends}
        sends = {name: value for name, value in sent.items() if name not in given_up}

        def work(session: Session) -> list[SyncDecision]:
            link = issue_links.of_item(session, case.id)
            self.ledger.save_link(session, case.id, link, sent=issue_links.fields_as_json(sends))
            new = [one for one in decisions if case.told(one) is None]
            return self.ledger.decide(session, [*at_last, *new])

        rows = self.ledger.transact([case.id], work) or []
        known = [before for one in decisions if (before := case.told(one)) is not None]
        self.ledger.refused[case.id] = [one for one in [*known, *rows] if one.kind is DecisionKind.REFUSED]


def parts(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the values in lists of at most this size."""
    remaining = iter(values)
    while part := list(islice(remaining, size)):
        yield part
