"""The database itself refuses rows that break the product's rules."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from tracker.core.action_items import ItemState
from tracker.core.exposures import Decision, ExposureVerdict
from tracker.core.issue_sync import DecisionKind
from tracker.core.people import IdentityKind
from tracker.storage.session import Database
from tracker.storage.tables import (
    ActionItem,
    ActionItemOrigin,
    AuditEntry,
    CatalogEntity,
    CatalogFact,
    CatalogSnapshot,
    Exposure,
    ExposureDecision,
    ExposureEvaluation,
    Identity,
    Learning,
    Lesson,
    Person,
    Postmortem,
    PostmortemRevision,
    Source,
    SourcePurpose,
    SyncDecision,
    SyncRun,
    Table,
    Team,
    VersionedRow,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def item(**columns: object) -> ActionItem:
    return ActionItem(**{"title": "Set a timeout", "created_at": NOW, "updated_at": NOW, **columns})


def save(database: Database, *rows: Table) -> None:
    """Save the rows, each after the ones before it, so that they can refer to number 1 of these."""

    def add(session: Session) -> None:
        for row in rows:
            session.add(row)
            session.flush()

    database.transact(add)


def postmortem() -> tuple[Table, ...]:
    return (
        Source(purpose=SourcePurpose.POSTMORTEMS, name="files", kind="files", created_at=NOW),
        Postmortem(
            source_id=1, uri="file:a.md", name="a.md", content_hash="0", created_at=NOW, updated_at=NOW
        ),
        PostmortemRevision(
            postmortem_id=1, number=1, content_hash="0", content=b"# A", ingested_at=NOW, actor="ada"
        ),
    )


def exposure() -> tuple[Table, ...]:
    return (
        Source(purpose=SourcePurpose.CATALOG, name="mesh", kind="trace", created_at=NOW),
        CatalogSnapshot(
            source_id=1, number=1, observed_at=NOW, imported_at=NOW, content_hash="0", actor="ada", counts={}
        ),
        CatalogEntity(ref="component:default/checkout", kind="component", created_at=NOW),
        Lesson(key="timeouts", title="Timeouts", statement="Set them", created_at=NOW, updated_at=NOW),
        Exposure(
            lesson_id=1,
            entity_id=1,
            verdict=ExposureVerdict.EXPOSED,
            snapshot_id=1,
            fingerprint="0",
            updated_at=NOW,
        ),
    )


def evaluation() -> ExposureEvaluation:
    return ExposureEvaluation(
        exposure_id=1,
        verdict=ExposureVerdict.EXPOSED,
        pattern_versions=[],
        snapshot_id=1,
        fingerprint="0",
        evidence=[],
        evaluated_at=NOW,
    )


def decision(**columns: object) -> ExposureDecision:
    return ExposureDecision(**{"exposure_id": 1, "actor": "ada", "decided_at": NOW, **columns})


def origin(**columns: object) -> ActionItemOrigin:
    return ActionItemOrigin(
        **{
            "action_item_id": 1,
            "postmortem_id": 1,
            "revision_id": 1,
            "line_start": 3,
            "line_end": 4,
            "quote": "",
            "rule": "list",
            "confidence": 0.5,
            "document_values": {},
            **columns,
        }
    )


def sync_decision() -> tuple[Table, ...]:
    return (
        SyncRun(site="https://jira.example", actor="ada", counts={}, waiting=[], started_at=NOW),
        SyncDecision(
            run_id=1,
            action_item_id=1,
            kind=DecisionKind.CREATE,
            reason="it has no issue",
            needs_a_person=False,
            at=NOW,
        ),
    )


def learning(**columns: object) -> Learning:
    return Learning(
        **{
            "postmortem_id": 1,
            "revision_id": 1,
            "text": "No alert",
            "rule": "section",
            "line_start": 1,
            "line_end": 1,
            "created_at": NOW,
            **columns,
        }
    )


def entry(**columns: object) -> AuditEntry:
    return AuditEntry(
        **{
            "at": NOW,
            "actor": "ada",
            "action": "accept",
            "subject_kind": "action_item",
            "subject_id": 1,
            "detail": {},
            **columns,
        }
    )


DECLINED = {"state": ItemState.DECLINED, "decline_reason": "not worth it", "declined_by": "ada"}


@pytest.mark.parametrize(
    "refused",
    [
        item(title="   "),
        item(state=ItemState.DECLINED),
        item(**DECLINED | {"decline_reason": " "}),
        item(**DECLINED | {"declined_by": None}),
        item(decline_reason="left over"),
        item(declined_until=date(2027, 1, 1)),
        item(state=ItemState.VERIFIED),
        item(state=ItemState.VERIFIED, owner="ada", verified_by="ada"),
        item(owner_person_id=77),
        Source(purpose=SourcePurpose.CATALOG, name=" ", kind="iac", created_at=NOW),
        Identity(kind=IdentityKind.NAME, value="jp"),
        Identity(kind=IdentityKind.NAME, value="jp", person_id=1, team_id=1),
        entry(actor=" "),
        Person(name="", created_at=NOW),
    ],
    ids=lambda row: f"{type(row).__name__}:{row.model_dump(exclude_unset=True)}"[:80],
)
def test_a_row_that_breaks_a_rule_is_refused(database, refused):
    columns = refused.model_dump(exclude_unset=True)
    save(database, Person(name="Ada", created_at=NOW), Team(name="payments", created_at=NOW))
    with pytest.raises(IntegrityError):
        save(database, type(refused)(**columns))


@pytest.mark.parametrize(
    "allowed",
    [
        item(**DECLINED),
        item(**DECLINED, declined_until=date(2027, 1, 1)),
        item(state=ItemState.VERIFIED, verified_by="grace"),
        item(state=ItemState.VERIFIED, owner="ada", verified_by="grace"),
        item(title="Beschränke Wiederholungen ✓"),
    ],
    ids=lambda row: f"{row.state}:{row.title}",
)
def test_a_row_that_keeps_the_rules_is_saved(database, allowed):
    save(database, ActionItem(**allowed.model_dump(exclude_unset=True)))


@pytest.mark.parametrize(
    "columns",
    [
        {"decision": Decision.NOT_AFFECTED},
        {"decision": Decision.NOT_AFFECTED, "justification": " "},
        {"decision": Decision.RISK_ACCEPTED},
        {"decision": Decision.AFFECTED, "actor": ""},
    ],
)
def test_a_decision_without_its_reason_is_refused(database, columns):
    save(database, *exposure(), decision(decision=Decision.NOT_AFFECTED, justification="no cache there"))
    with pytest.raises(IntegrityError):
        save(database, decision(**columns))


@pytest.mark.parametrize(
    "columns", [{"line_start": 0}, {"line_end": 2}, {"confidence": 1.01}, {"confidence": -0.1}]
)
def test_an_impossible_place_or_confidence_is_refused(database, columns):
    save(database, *postmortem(), item())
    with pytest.raises(IntegrityError):
        save(database, origin(**columns))


def test_a_blank_learning_is_refused(database):
    save(database, *postmortem(), learning())
    with pytest.raises(IntegrityError):
        save(database, learning(text=" "))


def test_a_severity_level_is_from_one_to_nine(database):
    source, document, _ = postmortem()
    document.severity_level = 10
    with pytest.raises(IntegrityError):
        save(database, source, document)


def test_two_rows_of_one_name_are_refused(database):
    save(database, *exposure())
    for row in exposure():
        with pytest.raises(IntegrityError):
            save(database, row)


def test_a_word_that_no_enum_knows_is_refused(database):
    with pytest.raises(IntegrityError, match="ck_action_item_state"):
        save(database, item(state="postponed"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET actor = 'grace'",
        "DELETE FROM audit_entry",
        "UPDATE exposure_evaluation SET verdict = 'unknown'",
        "DELETE FROM exposure_evaluation",
        "UPDATE exposure_decision SET actor = 'grace'",
        "DELETE FROM exposure_decision",
        "UPDATE postmortem_revision SET content_hash = '1'",
        "DELETE FROM postmortem_revision",
        "UPDATE sync_decision SET reason = 'another'",
        "DELETE FROM sync_decision",
    ],
)
def test_what_was_written_down_cannot_be_changed(database, change):
    save(database, *exposure(), evaluation(), decision(decision=Decision.AFFECTED), entry())
    save(database, *postmortem(), item(), *sync_decision())
    with pytest.raises(IntegrityError, match="append-only"), database.writer.begin() as connection:
        connection.execute(text(change))


def test_postgresql_refuses_to_empty_an_append_only_table(database):
    if database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(IntegrityError, match="append-only"), database.writer.begin() as connection:
        connection.execute(text("TRUNCATE audit_entry"))


def test_unset_and_absent_are_two_things(database):
    save(
        database,
        *exposure(),
        CatalogFact(source_id=1, first_snapshot_id=1, entity_id=1, name="redis.pool.max", value=None),
    )
    with database.reader.connect() as connection:
        assert connection.scalar(text("SELECT CAST(value AS TEXT) FROM catalog_fact")) == "null"


def test_only_rows_that_people_change_have_versions():
    versioned = {table.__tablename__ for table in VersionedRow.__subclasses__()}
    declared = {name for name, table in Table.metadata.tables.items() if "version" in table.columns}
    assert versioned == declared
