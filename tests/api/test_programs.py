"""Programs over REST."""

import pytest

from tests.factories import (
    Action,
    InMemoryCatalog,
    InMemoryPostmortems,
    Service,
    catalog_snapshot,
    pattern,
    postmortem_text,
)
from tracker.storage.tables import ActionItem, ActionItemExposure
from tracker.workflows.curate_lessons import add_pattern, create_lesson
from tracker.workflows.import_catalog import import_catalog
from tracker.workflows.ingest_postmortems import ingest

PATH = "/api/v1/programs"
DRAFT = {"key": "bounded-waiting", "title": "Bounded Waiting"}


@pytest.fixture
def program(api):
    """A program without lessons; its path."""
    return api.post(PATH, json=DRAFT).headers["Location"]


@pytest.fixture
def lesson(context):
    """A lesson that is true of two services of one team."""
    seen = catalog_snapshot(Service("checkout"), Service("basket"))
    import_catalog(context, InMemoryCatalog({"x": seen}), "x")
    create_lesson(context, "deadlines", "Set a deadline", "Slow is worse than down.")
    add_pattern(context, "deadlines", pattern())
    return "deadlines"


def change(api, path, *, expected="*", **fields: object):
    return api.patch(path, json=fields, headers={"If-Match": expected})


def test_a_program_is_created_and_read(api):
    draft = {
        **DRAFT,
        "goal": " Nobody waits ",
        "lead": " ",
        "starts_on": "2026-04-01",
        "target_on": "2026-09-30",
    }
    created = api.post(PATH, json=draft)
    assert (created.status_code, created.headers["Location"]) == (201, f"{PATH}/bounded-waiting")
    assert (created.json()["goal"], created.json()["lead"], created.json()["state"]) == (
        "Nobody waits",
        None,
        "draft",
    )
    read = api.get(created.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (created.json(), created.headers["ETag"])


def test_a_key_is_taken_once(api, program):
    assert api.post(PATH, json=DRAFT).status_code == 409
    assert api.get(program).json()["title"] == "Bounded Waiting"


def test_a_program_is_changed_where_it_is_still_what_was_read(api, program):
    tag = api.get(program).headers["ETag"]
    changed = change(api, program, expected=tag, title="Calm", goal="Nobody waits", state="active")
    assert (changed.status_code, changed.json()["state"]) == (200, "active")
    assert changed.headers["ETag"] != tag
    assert change(api, program, expected=tag, title="Calmer").status_code == 412
    cleared = change(api, program, goal=None).json()
    assert (cleared["goal"], cleared["title"]) == (None, "Calm")


def test_a_change_says_of_which_version(api, program):
    assert api.patch(program, json={"title": "x"}).status_code == 428


def test_a_program_that_grew_is_never_said_to_be_the_same(api, program, lesson):
    before = api.get(program)
    api.post(f"{program}/lessons", json={"lesson": lesson})
    after = api.get(program, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.json()["lessons"]) == (200, ["deadlines"])


@pytest.mark.parametrize(
    ("fields", "status", "pointer"),
    [
        ({"title": " "}, 422, "/body/title"),
        ({"title": None}, 422, "/body/title"),
        ({"state": None}, 422, "/body/state"),
        ({"state": "over"}, 422, "/body/state"),
        ({"starts_on": "tomorrow"}, 422, "/body/starts_on"),
        ({"starts_on": 7}, 422, "/body/starts_on"),
        ({"starts_on": "2026-04-01", "target_on": "2026-03-01"}, 422, "/body/target_on"),
        ({"key": "other"}, 422, "/body/key"),
        ({"goal": "a\0"}, 422, "/body/goal"),
        ({"state": "done"}, 409, None),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_at_its_place(api, program, fields, status, pointer):
    before = api.get(program).json()
    refused = change(api, program, **fields)
    assert refused.status_code == status
    assert pointer is None or refused.json()["errors"][0]["pointer"] == pointer
    assert api.get(program).json() == before


@pytest.mark.parametrize(
    "draft",
    [
        {"key": "No Key", "title": "x"},
        {"key": "x" * 101, "title": "x"},
        {"key": "x"},
        {"title": "x"},
        {**DRAFT, "state": "done"},
        {**DRAFT, "starts_on": "2026-04-02", "target_on": "2026-04-01"},
    ],
)
def test_a_draft_that_makes_no_sense_is_refused(api, draft):
    assert api.post(PATH, json=draft).status_code == 422
    assert api.get(PATH).json()["items"] == []


def test_a_lesson_becomes_work_for_the_owning_teams_once(api, program, lesson):
    added = api.post(f"{program}/lessons", json={"lesson": lesson}).json()
    assert added["lessons"] == ["deadlines"]
    assert [(one["team"], len(one["refs"])) for one in added["items"]] == [("payments", 2)]
    assert api.post(f"{program}/lessons", json={"lesson": lesson}).json() == added
    assert (
        api.get(f"{program}/coverage").json()
        == added["coverage"]
        == {
            "total": 2,
            "settled": 0,
            "share": 0.0,
            "by_progress": {"proposed": 2},
            "stuck": {"payments": 2},
        }
    )


def test_a_repeated_request_plans_once(api, program, lesson):
    send = {"json": {"lesson": lesson}, "headers": {"Idempotency-Key": "a"}}
    first, again = (api.post(f"{program}/lessons", **send) for _ in range(2))
    assert (first.status_code, again.json()) == (200, first.json())


def test_programs_are_listed(api):
    for key, title in (("a", "One"), ("b", "Two"), ("c", "Three")):
        api.post(PATH, json={"key": key, "title": title})
    change(api, f"{PATH}/b", state="active")
    assert [one["key"] for one in api.get(PATH).json()["items"]] == ["a", "b", "c"]
    assert [one["key"] for one in api.get(PATH, params={"state": "draft"}).json()["items"]] == ["a", "c"]
    assert [one["key"] for one in api.get(PATH, params={"text": "THREE"}).json()["items"]] == ["c"]
    assert api.get(PATH, params={"sort": "-title"}).json()["items"][0]["title"] == "Two"


def test_confidential_work_is_shown_to_administrators_only(api, admin, program, lesson, context):
    api.post(f"{program}/lessons", json={"lesson": lesson})
    source = InMemoryPostmortems({"a.md": postmortem_text(Action("Forbid the swordfish protocol"))})
    list(ingest(context, source, ["a.md"], confidential=True))

    def adopt(session):
        session.get_one(ActionItem, 2).program_id = 1
        session.add(ActionItemExposure(action_item_id=2, exposure_id=1))

    context.database.transact(adopt)
    for path, items in ((program, "items"), ("/api/v1/exposures/1", "items")):
        mine, all_of_it = (client.get(path) for client in (api, admin))
        assert "swordfish" not in mine.text
        assert (len(mine.json()[items]), len(all_of_it.json()[items])) == (1, 2)
    assert [one["items"] for one in api.get(program).json()["exposures"]] == [[1], [1]]
    assert [one["items"] for one in api.get("/api/v1/exposures").json()["items"]] == [[1], [1]]


@pytest.mark.parametrize("path", ["nowhere", "nowhere/coverage", "%00", "x" * 3000])
def test_what_is_not_there_is_404(api, path):
    assert api.get(f"{PATH}/{path}").status_code == 404


def test_a_lesson_that_is_not_there_is_404(api, program):
    assert api.post(f"{program}/lessons", json={"lesson": "nowhere"}).status_code == 404
    assert api.post(f"{PATH}/nowhere/lessons", json={"lesson": "nowhere"}).status_code == 404


def test_a_reader_changes_nothing(reader, program):
    assert reader.post(PATH, json=DRAFT).status_code == 403
    assert change(reader, program, title="x").status_code == 403
    assert reader.post(f"{program}/lessons", json={"lesson": "x"}).status_code == 403
