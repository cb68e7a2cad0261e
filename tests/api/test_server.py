"""What operators see: health, metrics and logs."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from tests.api.sample_routes import router, with_route
from tests.api.test_problems import END, PEOPLE, assert_problem
from tracker.api.application import create_api
from tracker.api.surroundings import ApiOptions
from tracker.core.action_items import ItemState
from tracker.core.nightly import RunState
from tracker.storage.session import Database
from tracker.storage.tables import (
    ActionItem,
    ActionItemOrigin,
    NightlyRun,
    Postmortem,
    PostmortemRevision,
    Source,
    SourcePurpose,
    SyncDecision,
    SyncRun,
)
from tracker.workflows.context import Context


def numbers(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_it_lives_and_is_ready(api):
    assert api.get("/healthz").json() == api.get("/readyz").json() == {"status": "ok"}


def test_a_database_of_another_version_is_not_ready(api, database):
    with database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    problem = assert_problem(api.get("/readyz"), 503, "database-not-ready")
    assert database.name not in problem["detail"]
    assert api.get("/healthz").status_code == 200


@pytest.mark.parametrize("url", ["postgresql://ada:s3cret@127.0.0.1:1/x", "sqlite:////nonexistent/x.sqlite"])
def test_a_database_that_cannot_be_reached_is_not_ready(client, clock, connections, logs, url):
    somebody = client(create_api(Context(Database(url), clock, "Ada"), connections))
    answer = somebody.get("/readyz")
    assert_problem(answer, 503)
    [event] = [event for event in logs if event["event"] == "database not ready"]
    assert "s3cret" not in str(event) + answer.text
    assert somebody.get("/healthz").status_code == 200
    assert_problem(somebody.get("/metrics"), 503)


def test_health_needs_no_token_and_metrics_do(client, context, connections, reader):
    stranger = client(create_api(context, connections, ApiOptions(anonymous=False)))
    assert stranger.get("/healthz").status_code == stranger.get("/readyz").status_code == 200
    assert_problem(stranger.get("/metrics"), 401)
    assert reader.get("/metrics").status_code == 200


def test_items_and_decisions_are_counted_without_confidential_ones(api, database, clock):
    def item(state):
        return ActionItem(title="Set a timeout", state=state, created_at=clock.now, updated_at=clock.now)

    def work(session):
        session.add_all([item(ItemState.ACCEPTED), item(ItemState.ACCEPTED), item(ItemState.DONE)])
        source = Source(purpose=SourcePurpose.POSTMORTEMS, name="x", kind="files", created_at=clock.now)
        session.add(source)
        session.flush()
        secret = Postmortem(
            source_id=source.id,
            uri="x",
            name="x",
            confidential=True,
            content_hash="0",
            created_at=clock.now,
            updated_at=clock.now,
        )
        hidden = item(ItemState.ACCEPTED)
        session.add_all([secret, hidden])
        session.flush()
        revision = PostmortemRevision(
            postmortem_id=secret.id,
            number=1,
            content_hash="0",
            content=b"",
            ingested_at=clock.now,
            actor="Ada",
        )
        session.add(revision)
        session.flush()
        session.add(
            ActionItemOrigin(
                action_item_id=hidden.id,
                postmortem_id=secret.id,
                revision_id=revision.id,
                quote="",
                rule="table",
                line_start=1,
                line_end=1,
                confidence=1,
                document_values={},
            )
        )

        decided(session, hidden)

    def decided(session, item):
        run = SyncRun(
            state="finished",
            site="x",
            actor="cron",
            counts={},
            waiting=[],
            started_at=clock.now,
            finished_at=clock.now,
        )
        session.add(run)
        session.flush()
        session.add(
            SyncDecision(
                run_id=run.id,
                action_item_id=item.id,
                kind="create",
                reason="it is new",
                needs_a_person=False,
                at=clock.now,
            )
        )

    database.transact(work)
    found = numbers(api)
    assert found["elsewhere_sync_decisions", ("kind", "create")] == 0
    assert found["elsewhere_action_items", ("state", "accepted")] == 2
    assert found["elsewhere_action_items", ("state", "done")] == 1
    assert found["elsewhere_action_items", ("state", "blocked")] == 0
    assert found["elsewhere_exposures", ("state", "verified"), ("verdict", "not_exposed")] == 0


def test_the_last_run_that_came_to_its_end_is_known(api, database, clock):
    def runs(session):
        for state, ends in ((RunState.DONE, clock.now), (RunState.FAILED, clock.now + timedelta(hours=1))):
            session.add(NightlyRun(actor="cron", steps=[], state=state, started_at=clock.now, ended_at=ends))
        session.add(
            SyncRun(
                state="finished",
                site="x",
                actor="cron",
                counts={},
                waiting=[],
                started_at=clock.now,
                finished_at=clock.now,
            )
        )

    name = "elsewhere_last_run_timestamp_seconds"
    assert not any(labels[0] == name for labels in numbers(api))
    database.transact(runs)
    found = numbers(api)
    assert found[name, ("job", "nightly")] == found[name, ("job", "sync")] == clock.now.timestamp()
    assert found["elsewhere_sync_decisions", ("kind", "create")] == 0


sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite_only
def test_requests_are_timed_by_the_template_of_their_path(application, client):
    application.include_router(router)
    somebody = client()
    somebody.get(f"{PEOPLE}/7")
    somebody.get(f"{PEOPLE}/8")
    somebody.get("/s3cret")
    somebody.request("BREW", "/s3cret")
    found = numbers(somebody)
    name = "elsewhere_http_request_duration_seconds_count"
    template = ("route", f"{PEOPLE}/{{number}}")
    assert found[name, ("method", "GET"), template, ("status", "404")] == 2
    assert found[name, ("method", "GET"), ("route", "none"), ("status", "404")] == 1
    assert found[name, ("method", "OTHER"), ("route", "none"), ("status", "404")] == 1
    assert "s3cret" not in str(found)


@sqlite_only
def test_two_servers_in_one_process_count_for_themselves(client, context, connections):
    one, other = (client(create_api(context, connections)) for _ in range(2))
    one.get("/healthz")
    assert any(("route", "/healthz") in labels for labels in numbers(one))
    assert not any(("route", "/healthz") in labels for labels in numbers(other))


@sqlite_only
def test_each_request_is_logged_once_without_what_it_said(application, client, logs):
    application.include_router(router)
    headers = {"X-Request-ID": "mine", "Cookie": "s3cret"}
    client().post(f"{PEOPLE}/7/greet?a=s3cret", json={"name": "s3cret"}, headers=headers)
    [event] = [event for event in logs if event["event"] == "request answered"]
    assert event.pop("ms") >= 0
    assert event == {
        "event": "request answered",
        "log_level": "info",
        "request_id": "mine",
        "method": "POST",
        "route": f"{PEOPLE}/{{number}}/greet",
        "status": 422,
        "actor": "Ada",
    }


@sqlite_only
def test_a_fault_of_the_program_is_logged_with_its_request(application, client, logs):
    def fault():
        raise RuntimeError("what went wrong")

    with_route(application, fault)
    client(raise_server_exceptions=False).get(END, headers={"X-Request-ID": "mine"})
    [event] = [event for event in logs if event["event"] == "request failed"]
    assert (event["request_id"], event["route"], event["log_level"]) == ("mine", END, "error")
    assert event["exc_info"]
