"""What people know better than the document stays, whatever its next revision says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tests.workflows.reading import last_change, postmortem
from tracker.core.errors import InvalidInput, NotFound, NotPermitted, VersionChanged
from tracker.core.postmortems import MentionState
from tracker.storage.session import Database
from tracker.workflows.context import Context
from tracker.workflows.edit_postmortems import (
    PostmortemEdit,
    confirm_service,
    edit_postmortem,
    reject_service,
)
from tracker.workflows.ingest_postmortems import ingest


def take(context: Context, **says: object) -> None:
    text = postmortem_text(Action(), **{"services": ("Checkout",), **says})  # type: ignore[arg-type]
    list(ingest(context, InMemoryPostmortems({"a.md": text}), ["a.md"]))


@pytest.fixture(autouse=True)
def ingested(context: Context) -> None:
    take(context)


def test_an_edit_is_in_the_audit_trail(context: Context, database: Database) -> None:
    record = edit_postmortem(context, 1, PostmortemEdit(title=" The frozen cache ", severity_level=2))
    assert (record.postmortem.title, record.postmortem.version) == ("The frozen cache", 2)
    entry = last_change(database, record.postmortem)
    assert (entry.actor, entry.action) == ("grace", "postmortem edited")
    assert entry.detail["changes"]["severity_level"] == {"from": 1, "to": 2}


def test_an_edit_that_changes_nothing_leaves_no_trace(context: Context, database: Database) -> None:
    edit_postmortem(context, 1, PostmortemEdit(severity_level=1, incident_date=date(2026, 2, 14)))
    found = postmortem(database).postmortem
    assert (found.version, last_change(database, found).action) == (1, "postmortem new")


def test_what_people_changed_overrules_the_document_and_the_trail_says_so(
    context: Context, database: Database
) -> None:
    edit_postmortem(context, 1, PostmortemEdit(title="The frozen cache"))
    take(context, title="Checkout stood still", severity="SEV-2")
    found = postmortem(database).postmortem
    assert (found.title, found.severity_level) == ("The frozen cache", 2)
    assert last_change(database, found).detail["overruled"] == {"title": "Checkout stood still"}


def test_what_people_emptied_stays_empty_and_what_they_gave_back_is_the_documents_again(
    context: Context, database: Database
) -> None:
    edit_postmortem(context, 1, PostmortemEdit(incident_date=None))
    take(context, title="Once more")
    assert postmortem(database).postmortem.incident_date is None
    edit_postmortem(context, 1, PostmortemEdit(incident_date=date(2026, 2, 14)))
    take(context, day=date(2026, 2, 15))
    assert postmortem(database).postmortem.incident_date == date(2026, 2, 15)


def test_an_edit_of_a_version_that_is_no_more_is_refused(context: Context) -> None:
    edit_postmortem(context, 1, PostmortemEdit(title="One"), expected_version=1)
    with pytest.raises(VersionChanged):
        edit_postmortem(context, 1, PostmortemEdit(title="Two"), expected_version=1)


def test_a_title_without_words_is_refused(context: Context) -> None:
    with pytest.raises(InvalidInput, match="--title"):
        edit_postmortem(context, 1, PostmortemEdit(title=" "))


def test_a_rejected_service_stays_so_when_the_document_names_it_again(
    context: Context, database: Database
) -> None:
    reject_service(context, 1, "Checkout")
    take(context, title="Once more")
    ((mention, _),) = postmortem(database).services
    assert mention.state is MentionState.REJECTED


def test_who_does_not_see_it_changes_nothing_of_a_confidential_postmortem(context: Context) -> None:
    stranger = replace(context, sees_confidential=False)
    with pytest.raises(NotPermitted):
        edit_postmortem(stranger, 1, PostmortemEdit(confidential=True))
    edit_postmortem(context, 1, PostmortemEdit(confidential=True))
    changes: list[Callable[[], object]] = [
        lambda: edit_postmortem(stranger, 1, PostmortemEdit(title="x")),
        lambda: confirm_service(stranger, 1, "Checkout"),
        lambda: reject_service(stranger, 1, "Checkout"),
    ]
    for change in changes:
        with pytest.raises(NotFound, match="no postmortem 1"):
            change()
