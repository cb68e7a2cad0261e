"""Whatever documents and people do to an item in whatever order, each change is kept or told of in the audit trail."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tests.workflows.reading import history, postmortem
from tracker.core.action_items import ItemState
from tracker.storage.tables import ActionItem, AuditEntry
from tracker.workflows.context import Context
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.triage_action_items import Edit, accept_item, decline_item, edit_item, move_item

FIELDS = ("title", "owner", "due", "priority")
TITLES = (
    "Set a timeout on the session cache client",
    "Set a 250 ms timeout on the session cache client",
    "Set a timeout on all session cache clients",
)
VALUES = {
    "title": st.sampled_from(TITLES),
    "owner": st.sampled_from([None, "Mara Lind", "Noor Haddadin"]),
    "due": st.sampled_from([None, date(2026, 4, 30), date(2026, 5, 31)]),
    "priority": st.sampled_from([None, "P0", "P1"]),
}
SAYINGS = st.fixed_dictionaries(VALUES)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("document says"), SAYINGS),
        st.tuples(st.just("document drops"), st.just({})),
        st.tuples(st.just("person edits"), st.fixed_dictionaries({}, optional=VALUES)),
        st.tuples(st.just("person triages"), st.just({})),
    ),
    min_size=2,
    max_size=7,
)

_numbers = count()


class Item:
    """One item in one document, and what its document and people have done to it."""

    def __init__(self, context: Context, says: Mapping[str, Any]) -> None:
        self.context = context
        self.name = f"{next(_numbers)}.md"
        self.revision = count()
        self.said = dict(says)
        """What the document last said of each field."""
        self.number = self.ingest(Action(**self.cells(says)))

    def ingest(self, *actions: Action) -> int:
        text = postmortem_text(*actions, title=f"Checkout stopped {next(self.revision)} times")
        (outcome,) = ingest(self.context, InMemoryPostmortems({self.name: text}), [self.name])
        assert outcome.problem is None
        return outcome.postmortem_id or 0

    def cells(self, says: Mapping[str, Any]) -> dict[str, Any]:
        return {field: value or (None if field == "due" else "") for field, value in says.items()}

    @property
    def row(self) -> ActionItem:
        ((item, _),) = postmortem(self.context.database, self.number).items
        return item

    @property
    def values(self) -> dict[str, Any]:
        return {field: getattr(self.row, field) for field in FIELDS}

    def told(self) -> dict[str, Any]:
        """Return the item as the audit trail words it."""
        return self.row.model_dump(mode="json", include={*FIELDS, "state", "decline_reason"})

    def trail(self) -> list[AuditEntry]:
        return list(history(self.context.database, self.row))

    def take(self, what: str, values: Mapping[str, Any]) -> None:
        before, entries = self.values, len(self.trail())
        match what:
            case "document says":
                self.ingest(Action(**self.cells(values)))
                self.document_was_heard(values, before, self.trail()[entries:])
            case "document drops":
                self.ingest()
                assert self.values == before
            case "person edits":
                edit_item(self.context, self.row.id, Edit(**values))
                assert self.values == {**before, **values}
            case _:
                self.triage()
                assert self.values == before

    def triage(self) -> None:
        number, state = self.row.id, self.row.state
        if state is ItemState.PROPOSED:
            accept_item(self.context, number)
        elif state is ItemState.DECLINED:
            move_item(self.context, number, ItemState.PROPOSED)
        else:
            decline_item(self.context, number, "why not")

    def document_was_heard(
        self, says: Mapping[str, Any], before: Mapping[str, Any], entries: list[AuditEntry]
    ) -> None:
        now = self.values
        overruled = {field: v for entry in entries for field, v in entry.detail.get("overruled", {}).items()}
        for field, value in says.items():
            if value is None:
                assert now[field] == before[field]
                continue
            if value != self.said[field]:
                assert now[field] == value or overruled[field] == str(value)
            if now[field] != before[field]:
                assert before[field] == self.said[field], "the document undid what a person did"
            self.said[field] = value


def replayed(first: Mapping[str, Any], entries: list[AuditEntry]) -> dict[str, Any]:
    """Return what an item's fields must be if the audit trail tells all that was done to them."""
    values = dict(first)
    for entry in entries:
        for field, change in entry.detail.get("changes", {}).items():
            if field in values:
                assert change["from"] == values[field]
                values[field] = change["to"]
    return values


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=SAYINGS, steps=STEPS)
def test_no_change_is_lost_without_a_line_in_the_audit_trail(
    context: Context, first: dict[str, Any], steps: list[tuple[str, dict[str, Any]]]
) -> None:
    item = Item(context, first)
    begun = item.told()
    for what, values in steps:
        item.take(what, values)
        assert replayed(begun, item.trail()) == item.told()
