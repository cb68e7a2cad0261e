"""Items that have no issue: they adopt the one that they cite or get a new one, and never two."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import structlog
from sqlmodel import Session

from tracker.core.errors import OutcomeUnknown, TryAgainLater
from tracker.core.issue_sync import Decision, DecisionKind, LinkState
from tracker.core.issues import Created, Draft, Issue, IssueField, Refused
from tracker.storage import issue_links
from tracker.storage.tables import SyncDecision
from tracker.workflows.issue_sync.ledger import Case, Ledger
from tracker.workflows.issue_sync.linked import Linked, parts
from tracker.workflows.issue_sync.sides import AT_ONCE, Side, certain_at, load, plan_sides, read

SKEW = timedelta(hours=1)
"""How far the tracker's clock may be from ours."""

_NO_LOSS = frozenset({IssueField.PRIORITY, IssueField.ASSIGNEE})
"""Fields without which a new issue is as good: the word is not known there, or the person has no account."""

_log = structlog.get_logger()  # numbers, never words: an item may be confidential


@dataclass
class Unlinked:
    """Gives items their issues, and hands these over to ``linked``."""

    ledger: Ledger
    linked: Linked
    before_each: Callable[[], None]
    lost: set[int] = field(default_factory=set)
    """Items whose new issues were asked for in this run, and the answer was lost."""
    blind: bool = False
    """Whether issues that should be seen by now are not, and no other that we made is seen either."""

    def begin(self, item_ids: Iterable[int]) -> None:
        """Give items an issue; those that have one, or may have one by now, are passed over."""
        context, tracker = self.ledger.context, self.linked.tracker
        with context.database.reading() as session:
            sides = [
                self._doubted(side)
                for side in load(session, tracker, context.now.date(), item_ids)
                if not (side.link and side.link.issue_id)
            ]
            taken = issue_links.holders(session, tracker.site)
        issues = read(tracker, [name for side in sides for name in side.names], self.before_each)
        plans = plan_sides(sides, issues, self.linked.policies, tracker.site, taken)
        with context.database.reading() as session:
            cases = self.ledger.cases(session, sides, plans)
        for case in cases:
            if case.plan.draft is None:
                self.linked.keep(case)
        drafts = [case for case in cases if case.plan.draft is not None and not self._rests(case)]
        for some in parts(drafts, tracker.creates_at_once):
            self.before_each()
            self._create(some)
        self.linked.bring_together(case.id for case in drafts)

    def _doubted(self, side: Side) -> Side:
        link = side.ours.link
        if (
            not self.blind
            or link is None
            or link.certain_at is None
            or link.certain_at >= self.ledger.context.now
        ):
            return side
        return replace(side, ours=replace(side.ours, link=replace(link, blind=True)))

    def _rests(self, case: Case) -> bool:
        """Return whether the tracker refused an issue lately, and nobody changed the item since."""
        refusal = case.latest.get((case.id, None))
        if self.ledger.retry or refusal is None or not case.rests(self.ledger.context.now):
            return False
        if case.asked_at is None or case.side.item.updated_at > case.asked_at:
            return False
        self.ledger.refused[case.id] = [refusal]
        self.ledger.ask(case, ())
        return True

    def _create(self, cases: Sequence[Case]) -> None:
        """Ask for new issues, after noting that they are asked for, and save what became of each."""
        intended = self._intend(cases)
        asked = [case for case in cases if case.id in intended]
        if not asked:
            return
        try:
            results = self.linked.tracker.create(
                [Draft(intended[case.id], case.plan.draft or {}) for case in asked]
            )
        except OutcomeUnknown:
            _log.warning("answer to new issues lost", run=self.ledger.run_id, items=len(asked))
            self._lost(intended)
            return
        except TryAgainLater as error:
            self._forget(intended, str(error))
            self.linked.be_patient(error)
            self.begin(intended)
            return
        outcomes = list(zip(asked, results, strict=True))
        ids = list(intended)
        rows = self.ledger.transact(
            ids, lambda session: [row for one in outcomes for row in self._outcome(session, *one)]
        )
        for case, result in outcomes:
            refusals = [row for row in rows or () if row.action_item_id == case.id and row.needs_a_person]
            told = case.told(_refusal(case, result.problem)) if isinstance(result, Refused) else None
            self.ledger.refused[case.id] = [told] if told else refusals
            self.ledger.ask(case, ())

    def _intend(self, cases: Sequence[Case]) -> dict[int, str]:
        """Note that issues are asked for; returns the markers of the items that are still as they were planned for."""
        context = self.ledger.context

        def work(session: Session) -> dict[int, str]:
            now = context.now
            ids = [case.id for case in cases]
            sides = {side.id: side for side in load(session, self.linked.tracker, now.date(), ids)}
            links = issue_links.of_items(session, ids)
            return {
                case.id: self.ledger.save_link(
                    session,
                    case.id,
                    links.get(case.id),
                    site=self.ledger.site,
                    state=LinkState.INTENDED,
                    sent=issue_links.fields_as_json(case.plan.sends),
                    message=None,
                    attempted_at=now,
                ).marker
                for case in cases
                if case.id in sides and sides[case.id].ours == case.side.ours
            }

        markers = context.database.transact(work)
        self.ledger.changed_meanwhile.update(case.id for case in cases if case.id not in markers)
        return markers

    def _outcome(self, session: Session, case: Case, result: Created | Refused) -> list[SyncDecision]:
        (created,) = case.plan.decisions
        row = issue_links.of_item(session, case.id)
        if isinstance(result, Refused):
            self.ledger.save_link(
                session, case.id, row, state=LinkState.NOT_MADE, sent={}, message=result.problem
            )
            refused = _refusal(case, result.problem)
            return self.ledger.decide(session, [] if case.told(refused) else [refused])
        sends = {name: value for name, value in case.plan.sends.items() if name not in result.without}
        self.ledger.save_link(
            session,
            case.id,
            row,
            state=LinkState.LINKED,
            issue_id=result.id,
            issue_key=result.key,
            sent=issue_links.fields_as_json(sends),
            message=next((reason for name, reason in result.without.items() if name not in _NO_LOSS), None),
        )
        draft = case.plan.draft or {}
        without = [
            replace(
                _refusal(case, reason),
                field=name,
                ours=draft.get(name),
                needs_a_person=name not in _NO_LOSS,
            )
            for name, reason in result.without.items()
        ]
        return self.ledger.decide(session, [created, *without])

    def _lost(self, item_ids: Iterable[int]) -> None:
        """Note when an answer was lost: from then on the tracker's index has its time to learn of what was made."""
        ids = list(item_ids)
        self.lost.update(ids)

        def work(session: Session) -> None:
            for item_id, row in issue_links.of_items(session, ids).items():
                self.ledger.save_link(session, item_id, row, attempted_at=self.ledger.context.now)

        self.ledger.context.database.transact(work)

    def _forget(self, item_ids: Iterable[int], problem: str) -> None:
        """Take back what was intended: nothing was made, and the next run need not look for it."""
        ids = list(item_ids)

        def work(session: Session) -> None:
            for item_id, row in issue_links.of_items(session, ids).items():
                self.ledger.save_link(
                    session,
                    item_id,
                    row,
                    state=LinkState.NOT_MADE,
                    sent={},
                    attempted_at=None,
                    message=problem,
                )

        self.ledger.context.database.transact(work)

    def settle(self) -> float:
        """Look for issues that may have been made without our hearing of it; returns the seconds until that is certain.

        An issue that is found becomes its item's. One that is not is asked for again with the same marker, but only when
        the tracker's index must know of it by now.
        """
        tracker, now = self.linked.tracker, self.ledger.context.now
        with self.ledger.context.database.reading() as session:
            unsure = issue_links.intended(session, tracker.site)
        if not unsure:
            return 0
        self.before_each()
        since = min(row.attempted_at or row.created_at for row in unsure)
        found = tracker.find_marked({row.marker for row in unsure}, since - SKEW)
        made = {row.action_item_id: found[row.marker] for row in unsure if row.marker in found}
        for item_id, issue in made.items():
            self.ledger.transact([item_id], partial(self._found, item_id=item_id, issue=issue))
        certain = {
            row.action_item_id: certain_at(row, tracker, heard=row.action_item_id in self.lost)
            for row in unsure
            if row.action_item_id not in made
        }
        over = [one for one, at in certain.items() if at < now]
        self.blind = bool(over) and not self._sees_what_we_make()
        if not self.blind:
            self._forget(over, "an earlier request for it came to nothing")
        return max([0.0, *((at - now).total_seconds() + 1 for at in certain.values() if at >= now)])

    def _sees_what_we_make(self) -> bool:
        """Return whether any issue that we made can be read; without one there is nothing to tell by."""
        tracker = self.linked.tracker
        with self.ledger.context.database.reading() as session:
            newest = issue_links.newest_made(session, tracker.site, AT_ONCE)
        self.before_each()
        return not newest or bool(tracker.read(newest))

    def _found(self, session: Session, item_id: int, issue: Issue) -> list[SyncDecision]:
        row = issue_links.of_item(session, item_id)
        holder = issue_links.holders(session, self.linked.tracker.site).get(issue.id, item_id)
        if holder != item_id:  # somebody cited it in another item before we found it
            problem = f"{issue.key}, which was made for it, is the issue of item {holder} by now"
            self.ledger.save_link(
                session, item_id, row, state=LinkState.NOT_MADE, sent={}, marker=uuid4().hex, message=problem
            )
            return []
        self.ledger.save_link(
            session,
            item_id,
            row,
            state=LinkState.LINKED,
            issue_id=issue.id,
            issue_key=issue.key,
            url=issue.url,
        )
        reason = "an earlier run had asked for it, and it was found by its marker"
        return self.ledger.decide(session, [Decision(item_id, DecisionKind.CREATE, reason)])


def _refusal(case: Case, problem: str) -> Decision:
    return Decision(case.id, DecisionKind.REFUSED, problem, needs_a_person=True)
