"""The sync of items with issues: ours, theirs and what was last agreed, as a plan of changes on both sides.

`plan` is pure and total: it says what is to be written where, and why, and what both sides then agree on. A side has
changed a field if it differs from its own half of the agreement, so that a tracker may print what it was sent in its own
way. Performing a plan, reading the issues again and planning once more leaves nothing to do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tracker.core.action_items import ItemState, allowed_moves
from tracker.core.issue_text import alike, alike_in_a_line, compose, holds, is_cut, split, tidy
from tracker.core.issues import Fields, FieldValue, Issue, IssueField, Phase
from tracker.core.merge import Policy, Said, Winner, merge

OPEN = frozenset({ItemState.ACCEPTED, ItemState.IN_PROGRESS, ItemState.BLOCKED})
"""The states in which an item without an issue gets one."""

PHASES: Mapping[ItemState, Phase] = {
    ItemState.ACCEPTED: Phase.TO_DO,
    ItemState.IN_PROGRESS: Phase.IN_PROGRESS,
    ItemState.BLOCKED: Phase.IN_PROGRESS,
    ItemState.DONE: Phase.DONE,
    ItemState.VERIFIED: Phase.DONE,
    ItemState.DECLINED: Phase.DECLINED,
}
"""How far an item's issue is to be; one that is proposed is not our business there yet."""


@dataclass(frozen=True, slots=True)
class Policies:
    """Who wins a field that was changed here and there, each in its own way; labels of ours are kept if it is ``ours``."""

    summary: Policy = Policy.OURS
    description: Policy = Policy.OURS
    status: Policy = Policy.THEIRS
    priority: Policy = Policy.THEIRS
    due: Policy = Policy.ASK
    labels: Policy = Policy.OURS


DEFAULT = Policies()
"""Words are ours, progress is theirs, and of a date somebody is asked."""


class LinkState(StrEnum):
    """Where an item and its issue stand."""

    INTENDED = "intended"
    """The issue was asked for, and whether it was made is not known yet."""
    NOT_MADE = "not_made"
    """The issue was asked for and not made; the link's message says why."""
    LINKED = "linked"
    MISSING = "missing"
    """The issue was deleted, or we may not see it any more."""


@dataclass(frozen=True, slots=True)
class Halves:
    """A field as each side had it when they last agreed."""

    ours: FieldValue
    theirs: FieldValue


Agreed = Mapping[IssueField, Halves]
"""What both sides last agreed on."""


@dataclass(frozen=True, slots=True)
class Link:
    """The link of an item to its issue.

    ``sent`` is what was about to be written there, until it has been read back; of the fields in ``arrived`` the tracker
    confirmed it. An ``adopted`` issue is older than the link: its words are not ours to sign. ``told`` are the fields in
    which words of ours were ever written. An issue of which it is not known whether it was made is looked for until
    ``certain_at``; ``blind`` says that by then nothing else that we made could be seen either.
    """

    state: LinkState
    issue_id: str | None = None
    key: str | None = None
    adopted: bool = False
    agreed: Agreed = field(default_factory=dict)
    sent: Fields = field(default_factory=dict)
    arrived: frozenset[IssueField] = frozenset()
    told: frozenset[IssueField] = frozenset()
    certain_at: datetime | None = None
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Ours:
    """An item as the sync sees it.

    ``fields`` are all but the status, which follows from ``state``; its labels are those that we see to. ``region`` is our
    part of the issue's description, ``cited`` the keys of the issues that its documents cite, in their order.
    """

    item_id: int
    state: ItemState
    fields: Fields
    region: str = ""
    cited: tuple[str, ...] = ()
    confidential: bool = False
    link: Link | None = None


class DecisionKind(StrEnum):
    """What is decided of an item, or of one of its fields."""

    CREATE = "create"
    """An issue is made."""
    ADOPT = "adopt"
    """The issue that the item cites becomes its own."""
    PUSH = "push"
    """Our value goes there; where both changed it, ``theirs`` is what loses."""
    PULL = "pull"
    """Their value comes here; where both changed it, ``ours`` is what loses."""
    AGREE = "agree"
    """Both made the same change, or theirs changes nothing here."""
    FOUND = "found"
    """An issue that was missing can be seen again."""
    CONFLICT = "conflict"
    """Both changed it: each keeps its own until a person decides."""
    DECLINE = "decline"
    """The issue was closed without the work being done; a person decides whether the item is declined."""
    HOLD = "hold"
    """Nothing is done before something else is known."""
    WITHHOLD = "withhold"
    """The item is confidential: nothing of it goes out."""
    MISSING = "missing"
    """The issue cannot be seen any more."""
    REFUSED = "refused"
    """The tracker did not take it; decided by the tracker, never by the plan."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that is decided, and why. ``agreed`` is our half of what was agreed before."""

    item_id: int
    kind: DecisionKind
    reason: str
    field: IssueField | None = None
    ours: FieldValue = None
    theirs: FieldValue = None
    agreed: FieldValue = None
    needs_a_person: bool = False


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """What is to be done for one item, and what is agreed once ``here`` is done.

    ``here`` are new values of the item's fields and ``state`` the state that it moves to; ``there`` are new values of the
    issue's fields (a status is a move), of which ``sends`` are our halves; ``pending`` was sent before, and may still
    arrive. ``draft`` is an issue to be made.
    """

    item_id: int
    decisions: tuple[Decision, ...]
    issue: Issue | None = None
    agreed: Agreed = field(default_factory=dict)
    here: Fields = field(default_factory=dict)
    state: ItemState | None = None
    there: Fields = field(default_factory=dict)
    sends: Fields = field(default_factory=dict)
    pending: Fields = field(default_factory=dict)
    draft: Fields | None = None
    adopted: bool = False


def plan(
    ours: Iterable[Ours],
    issues: Mapping[str, Issue],
    policies: Policies,
    taken: Mapping[str, int] | None = None,
) -> tuple[ItemPlan, ...]:
    """Plan the sync of items with issues, by the number of the item; items with which nothing can be done are left out.

    ``issues`` are those that could be read, by the id or key that they were asked for; ``taken`` tells which items, beyond
    these, have the issues with these ids.
    """
    items = sorted(ours, key=lambda one: one.item_id)
    holders = dict(taken or {})
    holders |= {one.link.issue_id: one.item_id for one in items if one.link and one.link.issue_id}
    return tuple(made for one in items if (made := _plan_item(one, issues, policies, holders)) is not None)


def _plan_item(
    ours: Ours, issues: Mapping[str, Issue], policies: Policies, holders: dict[str, int]
) -> ItemPlan | None:
    link = ours.link
    if link is None or link.state is LinkState.NOT_MADE:
        return _begin(ours, issues, policies, holders) if ours.state in OPEN else None
    if link.issue_id is None:
        return ItemPlan(ours.item_id, (_unsure(ours.item_id, link),))
    if ours.state not in PHASES:
        return None
    issue = issues.get(link.issue_id)
    if issue is None:
        reason = f"{link.key} was deleted, or our account may not see it any more: restore it, or give the account permission"
        missing = Decision(ours.item_id, DecisionKind.MISSING, reason, needs_a_person=ours.state in OPEN)
        return ItemPlan(ours.item_id, (missing,), agreed=link.agreed)
    found = Decision(ours.item_id, DecisionKind.FOUND, f"{issue.key} can be seen again")
    return _Reconciliation(ours, link, issue, policies).plan(
        *((found,) if link.state is LinkState.MISSING else ())
    )


def _unsure(item_id: int, link: Link) -> Decision:
    if link.blind:
        reason = (
            "an issue was asked for and is not found, but neither can any other be read that we made: give the account "
            "permission to browse them, for it may only be hidden"
        )
        return Decision(item_id, DecisionKind.HOLD, reason, needs_a_person=True)
    until = f" until {link.certain_at:%Y-%m-%d %H:%M} UTC" if link.certain_at else ""
    reason = (
        f"the answer to an earlier request was lost: its issue is looked for{until} before another is made"
    )
    return Decision(item_id, DecisionKind.HOLD, reason)


def _begin(ours: Ours, issues: Mapping[str, Issue], policies: Policies, holders: dict[str, int]) -> ItemPlan:
    """Plan for an item that has no issue: adopt the first that it cites and nobody has, or make one."""
    if ours.confidential:
        reason = "it came out of a confidential postmortem: it gets no issue"
        return ItemPlan(ours.item_id, (Decision(ours.item_id, DecisionKind.WITHHOLD, reason),))
    notes: list[str] = []
    for key in ours.cited:
        issue = issues.get(key)
        if issue is None:
            reason = (
                f"it cites {key}, which does not exist or which our account may not see: give the account permission, "
                "or correct the link"
            )
            held = Decision(ours.item_id, DecisionKind.HOLD, reason, needs_a_person=True)
            return ItemPlan(ours.item_id, (held,))
        holder = holders.setdefault(issue.id, ours.item_id)
        if holder == ours.item_id:
            reason = "; ".join([f"it cites {issue.key}", *notes])
            adopted = Decision(ours.item_id, DecisionKind.ADOPT, reason)
            return _Reconciliation(ours, _adopting(ours, issue), issue, policies).plan(adopted)
        notes.append(f"{issue.key} is the issue of item {holder} and only referred to here")
    reason = "; ".join([f"it is {ours.state} and has no issue", *notes])
    description = compose(_text(ours.fields.get(IssueField.DESCRIPTION)), ours.region)
    fields: dict[IssueField, FieldValue] = {**ours.fields, IssueField.DESCRIPTION: description}
    draft = {name: value for name, value in fields.items() if value}
    sends = _tidied({name: ours.fields.get(name) for name in _MERGED})
    created = Decision(ours.item_id, DecisionKind.CREATE, reason)
    return ItemPlan(ours.item_id, (created,), sends={**sends, IssueField.STATUS: Phase.TO_DO}, draft=draft)


def _adopting(ours: Ours, issue: Issue) -> Link:
    """Return the link to an issue that is older than it: words stay as each side has them, the status is theirs."""
    mine, theirs = _sides(ours, issue)
    agreed = {name: Halves(mine.get(name), theirs.get(name)) for name in _MERGED}
    if mine[IssueField.STATUS] != theirs.get(IssueField.STATUS):
        agreed[IssueField.STATUS] = Halves(mine[IssueField.STATUS], None)
    return Link(LinkState.LINKED, issue.id, issue.key, adopted=True, agreed=agreed)


class _Reconciliation:
    """Brings one item and its issue together."""

    def __init__(self, ours: Ours, link: Link, issue: Issue, policies: Policies) -> None:
        self.item, self.link, self.issue, self.policies = ours, link, issue, policies
        self.ours, self.theirs = _sides(ours, issue)
        self.decisions: list[Decision] = []
        self.agreed = dict(link.agreed)
        self.here: dict[IssueField, FieldValue] = {}
        self.state: ItemState | None = None
        self.there: dict[IssueField, FieldValue] = {}
        self.sends: dict[IssueField, FieldValue] = {}
        self.pending: dict[IssueField, FieldValue] = {}
        # What makes an issue has arrived, or there would be none.
        self.is_new = not (link.agreed or link.adopted)

    def plan(self, *first: Decision) -> ItemPlan:
        for name in _MERGED:
            self._merge(name)
        if self.item.confidential:
            self._withhold()
        elif not self.link.adopted:
            self._keep_region()
            self._keep_labels()
        return ItemPlan(
            self.item.item_id,
            (*first, *self.decisions),
            self.issue,
            self.agreed,
            self.here,
            self.state,
            self.there,
            self.sends,
            self.pending,
            adopted=self.link.adopted,
        )

    def _merge(self, name: IssueField) -> None:
        ours, theirs = self.ours.get(name), self.theirs.get(name)
        halves = self.agreed[name] = self._halves(name)
        ours_changed = not _same(ours, halves.ours)
        theirs_changed = name in self.theirs and not _same(theirs, halves.theirs)
        if not (ours_changed or theirs_changed) or (self.item.confidential and name is not IssueField.STATUS):
            return
        if name in self.theirs and self._means(name, ours):
            self._decide(DecisionKind.AGREE, "both say the same now", name)
            self.agreed[name] = Halves(ours, theirs)
            return
        if theirs is Phase.DECLINED and theirs_changed:
            reason = (
                f"{self.issue.key} was closed as {self.issue.status!r} without the work being done: decline the item here, "
                "or reopen the issue there"
            )
            self._decide(DecisionKind.DECLINE, reason, name, needs_a_person=True)
            return
        policy: Policy = getattr(self.policies, name)
        merged = merge(
            _AGREED,
            Said(ours) if ours_changed else _AGREED,
            None if name not in self.theirs else Said(theirs) if theirs_changed else _AGREED,
            policy,
        )
        if merged.conflict and policy is Policy.ASK:
            reason = f"it was changed here and in {self.issue.key}: give both the same value, or say which one holds"
            self._decide(DecisionKind.CONFLICT, reason, name, needs_a_person=True)
        elif merged.winner is Winner.OURS and _replaces_words_of_others(name, halves):
            reason = f"it was changed here, and {self.issue.key} had other words before it was ours: say which ones hold"
            self._decide(DecisionKind.CONFLICT, reason, name, needs_a_person=True)
        elif merged.winner is Winner.OURS:
            halfway = name is IssueField.STATUS and name in self.pending and not self._is_untouched(name)
            stopped = f"our own move of {self.issue.key} stopped at {self.issue.status!r}"
            self._push(name, stopped if halfway else _changed("here", policy if merged.conflict else None))
        elif name in _WORDS and _may_be_cut(_text(halves.ours), _text(halves.theirs), _text(theirs)):
            reason = (
                f"it was changed in {self.issue.key}, which has only the beginning of it: put the change in here, too, or "
                "say which one holds"
            )
            self._decide(DecisionKind.CONFLICT, reason, name, needs_a_person=True)
        else:
            self._pull(name, _changed(f"in {self.issue.key}", policy if merged.conflict else None))

    def _halves(self, name: IssueField) -> Halves:
        """Return what was last agreed of a field, after what was on its way there when we last looked."""
        read, before = self.theirs.get(name), self.link.agreed.get(name)
        if name in self.link.sent:
            sent = self.link.sent[name]
            arrived = name in self.link.arrived or self.is_new
            if name in self.theirs and (
                self._means(name, sent) or _is_echo(name, sent, read, arrived=arrived, is_new=self.is_new)
            ):
                return Halves(sent, read)
            if arrived:
                return Halves(sent, sent)
            if name is IssueField.STATUS and before and _on_the_way(before.theirs, sent, read):
                # A move takes several steps there: we are at one of them, and nobody else wishes for it.
                if self.ours[name] == sent:
                    self.pending[name] = sent
                return Halves(read, read)
        elif name is IssueField.PRIORITY and self.is_new:  # it was made without, and that was told
            return Halves(self.ours.get(name), read)
        return before or Halves(None, read)

    def _means(self, name: IssueField, value: FieldValue) -> bool:
        """Return whether what is printed there is, in the tracker's words, this value of ours."""
        theirs = self.theirs.get(name)
        if name is not IssueField.PRIORITY or not isinstance(value, str):
            return _same(value, theirs)
        printed = (*self.issue.words.get(name, ()), _text(theirs) or "")
        return value.casefold() in map(str.casefold, printed)

    def _in_our_words(self, name: IssueField) -> FieldValue:
        return next(iter(self.issue.words.get(name, ())), self.theirs.get(name))

    def _is_untouched(self, name: IssueField) -> bool:
        before = self.link.agreed.get(name)
        return before is not None and _same(before.theirs, self.theirs.get(name))

    def _push(self, name: IssueField, reason: str) -> None:
        if self.item.confidential:
            return
        value = self.ours.get(name)
        self.sends[name] = value
        self.there[name] = self._described(value) if name is IssueField.DESCRIPTION else value
        self._decide(DecisionKind.PUSH, reason, name)

    def _pull(self, name: IssueField, reason: str) -> None:
        theirs = self.theirs.get(name)
        if name is IssueField.SUMMARY and theirs is None:
            return
        if not isinstance(theirs, Phase):
            self._decide(DecisionKind.PULL, reason, name)
            self.here[name] = self._in_our_words(name)
            self.agreed[name] = Halves(self.here[name], theirs)
            return
        state = _landing(self.item.state, theirs)
        if state is None:
            reason = (
                f"{self.issue.key} is {self.issue.status!r}, and the item is {self.item.state} here: "
                "take the item up again here, or close the issue there"
            )
            self._decide(DecisionKind.CONFLICT, reason, name, needs_a_person=True)
        elif state is self.item.state:
            self._decide(DecisionKind.AGREE, f"{reason}; the item stays {state} here", name)
            self.agreed[name] = Halves(self.ours.get(name), theirs)
        else:
            self._decide(DecisionKind.PULL, reason, name)
            self.state = state
            self.agreed[name] = Halves(PHASES[state], theirs)

    def _keep_region(self) -> None:
        """See to it that our part of the description says what it should, around whatever words both sides now have."""
        name = IssueField.DESCRIPTION
        undecided = any(one.field is name and one.needs_a_person for one in self.decisions)
        if name not in self.theirs or name in self.there or undecided:
            return
        _, region = split(_text(self.issue.fields[name]))
        if alike(self.item.region, region):
            return
        words = self.theirs[name]
        self.sends[name] = self.agreed[name].ours
        self.there[name] = self._described(words)
        reason = "what it says of the item in our part of it is out of date"
        self.decisions.append(
            Decision(self.item.item_id, DecisionKind.PUSH, reason, name, self.item.region, region)
        )

    def _keep_labels(self) -> None:
        name = IssueField.LABELS
        mine, theirs = self.ours.get(name), self.theirs.get(name)
        if self.policies.labels is not Policy.OURS or not isinstance(mine, frozenset):
            return
        if isinstance(theirs, frozenset) and not mine <= theirs:
            self.there[name] = theirs | mine
            self._decide(DecisionKind.PUSH, "it lacks a label by which issues of ours are found", name)

    def _withhold(self) -> None:
        key = self.issue.key
        told = bool(self.link.told) and self._has_words_of_ours()
        reason = (
            f"its postmortem became confidential, and {key} still has its words: remove them there, or restrict who sees it"
            if told
            else f"it came out of a confidential postmortem: nothing of it goes to {key}"
        )
        self.decisions.append(Decision(self.item.item_id, DecisionKind.WITHHOLD, reason, needs_a_person=told))

    def _has_words_of_ours(self) -> bool:
        """Return whether words that we wrote there may still be there, in whatever form; a doubt counts."""
        if IssueField.DESCRIPTION in self.link.told and self.issue.fields.get(IssueField.DESCRIPTION):
            return True
        name = IssueField.SUMMARY
        agreed = self.agreed[name]
        return name in self.link.told and any(
            holds(_text(self.theirs.get(name)), _text(words))
            or is_cut(_text(words), _text(self.theirs.get(name)))
            for words in (self.ours.get(name), agreed.ours, agreed.theirs)
        )

    def _described(self, words: FieldValue) -> str | None:
        return _text(words) if self.link.adopted else compose(_text(words), self.item.region)

    def _decide(
        self, kind: DecisionKind, reason: str, name: IssueField, *, needs_a_person: bool = False
    ) -> None:
        agreed = self.agreed.get(name)
        self.decisions.append(
            Decision(
                self.item.item_id,
                kind,
                reason,
                name,
                self.ours.get(name),
                self.theirs.get(name),
                agreed.ours if agreed else None,
                needs_a_person,
            )
        )


_MERGED = (
    IssueField.SUMMARY,
    IssueField.DESCRIPTION,
    IssueField.STATUS,
    IssueField.PRIORITY,
    IssueField.DUE,
)
_WORDS = (IssueField.SUMMARY, IssueField.DESCRIPTION)

_AGREED: Said[object] = Said(object())
"""What a side says of a field that it has not changed: whatever was agreed, each in its own spelling."""


def _sides(ours: Ours, issue: Issue) -> tuple[Fields, Fields]:
    """Return the fields of both sides as they are compared: texts tidy, a description without our region."""
    mine = {**ours.fields, IssueField.STATUS: PHASES[ours.state]}
    theirs = dict(issue.fields)
    if IssueField.DESCRIPTION in theirs:
        theirs[IssueField.DESCRIPTION], _ = split(_text(theirs[IssueField.DESCRIPTION]))
    return _tidied(mine), _tidied(theirs)


def _tidied(fields: Fields) -> dict[IssueField, FieldValue]:
    return {name: tidy(_text(value)) if name in _WORDS else value for name, value in fields.items()}


def _text(value: FieldValue) -> str | None:
    return value if isinstance(value, str) else None


def _same(one: FieldValue, other: FieldValue) -> bool:
    return (one or None) == (other or None)


def _is_echo(name: IssueField, sent: FieldValue, read: FieldValue, *, arrived: bool, is_new: bool) -> bool:
    """Return whether a value that was read is the one that was sent, and nobody's since."""
    if name is IssueField.SUMMARY:
        return alike_in_a_line(_text(sent), _text(read))
    if name is IssueField.DESCRIPTION:
        return alike(_text(sent), _text(read))
    if name is IssueField.PRIORITY and sent is None:  # whoever gives none gets the usual one
        return arrived or read is None
    if name is IssueField.STATUS and is_new and read is Phase.IN_PROGRESS:  # the workflow may begin there
        return True
    return _same(sent, read)


_RANK = (Phase.TO_DO, Phase.IN_PROGRESS, Phase.DONE)


def _on_the_way(start: FieldValue, sent: Phase | FieldValue, read: FieldValue) -> bool:
    """Return whether an issue may be in a phase because a move of ours did not get any further.

    The way up is straight; the way back may lead through any phase, but nothing declines an issue in passing.
    """
    if read not in _RANK:
        return False
    if start not in _RANK or sent not in _RANK or _RANK.index(start) >= _RANK.index(sent):
        return True
    return _RANK.index(start) <= _RANK.index(read) < _RANK.index(sent)


def _may_be_cut(ours: str | None, theirs: str | None, read: str | None) -> bool:
    """Return whether a text there is, or was made of, the mere beginning of ours."""
    return is_cut(ours, theirs) or is_cut(ours, read)


def _replaces_words_of_others(name: IssueField, halves: Halves) -> bool:
    """Return whether what would be written over was never ours: an adopted issue may hold more than the item ever did."""
    ours, theirs = _text(halves.ours), _text(halves.theirs)
    return name is IssueField.DESCRIPTION and theirs is not None and not alike(ours, theirs)


def _landing(state: ItemState, phase: Phase) -> ItemState | None:
    """Return the state that an item gets to when its issue got to a phase; ``None`` if it cannot go there."""
    if state is ItemState.DECLINED:
        return None
    if phase is Phase.DONE:
        return ItemState.DONE
    # Work that was begun stays begun, and work that was done is open again, even if nobody has begun anew.
    begun = phase is Phase.IN_PROGRESS or state in {ItemState.DONE, ItemState.VERIFIED}
    return ItemState.IN_PROGRESS if begun and ItemState.IN_PROGRESS in allowed_moves(state) else state


def _changed(where: str, policy: Policy | None) -> str:
    if policy is None:
        return f"it was changed {where}"
    return f"it was changed on both sides, and the policy of this field is {policy}"
