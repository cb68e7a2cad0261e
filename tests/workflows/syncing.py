"""A Jira beside a database, and runs of the sync between them."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from connectors.jira.connector import JiraTracker
from connectors.jira.stand_in import Request, Site
from tests.conftest import SettableClock
from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tests.workflows.reading import rows
from tracker.core.issue_sync import DEFAULT, Policies
from tracker.storage import action_items
from tracker.storage.tables import ActionItem, ActionItemOrigin, IssueLink
from tracker.workflows import sync_issues
from tracker.workflows.context import Context
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.sync_issues import SyncRunRecord
from tracker.workflows.triage_action_items import Edit, accept_item, add_item


class Sync:
    """A context, a Jira, and runs between them."""

    def __init__(self, context: Context, site: Site, tracker: JiraTracker, clock: SettableClock) -> None:
        self.context, self.site, self.tracker, self.clock = context, site, tracker, clock

    def item(self, title: str = "Set a timeout", *, accepted: bool = True, **fields: Any) -> int:
        """Add an item and accept it."""
        number = add_item(self.context, title, Edit(**fields)).item.id
        if accepted:
            accept_item(self.context, number)
        return number

    def cite(self, item_id: int, *keys: str) -> None:
        """Let an item's document cite issues."""

        def work(session: Session) -> None:
            item = action_items.get(session, item_id)
            action_items.cite(session, item, [f"{self.site.url}/browse/{key}" for key in keys])

        self.context.database.transact(work)

    def run(self, policies: Policies = DEFAULT, **options: Any) -> SyncRunRecord:
        """Let a minute pass and run."""
        self.clock.advance(timedelta(minutes=1))
        return sync_issues.apply(self.context, self.tracker, policies, wait=self.wait, **options)

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def row(self, number: int = 1) -> ActionItem:
        with self.context.database.reading() as session:
            return action_items.get(session, number)

    def link(self, number: int = 1) -> IssueLink:
        (link,) = (one for one in rows(self.context.database, IssueLink) if one.action_item_id == number)
        return link

    def status(self, number: int = 1) -> str:
        return self.site.issue(self.link(number).issue_id or "").status

    @property
    def writes(self) -> list[str]:
        """The writing requests since they were last asked for."""
        made = [
            f"{one.request.method} {one.request.path.rpartition('/2/')[2]}"
            for one in self.site.requests.writes
        ]
        self.site.requests.clear()
        return made

    def make_confidential(self, item_id: int) -> None:
        """Let a confidential postmortem ask for an item too."""
        source = InMemoryPostmortems({"secret.md": postmortem_text(Action("Rotate what leaked"))})
        list(ingest(self.context, source, ["secret.md"], confidential=True))
        origin, *_ = rows(self.context.database, ActionItemOrigin)
        copy = origin.model_dump(exclude={"id"}) | {"action_item_id": item_id}
        self.context.database.transact(lambda session: session.add(ActionItemOrigin(**copy)))


def kinds(record: SyncRunRecord) -> list[str]:
    """The decisions of a run as "kind field"."""
    return [f"{one.decision.kind} {one.decision.field or ''}".strip() for one in record.decisions]


def creation(request: Request) -> bool:
    """Tell whether a request makes issues."""
    return request.to("POST", "/issue/bulk")


def change(request: Request) -> bool:
    """Tell whether a request sets fields of an issue."""
    return request.method == "PUT"


def reading(request: Request) -> bool:
    """Tell whether a request reads issues."""
    return request.to("POST", "/issue/bulkfetch")
