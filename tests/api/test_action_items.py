"""Action items over HTTP: found by what is asked, changed by who read them last, and silent about what is confidential."""

from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from tests.api.estate import (
    OPEN,
    ROOT,
    SECRET,
    edit,
    everything,
    numbers,
    pointers,
    problem,
    two_postmortems,
    upload,
)
from tests.conftest import SettableClock
from tests.factories import Action, postmortem_text
from tracker.core.action_items import ItemState, ItemType
from tracker.core.people import IdentityKind
from tracker.storage.session import Database
from tracker.storage.tables import Identity, Team
from tracker.workflows.context import Context
from tracker.workflows.triage_action_items import add_item, decline_item

ITEMS = f"{ROOT}/action-items"


@pytest.fixture
def estate(admin: TestClient) -> None:
    two_postmortems(admin)


def change(client: TestClient, number: int, version: str = "*", **values: Any) -> Any:
    return client.patch(f"{ITEMS}/{number}", json=values, headers={"If-Match": version})


# Lists


@pytest.mark.usefixtures("estate")
def test_items_are_found_by_all_conditions(
    admin: TestClient, context: Context, database: Database, subtests: pytest.Subtests
) -> None:
    def payments(session: Any) -> None:
        team = Team(name="Payments", created_at=context.now)
        session.add(team)
        session.flush()
        session.add(Identity(kind=IdentityKind.NAME, value="payments", team_id=team.id))

    database.transact(payments)
    edit(context, [2], owner="payments", type=ItemType.PROCESS)
    edit(context, [3], due=date(2026, 2, 28))
    admin.post(f"{ITEMS}/1/accept")
    questions: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [1, 2, 3]),
        ({"state": "accepted"}, [1]),
        ({"state": ["accepted", "proposed"]}, [1, 2, 3]),
        ({"type": "process"}, [2]),
        ({"type": ["process", "repair"]}, [1, 2, 3]),
        ({"owner": "LIND"}, [1]),
        ({"owner": "%"}, []),
        ({"team": "Payments"}, [2]),
        ({"team": "nobody"}, []),
        ({"postmortem": 2}, [3]),
        ({"postmortem": 99}, []),
        ({"program": "nowhere"}, []),
        ({"due_from": "2026-04-30"}, [1]),
        ({"due_until": "2026-04-29"}, [3]),
        ({"overdue": True}, [3]),
        ({"overdue": False}, [1, 2]),
        ({"has_issue": False, "text": "50 %"}, [1]),
        ({"has_issue": True}, []),
    ]
    for asked, found in questions:
        with subtests.test(str(asked)):
            assert numbers(admin, "action-items", **asked) == found


@pytest.mark.usefixtures("estate")
def test_what_is_done_is_not_overdue(admin: TestClient, context: Context) -> None:
    edit(context, [1], due=date(2026, 1, 1))
    assert numbers(admin, "action-items", overdue=True) == [1]
    admin.post(f"{ITEMS}/1/accept")
    admin.post(f"{ITEMS}/1/move", json={"to": "done"})
    assert numbers(admin, "action-items", overdue=True) == []


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("id", [1, 2, 3]),
        ("-id", [3, 2, 1]),
        ("due", [1, 3, 2]),
        ("-priority", [2, 3, 1]),
        ("title", [1, 3, 2]),
    ],
)
@pytest.mark.usefixtures("estate")
def test_items_are_sorted_and_paged(admin: TestClient, sort: str, found: list[int]) -> None:
    assert numbers(admin, "action-items", sort=sort, limit=1) == found


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=forgotten", "/query/state/0"),
        ("due_from=soon", "/query/due_from"),
        ("postmortem=0", "/query/postmortem"),
        (f"postmortem={2**70}", "/query/postmortem"),
        ("owner=%00", "/query/owner"),
        (f"text={'x' * 201}", "/query/text"),
        ("colour=red", "/query/colour"),
        ("limit=201", "/query/limit"),
        ("sort=-%20id", "/query/sort"),
    ],
)
def test_a_query_that_cannot_be_meant_is_refused_at_its_place(
    api: TestClient, query: str, pointer: str
) -> None:
    assert pointers(api.get(f"{ITEMS}?{query}")) == [pointer]


@pytest.mark.parametrize("query", ["sort=owner", "cursor=abc", "cursor=%ED%A0%80"])
def test_an_unknown_order_or_place_in_a_list_is_refused(api: TestClient, query: str) -> None:
    problem(api.get(f"{ITEMS}?{query}"), 422)


def test_odd_words_are_looked_for_and_not_found(api: TestClient) -> None:
    for words in ("%ED%A0%80", "\\", "'; DROP TABLE action_item; --", "_", "𝄞" * 200):
        assert numbers(api, "action-items", text=words) == []


def test_a_list_costs_the_same_queries_however_long_it_is(
    admin: TestClient, context: Context, database: Database
) -> None:
    statements: list[str] = []
    event.listen(database.reader, "before_cursor_execute", lambda *call: statements.append(call[2]))

    def cost() -> int:
        statements.clear()
        everything(admin, "action-items", limit=200)
        return len(statements)

    upload(admin, OPEN)
    few = cost()
    for number in range(60):
        add_item(context, f"Look after cache {number}")
    assert cost() == few


# One item


@pytest.mark.usefixtures("estate")
def test_an_item_says_its_version_and_its_history(api: TestClient) -> None:
    read = api.get(f"{ITEMS}/1")
    assert (read.status_code, read.headers["etag"]) == (200, '"1"')
    assert read.json()["places"][0]["postmortem_id"] == 1
    changed = change(api, 1, '"1"', due="2026-12-31")
    assert (changed.headers["etag"], changed.json()["version"]) == ('"2"', 2)
    actions = [one["action"] for one in everything(api, "action-items/1/history", limit=1)]
    assert actions == ["item proposed", "item edited"]


@pytest.mark.parametrize("path", ["99", "99/history", f"{2**31 - 1}"])
def test_an_item_that_is_not_there_is_not_found(api: TestClient, path: str) -> None:
    problem(api.get(f"{ITEMS}/{path}"), 404)


@pytest.mark.parametrize("number", ["0", "-1", f"{2**31}", "seven", "1.5", "%00"])
def test_a_number_that_no_item_has_is_refused(api: TestClient, number: str) -> None:
    assert api.get(f"{ITEMS}/{number}").status_code in {404, 422}


# Changes


@pytest.mark.usefixtures("estate")
def test_a_change_sets_clears_and_leaves(api: TestClient) -> None:
    changed = change(
        api,
        1,
        title="Cut the retries",
        owner=None,
        due=None,
        type="prevent",
        size="program",
        description="At once.",
    )
    assert changed.status_code == 200, changed.text
    one = changed.json()
    assert (one["title"], one["owner"], one["due"], one["type"], one["size"], one["description"]) == (
        *("Cut the retries", None, None, "prevent", "program", "At once."),
    )
    assert one["priority"] == "P1"


@pytest.mark.usefixtures("estate")
def test_what_a_person_cleared_stays_clear_when_the_document_is_read_again(admin: TestClient) -> None:
    change(admin, 1, due=None)
    revised = postmortem_text(
        Action("Cut the retries by 50 % in checkout", due=date(2026, 6, 30)),
        Action("Write a runbook"),
        services=("Checkout",),
    )
    assert upload(admin, revised, "open.md").json()[0]["outcome"] == "revised"
    assert admin.get(f"{ITEMS}/1").json()["due"] is None
    assert everything(admin, "action-items/1/history")[-1]["detail"]["overruled"] == {"due": "2026-06-30"}


@pytest.mark.usefixtures("estate")
def test_a_change_of_a_version_that_is_no_more_is_refused(api: TestClient) -> None:
    change(api, 1, '"1"', priority="P0")
    problem(change(api, 1, '"1"', priority="P3"), 412)
    problem(api.patch(f"{ITEMS}/1", json={"priority": "P3"}), 428)
    assert api.get(f"{ITEMS}/1").json()["priority"] == "P0"


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"title": None}, "/body/title"),
        ({"title": " "}, "/body/title"),
        ({"title": "x" * 501}, "/body/title"),
        ({"title": "a\0b"}, "/body/title"),
        ({"size": None}, "/body/size"),
        ({"type": "wish"}, "/body/type"),
        ({"due": 20261231}, "/body/due"),
        ({"due": "2026-02-30"}, "/body/due"),
        ({"owner": ""}, "/body/owner"),
        ({"owner": ["Mara"]}, "/body/owner"),
        ({"state": "done"}, "/body/state"),
        ({"colour": "red"}, "/body/colour"),
    ],
)
@pytest.mark.usefixtures("estate")
def test_a_value_that_no_item_has_is_refused_at_its_place(
    api: TestClient, values: dict[str, Any], pointer: str
) -> None:
    assert pointers(change(api, 1, **values)) == [pointer]
    assert api.get(f"{ITEMS}/1").headers["etag"] == '"1"'


@pytest.mark.usefixtures("estate")
def test_half_a_character_is_refused(api: TestClient) -> None:
    body = b'{"title": "\\ud800"}'
    headers = {"If-Match": "*", "Content-Type": "application/json"}
    problem(api.patch(f"{ITEMS}/1", content=body, headers=headers), 422)


@pytest.mark.usefixtures("estate")
def test_an_item_goes_its_way(api: TestClient, writer: TestClient) -> None:
    api.post(f"{ITEMS}/1/accept")
    api.post(f"{ITEMS}/1/move", json={"to": "in_progress"}, headers={"If-Match": '"2"'})
    done = api.post(f"{ITEMS}/1/move", json={"to": "done"})
    assert (done.json()["state"], done.headers["etag"]) == ("done", '"4"')
    verified = writer.post(f"{ITEMS}/1/verify", json={"note": "see wiki/drills/41", "method": "drill"})
    assert (verified.json()["state"], verified.json()["verified_by"]) == ("verified", "scribe")
    declined = api.post(f"{ITEMS}/1/decline", json={"reason": "it is switched off", "until": "2026-05-01"})
    assert (declined.json()["state"], declined.json()["declined_until"]) == ("declined", "2026-05-01")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("1/move", {"to": "verified"}, 409),
        ("1/move", {"to": "blocked"}, 409),
        ("1/move", {"to": "nowhere"}, 422),
        ("1/verify", {"note": "seen"}, 409),
        ("1/verify", {"note": " "}, 422),
        ("1/decline", {"reason": "x", "until": "2026-03-02"}, 422),
        ("1/decline", {}, 422),
        ("99/accept", None, 404),
        ("99/decline", {"reason": "x"}, 404),
    ],
)
@pytest.mark.usefixtures("estate")
def test_a_move_that_is_not_allowed_is_refused(api: TestClient, path: str, body: Any, status: int) -> None:
    problem(api.post(f"{ITEMS}/{path}", json=body), status)
    assert api.get(f"{ITEMS}/1").json()["state"] == "proposed"


@pytest.mark.usefixtures("estate")
def test_an_action_honours_the_version_that_it_expects(api: TestClient) -> None:
    change(api, 1, priority="P0")
    for action, body in (
        ("accept", None),
        ("decline", {"reason": "x"}),
        ("move", {"to": "accepted"}),
        ("verify", {"note": "x"}),
    ):
        problem(api.post(f"{ITEMS}/1/{action}", json=body, headers={"If-Match": '"1"'}), 412)


def test_an_item_is_proposed_by_hand(api: TestClient) -> None:
    made = api.post(ITEMS, json={"title": " Write a runbook ", "owner": "payments", "due": "2026-12-31"})
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, f"{ITEMS}/1", '"1"')
    read = api.get(made.headers["location"]).json()
    assert read == made.json()
    assert (read["title"], read["state"], read["places"], read["owner"]) == (
        "Write a runbook",
        "proposed",
        [],
        "payments",
    )
    (entry,) = everything(api, "action-items/1/history")
    assert (entry["actor"], entry["action"]) == ("Ada", "item proposed")


@pytest.mark.usefixtures("estate")
def test_who_may_only_read_changes_nothing(reader: TestClient) -> None:
    problem(change(reader, 1, priority="P0"), 403)
    problem(reader.post(f"{ITEMS}/1/accept"), 403)
    problem(reader.post(ITEMS, json={"title": "x"}), 403)


# What time brings about


@pytest.mark.usefixtures("estate")
def test_an_expired_decline_is_shown_as_proposed_before_anybody_returns_it(
    api: TestClient, context: Context, clock: SettableClock
) -> None:
    decline_item(context, 1, "not now", date(2026, 4, 1))
    assert numbers(api, "action-items", state="declined") == [1]
    clock.advance(timedelta(days=30))
    assert numbers(api, "action-items", state="declined") == []
    assert numbers(api, "action-items", state="proposed") == [1, 2]
    read = api.get(f"{ITEMS}/1").json()
    assert (read["state"], read["decline_reason"], read["declined_until"]) == ("proposed", None, None)
    assert api.get(f"{ROOT}/postmortems/1").json()["items"][0]["state"] == "proposed"
    accepted = api.post(f"{ITEMS}/1/accept", headers={"If-Match": api.get(f"{ITEMS}/1").headers["etag"]})
    assert accepted.json()["state"] == "accepted"
    actions = [one["action"] for one in everything(api, "action-items/1/history")]
    assert actions[-2:] == ["item proposed again", "item accepted"]


@pytest.mark.usefixtures("estate")
def test_an_item_declined_for_ever_stays_declined(api: TestClient, context: Context) -> None:
    decline_item(context, 1, "never")
    assert numbers(api, "action-items", state="declined") == [1]
    assert numbers(api, "action-items", state=ItemState.PROPOSED.value) == [2]


# Confidentiality


@pytest.mark.usefixtures("estate")
def test_an_item_of_a_confidential_postmortem_does_not_exist_for_others(
    admin: TestClient, writer: TestClient, reader: TestClient, api: TestClient
) -> None:
    assert SECRET in admin.get(f"{ITEMS}/3").text
    for client in (writer, reader, api):
        assert numbers(client, "action-items") == [1, 2]
        assert numbers(client, "action-items", text="swordfish") == []
        assert numbers(client, "action-items", postmortem=2) == []
        problem(client.get(f"{ITEMS}/3"), 404)
        problem(client.get(f"{ITEMS}/3/history"), 404)
    for client in (writer, api):
        missing = problem(change(client, 99, priority="P0"), 404)
        hidden = problem(change(client, 3, priority="P0"), 404)
        assert hidden["detail"] == missing["detail"].replace("99", "3")
        for action, body in (
            ("accept", None),
            ("decline", {"reason": "x"}),
            ("move", {"to": "accepted"}),
            ("verify", {"note": "x"}),
        ):
            problem(client.post(f"{ITEMS}/3/{action}", json=body), 404)
    assert admin.get(f"{ITEMS}/3").headers["etag"] == '"1"'


@pytest.mark.usefixtures("estate")
def test_an_item_becomes_hidden_and_shows_again_with_its_postmortem(
    admin: TestClient, api: TestClient
) -> None:
    for confidential, seen in ((True, []), (False, [1, 2])):
        admin.patch(f"{ROOT}/postmortems/1", json={"confidential": confidential}, headers={"If-Match": "*"})
        assert numbers(api, "action-items") == seen
