"""Loads both sides of the sync: items with their links from here, issues from there."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from tracker.core.catalog import Ref, short_name
from tracker.core.issue_sync import Decision, DecisionKind, ItemPlan, LinkState, Ours, Policies
from tracker.core.issue_sync import plan as plan_items
from tracker.core.issue_text import region
from tracker.core.issues import Issue, IssueField
from tracker.core.ports import IssueTracker
from tracker.storage import action_items, issue_links, mentions, sync_runs
from tracker.storage.action_items import ItemRecord
from tracker.storage.tables import ActionItem, IssueLink

AT_ONCE = 100
"""Issues that are read at once: so many at most grow old before they are decided upon."""

LONGEST_REQUEST = 180.0
"""Seconds that a request to make issues may take, from when it is noted to when the tracker has done it."""

WORDS = frozenset({IssueField.SUMMARY, IssueField.DESCRIPTION})
"""The fields in which an issue has an item's words."""

FIELDS: Mapping[IssueField, str] = {
    IssueField.SUMMARY: "title",
    IssueField.DESCRIPTION: "description",
    IssueField.PRIORITY: "priority",
    IssueField.DUE: "due",
    IssueField.ASSIGNEE: "owner",
}
"""The columns of an item that its issue has as fields."""


@dataclass(frozen=True)
class Side:
    """Our side of one item: as the plan sees it, and the rows that it was read from."""

    ours: Ours
    item: ActionItem
    link: IssueLink | None
    names: tuple[str, ...]
    """The issues that have to be read before anything can be decided."""

    @property
    def id(self) -> int:
        """The number of the item."""
        return self.ours.item_id


def load(
    session: Session, tracker: IssueTracker, today: date, item_ids: Iterable[int] | None = None
) -> list[Side]:
    """Return the items (of these, if some are named) that have an issue or are to have one, in a fixed number of queries."""
    records = action_items.records(session, issue_links.linkable(session, item_ids), today=today)
    impacted = mentions.confirmed_services(
        session, (postmortem.id for one in records for _, postmortem in one.origins)
    )
    pushed = sync_runs.pushed_words(
        session, [one.item.id for one in records if one.link and one.link.adopted]
    )
    return [_side(one, impacted, tracker, pushed) for one in records]


def read(
    tracker: IssueTracker, names: Collection[str], each: Callable[[], None] = lambda: None
) -> dict[str, Issue]:
    """Read issues by id or key, ``each`` being called before every part."""
    wanted = sorted(set(names))
    issues: dict[str, Issue] = {}
    for start in range(0, len(wanted), AT_ONCE):
        each()
        issues |= tracker.read(wanted[start : start + AT_ONCE])
    return issues


def plan_sides(
    sides: Sequence[Side],
    issues: Mapping[str, Issue],
    policies: Policies,
    site: str,
    taken: Mapping[str, int] | None = None,
) -> list[ItemPlan]:
    """Plan these items; one whose issue is on another site waits for a person."""
    strange = [side for side in sides if _is_of_another(side.link, site)]
    here = [side.ours for side in sides if not _is_of_another(side.link, site)]
    return [*plan_items(here, issues, policies, taken), *(_elsewhere(side, site) for side in strange)]


def certain_at(link: IssueLink, tracker: IssueTracker, *, heard: bool) -> datetime:
    """Return when it is certain whether an issue was made that was asked for.

    Unless we ``heard`` the connection break, the request may have been under way for a while after it was noted.
    """
    lag = tracker.index_lag
    margin = (
        0 if heard else min(LONGEST_REQUEST, lag)
    )  # so little a lag is a rehearsal's, which answers at once
    return (link.attempted_at or link.created_at) + timedelta(seconds=lag + margin)


def _is_of_another(link: IssueLink | None, site: str) -> bool:
    """Return whether a link has an issue, or may have one, on another site; one that was never made is nowhere."""
    return (
        link is not None
        and link.site != site
        and (link.issue_id is not None or link.state is LinkState.INTENDED)
    )


def _elsewhere(side: Side, site: str) -> ItemPlan:
    there = side.link.site if side.link else None
    reason = (
        f"its issue is on {there}, and this is the sync with {site}: sync with that site, or move the issue"
    )
    return ItemPlan(side.id, (Decision(side.id, DecisionKind.HOLD, reason, needs_a_person=True),))


def _side(
    record: ItemRecord,
    impacted: Mapping[int, Sequence[str]],
    tracker: IssueTracker,
    pushed: Mapping[int, frozenset[IssueField]],
) -> Side:
    item, link = record.item, record.link
    services = [
        *(short_name(Ref(ref)) for ref in record.refs),
        *(name for _, postmortem in record.origins for name in impacted.get(postmortem.id, ())),
    ]
    keys = (tracker.cited_key(url) for url in record.links)
    ours = Ours(
        item_id=item.id,
        state=item.state,
        fields={field: getattr(item, column) for field, column in FIELDS.items()}
        | {IssueField.LABELS: frozenset({tracker.label})},
        region=region(
            item.id,
            postmortems=[postmortem.title or postmortem.name for _, postmortem in record.origins],
            program=record.program,
            services=tuple(dict.fromkeys(services)),
        ),
        cited=tuple(dict.fromkeys(key for key in keys if key)),
        confidential=any(postmortem.confidential for _, postmortem in record.origins),
        link=replace(
            issue_links.as_link(link),
            told=pushed.get(item.id, frozenset()) if link.adopted else WORDS,
            certain_at=certain_at(link, tracker, heard=False) if link.state is LinkState.INTENDED else None,
        )
        if link
        else None,
    )
    names = () if ours.confidential else ours.cited
    if link is not None and (link.issue_id or _is_of_another(link, tracker.site)):
        names = (link.issue_id,) if link.issue_id and link.site == tracker.site else ()
    return Side(ours, item, link, names)
